"""What issuing advice costs by the hour, at 10,000 fields: the job, on the world of the pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from collector.jobs.advisories import issue_advisories
from collector.jobs.context import Context
from collector.jobs.spraying import tell_hours
from collector.store.postgres.db import Pool
from field_configs.events import Event

HOUR_S = 1.0
COLUMNS = (
    "stage_bbch, stage_source, drivers, missing, data_age_h, inputs_hash, model_version, validated"
)
#: Answers of the newest day again, of a day later or with another certainty, for some fields.
SAID = f"""
INSERT INTO risk_status (site, crop, hazard, time, issued, status, score, certainty, {COLUMNS})
SELECT site, crop, hazard, time + %(later)s, issued + interval '1 hour', status, score,
       certainty * 0.99, {COLUMNS}
FROM risk_status
WHERE time = (SELECT max(time) FROM risk_status) AND abs(hashtext(site)) %% 100 < %(percent)s
"""
DELIVERED = """
INSERT INTO weather_delivery (kind, source, name, received)
VALUES ('forecast', 'bench', 'again', now())
"""


CALM = """
UPDATE weather_value w SET value = 0.2
FROM weather_series s
WHERE s.id = w.series_id AND s.quantity = 'wind_speed' AND extract(hour FROM w.time) = 2
"""


def _ask(pool: Pool, statement: str, **given: Any) -> None:
    with pool.connection() as conn, conn.cursor() as cur:
        cur.execute(statement, given)


def advice(pool: Pool, at: datetime, at_most: Any) -> bool:
    """Run the job hour by hour; tell whether the bar of an hour is met.

    Parameters
    ----------
    pool
        Of a filled database, which it changes.
    at
        Time of the world.
    at_most
        The bench's own: a figure beside its bar.
    """
    day = timedelta(days=1)

    def run(now: datetime, job: Callable[[Context], Event] = issue_advisories) -> tuple[float, str]:
        start = time.perf_counter()
        told = job(Context(pool, now))
        return time.perf_counter() - start, str(told)

    def tell(what: str, found: tuple[float, str]) -> None:
        print(f"advice, {what:<50} {found[0]:>16.2f} s   {found[1]}", flush=True)

    tell("all judged for the first time", run(at))
    quiet = [run(at) for _ in range(3)]
    met = at_most("advice, an hour without news", min(quiet)[0], HOUR_S, "s", 2)
    _ask(pool, SAID, later=timedelta(0), percent=1)
    took, told = run(at)
    met = at_most(f"advice, late data of 1 % of fields ({told})", took, HOUR_S, "s", 2) and met
    _ask(pool, DELIVERED)
    took, told = run(at)
    met = at_most(f"advice, after a new forecast ({told})", took, HOUR_S, "s", 2) and met
    tell("hours for spraying of all fields", run(at, tell_hours))
    _ask(pool, CALM)
    tell("the same, when they moved everywhere", run(at, tell_hours))
    _ask(pool, SAID, later=day, percent=100)
    tell("a new day of all fields", run(at + day))
    return met
