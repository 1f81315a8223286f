"""Where the risk job stands: states of the fold, and changes of weather that make them void."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg2 import Binary

from collector.store import queries
from collector.store.db import Connection

SQL = queries.load("risk_state")


@dataclass(frozen=True)
class StateRow:
    """A kept state of the morning of `open_day`, which began with the hour `begins`.

    `facts` tells what it rests on, `digest` is the SHA-256 of its bytes; `changed` is the earliest
    hour before `open_day` that has changed since, None where none has.
    """

    open_day: date
    begins: datetime
    facts: str
    digest: str
    changed: datetime | None


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall()


def last_change(conn: Connection) -> int:
    """Return the number of the last change of hourly weather; ask before reading hours."""
    ((number,),) = _fetch(conn, "last_change")
    return int(number)


def states(conn: Connection, latest: date) -> list[StateRow]:
    """Return the states of mornings up to `latest`, the newest first."""
    return [StateRow(*row) for row in _fetch(conn, "states", latest=latest)]


def bytes_of(conn: Connection, open_day: date) -> bytes:
    """Return a state's bytes, none where it is gone."""
    rows = _fetch(conn, "bytes", open_day=open_day)
    return bytes(rows[0][0]) if rows else b""


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of a state's bytes."""
    return hashlib.sha256(data).hexdigest()


def keep(
    conn: Connection,
    new: Mapping[date, bytes],
    *,
    begins: datetime,
    facts: str,
    seen: int,
    days: Sequence[date],
) -> None:
    """Keep new states, and of the old ones those of `days` that still hold.

    Parameters
    ----------
    conn : Connection
    new : mapping
        Open day -> the state's bytes.
    begins : datetime
        First hour that went into them, aware.
    facts : str
        SHA-256 over what they rest on.
    seen : int
        `last_change` as it was before the first of their hours was read.
    days : sequence of date
        Open days whose states are of use.
    """
    with conn.cursor() as cur:
        cur.execute(SQL["drop_states"], {"keep": list(days), "seen": seen})
        cur.execute(SQL["advance_states"], {"seen": seen})
        for open_day, data in sorted(new.items()):
            row = {"open_day": open_day, "begins": begins, "facts": facts, "seen": seen}
            row |= {"digest": digest_of(data), "bytes": Binary(data)}
            cur.execute(SQL["put_state"], row)
        cur.execute(SQL["drop_changes"])
