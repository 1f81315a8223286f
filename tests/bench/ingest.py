"""The collector's writer against raw COPY of the same rows into the same table.

One run, interleaved: sealed frames of 36 readings from 2,000 nodes become committed rows, batch by
batch; then rows of the same shape, under other series, go into the same table by binary COPY and a
commit for each batch. Medians; absolute figures beside the ratio; exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from numpy.typing import NDArray

from collector.ingest import preparing
from collector.ingest.authenticity import Message
from collector.ingest.lanes import Lanes
from collector.ingest.service import look_for_garbage_seldom
from collector.store.measured import reading_log
from collector.store.network import registry
from collector.store.postgres import binary, db
from field_configs.load import load
from firmware.wire import codec, seal, topics
from tests.bench.registry import AT, MASTER, on_empty_database, say, write_big_site

VILLAGES, NODES, CHANNELS, SAMPLES, STEP_S = 600, 2000, 6, 6, 600
BATCH = 500
#: Hours of all nodes in a round, so that beginning and end of one count for little.
HOURS = 8
READINGS = HOURS * NODES * CHANNELS * SAMPLES
#: Series of the rows that COPY writes, so that both sides' keys stand beside one another.
OTHERS = 1 << 24
BAR = 0.40


class Set:
    """A clock that is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def spec(self) -> str:
        return "set"

    def real_seconds(self, seconds: float) -> float:
        return seconds


class Silent:
    """Takes acknowledgements."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Count nothing."""

    def done(self, messages: object) -> None:
        """Forget nothing."""


def frames(keys: list[registry.NodeKey], layout: codec.Layout, hour: int) -> list[Message]:
    """What all nodes send in an hour: values that go up and down, as weather does."""
    chance = random.Random(hour)
    start = int(AT.timestamp())
    found = []
    for key in keys:
        channels = tuple(
            tuple(200 + chance.randrange(-3, 4) for _ in range(SAMPLES)) for _ in layout.channels
        )
        t0 = hour * SAMPLES * STEP_S
        frame = codec.Frame(layout.id, 1, hour, start, t0, STEP_S, channels)
        topic = topics.topic(key.node, "up")
        sealed = seal.seal(key.key, key.epoch, topic, codec.encode(frame))
        found.append(Message(topic, sealed))
    chance.shuffle(found)
    return found


def rows_like(count: int, first: int, hour: int) -> NDArray[np.void]:
    """Rows as the writer makes of a batch: `count` frames, in order of series and time."""
    rows = np.empty(count * CHANNELS * SAMPLES, reading_log._STAGED)
    rows["series"] = OTHERS + first * CHANNELS + np.repeat(np.arange(count * CHANNELS), SAMPLES)
    start = int(AT.timestamp()) + hour * SAMPLES * STEP_S - binary.PG_EPOCH_S
    rows["time"] = (start + np.tile(np.arange(SAMPLES), count * CHANNELS) * STEP_S) * 1_000_000
    rows["value"], rows["qc"], rows["frame"] = 20.5, 3, hour
    return rows


def copy(conn: db.Connection, hour: int, size: int) -> float:
    """Seconds that COPY takes for an hour of all nodes."""
    statement = "COPY reading (series_id, time, value, qc, frame_id) FROM STDIN (FORMAT binary)"
    made = [rows_like(min(size, NODES - at), at, hour) for at in range(0, NODES, size)]
    start = time.perf_counter()
    for rows in made:
        with conn:
            binary.copy_in(conn, statement, rows)
    return time.perf_counter() - start


def write(collector: Lanes, found: list[Message]) -> tuple[float, float]:
    """Seconds that the writer takes for messages, and those of this process alone."""
    start, own = time.perf_counter(), time.process_time()
    wanted = collector.counters.messages + len(found)
    for message in found:
        collector.put(message)
    while collector.counters.messages < wanted:
        time.sleep(0.001)
        collector.check()
    return time.perf_counter() - start, time.process_time() - own


