"""What kept outlooks of risk take, and how long a night's account of them is.

A field in each of 3,197 villages, every hazard of winter wheat, an issue a day for seven days of
which six are kept, and what came of each day. Classes are made up twice: "alike", 96 townships of
one weather each and five kinds of variety, which step up or down every few days; and "apart", every
field by itself at random, which cannot be deflated further. Sizes are pg_total_relation_size after
VACUUM.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from collector.jobs.risk_outlook_skill import judge
from collector.one_machine.embedded import EmbeddedPostgres
from collector.store.advice import risk_kept
from collector.store.advice.risk_kept import Came, Outlook, _Said, version_of
from collector.store.postgres import db
from models.hazards.catalogue import catalogue
from models.risk.hazard import NO_RISK
from models.risk.outlook import DAYS
from models.weather.local_days import midnight
from tests.bench.registry import say

FIELDS, TOWNSHIPS, KINDS = 3_197, 96, 5
FIRST = date(2025, 3, 1)
CROP = "winter_wheat"
TABLES = ("kept_field", "risk_issue", "risk_said", "risk_came")


def prepare(conn: db.Connection) -> None:
    """Villages with a field each."""
    with conn, conn.cursor() as cur:
        cur.execute("INSERT INTO county (code, zh, en) VALUES ('410922', 'c', 'c')")
        cur.execute(
            "INSERT INTO village (id, zh, en, county, longitude, latitude, position) "
            "SELECT 'v' || n, 'v', 'v', '410922', 115, 35.9, 'illustrative' "
            "FROM generate_series(1, %s) n",
            (FIELDS,),
        )
        cur.execute(
            "INSERT INTO field (id, village, zh, en, kind) "
            "SELECT 'f' || n, 'v' || n, 'f', 'f', 'open' FROM generate_series(1, %s) n",
            (FIELDS,),
        )


def fill(conn: db.Connection, days: int, alike: bool) -> tuple[float, float]:
    """Keep so many days; seconds for what was said and for what came of a day."""
    hazards = {name: h for name, h in catalogue().items() if CROP in h.crops}
    rng = np.random.default_rng(1)
    townships = np.sort(rng.integers(0, TOWNSHIPS, FIELDS))
    group = townships * KINDS + rng.integers(0, KINDS, FIELDS)
    level = {name: rng.integers(0, 3, TOWNSHIPS * KINDS) for name in hazards}
    fields = np.arange(FIELDS)
    numbers: dict[str, int] = {}
    times = [0.0, 0.0]

    def classes(name: str) -> np.ndarray:
        steps = level[name] + (rng.random(len(level[name])) < 0.15) * rng.choice((-1, 1))
        level[name] = np.clip(steps, 0, 2)
        found = level[name][group] if alike else rng.integers(0, 3, FIELDS)
        return (found + NO_RISK).astype(np.uint8)

    def chances(codes: np.ndarray) -> np.ndarray:
        noise = rng.random(TOWNSHIPS * KINDS)[group] if alike else rng.random(FIELDS)
        return np.clip((codes - NO_RISK) / 3 + noise / 3, 0, 1)

    for n in range(days):
        day = FIRST + timedelta(days=n)
        with conn:
            numbers = numbers or risk_kept.number_fields(conn)
            outlook = Outlook(numbers, hazards)
            for name, hazard in hazards.items():
                for ahead in range(DAYS):
                    codes = classes(name)
                    chance = chances(codes) if hazard.probability else None
                    outlook.said[CROP, name, day + timedelta(days=ahead)] = _Said(
                        version_of(hazard), codes, chance
                    )
            found = []
            for name, hazard in hazards.items():
                codes = classes(name)
                chance = chances(codes) if hazard.probability else None
                found.append(Came(CROP, name, fields, codes, chance))
            at = midnight(day) + timedelta(hours=12)
            began = time.perf_counter()
            risk_kept.put_outlook(conn, outlook, {"f1": at}, at)
            times[0] += time.perf_counter() - began
            began = time.perf_counter()
            risk_kept.put_came(conn, day, fields, found, hazards, at)
            times[1] += time.perf_counter() - began
    return times[0] / days, times[1] / days


def tell(conn: db.Connection, days: int, title: str) -> None:
    """Print bytes a day by table, and how long the account takes."""
    conn.autocommit = True
    with conn.cursor() as cur:
        cur.execute("VACUUM (ANALYZE)")
        total = 0
        for table in TABLES:
            cur.execute("SELECT pg_total_relation_size(%s)", (table,))
            ((size,),) = cur.fetchall()
            total += size
            say(f"{title}: {table}", f"{size / days / 1000:.1f} kB a day")
    conn.autocommit = False
    say(f"{title}: in all", f"{total / days / 1000:.0f} kB a day")
    began, cpu = time.perf_counter(), time.process_time()
    with conn:
        rows, _ = judge(conn, midnight(FIRST + timedelta(days=days)))
    took = time.perf_counter() - began
    pairs = sum(row.pairs for row in rows)
    say(
        f"{title}: account of {days} days",
        f"{took:.1f} s, {time.process_time() - cpu:.1f} s of CPU here, {pairs:,} pairs, "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most",
    )


def main() -> int:
    """Run on an embedded PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=60)
    asked = parser.parse_args()
    count = sum(CROP in hazard.crops for hazard in catalogue().values())
    say("fields, hazards", f"{FIELDS:,}, {count}")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        server = EmbeddedPostgres(Path(folder) / "state")
        try:
            conn = db.connect(server.start())
            db.migrate(conn)
            prepare(conn)
            for alike in (True, False):
                title = "alike" if alike else "apart"
                with conn, conn.cursor() as cur:
                    cur.execute("TRUNCATE risk_issue, risk_said, risk_came")
                said, came = fill(conn, asked.days, alike)
                say(f"{title}: to keep", f"an outlook {said:.2f} s, a day that came {came:.2f} s")
                tell(conn, asked.days, title)
            conn.close()
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
