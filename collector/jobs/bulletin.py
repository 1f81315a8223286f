"""The job that drafts the city's bulletin of the week."""

from __future__ import annotations

from datetime import timedelta

from collector.bulletins import drafting
from collector.jobs.context import Context, Job
from field_configs.events import Event, event

#: Weeks since 1970 begin on a Thursday at 00:00 UTC; three days and 22 h later it is Monday, 06:00
#: local time, before the station begins to work.
MONDAY_MORNING = timedelta(days=3, hours=22)


def draft_bulletin(context: Context) -> Event:
    """Draft the bulletin of the week, for an officer to edit and issue; once for each week."""
    with context.pool.connection() as conn:
        draft = drafting.weekly(conn, context.now)
    return event("bulletin_drafted", drafts=0 if draft is None else 1)


JOBS = (Job("bulletin", timedelta(days=7), draft_bulletin, MONDAY_MORNING, after="risk"),)
