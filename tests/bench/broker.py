"""End to end through Mosquitto: the collector as a service, beside mq-bridge (Rust).

One run, interleaved, medians. A backlog waits with the broker for a persistent session; then the
side starts, and what it commits is counted from a tenth of the backlog to its end. The collector
takes sealed frames, checks them and answers every node; the peer takes one reading a message in
JSON and upserts it by its key into a table of the same columns. Then the collector's lag: from a
node's publish to its hearing that the frame is safe, which is later than the commit.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from collector.ingest.authenticity import Message
from collector.store.measured import reading_log
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.load import load
from firmware.wire import codec, seal, topics
from tests.bench._mqtt_side import Side, acknowledged
from tests.bench.registry import MASTER, on_empty_database, say, write_big_site
from tests.mosquitto import mosquitto

VILLAGES, NODES, CHANNELS = 600, 2000, 6
BACKLOG = {"peer": 30_000, 1: 12_000, 6: 12_000}
PEER_BATCH = 512
PEER = Path(sys.prefix) / "peer"
LAG_SECONDS = 10.0
#: Bars: readings/s over the peer's, with one and with six samples a frame; lag at idle [s].
ONE, SIX, IDLE_P95_S = 0.9, 1.5, 0.2
MOSQUITTO_LINES = [
    "allow_anonymous true",
    "max_queued_messages 0",
    "max_inflight_messages 5000",
    "persistence true",
]


class Nodes:
    """Makes what nodes send: values that go up and down, one frame after another."""

    def __init__(self, keys: list[registry.NodeKey], layout: codec.Layout, began: int) -> None:
        self.keys = keys
        self.layout = layout
        self.began = began
        self.next = dict.fromkeys([key.node for key in keys], 0)
        self.uptime = dict.fromkeys([key.node for key in keys], 0)
        self.chance = random.Random(1)

    def frames(self, count: int, samples: int) -> list[Message]:
        """Make frames of so many samples of every channel, of all nodes in turn."""
        return [self._frame(self.keys[place % len(self.keys)], samples) for place in range(count)]

    def _frame(self, key: registry.NodeKey, samples: int) -> Message:
        node, chance = key.node, self.chance
        channels = tuple(
            tuple(200 + chance.randrange(-3, 4) for _ in range(samples))
            for _ in self.layout.channels
        )
        number, t0 = self.next[node], self.uptime[node]
        self.next[node], self.uptime[node] = number + 1, t0 + 60 * samples
        frame = codec.Frame(self.layout.id, 1, number, self.began, t0, 60, channels)
        topic = topics.topic(node, "up")
        return Message(topic, seal.seal(key.key, key.epoch, topic, codec.encode(frame)))


def readings(first: int, count: int) -> list[Message]:
    """What the peer takes: one reading a message, in the order of time."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Message(
            f"peer/{place % (NODES * CHANNELS)}",
            json.dumps(
                {
                    "series_id": place % (NODES * CHANNELS),
                    "time": (start + timedelta(minutes=place // (NODES * CHANNELS))).isoformat(),
                    "value": 20.5,
                    "qc": 3,
                    "frame_id": place,
                }
            ).encode(),
        )
        for place in range(first, first + count)
    ]