class Running:
    """A collector on an empty database, and what its nodes send."""

    def __init__(self, dsn: str, folder: Path, size: int) -> None:
        site = write_big_site(folder, VILLAGES, NODES)
        self.conn = db.connect(dsn)
        db.migrate(self.conn)
        configs, since = load(folder, site), AT - timedelta(days=1)
        with self.conn:
            registry.import_configs(self.conn, configs, since)
            self.keys = [registry.enroll(self.conn, MASTER, n, at=since) for n in configs.nodes]
            node = registry.nodes(self.conn, self.keys[0].node)[0]
            self.layout = registry.layouts(self.conn)[node.layout]
        assert len(self.layout.channels) == CHANNELS
        self.clock = Set(AT)
        self.collector = Lanes(db.Pool(dsn), MASTER, self.clock, Silent())
        preparing.BATCH_FRAMES = size
        self.collector.start()

    def write(self, first: int) -> tuple[float, float]:
        """Let all nodes send `HOURS` hours; as `write`."""
        hours = range(first, first + HOURS)
        found = [one for hour in hours for one in frames(self.keys, self.layout, hour)]
        self.clock.at = AT + timedelta(hours=first + HOURS)
        return write(self.collector, found)

    def stop(self, rounds: int, copied: bool) -> None:
        """End, once every reading is counted."""
        self.collector.stop()
        with self.conn, self.conn.cursor() as cur:
            cur.execute(
                "SELECT count(*) FILTER (WHERE series_id < %s), count(*) FROM reading", (OTHERS,)
            )
            assert cur.fetchone() == (rounds * READINGS, (1 + copied) * rounds * READINGS)
        self.conn.close()


def measure(dsn: str, folder: Path, rounds: int, size: int) -> bool:
    """Measure on an empty database; tell whether the bar is met."""
    look_for_garbage_seldom()
    running = Running(dsn, folder, size)
    ours, own, raw = [], [], []
    for first in range(0, (rounds + 2) * HOURS, HOURS):
        took, busy = running.write(first)
        ours.append(took)
        own.append(busy / took)
        raw.append(sum(copy(running.conn, first + hour, size) for hour in range(HOURS)))
    running.stop(rounds + 2, copied=True)
    # the first two make partitions and fill caches
    taken, copied = median(ours[2:]), median(raw[2:])
    say(f"writer, batches of {size}", f"{HOURS * NODES / taken:,.0f} frames/s")
    say("", f"{READINGS / taken:,.0f} readings/s")
    say("of its time in Python", f"{median(own[2:]):.2f}")
    say("raw COPY of the same rows", f"{READINGS / copied:,.0f} rows/s")
    share = np.median(np.array(raw[2:]) / np.array(ours[2:]))
    return say("writer / COPY", f"{share:.3f}", f">= {BAR:g}", share >= BAR)


def flat(dsn: str, folder: Path, rows: int, size: int) -> bool:
    """Write so many readings; tell whether the last quarter came as fast as the first, but for
    what rounds differ by anyhow.
    """
    look_for_garbage_seldom()
    running = Running(dsn, folder, size)
    rounds = -(-rows // READINGS)
    rates = np.array([READINGS / running.write(at * HOURS)[0] for at in range(rounds)])
    running.stop(rounds, copied=False)
    for at, part in enumerate(np.array_split(rates[2:], 4)):
        say(f"writer, quarter {at + 1} of {rounds * READINGS:,}", f"{np.median(part):,.0f} rows/s")
    first, last = (np.median(part) for part in np.array_split(rates[2:], 4)[::3])
    low, high = np.percentile(rates[2:], (25, 75))
    noise = (high - low) / np.median(rates)
    change = last / first - 1
    return say("last quarter / first - 1", f"{change:+.3f}", f">= -{noise:.3f}", change >= -noise)


def main() -> int:
    """Run on an embedded PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--flat", type=int, metavar="ROWS", help="only the rate over so many rows")
    asked = parser.parse_args()
    if asked.flat:
        return on_empty_database(lambda dsn, folder: flat(dsn, folder, asked.flat, asked.batch))
    return on_empty_database(lambda dsn, folder: measure(dsn, folder, asked.rounds, asked.batch))


if __name__ == "__main__":
    sys.exit(main())
