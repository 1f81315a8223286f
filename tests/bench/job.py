"""Time and memory of the risk job on a real PostgreSQL: ``python tests/bench/job.py [--json]``.

Fields of a season of wheat, some with sensors that fall silent on one day in fifty, the others
shown by the stations around them. The job runs in a process of its own each time:

* from the beginning, nothing kept: all hours since before the sowing
* again, an hour later: what is kept holds
* with a stage entered late in one field, and with late hours of one sensor: what each takes back

Each figure stands beside its bar, the absolute ones beside ratios that do not depend on the
machine: how long the engine alone takes for as many fields and days, out of memory. `--fields
10000 --sensors 1` is the size of a city, and takes half an hour to fill the database.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from collector.jobs.context import Context
from collector.jobs.judging import risk as risk_job
from collector.one_machine.embedded import EmbeddedPostgres
from collector.store.network import registry, sites
from collector.store.postgres import db
from field_configs.load import load
from models.crops.season import Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.fold import feed
from models.risk.state import resume

AT = datetime(2016, 4, 25, 12, 10, tzinfo=UTC)
QUANTITIES = ("air_temperature", "relative_humidity", "precipitation_amount")
#: One day in so many a field's node is silent.
SILENT = 50


@dataclass(frozen=True)
class World:
    """How many fields, which share of them has sensors, how many days ago they were sown."""

    fields: int
    sensors: float
    days: int

    @property
    def villages(self) -> int:
        return max(1, round(self.fields * 0.3))

    @property
    def sown(self) -> date:
        return AT.date() - timedelta(days=self.days)

    @property
    def begins(self) -> date:
        return (self.sown - risk_job.BEFORE_SOWING).replace(day=1)


def fill(conn: db.Connection, world: World) -> int:
    """Fill a database with fields and their hours; how many hours there are."""
    every = max(1, round(1 / world.sensors))
    with conn, conn.cursor() as cur:
        registry.import_configs(conn, load(site="demo"), AT - timedelta(days=400))
        cur.execute("DELETE FROM stage_observation; DELETE FROM season; SELECT setseed(0.5)")
        cur.execute(
            "INSERT INTO village (id, zh, en, county, longitude, latitude, position) "
            "SELECT 'v' || i, 'v', 'v', '410922', 114.8 + 1.2 * random(), 35.4 + 0.7 * random(), "
            "'illustrative' FROM generate_series(0, %s - 1) i",
            (world.villages,),
        )
        cur.execute(
            "INSERT INTO field (id, village, zh, en, kind) "
            "SELECT 'f' || i, 'v' || i %% %s, 'f', 'f', 'open' FROM generate_series(0, %s - 1) i",
            (world.villages, world.fields),
        )
        cur.execute(
            "INSERT INTO season (field, crop, sown, resistance) SELECT 'f' || i, 'winter_wheat', "
            "%s::date + i %% 7, 'S' FROM generate_series(0, %s - 1) i",
            (world.sown, world.fields),
        )
        cur.execute(
            "INSERT INTO placement (id, field, quantity, height_m) "
            "SELECT 'f' || i || q, 'f' || i, q, 2 "
            "FROM generate_series(0, %s - 1, %s) i, unnest(%s) q",
            (world.fields, every, list(QUANTITIES)),
        )
        cur.execute(sites.SQL["put_series"])
        # as a restored dump comes in: nothing is kept yet that could change
        cur.execute("ALTER TABLE reading_hourly DISABLE TRIGGER USER")
        first, last = (AT.replace(hour=0, minute=0), AT.replace(minute=0))
        first -= timedelta(days=(AT.date() - world.begins).days)
        while first < last:
            end = min(first + timedelta(days=10), last)
            cur.execute(
                "INSERT INTO reading_hourly SELECT s.id, t, v, v, v, v, v, 6, 1, 1 "
                "FROM generate_series(%s, %s::timestamptz - interval '1 hour', '1 hour') t, "
                "series s JOIN placement p ON p.id = s.placement, LATERAL (SELECT CASE p.quantity "
                "WHEN 'air_temperature' THEN 12 + 8 * sin((extract(hour FROM t) - 1) / 24 * 6.283) "
                "+ 2 * random() WHEN 'relative_humidity' THEN least(100, 60 + 42 * random()) "
                "ELSE greatest(0, 20 * random() - 19) END AS v) x WHERE p.field LIKE 'f%%' "
                "AND hashtext(p.field || t::date) %% %s <> 0",
                (first, end, SILENT),
            )
            first = end
        cur.execute("ALTER TABLE reading_hourly ENABLE TRIGGER USER")
        cur.execute("SELECT count(*) FROM reading_hourly")
        ((count,),) = cur.fetchall()
    conn.autocommit = True
    with conn.cursor() as cur:
        cur.execute("VACUUM ANALYZE")
    conn.autocommit = False
    return int(count)


def run_job(dsn: str) -> dict[str, float]:
    """Run in a process of its own: how long the job takes, and its largest memory."""
    done = subprocess.run(
        [sys.executable, __file__, "--dsn", dsn], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def measure_job(dsn: str) -> dict[str, float]:
    """Run in the child: the job once."""
    pool = db.Pool(dsn)
    # what every process loads once is not the job's
    catalogue()
    start = time.perf_counter()
    risk_job.assess_risk(Context(pool, AT))
    seconds = time.perf_counter() - start
    return {"s": seconds, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def late_stage(conn: db.Connection) -> None:
    """Somebody enters what was seen in one field, a month late."""
    with conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO stage_observation (field, crop, date, bbch, observer) "
            "VALUES ('f1', 'winter_wheat', %s, 21, 'x')",
            (AT.date() - timedelta(days=30),),
        )


def late_hours(conn: db.Connection) -> None:
    """A node that nobody takes hours from (soil) brings hours of five days ago."""
    with conn, conn.cursor() as cur:
        cur.execute(
            "WITH made AS (INSERT INTO placement (id, field, quantity, height_m) "
            "VALUES ('sm', 'f0', 'soil_moisture', -0.2) RETURNING id) "
            "INSERT INTO series (placement) SELECT id FROM made"
        )
        cur.execute(
            "INSERT INTO reading_hourly SELECT s.id, %s::timestamptz, 0.2, 0.2, 0.2, 0.2, 0.2, 6, "
            "1, 1 FROM series s WHERE s.placement = 'sm'",
            (AT.replace(minute=0) - timedelta(days=5),),
        )


def engine_alone(world: World) -> float:
    """CPU time [s] of the engine for as many fields and days, on hours out of memory."""
    names = [f"f{i}" for i in range(world.fields)]
    rows = (SiteSeason(n, "winter_wheat", world.sown, "S") for n in names)
    seasons = Seasons(tuple(rows), load(site=None).crops)
    fold = resume(names, tuple(catalogue().values()), seasons, world.begins)
    random = np.random.default_rng(1)
    shape = (24, world.fields)
    day = {
        "air_temperature": 12 + 8 * random.random(shape),
        "relative_humidity": 60 + 40 * random.random(shape),
        "precipitation_amount": np.maximum(0, 20 * random.random(shape) - 19),
    }
    for values in day.values():
        values[:, random.random(world.fields) < 1 / SILENT] = np.nan
    start = time.process_time()
    for _ in range((AT.date() - world.begins).days):
        feed(fold, {name: values.copy() for name, values in day.items()})
    return time.process_time() - start


def measure(world: World, folder: Path) -> list[dict]:
    """All figures."""
    embedded = EmbeddedPostgres(folder)
    try:
        dsn = embedded.start()
        conn = db.connect(dsn)
        with conn.cursor() as cur:
            conn.autocommit = True
            cur.execute("ALTER SYSTEM SET fsync = off")
            cur.execute("SELECT pg_reload_conf()")
            conn.autocommit = False
        db.migrate(conn)
        hours = fill(conn, world)
        cold, warm = run_job(dsn), run_job(dsn)
        late_stage(conn)
        stage = run_job(dsn)
        late_hours(conn)
        late = run_job(dsn)
        conn.close()
    finally:
        embedded.stop()
    engine = engine_alone(world)
    city = world.fields >= 10_000

    def row(what: str, value: float, unit: str, bar: float | None = None) -> dict:
        fine = None if bar is None else value <= bar
        return {"what": what, "value": value, "unit": unit, "bar": bar, "ok": fine}

    return [
        row("fields", world.fields, "fields"),
        row("days from the first hour on", (AT.date() - world.begins).days, "d"),
        row("measured hours", hours / 1e6, "M hours"),
        row("from the beginning", cold["s"], "s", 120.0 if city else 40.0),
        row("from the beginning, peak memory", cold["mb"], "MB", 1500.0 if city else 500.0),
        row("engine alone", engine, "s"),
        row("from the beginning / engine alone", cold["s"] / engine, "x", 12.0),
        row("again", warm["s"], "s"),
        row("again / from the beginning", warm["s"] / cold["s"], "x", 0.5),
        row("again, peak memory", warm["mb"], "MB", 1500.0 if city else 500.0),
        row("a stage entered late in one field", stage["s"], "s"),
        row("a late stage / again", stage["s"] / warm["s"], "x", 2.5),
        row("late hours of one sensor", late["s"], "s"),
        row("late hours / again", late["s"] / warm["s"], "x", 2.5),
    ]


def main() -> int:
    """Print the figures; 1 when one misses its bar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--fields", type=int, default=1000)
    parser.add_argument("--sensors", type=float, default=0.25, help="share of fields with sensors")
    parser.add_argument("--days", type=int, default=60, help="days since the sowing")
    parser.add_argument("--dsn", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.dsn:
        print(json.dumps(measure_job(given.dsn)))
        return 0
    with tempfile.TemporaryDirectory(prefix="nongqing-bench-") as folder:
        Path(folder).chmod(0o755)
        rows = measure(World(given.fields, given.sensors, given.days), Path(folder))
    if given.json:
        print(json.dumps(rows, indent=2))
    else:
        for r in rows:
            bar = "" if r["bar"] is None else f"bar {r['bar']:g}  {'ok' if r['ok'] else 'MISSED'}"
            print(f"{r['what']:42} {r['value']:14.4g} {r['unit']:16} {bar}")
    return 0 if all(r["ok"] is not False for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
