"""The job that looks whether the stories of goods hold together, as events come."""

from __future__ import annotations

from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.store.lots import lot_facts
from collector.store.trace import flags
from field_configs.events import Event, event


def look(context: Context) -> Event:
    """Look at all events that nobody looked at yet, a few of a party at a time."""
    events = cleared = 0
    while not context.stopping.is_set():
        with context.pool.connection() as conn:
            tolerance = lot_facts.rules(conn).tolerance
            waiting = flags.behind(conn)
        if not waiting:
            break
        for party, after in waiting:
            with context.pool.connection() as conn:
                found = flags.look_on(conn, party, after, tolerance, context.now)
            events += found.events
            cleared += found.cleared
    with context.pool.connection() as conn:
        standing = flags.standing(conn)
    return event("stories_looked_at", events=events, cleared=cleared, open=standing)


JOBS = (Job("trace_flags", timedelta(minutes=1), look, after="trace_captures"),)
