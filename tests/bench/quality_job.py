"""Time of the checks of readings on a real PostgreSQL: ``python tests/bench/quality_job.py``.

Nodes of six quantities each with two days of hours, and sixty days of distances to neighbours. The
hourly and the daily look run as the jobs do. `--nodes 10000` is the size of a city; `--wrong` is
the share of sensors that are off by ten degrees or so in their last hours.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collector.jobs.context import Context
from collector.jobs.quality.daily import look_at_day
from collector.jobs.quality.hourly import look_at_hours
from collector.one_machine.embedded import EmbeddedPostgres
from collector.store.network import registry, sites
from collector.store.postgres import db
from field_configs.load import load

AT = datetime(2016, 4, 25, 20, 10, tzinfo=UTC)
HOURS = 49
QUANTITIES = {
    "air_temperature": 2.0,
    "relative_humidity": 2.0,
    "air_pressure": 2.0,
    "precipitation_amount": 2.0,
    "soil_temperature": -0.1,
    "soil_moisture": -0.1,
}
#: Seconds that the hourly look may take at 10,000 nodes.
BAR_S = 60.0


def fill(conn: db.Connection, nodes: int, wrong: float) -> int:
    """Fill a database with nodes and their hours; how many hours there are."""
    villages = max(1, round(nodes * 0.3))
    with conn, conn.cursor() as cur:
        registry.import_configs(conn, load(site="demo"), AT - timedelta(days=400))
        cur.execute("SELECT setseed(0.5)")
        cur.execute(
            "INSERT INTO village (id, zh, en, county, longitude, latitude, position) "
            "SELECT 'v' || i, 'v', 'v', '410922', 114.8 + 1.2 * random(), 35.4 + 0.7 * random(), "
            "'illustrative' FROM generate_series(0, %s - 1) i",
            (villages,),
        )
        cur.execute(
            "INSERT INTO field (id, village, zh, en, kind) "
            "SELECT 'f' || i, 'v' || i %% %s, 'f', 'f', 'open' FROM generate_series(0, %s - 1) i",
            (villages, nodes),
        )
        cur.execute(
            "INSERT INTO placement (id, field, quantity, height_m) "
            "SELECT 'f' || i || q, 'f' || i, q, h "
            "FROM generate_series(0, %s - 1) i, unnest(%s, %s) AS x (q, h)",
            (nodes, list(QUANTITIES), list(QUANTITIES.values())),
        )
        cur.execute(sites.SQL["put_series"])
        cur.execute("ALTER TABLE reading_hourly DISABLE TRIGGER USER")
        cur.execute(
            "INSERT INTO reading_hourly SELECT s.id, t, v, v, v, v, v, 6, 1, 3 "
            "FROM generate_series(%(first)s, %(last)s::timestamptz, '1 hour') t, "
            "series s JOIN placement p ON p.id = s.placement, LATERAL (SELECT CASE p.quantity "
            "WHEN 'air_temperature' THEN 12 + 8 * sin(extract(hour FROM t) / 24 * 6.283) "
            "+ 2 * random() WHEN 'relative_humidity' THEN 60 + 9 * random() "
            "WHEN 'air_pressure' THEN 1010 + random() "
            "WHEN 'soil_temperature' THEN 12 + random() WHEN 'soil_moisture' THEN 0.2 "
            "ELSE greatest(0, 20 * random() - 19) END + CASE WHEN s.id %% 100000 < %(wrong)s "
            "AND t > %(last)s::timestamptz - interval '3 hours' THEN 10 ELSE 0 END AS v) x "
            "WHERE p.field LIKE 'f%%'",
            {
                "first": AT.replace(minute=0) - timedelta(hours=HOURS),
                "last": AT.replace(minute=0) - timedelta(hours=1),
                "wrong": round(wrong * 6 * nodes),
            },
        )
        cur.execute("ALTER TABLE reading_hourly ENABLE TRIGGER USER")
        cur.execute(
            "INSERT INTO departure SELECT s.id, d::date, 0.2 * random(), NULL, 10, 10 "
            "FROM generate_series(%s::date - 60, %s::date - 1, interval '1 day') d, series s "
            "JOIN placement p ON p.id = s.placement "
            "WHERE p.field LIKE 'f%%' AND p.quantity <> 'precipitation_amount'",
            (AT.date(), AT.date()),
        )
        cur.execute("SELECT count(*) FROM reading_hourly")
        ((count,),) = cur.fetchall()
    conn.autocommit = True
    with conn.cursor() as cur:
        cur.execute("VACUUM ANALYZE")
    conn.autocommit = False
    return int(count)


def main() -> None:
    """Fill a database, let the jobs look, print how long each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=2000)
    parser.add_argument("--wrong", type=float, default=0.01)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found: dict[str, object] = {"nodes": given.nodes, "bar_s": BAR_S * given.nodes / 10_000}
    with tempfile.TemporaryDirectory(prefix="nongqing-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            conn = db.connect(server.dsn)
            db.migrate(conn)
            found["hours"] = fill(conn, given.nodes, given.wrong)
            conn.close()
            pool = db.Pool(server.dsn)
            for name, job in (
                ("hourly", look_at_hours),
                ("hourly again", look_at_hours),
                ("daily", look_at_day),
            ):
                begun, worked = time.perf_counter(), time.process_time()
                said = job(Context(pool, AT))
                found[name] = round(time.perf_counter() - begun, 2)
                found[f"{name}: own CPU"] = round(time.process_time() - worked, 2)
                found[f"{name}: said"] = str(said)
            pool.close()
        finally:
            server.stop()
    found["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if given.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:<18} {value}")


if __name__ == "__main__":
    main()
