"""Messages that went out to people, and how many a number may get."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from collector.store.postgres import queries
from collector.store.postgres.db import Connection

SQL = queries.load("messages")
LOCK = 0x4E51_0016
SENT, FAILED, UNKNOWN = "sent", "failed", "unknown"


@dataclass(frozen=True)
class Limit:
    """At most `most` messages within `window`."""

    most: int
    window: timedelta


class TooManyMessages(Exception):  # noqa: N818 - named for what happened
    """A number, or all together, has had as many messages as it may get.

    Attributes
    ----------
    wait : timedelta
        After which the next one may go out.
    all : bool
        Whether it is the limit of all numbers together.
    """

    def __init__(self, wait: timedelta, *, all: bool = False) -> None:
        super().__init__(f"enough messages have gone out; wait {wait.total_seconds():.0f} s")
        self.wait, self.all = wait, all


@dataclass(frozen=True)
class Sent:
    """A message as it is kept."""

    id: int
    at: datetime
    way: str
    template: str
    masked: str
    state: str
    reference: str | None
    error: str | None


def begin(
    conn: Connection,
    *,
    way: str,
    template: str,
    recipient: bytes,
    masked: str,
    key: UUID,
    limits: Iterable[Limit],
    total: Iterable[Limit] = (),
    at: datetime,
) -> int:
    """Note that a message is about to go out, if its number may get one; commit before it goes.

    Of several at once only so many get through as the limits let. What did not go out does not
    count.

    Parameters
    ----------
    conn : Connection
    way : str
        Of the sender: console, http.
    template : str
    recipient : bytes
        See `collector.phone.phone_digest`.
    masked : str
        What people may see of the number.
    key : UUID
        Idempotency key.
    limits : iterable of Limit
        Of the number.
    total : iterable of Limit
        Of all numbers together; what several send at once may go over it by so many.
    at : datetime
        Now, aware.

    Returns
    -------
    int
        Number of the message, for `finish`.

    Raises
    ------
    TooManyMessages
        When a limit is reached.
    """
    half = int.from_bytes(recipient[:4], "big", signed=True)
    queries.run(conn, SQL["lock"], family=LOCK, recipient=half)
    waits = []
    for limit in limits:
        rows = queries.fetch(
            conn,
            SQL["recent"],
            recipient=recipient,
            after=at - limit.window,
            until=at + limit.window,  # a clock that was ahead for a while locks nobody out
            limit=limit.most,
        )
        if len(rows) >= limit.most:
            waits.append(rows[-1][0] + limit.window - at if rows else limit.window)
    if waits:
        raise TooManyMessages(max(waits))
    for limit in total:
        after = at - limit.window
        rows = queries.fetch(conn, SQL["all_recent"], after=after, until=at, limit=limit.most)
        if len(rows) >= limit.most:
            waits.append(rows[-1][0] + limit.window - at)
    if waits:
        raise TooManyMessages(max(waits), all=True)
    ((number,),) = queries.fetch(
        conn,
        SQL["begin"],
        at=at,
        way=way,
        template=template,
        recipient=recipient,
        masked=masked,
        key=str(key),
    )
    return int(number)


def finish(
    conn: Connection,
    number: int,
    state: str,
    *,
    reference: str | None = None,
    error: str | None = None,
) -> None:
    """Note what became of a message: `SENT`, `FAILED` or `UNKNOWN`."""
    queries.run(conn, SQL["finish"], id=number, state=state, reference=reference, error=error)


def messages(
    conn: Connection,
    *,
    since: datetime | None = None,
    recipient: bytes | None = None,
    limit: int = 100,
) -> list[Sent]:
    """Return messages, the newest first; those to one number where it is given."""
    rows = queries.fetch(conn, SQL["list"], since=since, recipient=recipient, limit=limit)
    return [Sent(*row) for row in rows]
