"""A month of hours read back: 10,000 series into a Dataset beside psql's COPY of the same rows.

One run, interleaved, medians; each Dataset is made in a process of its own, so that its greatest
memory is its own. Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collector.one_machine.embedded import postgres_binaries
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.load import load
from tests.bench.registry import on_empty_database, say, write_big_site

VILLAGES, NODES, SERIES, HOURS = 600, 1667, 10_000, 720
START = datetime(2026, 6, 1, tzinfo=UTC)
SHARE, MEMORY = 0.3, 3.0
#: Rows of the hours that are read, with all that the Dataset has of them.
ROWS = """
    SELECT series_id, hour, coalesce(mean, 'NaN'), completeness, qc FROM reading_hourly
    WHERE series_id <= {series} AND hour >= '{start}' AND hour < '{end}'
"""
READ = """
import resource, sys, time
from datetime import datetime
from collector.store.measured import readings
from collector.store.postgres import db
from firmware.wire.quantities import QUANTITIES
dsn, start, end = sys.argv[1], *map(datetime.fromisoformat, sys.argv[2:4])
conn = db.connect(dsn)
names = sys.argv[4:]
readings.hourly_dataset(conn, names, start, start)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.perf_counter()
found = readings.hourly_dataset(conn, names, start, end)
took = time.perf_counter() - began
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
size = sum(found[name].nbytes for name in found.variables)
there = sum(int(found[name].notnull().sum()) for name in names)
print(took, grown * 1024, size, there)
"""


def fill(conn: db.Connection) -> None:
    """Put the hours in, hour after hour, as the roll-up does."""
    with conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO reading_hourly (series_id, hour, mean, sum, min, max, last, count,"
            " completeness, qc) SELECT s, %s::timestamptz + h * interval '1 hour',"
            " 15 + s %% 10 + h %% 7, 90, 14, 16, 15, 6, 1, 3"
            " FROM generate_series(0, %s) h, generate_series(1, %s) s",
            (START, HOURS - 1, SERIES),
        )
    conn.autocommit = True
    with conn.cursor() as cur:
        cur.execute("VACUUM ANALYZE reading_hourly")


def copied(dsn: str) -> float:
    """Seconds that psql takes to copy the rows out."""
    end = START + timedelta(hours=HOURS)
    rows = " ".join(ROWS.format(series=SERIES, start=START, end=end).split())
    psql = [str(postgres_binaries() / "psql"), dsn, "-qc", f"COPY ({rows}) TO STDOUT"]
    began = time.perf_counter()
    subprocess.run(psql, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def read(dsn: str, names: list[str]) -> tuple[float, ...]:
    """Seconds, memory grown [B], size of the Dataset [B] and how many values it has."""
    end = START + timedelta(hours=HOURS)
    command = [sys.executable, "-c", READ, dsn, START.isoformat(), end.isoformat(), *names]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return tuple(float(figure) for figure in done.stdout.split())


def measure(dsn: str, folder: Path, rounds: int) -> bool:
    """Measure on an empty database; tell whether every bar is met."""
    site = write_big_site(folder, VILLAGES, NODES)
    conn = db.connect(dsn)
    db.migrate(conn)
    configs = load(folder, site)
    with conn:
        registry.import_configs(conn, configs, START - timedelta(days=1))
    names = sorted({one.quantity for one in configs.placements.values()})
    fill(conn)
    conn.close()
    ours, theirs, memory = [], [], []
    for _ in range(rounds):
        theirs.append(copied(dsn))
        took, grown, size, there = read(dsn, names)
        assert there == SERIES * HOURS, there
        ours.append(took)
        memory.append(grown / size)
    rows = SERIES * HOURS
    say("psql COPY TO of the rows", f"{rows / median(theirs):,.0f} rows/s")
    say(f"Dataset of {SERIES:,} series, {HOURS} h", f"{rows / median(ours):,.0f} rows/s")
    say("", f"{median(ours):.1f} s, {size / 1e6:.0f} MB")
    share = median(a / b for a, b in zip(theirs, ours, strict=True))
    good = say("rows/s, Dataset / psql", f"{share:.2f}", f">= {SHARE:g}", share >= SHARE)
    most = median(memory)
    return good & say(
        "greatest memory / size of the Dataset", f"{most:.2f}", f"<= {MEMORY:g}", most <= MEMORY
    )


def main() -> int:
    """Run on an embedded PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    return on_empty_database(lambda dsn, folder: measure(dsn, folder, asked.rounds))


if __name__ == "__main__":
    sys.exit(main())
