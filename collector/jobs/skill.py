"""The job that keeps the skill ledger."""

from __future__ import annotations

from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.store.advice import ledger
from field_configs.events import Event, event
from models.hazards.catalogue import catalogue


def update_skill(context: Context) -> Event:
    """Set reports from the fields against what was said, and keep the ledger's changed rows."""
    with context.pool.connection() as conn:
        changed = ledger.update(conn, catalogue(), context.now)
        valid = ledger.validated(conn, catalogue())
    return event("skill_updated", rows=changed, valid=len(valid))


JOBS = (Job("skill", timedelta(days=1), update_skill),)
