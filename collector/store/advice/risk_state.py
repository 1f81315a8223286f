"""Where the risk job stands, field by field, and changes of weather that make it void."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg2 import Binary
from psycopg2.extras import execute_values

from collector.store.postgres import queries
from collector.store.postgres.db import Connection

SQL = queries.load("risk_state")


@dataclass(frozen=True)
class Held:
    """That a kept state holds for a field on the morning of `open_day`.

    `facts` tells what it rests on besides hours, `seen` the last change of hours that it takes
    account of; `digest` is the SHA-256 of the state's bytes.
    """

    open_day: date
    field: str
    facts: str
    state: int
    seen: int
    digest: str


@dataclass(frozen=True)
class HourlyChange:
    """A change of hours on a local day in some series: of other stations (`observed`), or ours."""

    number: int
    day: date
    observed: bool
    series: tuple[int, ...]


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall()


def lock(conn: Connection) -> None:
    """Wait until nobody else computes risk, and hold others off to the end of the transaction."""
    with conn.cursor() as cur:
        cur.execute(SQL["lock"])


def last_change(conn: Connection) -> int:
    """Return the number of the last change of hourly weather; ask before reading hours."""
    ((number,),) = _fetch(conn, "last_change")
    return int(number)


def held(conn: Connection, latest: date) -> list[Held]:
    """Return what is kept for mornings up to `latest`, the newest first."""
    return [Held(*row) for row in _fetch(conn, "held", latest=latest)]


def changes(conn: Connection, seen: int, before: date) -> list[HourlyChange]:
    """Return the changes after the one numbered `seen` of hours before a local day."""
    rows = _fetch(conn, "changes", seen=seen, before=before)
    return [HourlyChange(number, day, other, tuple(s)) for number, day, other, s in rows]


def bytes_of(conn: Connection, state: int) -> bytes:
    """Return a state's bytes, none where it is gone."""
    rows = _fetch(conn, "bytes", state=state)
    return bytes(rows[0][0]) if rows else b""


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of a state's bytes."""
    return hashlib.sha256(data).hexdigest()


def put(conn: Connection, open_day: date, seen: int, data: bytes, facts: Mapping[str, str]) -> None:
    """Keep a state of the morning of a day; for its fields it takes the place of an older one.

    Parameters
    ----------
    conn : Connection
    open_day : date
    seen : int
        `last_change` as it was before the first of its hours was read.
    data : bytes
    facts : mapping
        Field -> what its part rests on besides hours.
    """
    row = {"open_day": open_day, "seen": seen, "digest": digest_of(data), "bytes": Binary(data)}
    ((state,),) = _fetch(conn, "put_state", **row)
    fields = [(open_day, field, state, text) for field, text in facts.items()]
    with conn.cursor() as cur:
        execute_values(cur, SQL["put_fields"], fields, page_size=len(fields))


def tidy(
    conn: Connection,
    void: Iterable[Held],
    checked: Iterable[int],
    seen: int,
    days: Sequence[date],
) -> None:
    """Drop what no longer holds or is of no use, and note what the rest takes account of.

    Parameters
    ----------
    conn : Connection
    void : iterable of Held
        What does not hold; what was put in its place since stays.
    checked : iterable of int
        States whose other fields hold after all changes up to `seen`.
    seen : int
        A `last_change`.
    days : sequence of date
        Mornings whose states are of use.
    """
    gone = list(void)
    with conn.cursor() as cur:
        names = {"days": [h.open_day for h in gone], "fields": [h.field for h in gone]}
        cur.execute(SQL["drop_fields"], names | {"states": [h.state for h in gone]})
        cur.execute(SQL["drop_days"], {"keep": list(days)})
        cur.execute(SQL["drop_unused"])
        cur.execute(SQL["advance"], {"seen": seen, "states": sorted(set(checked))})
        cur.execute(SQL["drop_changes"])
