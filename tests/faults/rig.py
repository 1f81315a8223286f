"""The whole ingest path below one folder, with what may fail between its parts."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2

from collector.clock import SimulatedClock
from collector.keys import load_or_make_master_key
from collector.one_machine.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.board import layout_of
from field_configs.load import load
from firmware.workbench import bundle, climate, simulated
from firmware.workbench.hourly import write_compact
from firmware.workbench.simulate import Fleet
from tests.faults import sabotage
from tests.faults.between import Proxy, Repeater
from tests.faults.disks import Powered, Small
from tests.faults.once import Once
from tests.mosquitto import MOSQUITTO
from tests.paths import ROOT

OPENS = datetime(2016, 5, 1, tzinfo=UTC)
RATE = 7200.0  # two frames a second and node
FLOW_SECONDS = 120.0
DATABASE_MB, POWERED_MB, STATE_MB = 900, 500, 4
DATABASE_SETTINGS = {"max_wal_size": "128MB", "min_wal_size": "32MB", "shared_buffers": "64MB"}
START_SECONDS = 60.0


@dataclass(frozen=True)
class Setting:
    """How the parts are put together.

    Attributes
    ----------
    broker : str
        ``mosquitto`` or ``rumqttd``.
    group : bool
        Whether the two collectors divide the messages.
    pooler : bool
        Whether a PgBouncer stands before the database.
    nodes : int
        How many nodes there are.
    once : bool
        Whether there is a device that sends each message once.
    powered : bool
        Whether the database's disk loses what was not written out when its power is cut.
    backlog_days : float
        What nodes have measured before the campaign [d].
    """

    broker: str = "rumqttd"
    group: bool = False
    pooler: bool = False
    nodes: int = 3
    once: bool = False
    powered: bool = False
    backlog_days: float = 0.5

    def __str__(self) -> str:
        parts = [self.broker, "a group of collectors" if self.group else "two collectors"]
        parts += ["behind a pooler"] if self.pooler else []
        parts += ["a device that sends once"] if self.once else []
        parts += ["a disk that may lose its power"] if self.powered else []
        return ", ".join(parts)


class Rumqttd:
    """The embedded broker; it keeps nothing when it dies."""

    def __init__(self, folder: Path) -> None:
        self.broker = EmbeddedBroker(free_port())
        self.port = self.broker.port

    def start(self) -> None:
        """Start it."""
        self.broker.start()

    def kill(self) -> None:
        """End it without warning."""
        process = self.broker._broker._process
        assert process is not None
        process.kill()
        process.wait()
        self.broker.stop()  # lets go of what belonged to the dead process

    def forget(self) -> None:
        """Lose its state, which it has lost already."""

    def stop(self) -> None:
        """End it."""
        self.broker.stop()


class Mosquitto:
    """Debian's broker, which keeps its state on disk."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder / "mosquitto"
        self.folder.mkdir()
        (self.folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\n"
            f"persistence_location {self.folder}/\nautosave_on_changes true\nautosave_interval 50\n"
            "max_queued_messages 100000\nmax_inflight_messages 5000\n"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        path = self.folder / "mosquitto.log"
        at = path.stat().st_size if path.exists() else 0
        with path.open("ab") as log:
            self.process = subprocess.Popen(
                [MOSQUITTO, "-c", self.folder / "mosquitto.conf"], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while b"running" not in path.read_bytes()[at:]:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"mosquitto does not start:\n{path.read_text()[at:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it without warning."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def forget(self) -> None:
        """Lose its state."""
        for path in self.folder.glob("mosquitto.db*"):
            path.unlink()

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)


class Rig:
    """Every part, started; what may fail is reached by its methods.

    Parameters
    ----------
    folder : Path
    setting : Setting
    without : str or None
        A safeguard that is left out.
    """

    def __init__(self, folder: Path, setting: Setting, without: str | None = None) -> None:
        self.folder, self.setting, self.without = folder, setting, without
        self.journal = folder / "journal"
        self.journal.mkdir()
        self.clock = SimulatedClock(OPENS.timestamp(), time.time(), RATE)
        self.disk: Small | Powered = (
            Powered(folder / "disk", folder / "disk.img", POWERED_MB)
            if setting.powered
            else Small(folder / "disk", DATABASE_MB)
        )
        self.state = Small(folder / "state", STATE_MB)
        self.postgres = EmbeddedPostgres(folder / "disk" / "postgres")
        broker = Mosquitto if setting.broker == "mosquitto" else Rumqttd
        self.broker: Any = broker(folder)
        self.to_broker = {"nodes": Proxy(self.broker.port), "collectors": Proxy(self.broker.port)}
        self.to_database = Proxy(self.postgres.port)
        self.bouncer: Any = None
        self.shift = folder / "shift"
        self.shift.write_text("0")
        self.library: Path | None = None
        self.collectors: list[subprocess.Popen[bytes]] = []
        self.once: Once | None = None
        self.ended: list[str] = []
        self.fleet: Fleet

    def start(self) -> None:
        """Start every part."""
        dsn = self.postgres.start()
        self._set_up(dsn)
        conn = db.connect(dsn)
        db.migrate(conn)
        self.broker.start()
        self.repeater = Repeater(self.broker.port)
        configs = load(site="demo")
        weather = climate.generate(int(OPENS.timestamp()) - 86400, 400, seed=1)
        path = self.folder / "weather.nqw"
        write_compact(weather, path)
        master = load_or_make_master_key(self.folder / "state", None)
        nodes = []
        with conn:
            registry.import_configs(conn, configs, OPENS)
            for node_id in sorted(configs.nodes)[: self.setting.nodes]:
                board = configs.boards[configs.nodes[node_id].board]
                key = registry.enroll(conn, master, node_id, at=OPENS, layout=layout_of(board))
                nodes.append((node_id, key, board))
            if self.setting.once:
                extra = sorted(configs.nodes)[self.setting.nodes]
                layout = layout_of(configs.boards[configs.nodes[extra].board])
                key = registry.enroll(conn, master, extra, at=OPENS, layout=layout)
                self.once = Once(
                    key, layout, self.broker.port, OPENS, self.journal / f"{extra}.txt"
                )
        conn.close()
        os.sync()  # what is at stake comes after this
        self._compile_shift()
        if self.setting.pooler:
            self._start_pooler(dsn)
        self.collectors = [self.collector(), self.collector()]
        bundle.ROOT = sabotage.node_program(self.without, self.folder / "sabotaged")
        simulated.SHIMS = bundle.ROOT / "firmware" / "workbench" / "shims"
        self.fleet = Fleet(
            nodes, f"mqtt://127.0.0.1:{self.to_broker['nodes'].port}", self.clock.spec(), path,
            self.folder / "nodes", self.setting.backlog_days, self.journal, config={"ack_ms": 2000},
        )  # fmt: skip
        self.fleet.start()
        if self.once is not None:
            self._wait_for_sessions()
            self.once.start()

    def _set_up(self, dsn: str) -> None:
        settings = dict(DATABASE_SETTINGS)
        if self.without == "synced-to-disk":
            settings["fsync"] = "off"
        for name, value in settings.items():
            self.run(f"ALTER SYSTEM SET {name} = '{value}'")
        self.postgres.stop()
        self.postgres.start()

    def _wait_for_sessions(self) -> None:
        """A message before the first subscription waits for nobody."""
        log = self.folder / "ingest.log"
        deadline = time.monotonic() + START_SECONDS
        while log.read_text().count(": connected") < len(self.collectors):
            if time.monotonic() > deadline:
                raise RuntimeError(f"no collector is connected:\n{log.read_text()}")
            time.sleep(0.1)

    def _compile_shift(self) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is not None:
            self.library = self.folder / "shift.so"
            source = ROOT / "tests" / "clock" / "shift.c"
            subprocess.run(
                [compiler, "-shared", "-fPIC", "-O1", "-o", self.library, source, "-ldl"],
                check=True,
            )

    def _start_pooler(self, dsn: str) -> None:
        from tests.collector.store.postgres.test_pgbouncer import Bouncer  # pytest's, mostly

        folder = self.folder / "pooler"
        folder.mkdir()
        self.bouncer = Bouncer(
            folder, dsn.replace(str(self.postgres.port), str(self.to_database.port))
        )
        self.bouncer.start()

    @property
    def dsn(self) -> str:
        """The database's address as collectors have it."""
        if self.bouncer is not None:
            return str(self.bouncer.dsn())
        return self.postgres.dsn.replace(f":{self.postgres.port}/", f":{self.to_database.port}/")

    def collector(self) -> subprocess.Popen[bytes]:
        """Start a collector."""
        environment = os.environ | {
            "NONGQING_DSN": self.dsn,
            "NONGQING_BROKER": f"mqtt://127.0.0.1:{self.to_broker['collectors'].port}",
            "NONGQING_STATE_DIR": str(self.folder / "state"),
            "NONGQING_CLOCK": self.clock.spec(),
            "CLOCK_SHIFT": str(self.shift),
            "PYTHONPATH": str(ROOT),
        }
        if self.library is not None:
            environment["LD_PRELOAD"] = str(self.library)
        if self.setting.group:
            environment["NONGQING_SHARED_GROUP"] = "campaign"
        program = sabotage.before_collector(self.without)
        program += f"\nfrom collector.ingest import placing; placing.AFTER_NOW *= {RATE}"
        program += "\nimport nongqing, sys; sys.argv[1:] = ['ingest']; nongqing.main()"
        with (self.folder / "ingest.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", program],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def revive(self) -> list[str]:
        """Start nodes whose program has ended, as a board does; return their last words."""
        found = []
        for name, alive in self.fleet.alive().items():
            if not alive:
                lines = self.fleet.nodes[name].log.read_text(errors="replace").strip().splitlines()
                found.append(f"{name}: {lines[-1] if lines else 'no word'}")
                self.fleet.nodes[name].start()
        return found

    def kill_collector(self, place: int) -> None:
        """End a collector without warning."""
        self.collectors[place].kill()
        self.collectors[place].wait()

    def kill_database(self) -> None:
        """End every process of the database without warning."""
        process = self.postgres.process
        assert process is not None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def signal_database(self, number: signal.Signals) -> None:
        """Send a signal to every process of the database."""
        assert self.postgres.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.postgres.process.pid, number)

    def start_database(self) -> None:
        """Start the database unless it runs."""
        if self.postgres.process is None or self.postgres.process.poll() is not None:
            self.postgres.start()

    def run(self, statement: str) -> None:
        """Run a statement outside any transaction."""
        conn = psycopg2.connect(self.postgres.dsn)
        try:
            conn.autocommit = True
            with conn.cursor() as cur:
                cur.execute("SET default_transaction_read_only = off")
                cur.execute(statement)
        finally:
            conn.close()

    def write_clock_shift(self, seconds: int) -> None:
        """Let the collectors' clock differ by so many seconds."""
        new = self.shift.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self.shift)

    def stop(self) -> None:
        """Stop every part."""
        if self.once is not None and self.once._thread.is_alive():
            self.once.stop()
        if hasattr(self, "fleet"):
            self.fleet.stop()
        for process in self.collectors:
            process.terminate()
        for process in self.collectors:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if hasattr(self, "repeater"):
            self.repeater.close()
        if self.bouncer is not None:
            self.bouncer.process.kill()
            self.bouncer.process.wait()
        for proxy in (*self.to_broker.values(), self.to_database):
            proxy.close()
        self.broker.stop()
        self.postgres.stop()
        self.disk.close()
        self.state.close()
        bundle.ROOT, simulated.SHIMS = ROOT, ROOT / "firmware" / "workbench" / "shims"
