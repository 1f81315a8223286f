"""The jobs that act: schedules and sequences go on; orders of which nothing was heard are told."""

from __future__ import annotations

from datetime import timedelta

from collector.control import alarms, scheduling, sequencing
from collector.jobs.context import Context, Job
from collector.store.control import schedules, sequences
from field_configs.events import Event, event


def act(context: Context) -> Event:
    """Give the orders of schedules that are due and of sequences under way."""
    with context.pool.connection() as conn:
        scheduled = scheduling.give_due(conn, context.now)
        in_sequence = sequencing.go_on(conn, context.now)
    return event("acted", scheduled=scheduled, in_sequence=in_sequence)


def _is_wanted(context: Context) -> bool:
    with context.pool.connection() as conn:
        return bool(schedules.in_force(conn) or sequences.under_way(conn))


def look(context: Context) -> Event:
    """Open items for orders of which nobody knows what came, close those that are over."""
    with context.pool.connection() as conn:
        return event("outputs_looked_at", unknown=alarms.not_known(conn, context.now))


JOBS = (
    Job("act", timedelta(seconds=10), act, wanted=_is_wanted),
    Job("outputs", timedelta(minutes=5), look),
)
