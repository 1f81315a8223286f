"""The audit log: entries are added in the transaction that does what they tell of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extras import Json

from collector.audit.chain import (
    ACTIONS,
    NOTHING,
    AuditError,
    Entry,
    canonical,
    digest,
    microseconds,
    prove_text,
)
from collector.audit.heads import Head
from collector.store.postgres import queries
from collector.store.postgres.db import Connection

SQL = queries.load("audit")
LOCK = 0x4E51_0015
ROWS_AT_A_TIME = 2000


@dataclass(frozen=True)
class Told:
    """An entry as people read it."""

    number: int
    at: datetime
    actor: str
    action: str
    object: str
    detail: dict[str, Any]


def append(
    conn: Connection,
    actor: str,
    action: str,
    object_: str = "",
    detail: Mapping[str, object] | None = None,
    *,
    at: datetime,
) -> int:
    """Add an entry in the caller's transaction: it stands if the change stands.

    Call it last: until the transaction ends, nobody else can add an entry. Secrets, phone numbers
    and what only its owner may read do not belong into an entry; it is never deleted.

    Parameters
    ----------
    conn : Connection
    actor : str
        A person's id, ``system:<user>@<command>``, or ``anonymous``.
    action : str
        One of `ACTIONS`.
    object_ : str
        What it was done to.
    detail : mapping, optional
        What JSON has words for, without fractions.
    at : datetime
        When, aware.

    Returns
    -------
    int
        Number of the entry.

    Raises
    ------
    AuditError
        When the action is not one of them, nobody did it, or a text cannot be kept.
    """
    if action not in ACTIONS:
        raise AuditError(f'audit: no action "{action}"; add it to collector/audit/chain.py')
    if not actor:
        raise AuditError(f"audit: {action}: name who did it; nobody known is anonymous")
    if at.tzinfo is None:
        raise AuditError(f"audit: {action}: the time {at.isoformat()} has no time zone; give one")
    prove_text(actor, "actor")
    prove_text(object_, "object")
    text = canonical(detail or {})
    queries.run(conn, SQL["lock"], key=LOCK)
    # A statement of its own: it sees what was committed while we waited for the lock.
    last = head(conn)
    number, previous = (1, NOTHING) if last is None else (last.number + 1, last.digest)
    queries.run(
        conn,
        SQL["append"],
        number=number,
        at=at,
        actor=actor,
        action=action,
        object=object_,
        detail=Json(detail or {}),
        previous=previous,
        digest=digest(number, microseconds(at), actor, action, object_, text, previous),
    )
    return number


def head(conn: Connection) -> Head | None:
    """Return the newest entry's number, digest and time; None where there is none."""
    rows = queries.fetch(conn, SQL["last"])
    return Head(*rows[0]) if rows else None


def digest_at(conn: Connection, number: int) -> bytes | None:
    """Return the digest that an entry has; None where there is no such entry."""
    rows = queries.fetch(conn, SQL["digest"], number=number)
    return bytes(rows[0][0]) if rows else None


def chain(conn: Connection, first: int = 1) -> Iterator[Entry]:
    """Read the entries from `first` on, by number, a few thousand at a time.

    It is one look: what is added meanwhile is not read.
    """
    with conn.cursor(name="audit_chain") as cur:
        cur.itersize = ROWS_AT_A_TIME
        cur.execute(SQL["chain"], {"first": first})
        for row in cur:
            yield Entry(*row)


def entries(
    conn: Connection,
    *,
    since: datetime | None = None,
    actor: str | None = None,
    action: str | None = None,
    object_: str | None = None,
    limit: int = 100,
) -> list[Told]:
    """Return entries, the newest first; those of one actor, action or object where it is given."""
    rows = queries.fetch(
        conn, SQL["list"], since=since, actor=actor, action=action, object=object_, limit=limit
    )
    return [Told(*row) for row in rows]
