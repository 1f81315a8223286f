"""A fault campaign: parts are killed at random while nodes report; then the books are balanced.

    python tests/faults/campaign.py --seed 1 --rounds 20

Everything is real: MicroPython nodes on emulated boards, rumqttd, two collectors, PostgreSQL. Each
round kills one of them with SIGKILL (a node: its power is cut), waits a moment and starts it
again. At the end every frame that a node wrote to its flash must be in the store exactly once,
byte for byte, with every reading that it carries, and nothing else. The nodes' journals, written
beside their flash, are the truth. `--without` leaves a safeguard out, and must fail.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from collector.clock import SimulatedClock
from collector.keys import load_or_make_master_key
from collector.one_machine.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.board import layout_of
from field_configs.load import load
from firmware.wire import codec, seal
from firmware.workbench import climate
from firmware.workbench.hourly import write_compact
from firmware.workbench.simulate import Fleet

OPENS = datetime(2016, 5, 1, tzinfo=UTC)
RATE = 7200.0  # two frames a second and node
SETTLE_SECONDS = 180.0
FLOW_SECONDS = 120.0
VICTIMS = ("collector", "database", "broker", "node", "server")
# What --without takes: a safeguard, and what runs before a collector so that it has it not.
SABOTAGE = {
    "one-row-a-frame": """
        from collector.store.network import frames
        from collector.store.postgres import db
        frames.SQL["insert"] = frames.SQL["insert"].replace(
            "ON CONFLICT (node, epoch, boot, seq) DO NOTHING", "")
        settle = db.Pool.__init__
        def opened(self, dsn, size=4):
            settle(self, dsn, size)
            conn = db.connect(dsn)
            with conn, conn.cursor() as cur:
                cur.execute("ALTER TABLE frame DROP CONSTRAINT IF EXISTS "
                            "frame_node_epoch_boot_seq_key")
                cur.execute("CREATE INDEX IF NOT EXISTS frame_name "
                            "ON frame (node, epoch, boot, seq)")
            conn.close()
        db.Pool.__init__ = opened
    """,
    "identity-with-the-boot": """
        from collector.ingest import bodies, intake
        read = bodies.read_frame
        def without_boot(one):
            frame, identity, fault = read(one)
            return frame, identity and identity._replace(boot=1), fault
        intake.read_frame = without_boot
    """,
    "commit-to-disk": """
        from collector.store.postgres import connecting
        settle = connecting._settle
        def lazily(conn):
            settle(conn)
            with conn.cursor() as cur:
                cur.execute("SET synchronous_commit = off")
            conn.commit()
        connecting._settle = lazily
    """,
    "commit-before-ack": """
        from contextlib import contextmanager
        from collector.ingest.batches import Collector
        store = Collector.store
        def acknowledge_first(self, messages):
            from collector.ingest.authenticity import prove
            from collector.store.network.frames import BootId, FrameId
            from firmware.wire import codec
            arrived = prove(self._known, getattr(messages, "messages", messages)).arrived
            ids = set()
            for one in arrived:
                if one.message.topic.endswith("/up"):
                    frame = codec.decode(one.body)
                    ids.add(FrameId(one.node.id, one.epoch, frame.boot, frame.seq))
            self._acknowledge(self._known, ids, {})
            store(self, messages)
        Collector.store = acknowledge_first
    """,
}


@dataclass
class Books:
    """What nodes wrote and what the store holds."""

    written: int
    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    misread: list[str] = field(default_factory=list)

    @property
    def balanced(self) -> bool:
        """Tell whether every frame is there once, with its readings, and no other."""
        return not self.wrong

    @property
    def wrong(self) -> list[str]:
        """What is not as it was written."""
        return self.missing + self.altered + self.doubled + self.invented + self.misread


class Rig:
    """The whole ingest path below one folder."""

    def __init__(self, folder: Path, nodes: int, without: str | None = None) -> None:
        self.folder = folder
        self.journal = folder / "journal"
        self.without = without
        self.clock = SimulatedClock(OPENS.timestamp(), time.time(), RATE)
        self.postgres = EmbeddedPostgres(folder / "state")
        self.broker = EmbeddedBroker(free_port())
        self.collectors: list[subprocess.Popen[bytes]] = []
        self.node_count = nodes
        self.fleet: Fleet

    def start(self) -> None:
        """Start every part."""
        dsn = self.postgres.start()
        conn = db.connect(dsn)
        db.migrate(conn)
        self.broker.start()
        configs = load()
        weather = climate.generate(int(OPENS.timestamp()) - 86400, 400, seed=1)
        path = self.folder / "weather.nqw"
        write_compact(weather, path)
        master = load_or_make_master_key(self.folder / "state", None)
        nodes = []
        with conn:
            registry.import_configs(conn, configs, OPENS)
            for node_id in sorted(configs.nodes)[: self.node_count]:
                board = configs.boards[configs.nodes[node_id].board]
                key = registry.enroll(conn, master, node_id, at=OPENS, layout=layout_of(board))
                nodes.append((node_id, key, board))
        conn.close()
        self.collectors = [self._collector(), self._collector()]
        self.fleet = Fleet(
            nodes, self.broker.url, self.clock.spec(), path, self.folder / "nodes", 0.5,
            self.journal, config={"ack_ms": 2000},
        )  # fmt: skip
        self.fleet.start()

    def _collector(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "NONGQING_DSN": self.postgres.dsn,
            "NONGQING_BROKER": self.broker.url,
            "NONGQING_STATE_DIR": str(self.folder / "state"),
            "NONGQING_CLOCK": self.clock.spec(),
        }
        program = "import nongqing, sys; sys.argv[1:] = ['ingest']; nongqing.main()"
        if self.without:
            lines = SABOTAGE[self.without].strip("\n").splitlines()
            program = "\n".join(line[8:] for line in lines) + "\n" + program
        with (self.folder / "ingest.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", program],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def strike(self, victim: str, chance: random.Random) -> None:
        """Kill one part without warning, wait a moment, start it again."""
        pause = chance.uniform(0.0, 1.5)
        if victim == "collector":
            place = chance.randrange(len(self.collectors))
            self._kill(self.collectors[place])
            time.sleep(pause)
            self.collectors[place] = self._collector()
        elif victim == "database":
            self._kill_database()
            time.sleep(pause)
            self.postgres.start()
        elif victim == "broker":
            self._kill_broker()
            time.sleep(pause)
            self.broker.start()
        elif victim == "server":
            # it loses its disk first and its power a moment later
            self._kill_database()
            time.sleep(1.0 + pause)
            self._kill_broker()
            for process in self.collectors:
                self._kill(process)
            self.postgres.start()
            self.broker.start()
            self.collectors = [self._collector(), self._collector()]
        else:
            node = chance.choice(sorted(self.fleet.nodes))
            self.fleet.nodes[node].cut_power()
            time.sleep(pause)
            self.fleet.nodes[node].start()

    @staticmethod
    def _kill(process: subprocess.Popen[bytes] | None) -> None:
        assert process is not None
        process.kill()
        process.wait()

    def _kill_broker(self) -> None:
        self._kill(self.broker._broker._process)
        self.broker.stop()  # lets go of what belonged to the dead process

    def _kill_database(self) -> None:
        assert self.postgres.process is not None
        os.killpg(self.postgres.process.pid, signal.SIGKILL)
        self.postgres.process.wait()

    def written(self) -> dict[tuple[str, int, int], str]:
        """Return the SHA-256 of every frame in the nodes' journals."""
        found = {}
        for path in sorted(self.journal.glob("*.txt")):
            # the last line may be torn: its frame is on flash, but the journal cannot say so
            for line in path.read_text().splitlines():
                words = line.split()
                if len(words) == 3 and len(words[2]) == 64:
                    found[path.stem, int(words[0]), int(words[1])] = words[2]
        return found

    def kept(self) -> dict[tuple[str, int, int], str]:
        """Return the SHA-256 of every frame in the store."""
        conn = db.connect(self.postgres.dsn)
        with conn, conn.cursor() as cur:
            cur.execute("SELECT node, boot, seq, sealed FROM frame")
            found = {
                (node, boot, seq): hashlib.sha256(sealed).hexdigest()
                for node, boot, seq, sealed in cur
            }
        conn.close()
        return found

    def flow(self) -> None:
        """Wait until frames pass all the way, so that a strike meets parts that are at work."""
        begun = len(self.kept())
        deadline = time.monotonic() + FLOW_SECONDS
        while len(self.kept()) <= begun:
            if time.monotonic() > deadline:
                raise RuntimeError(f"no frame was stored for {FLOW_SECONDS:g} s")
            time.sleep(0.1)

    def settle(self) -> Books:
        """Wait until all that was written by now is stored, then compare."""
        written = self.written()
        deadline = time.monotonic() + SETTLE_SECONDS
        while not written.keys() <= (kept := self.kept()).keys() and time.monotonic() < deadline:
            time.sleep(0.5)
        self.fleet.stop()
        known = self.written()
        return Books(
            len(written),
            missing=[f"{name}" for name in written if name not in kept],
            altered=[f"{name}" for name in known if kept.get(name, known[name]) != known[name]],
            doubled=self._doubled(),
            invented=[
                f"{name}" for name in kept if name not in known and not self._torn(name, known)
            ],
            misread=self._misread(),
        )

    def _doubled(self) -> list[str]:
        """Frames that are there more than once."""
        conn = db.connect(self.postgres.dsn)
        with conn, conn.cursor() as cur:
            cur.execute("SELECT node, boot, seq FROM frame GROUP BY 1, 2, 3 HAVING count(*) > 1")
            found = [f"{row}" for row in cur]
        conn.close()
        return found

    def _misread(self) -> list[str]:
        """Frames whose readings are not there, each once, with the values that they carry."""
        conn = db.connect(self.postgres.dsn)
        with conn, conn.cursor() as cur:
            layouts = registry.layouts(conn)
            cur.execute(
                "SELECT frame_id, extract(epoch FROM time)::bigint, value FROM reading ORDER BY 2"
            )
            there: dict[int, list[tuple[int, float | None]]] = {}
            for row, at, value in cur:
                there.setdefault(row, []).append((at, value))
            cur.execute("SELECT id, node, sealed FROM frame WHERE state = 'decoded'")
            found = []
            for row, node, sealed in cur:
                frame = codec.decode(seal.parse(bytes(sealed))[1])
                if frame.offset is None:
                    continue
                carried = [
                    (one.time, one.value)
                    for one in codec.readings(frame, layouts[frame.layout])
                    if one.reason != codec.NOT_FITTED
                ]
                if sorted(carried, key=str) != sorted(there.get(row, []), key=str):
                    found.append(f"readings of {(node, frame.boot, frame.seq)}")
        conn.close()
        return found

    @staticmethod
    def _torn(name: tuple[str, int, int], known: dict[tuple[str, int, int], str]) -> bool:
        """Tell whether a frame may be the one between flash and journal at a power cut."""
        node, boot, seq = name
        last = max((s for n, b, s in known if (n, b) == (node, boot)), default=-1)
        return seq == last + 1

    def readings(self) -> tuple[int, int]:
        """Return the number of readings and of conflicts in the store."""
        conn = db.connect(self.postgres.dsn)
        with conn, conn.cursor() as cur:
            cur.execute(
                "SELECT (SELECT count(*) FROM reading), (SELECT count(*) FROM reading_conflict)"
            )
            readings, conflicts = cur.fetchone()
        conn.close()
        return readings, conflicts

    def stop(self) -> None:
        """Stop every part."""
        if hasattr(self, "fleet"):
            self.fleet.stop()
        for process in self.collectors:
            process.terminate()
            process.wait(20)
        self.broker.stop()
        self.postgres.stop()


