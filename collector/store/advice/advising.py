"""Which advice has to be judged anew: what was answered, forecast or ended since it was last."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from collector.freshness import ANSWER_FRESH
from collector.store.advice.risk import DAY_END, KeptStatus, advisory_of, statuses_of
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from models.advice.advisory import Advisory
from models.risk.hazard import HIGH, MEDIUM

SQL = queries.load("advising")


@dataclass(frozen=True)
class Seen:
    """How far advice has come: the newest answer, and by what code."""

    status: int
    by_code: str


@dataclass(frozen=True)
class Anew:
    """What is judged anew: the newest fresh answers, and the advice in force of the same keys.

    Of advice without an answer the answer is too old.
    """

    statuses: list[KeptStatus]
    held: list[Advisory]


def seen(conn: Connection) -> Seen | None:
    """Return how far advice has come; None before the first time."""
    rows = queries.fetch(conn, SQL["seen"])
    return Seen(*rows[0]) if rows else None


def newest(conn: Connection, by_code: str) -> Seen:
    """Return how far it can come now."""
    ((status,),) = queries.fetch(conn, SQL["newest"])
    return Seen(status, by_code)


def keep_seen(conn: Connection, now: Seen) -> None:
    """Note how far advice has come."""
    queries.run(conn, SQL["keep_seen"], **asdict(now))


def to_judge(
    conn: Connection,
    at: datetime,
    since: int,
    read: Collection[str],
    held: Collection[str] | None,
) -> Anew:
    """Return what is to be judged anew: once in a transaction.

    Parameters
    ----------
    conn : Connection
    at : datetime
        Now, aware. Advice whose answer has become too old is among it.
    since : int
        Answers with a higher number are among it, where they warn or advice is in force.
    read : collection of str
        Hazards of which the newest reading may say something else than the answer.
    held : collection of str or None
        Hazards of which all advice in force is judged; None for all of them.
    """
    fresh = {"since": at - ANSWER_FRESH, "until": at + DAY_END}
    queries.run(
        conn,
        SQL["choose"],
        status=since,
        warnings=[int(MEDIUM), int(HIGH)],
        read=sorted(read),
        held=None if held is None else sorted(held),
        **fresh,
    )
    queries.run(conn, SQL["analyse"])
    with conn.cursor() as cur:
        cur.execute(SQL["statuses"], fresh)
        statuses = statuses_of(cur)
    return Anew(statuses, [advisory_of(row) for row in queries.fetch(conn, SQL["held"])])


def in_force(conn: Connection) -> int:
    """Return how many pieces of advice are in force."""
    ((number,),) = queries.fetch(conn, SQL["in_force"])
    return int(number)
