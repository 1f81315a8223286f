"""Import of a province's month: 500 stations, 744 hours, 6 quantities, 2.2 million values.

One run on an embedded PostgreSQL: a bare binary COPY of as many rows, the import, the same file
again, and a file in which all temperatures are corrected. Prints each figure beside its bar; exit
code 1 when a bar is missed.
"""

from __future__ import annotations

import math
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from collector.files.given import Given
from collector.files.imported import Imported
from collector.files.weather import import_weather
from collector.one_machine.embedded import EmbeddedPostgres
from collector.store.measured import weather
from collector.store.network import registry
from collector.store.postgres import db
from collector.store.postgres.binary import copy_in
from field_configs.load import load

STATIONS, HOURS = 500, 31 * 24
QUANTITIES = (
    "air_temperature,relative_humidity,precipitation_amount,wind_speed (10 m),"
    "shortwave_irradiance,air_pressure"
)
START = datetime(2016, 5, 1, tzinfo=UTC)
NOW = START + timedelta(days=60)
# The import may cost so many times a bare COPY, and so much memory above what the process had.
TIMES_COPY, MEMORY_MB = 40.0, 400.0


def write(path: Path, warmer: float = 0.0) -> int:
    """Write a month of weather that differs a little from station to station; return its values."""
    rng = random.Random(20160501)
    places = [
        (f"s{n:03}", 114.5 + rng.random() * 2, 35.2 + rng.random() * 1.2) for n in range(STATIONS)
    ]
    with path.open("w", encoding="utf-8") as file:
        file.write(f"place,longitude,latitude,time,{QUANTITIES}\n")
        for hour in range(HOURS):
            moment = (START + timedelta(hours=hour)).isoformat()
            level = 20 + 6 * math.sin((hour - 1) / 24 * 2 * math.pi)
            sun = max(0.0, 800 * math.sin((hour % 24 + 2) / 24 * 2 * math.pi))
            wet = rng.random() < 0.08
            for name, east, north in places:
                warm = level + rng.gauss(0, 1)
                rain = rng.expovariate(0.5) if wet and rng.random() < 0.6 else 0.0
                cells = (
                    f"{warm + warmer:.2f},{min(100, max(15, 60 - 2 * (warm - 20))):.0f},{rain:.1f},"
                    f"{abs(rng.gauss(3, 1.5)):.1f},{max(0, sun + rng.gauss(0, 9) * (sun > 0)):.0f},"
                    f"{1005 + rng.gauss(0, 1):.1f}"
                )
                file.write(f"{name},{east:.4f},{north:.4f},{moment},{cells}\n")
    return STATIONS * HOURS * 6


def bare_copy(conn: db.Connection, values: int) -> float:
    """Seconds that a binary COPY of as many rows takes."""
    rows = np.zeros(min(values, weather.BLOCK), weather._STAGED)
    with conn, conn.cursor() as cur:
        cur.execute(weather.SQL["stage_table"])
        began = time.perf_counter()
        for _ in range(0, values, weather.BLOCK):
            copy_in(conn, weather.SQL["stage"], rows)
        return time.perf_counter() - began


def take(conn: db.Connection, path: Path) -> tuple[float, Imported]:
    """Seconds that an import takes, and what became of the file."""
    began = time.perf_counter()
    with conn:
        done = import_weather(conn, path, Given("observed", "bench", NOW))
    return time.perf_counter() - began, done


def peak_mb() -> float:
    """Most memory that this process has held [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(conn: db.Connection, folder: Path) -> bool:
    """Measure and print; tell whether all bars are kept."""
    path = folder / "province.csv"
    values = write(path)
    size = path.stat().st_size / 1e6
    bare = bare_copy(conn, values)
    before = peak_mb()
    first, done = take(conn, path)
    memory = peak_mb() - before
    again, same = take(conn, path)
    write(path, warmer=0.5)
    mended, corrected = take(conn, path)
    assert (done.new, done.refused.total) == (STATIONS * HOURS, 0)
    assert (same.same.total, corrected.corrected.total) == (STATIONS * HOURS,) * 2
    print(f"{values:,} values in {size:.0f} MB; a bare COPY of them {bare:.1f} s")
    for name, seconds in (("import", first), ("again", again), ("corrected", mended)):
        ratio = seconds / bare
        print(f"{name:<10} {seconds:6.1f} s {ratio:6.1f} times a COPY (bar {TIMES_COPY:g})")
    print(f"memory     {memory:6.0f} MB above the {before:.0f} before (bar {MEMORY_MB:g})")
    return max(first, again, mended) <= TIMES_COPY * bare and memory <= MEMORY_MB


def main() -> int:
    """Run on an embedded PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="nongqing-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = EmbeddedPostgres(folder / "postgres")
        try:
            conn = db.connect(server.start())
            db.migrate(conn)
            with conn:
                registry.import_configs(conn, load(site="demo"), START)
            kept = measure(conn, folder)
            conn.close()
        finally:
            server.stop()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
