"""The job that turns answers into advice."""

from __future__ import annotations

from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.jobs.spraying import with_forecast_hours
from collector.store import risk
from field_configs.events import Event, event
from models.advice.advisory import advise
from models.hazards.catalogue import catalogue

# A status older than this is no ground for advice.
FRESH = timedelta(days=2)


def issue_advisories(context: Context) -> Event:
    """Keep the advice that follows from the newest statuses, and end what no longer holds."""
    with context.pool.connection() as conn:
        statuses = [
            risk.as_status(row)
            for row in risk.latest_statuses(conn)
            if row.time >= context.now - FRESH and row.hazard in catalogue()
        ]
        held = risk.current_advisories(conn)
        wanted = with_forecast_hours(conn, advise(statuses, held), context.now)
        known = {(a.site, a.crop, a.hazard): a for a in held}
        new = [a for a in wanted if known.get((a.site, a.crop, a.hazard)) != a]
        over = known.keys() - {(a.site, a.crop, a.hazard) for a in wanted}
        risk.end_advisories(conn, sorted(over), context.now)
        risk.save_advisories(conn, new, context.now)
    return event("advice_issued", held=len(wanted), new=len(new), ended=len(over))


JOBS = (
    Job("advisories", timedelta(hours=1), issue_advisories, timedelta(minutes=10), after="risk"),
)
