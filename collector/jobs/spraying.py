"""The job that tells the hours fit for spraying at every field, after each new forecast."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from collector.jobs.context import Context, Job
from collector.jobs.judging import forecasts
from collector.jobs.judging.code_behind import code
from collector.store.advice import spraying
from collector.store.advice.spraying import Seen
from collector.store.network import registry
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from models.advice.spraying import DRY_AFTER, QUANTITIES, Spans, spans
from models.hazards.catalogue import catalogue

NAME = "collector.jobs.spraying"
#: A forecast grows old and fields change: hours are told anew as often, whatever came.
ALL = timedelta(hours=6)


def hours_of_fields(
    conn: Connection, at: datetime, fields: Collection[str]
) -> dict[str, Spans | None]:
    """Return the hours fit for spraying at fields, from now on; None where nothing is known."""
    start = at.replace(minute=0, second=0, microsecond=0)
    ahead = max(timedelta(days=last) for _, last in (h.act_days for h in catalogue().values()))
    end = start + ahead + DRY_AFTER  # advice asks for no action later than that
    found = forecasts.of_fields(conn, QUANTITIES, start, end, at, fields) if fields else None
    known = {} if found is None else spans(found)
    return {field: known.get(field) for field in fields}


def tell_hours(context: Context) -> Event:
    """Keep the hours fit for spraying of all fields."""
    with context.pool.connection() as conn:
        now = _newest(conn, context.now)
        fields = [field.id for field in registry.fields(conn, own=True)]
        hours = hours_of_fields(conn, context.now, fields)
        changed = spraying.keep(conn, hours, now)
    known = sum(each is not None for each in hours.values())
    return event("spraying_told", fields=len(fields), known=known, changed=changed)


def _newest(conn: Connection, at: datetime) -> Seen:
    return spraying.newest(conn, f"{code(NAME)} {at.timestamp() // ALL.total_seconds():.0f}")


def _is_wanted(context: Context) -> bool:
    with context.pool.connection() as conn:
        told = spraying.seen(conn)
        return told != _newest(conn, context.now) or spraying.has_new_fields(conn)


JOBS = (Job("spraying", timedelta(minutes=5), tell_hours, wanted=_is_wanted),)
