"""Files that people asked for, made in the background: the queue, and how far each is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extras import Json

from collector.permissions import Grant
from collector.store.advice.exports import Order, Wanted
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run

SQL = queries.load("export_requests")
WAITING, RUNNING, READY, FAILED, REMOVED = "waiting", "running", "ready", "failed", "removed"
#: A person has no more that wait or are being written.
MOST_UNFINISHED = 3
#: One that was cut off so often is given up: it may be what cuts us off.
MOST_ATTEMPTS = 3
#: So long a file can be fetched.
KEPT_FOR = timedelta(hours=48)
#: What is over is forgotten after so long; the audit log keeps its entries.
KEEP = timedelta(days=90)
#: A person's newest ones are listed.
LISTED = 20


class TooManyUnfinished(StoreError):  # noqa: N818 - named for what is wrong
    """A person has as many exports under way as one may have."""


@dataclass(frozen=True)
class ExportRequest:
    """What was asked for by whom, and what became of it.

    Attributes
    ----------
    id, person : int
    at : datetime
        When it was asked for.
    order : Order
        What is asked for; its grants have no role: they say where, and not why.
    state : str
    attempt : int
        How many began to write it.
    total : int or None
        Rows there are, once they are counted.
    done : int
        Rows that are written.
    bytes : int or None
        Of the file.
    reason : str or None
        Why it failed: a key of the words that pages have for it.
    expires : datetime or None
        When the file goes.
    """

    id: int
    person: int
    at: datetime
    order: Order
    state: str
    attempt: int
    total: int | None
    done: int
    bytes: int | None
    reason: str | None
    expires: datetime | None

    def is_ready(self, at: datetime) -> bool:
        """Return whether there is a file to fetch."""
        return self.state == READY and self.expires is not None and at < self.expires


def _request(row: tuple[Any, ...]) -> ExportRequest:
    number, person, at, table, kind, first, last, county, within, language, *rest = row
    grants = tuple(Grant("", level, scope) for level, scope in within)
    order = Order(table, kind, Wanted(first, last, grants, county), language)
    return ExportRequest(number, person, at, order, *rest)


def ask(conn: Connection, person: int, order: Order, at: datetime) -> int:
    """Put a file into the queue and return its number.

    Raises
    ------
    TooManyUnfinished
        When the person has as many under way as one may have.
    """
    ((under_way,),) = fetch(conn, SQL["unfinished"], person=person)
    if under_way >= MOST_UNFINISHED:
        raise TooManyUnfinished(f"person {person}: {under_way} exports are under way; wait for one")
    wanted = order.wanted
    ((number,),) = fetch(
        conn,
        SQL["ask"],
        person=person,
        asked=at,
        tab=order.table,
        kind=order.kind,
        first=wanted.first,
        last=wanted.last,
        county=wanted.county,
        within=Json([[each.level, each.scope] for each in wanted.within]),
        language=order.language,
    )
    return int(number)


def by_id(conn: Connection, number: int) -> ExportRequest | None:
    """Return one of them, None where there is none."""
    found = fetch(conn, SQL["by_id"], id=number)
    return _request(found[0]) if found else None


def of_person(conn: Connection, person: int) -> list[ExportRequest]:
    """Return a person's newest ones, the newest first."""
    return [_request(row) for row in fetch(conn, SQL["of_person"], person=person, limit=LISTED)]


def ahead(conn: Connection, number: int) -> int:
    """Return how many come before one that waits."""
    ((found,),) = fetch(conn, SQL["ahead"], id=number)
    return int(found)


def anything_to_do(conn: Connection, at: datetime) -> bool:
    """Return whether one waits, was cut off, or is to be removed."""
    ((found,),) = fetch(conn, SQL["anything_to_do"], at=at)
    return bool(found)


def take_up(conn: Connection) -> None:
    """Let those wait again whose writer was cut off; only where none is being written.

    One that was cut off `MOST_ATTEMPTS` times has failed.
    """
    run(conn, SQL["give_up"], most=MOST_ATTEMPTS)
    run(conn, SQL["take_up"])


def take_next(conn: Connection) -> ExportRequest | None:
    """Take the one that waits the longest, to write it; None where none waits."""
    found = fetch(conn, SQL["take_next"])
    return by_id(conn, found[0][0]) if found else None


def note(conn: Connection, taken: ExportRequest, done: int, total: int) -> bool:
    """Say how far it is; return False where it is no longer ours to write."""
    of = {"id": taken.id, "attempt": taken.attempt}
    return bool(fetch(conn, SQL["note"], **of, done=done, total=total))


def put_back(conn: Connection, taken: ExportRequest) -> None:
    """Let it wait again, as if nobody had begun."""
    run(conn, SQL["put_back"], id=taken.id, attempt=taken.attempt)


def finish(conn: Connection, taken: ExportRequest, rows: int, size: int, at: datetime) -> bool:
    """Say that the file is there and how many bytes it has; return False where it is not ours."""
    of = {"id": taken.id, "attempt": taken.attempt}
    more = {"rows": rows, "bytes": size, "expires": at + KEPT_FOR}
    return bool(fetch(conn, SQL["finish"], **of, **more))


def fail(conn: Connection, taken: ExportRequest, reason: str) -> None:
    """Say that there will be no file, and why."""
    run(conn, SQL["fail"], id=taken.id, attempt=taken.attempt, reason=reason)


def expire(conn: Connection, at: datetime) -> None:
    """Let those go whose time is over."""
    run(conn, SQL["expire"], at=at)


def kept(conn: Connection) -> list[ExportRequest]:
    """Return those that have a file."""
    found = [by_id(conn, number) for (number,) in fetch(conn, SQL["kept"])]
    return [each for each in found if each is not None]


def tidy(conn: Connection, at: datetime) -> None:
    """Forget what is over for long."""
    run(conn, SQL["tidy"], before=at - KEEP)