def campaign(
    seed: int,
    rounds: int,
    *,
    nodes: int = 3,
    without: str | None = None,
    victims: tuple[str, ...] = VICTIMS,
    log=print,
) -> tuple[Books, tuple[int, int]]:
    """Run a campaign and return the balanced or unbalanced books, and readings and conflicts."""
    chance = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="nongqing-faults-"))
    folder.chmod(0o755)
    rig = Rig(folder, nodes, without)
    try:
        rig.start()
        for number in range(1, rounds + 1):
            victim = victims[-number] if number <= len(victims) else chance.choice(victims)
            rig.flow()
            rig.strike(victim, chance)
            log(
                f"round {number}/{rounds}: killed the {victim}; {len(rig.written())} frames written"
            )
            time.sleep(chance.uniform(0.5, 2.0))
        return rig.settle(), rig.readings()
    finally:
        rig.stop()
        shutil.rmtree(folder)


def main() -> int:
    """Run from the command line; exit 1 when a frame was lost, altered or invented."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--without", choices=sorted(SABOTAGE), help="leave a safeguard out")
    parser.add_argument("--list-safeguards", action="store_true", help="name them, and end")
    options = parser.parse_args()
    if options.list_safeguards:
        print("\n".join(sorted(SABOTAGE)))
        return 0
    books, (readings, conflicts) = campaign(
        options.seed, options.rounds, nodes=options.nodes, without=options.without
    )
    print(
        f"seed {options.seed}, {options.rounds} rounds: {books.written} frames written; "
        f"missing {len(books.missing)}, altered {len(books.altered)}, "
        f"doubled {len(books.doubled)}, invented {len(books.invented)}, with other readings "
        f"{len(books.misread)}; {readings} readings, {conflicts} conflicts"
    )
    for name in books.wrong[:20]:
        print(f"  {name}")
    return 0 if books.balanced else 1


if __name__ == "__main__":
    sys.exit(main())
