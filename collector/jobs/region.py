"""The job that puts the region's days together, so that its page asks little of the database."""

from __future__ import annotations

from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.store.advice import risk
from collector.store.bureau import region
from field_configs.events import Event, event


def put_together(context: Context) -> Event:
    """Put together the days of which the risk job said something new, and those to come."""
    with context.pool.connection() as conn:
        days, rows = region.refresh(conn, context.now, risk.newest_status(conn))
    return event("region_put_together", days=days, rows=rows)


JOBS = (Job("region", timedelta(hours=1), put_together, timedelta(minutes=10), after="risk"),)