@contextmanager
def service(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a side until the block ends; it ends by a line or by SIGTERM."""
    process = subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), f"{command[0]} ends at once"
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.terminate()
        process.wait(30)


def drained(conn: db.Connection, table: str, before: int, count: int) -> float:
    """Rows of `table` a second, from a tenth of `count` new ones to the last of them."""
    began = at = 0.0
    first = rows = 0
    while rows < count:
        time.sleep(0.02)
        with conn, conn.cursor() as cur:
            cur.execute(f"SELECT count(*) FROM {table}")
            rows = int(cur.fetchone()[0]) - before
        at = time.perf_counter()
        if not began and rows >= count // 10:
            began, first = at, rows
    return (count - first) / (at - began)


def counted(conn: db.Connection, table: str) -> int:
    """How many rows a table has."""
    with conn, conn.cursor() as cur:
        cur.execute(f"SELECT count(*) FROM {table}")
        return int(cur.fetchone()[0])


def peer_python() -> Path:
    """Return the peer's Python; it is made beside ours, from a file of hashes, at the first run."""
    python = PEER / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
    wanted = Path(__file__).with_name("peer.txt")
    pip = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", wanted]
    subprocess.run(pip, check=True)
    return python


def lags(port: int, nodes: Nodes, rate: float) -> np.ndarray:
    """Return, at a rate [frames/s], the time from publish to acknowledgement of each frame [s]."""
    side = Side(port, "nodes", "nq/1/+/ack")
    count = int(rate * LAG_SECONDS)
    before = dict(nodes.next)
    found = nodes.frames(count, 6)
    sent: dict[tuple[str, int], float] = {}
    start, done = time.time(), 0
    while done < count:
        due = min(count, int((time.time() - start) * rate) + 1)
        for message in found[done:due]:
            node = message.topic.split("/")[2]
            sent[node, before[node]] = time.time()
            before[node] += 1
        side.publish(found[done:due])
        done = due
        time.sleep(0.002)
    until = time.time() + 20
    while time.time() < until and len(acknowledged(side.heard[-count:])) < count:
        time.sleep(0.5)
    side.close()
    heard = acknowledged(side.heard)
    return np.array([heard[one] - at for one, at in sent.items()])


def measure(dsn: str, folder: Path, rounds: int) -> bool:
    """Measure on an empty database; tell whether every bar is met."""
    site = write_big_site(folder, VILLAGES, NODES)
    conn = db.connect(dsn)
    db.migrate(conn)
    configs = load(folder, site)
    now = datetime.now(UTC)
    with conn:
        registry.import_configs(conn, configs, now - timedelta(days=2))
        keys = [registry.enroll(conn, MASTER, n, at=now - timedelta(days=2)) for n in configs.nodes]
        layout = registry.layouts(conn)[registry.nodes(conn, keys[0].node)[0].layout]
        reading_log.ensure_partition(conn, now)
        with conn.cursor() as cur:
            cur.execute(
                "CREATE TABLE peer (series_id integer NOT NULL, time timestamptz NOT NULL,"
                " value double precision, qc smallint NOT NULL, frame_id bigint NOT NULL,"
                " PRIMARY KEY (series_id, time))"
            )
    nodes = Nodes(keys, layout, int((now - timedelta(hours=20)).timestamp()))
    lines = [*MOSQUITTO_LINES, f"persistence_location {folder}/"]
    with mosquitto(folder, *lines) as port:
        env = os.environ | {
            "NONGQING_DSN": dsn,
            "NONGQING_BROKER": f"mqtt://127.0.0.1:{port}",
            "NONGQING_STATE_DIR": str(folder / "collector"),
            "NONGQING_MASTER_KEY": base64.b64encode(bytes(range(32))).decode(),
        }
        ours = [str(Path(sys.executable).with_name("nongqing")), "ingest"]
        address = f"tcp://127.0.0.1:{port}"
        database = dsn.replace("postgresql://", "postgres://")
        bridge = str(Path(__file__).with_name("_peer_bridge.py"))
        theirs = [str(peer_python()), bridge, address, database, str(PEER_BATCH)]
        sides: dict[object, tuple[list[str], str, Callable[[int], list[Message]]]] = {
            1: (ours, "frame", lambda count: nodes.frames(count, 1)),
            "peer": (theirs, "peer", lambda count: readings(counted(conn, "peer"), count)),
            6: (ours, "frame", lambda count: nodes.frames(count, 6)),
        }
        for command in (ours, theirs):  # subscribes for good
            with service(command, env):
                time.sleep(3)
        rates: dict[object, list[float]] = {side: [] for side in sides}
        for _ in range(rounds):
            for side, (command, table, make) in sides.items():
                count = BACKLOG[side]  # type: ignore[index]
                before = counted(conn, table)
                sender = Side(port, "backlog")
                sender.publish(make(count))
                sender.settle()
                sender.close()
                with service(command, env):
                    rates[side].append(drained(conn, table, before, count))
        frames_6 = median(rates[6])
        good = report(rates)
        with service(ours, env):
            time.sleep(3)
            for name, rate in (("idle", 10.0), ("50 %", frames_6 / 2), ("90 %", frames_6 * 0.9)):
                took = lags(port, nodes, rate)
                p50, p95, p99 = np.percentile(took, (50, 95, 99)) * 1000
                figure = f"{p50:.0f} / {p95:.0f} / {p99:.0f} ms"
                bar = f"< {IDLE_P95_S * 1000:.0f}" if name == "idle" else ""
                met = p95 < IDLE_P95_S * 1000
                good &= say(f"lag p50/p95/p99, {name} ({rate:,.0f}/s)", figure, bar, met) or not bar
    conn.close()
    return good


def report(rates: dict[object, list[float]]) -> bool:
    """Print rates and ratios; tell whether the bars are met."""
    one, peer, six = (median(rates[side]) for side in (1, "peer", 6))
    say("mq-bridge, one reading a message", f"{peer:,.0f} messages/s")
    say("collector, frames of one sample", f"{one:,.0f} frames/s")
    say("", f"{one * CHANNELS:,.0f} readings/s")
    say("collector, frames of six samples", f"{six:,.0f} frames/s")
    say("", f"{six * CHANNELS * 6:,.0f} readings/s")
    say("frames of one sample / messages of mq-bridge", f"{one / peer:.2f}")
    first, second = one * CHANNELS / peer, six * CHANNELS * 6 / peer
    good = say("readings/s, one sample / mq-bridge", f"{first:.2f}", f">= {ONE:g}", first >= ONE)
    return good & say(
        "readings/s, six samples / mq-bridge", f"{second:.2f}", f">= {SIX:g}", second >= SIX
    )


def main() -> int:
    """Run on an embedded PostgreSQL and the system's Mosquitto."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    return on_empty_database(lambda dsn, folder: measure(dsn, folder, asked.rounds))


if __name__ == "__main__":
    sys.exit(main())
