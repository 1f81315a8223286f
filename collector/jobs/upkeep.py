"""Jobs that keep the store in order: roll-ups, old data."""

from __future__ import annotations

from datetime import UTC, timedelta

from collector.clock import SystemClock
from collector.jobs.context import Context, Job
from collector.store import job_runs, people, person_keys, reads, settings_table
from collector.store.advice import export_requests
from collector.store.bureau import openings
from collector.store.measured import reading_log
from collector.store.network import server_clock
from field_configs.events import Event, event

KEEP_RUNS = timedelta(days=60)
COMPRESS_AFTER = timedelta(days=60)
KEEP_MONTHS = "readings.keep_months"
#: So many months after this one have their partition: jobs may stand still for as long.
MONTHS_AHEAD = 3
ROLL_UP_CHANGES = 50_000
A_DAY = timedelta(days=1)


def roll_up(context: Context) -> Event:
    """Roll new and late readings up to hours."""
    hours = 0
    while True:
        with context.pool.connection() as conn:
            done = reading_log.roll_up(conn, ROLL_UP_CHANGES)
        hours += done.hours
        if done.changes < ROLL_UP_CHANGES:
            return event("rolled_up", hours=hours)


def make_partitions(context: Context) -> Event:
    """Make the partitions of this month and the next ones, so that no writer has to."""
    first = context.now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    made = 0
    for _ in range(MONTHS_AHEAD + 1):
        with context.pool.connection() as conn:  # one by one: each takes locks to its commit
            made += reading_log.ensure_partition(conn, first)
        first = (first + timedelta(days=31)).replace(day=1)
    return event("partitions_made", months=made)


def tidy(context: Context) -> Event:
    """Compress or drop old readings, drop old job runs, forget accounts that no code confirmed.

    Readings are dropped only where the setting `KEEP_MONTHS` says after how many months. What is
    old is counted from the last time that something came in: a clock that is ahead, when nothing
    comes in to tell, must not clear everything away.
    """
    with context.pool.connection() as conn:
        received = server_clock.newest_receipt(conn)
        now = context.now if received is None else min(context.now, received + A_DAY)
        job_runs.prune(conn, now - KEEP_RUNS)
        for each in (people, person_keys, reads, export_requests, openings):
            each.tidy(conn, SystemClock().now())
        months = settings_table.get(conn, KEEP_MONTHS)
    with context.pool.connection() as conn:
        compressed = reading_log.compress_before(conn, now - COMPRESS_AFTER)
    dropped = 0
    if months is not None:
        with context.pool.connection() as conn:
            dropped = reading_log.drop_before(conn, now - timedelta(days=31 * int(months)))
    return event("tidied", chunks=compressed, months=dropped)


JOBS = (
    Job("roll_up", timedelta(minutes=5), roll_up),
    Job("partitions", timedelta(days=1), make_partitions),
    Job("tidy", timedelta(days=1), tidy),
)
