"""The job that turns answers into advice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from collector.freshness import ANSWER_FRESH
from collector.jobs.context import Context, Job
from collector.jobs.judging import forecasts
from collector.store.advice import risk
from collector.store.measured import readings
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from models.advice.advisory import Advisory, advise
from models.advice.relief import relieved
from models.advice.spraying import QUANTITIES, with_spraying_hours
from models.hazards.catalogue import catalogue


def with_forecast_hours(
    conn: Connection, advisories: Sequence[Advisory], at: datetime
) -> list[Advisory]:
    """Add the hours fit for spraying to advisories that may end in spraying, from `at` on."""
    forecast = forecasts.known(conn, QUANTITIES, at)
    hours = forecast.of(sorted({a.site for a in advisories})) if forecast else None
    return with_spraying_hours(advisories, hours, at.replace(minute=0, second=0, microsecond=0))


def issue_advisories(context: Context) -> Event:
    """Keep the advice that follows from the newest statuses, and end what no longer holds.

    Where the newest reading says already that the danger is over, there is no advice.
    """
    with context.pool.connection() as conn:
        statuses = [
            status
            for status in risk.latest_statuses(conn, context.now)
            if status.time >= context.now - ANSWER_FRESH and status.hazard in catalogue()
        ]
        over = relieved(statuses, readings.latest(conn), catalogue())
        in_force = [s for s in statuses if (s.site, s.crop, s.hazard) not in over]
        held = risk.current_advisories(conn)
        wanted = with_forecast_hours(conn, advise(in_force, held), context.now)
        known = {(a.site, a.crop, a.hazard): a for a in held}
        new = [a for a in wanted if known.get((a.site, a.crop, a.hazard)) != a]
        gone = known.keys() - {(a.site, a.crop, a.hazard) for a in wanted}
        risk.end_advisories(conn, sorted(gone), context.now)
        risk.save_advisories(conn, new, context.now)
    return event("advice_issued", held=len(wanted), new=len(new), ended=len(gone))


JOBS = (
    Job("advisories", timedelta(hours=1), issue_advisories, timedelta(minutes=10), after="risk"),
)
