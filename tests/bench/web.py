"""Requests per second of the village page beside its bare template, and time of the start page.

One run: a village with three crops, every hazard of theirs, advice and a forecast on an embedded
PostgreSQL; then 3,000 villages with 12 statuses each for the start page. Prints each figure beside
its bar; exit code 1 when a bar is missed.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import render_template

from collector.one_machine.embedded import EmbeddedPostgres
from collector.store.advice import risk, village
from collector.store.postgres import db
from webapp import create_app
from webapp.pages.village.village import make_page

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS.parent))  # what the fixtures import
SECONDS = 3.0
VILLAGES, STATUSES = 3000, 12
# The page may cost so many times its bare template; the start page so much time.
PAGE_COST, START_MS, FIRST_START_MS = 10.0, 150.0, 1500.0

FILL = """
INSERT INTO village SELECT 'v-' || i, '村' || i, 'Village ' || i, '410922', NULL, 115, 36,
    'illustrative' FROM generate_series(1, %(villages)s) i;
INSERT INTO field (id, village, zh, en, kind, area_ha)
    SELECT 'v-' || i, 'v-' || i, '地', 'Field', 'open', 1 FROM generate_series(1, %(villages)s) i;
INSERT INTO risk_status (site, crop, hazard, time, issued, status, certainty, drivers, missing,
    inputs_hash, model_version, validated)
    SELECT 'v-' || i, 'winter_wheat', 'h-' || h, %(time)s, %(time)s, (i + h * 7) %% 5, 0.5,
        '{}', '{}', '0', '1', false
    FROM generate_series(1, %(villages)s) i, generate_series(1, %(statuses)s) h;
"""


def module(path: Path) -> ModuleType:
    """Load a module of the tests, which are no package."""
    spec = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


class Clock:
    """A clock that stands still."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def spec(self) -> str:
        return "fixed"

    def real_seconds(self, seconds: float) -> float:
        return seconds


def rate(work: Callable[[], Any]) -> float:
    """How often a second something can be done."""
    work()
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        work()
        count += 1
    return count / (time.perf_counter() - start)


def say(name: str, figure: str, bar: str, good: bool) -> bool:
    """Print a figure beside its bar."""
    print(f"{name:<44} {figure:>14}   bar {bar:<12} {'ok' if good else 'MISSED'}")
    return good


def measure(dsn: str) -> bool:
    """Measure on an empty database; tell whether every bar is met."""
    seed, pages = module(TESTS / "webapp/seed.py"), module(TESTS / "webapp/pages/test_pages.py")
    conn = db.connect(dsn)
    db.migrate(conn)
    pages.fill_village(conn, seed)
    conn.commit()
    conn.close()
    app = create_app(db.Pool(dsn), Clock(seed.NOW))
    client = app.test_client()
    whole = rate(lambda: client.get("/v/qf-liuge").data)
    with app.test_request_context("/v/qf-liuge"), app.pool.connection() as conn:
        facts = village.facts(conn, "qf-liuge", seed.NOW)
        assert facts is not None
        view = make_page(conn, facts, seed.NOW)
        bare = rate(lambda: render_template("village/village.html", view=view, earlier={}))
    cost = bare / whole
    print(f"{'village page':<44} {whole:>10.0f} / s")
    print(f"{'its template from ready data':<44} {bare:>10.0f} / s")
    good = say(
        "page, in times of its template", f"{cost:.1f}", f"<= {PAGE_COST:g}", cost <= PAGE_COST
    )
    with app.pool.connection() as conn, conn.cursor() as cur:
        at = seed.NOW - timedelta(hours=12)
        cur.execute(FILL, {"villages": VILLAGES, "statuses": STATUSES, "time": at})
        cur.execute("ANALYZE")
    start = time.perf_counter()
    client.get("/")
    first = (time.perf_counter() - start) * 1000
    later = 1000 / rate(lambda: client.get("/").data)
    with app.pool.connection() as conn:
        everything = 1000 / rate(lambda: risk.latest_statuses(conn, seed.NOW))
    print(f"{'reading every status (not done any more)':<44} {everything:>11.0f} ms")
    name = f"start page, {VILLAGES} villages x {STATUSES}, first"
    good &= say(name, f"{first:.0f} ms", f"<= {FIRST_START_MS:g} ms", first <= FIRST_START_MS)
    good &= say("start page, later", f"{later:.0f} ms", f"<= {START_MS:g} ms", later <= START_MS)
    app.pool.close()
    return good


def main() -> int:
    """Run on an embedded PostgreSQL."""
    with module(TESTS / "conftest.py").open_folder() as folder:
        server = EmbeddedPostgres(folder)
        try:
            return 0 if measure(server.start()) else 1
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
