"""Hours of the forecast that are fit for spraying, by field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from models.advice.spraying import Spans

SQL = queries.load("spraying")


@dataclass(frozen=True)
class Seen:
    """By which delivery of a forecast, and by what code, hours were told last."""

    delivery: int
    by_code: str


def seen(conn: Connection) -> Seen | None:
    """Return by what hours were told last; None before the first time."""
    rows = queries.fetch(conn, SQL["seen"])
    return Seen(*rows[0]) if rows else None


def newest(conn: Connection, by_code: str) -> Seen:
    """Return by what they would be told now."""
    ((delivery,),) = queries.fetch(conn, SQL["newest"])
    return Seen(delivery, by_code)


def has_new_fields(conn: Connection) -> bool:
    """Tell whether there is a field of which nothing was told yet."""
    ((found,),) = queries.fetch(conn, SQL["has_new_fields"])
    return bool(found)


def keep(conn: Connection, hours: Mapping[str, Spans | None], now: Seen) -> int:
    """Keep hours by field (None: nothing is known), and by what they were told.

    Returns
    -------
    int
        Of how many fields they are others than before.
    """
    texts: dict[Spans | None, str] = {None: "null"}
    for spans in hours.values():
        if spans not in texts:
            texts[spans] = json.dumps(spans, default=datetime.isoformat)
    given = {"fields": list(hours), "hours": [texts[spans] for spans in hours.values()]}
    with conn.cursor() as cur:
        cur.execute(SQL["keep"], given)
        changed = cur.rowcount
    queries.run(conn, SQL["keep_seen"], **asdict(now))
    return changed


def spans_of(kept: Any) -> Spans | None:
    """Return hours as they are kept, [[from, to], ...], as spans; None where nothing is known."""
    if kept is None:
        return None
    return tuple((datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in kept)
