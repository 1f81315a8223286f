"""The job that takes up captures whose process ended before their events were added."""

from __future__ import annotations

from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.store.trace import captures
from field_configs.events import Event, event


def take_up(context: Context) -> Event:
    """Add the events of captures that wait."""
    return event("captures_taken_up", captures=captures.finish_all(context.pool, context.now))


JOBS = (Job("trace_captures", timedelta(minutes=1), take_up),)
