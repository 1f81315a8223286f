"""Subscriptions of parties to their queries: made, listed, ended."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.keys import TokenSeal
from collector.store import audit
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.trace import trace_asked
from models.exchange.epcis.schedule import parse_schedule

SQL = queries.load("subscriptions")
#: So many subscriptions a party may have at a time.
MOST = 20
#: So many events are sent at once, fewer where a receiver cannot take as many.
AT_ONCE = 100
#: After the last event that has a place in an order.
ALL = 2**63 - 1


class TooMany(Exception):  # noqa: N818 - named for what is wrong
    """The party has as many subscriptions as it may have."""


@dataclass(frozen=True)
class Wanted:
    """What a party wants to be sent.

    Attributes
    ----------
    query : str
        Name of a query of its own.
    dest : str
        Where it is sent.
    token : str or None
        What deliveries are signed with.
    spelling : str
        Of identifiers.
    initial : datetime or None
        Only what was recorded since; None: what is recorded from now on.
    schedule : dict or None
        As it was given, and right; None: events are sent as they come.
    report_if_empty : bool
        Whether a run that finds nothing is told.
    """

    query: str
    dest: str
    token: str | None
    spelling: str
    initial: datetime | None
    schedule: dict[str, Any] | None
    report_if_empty: bool


@dataclass(frozen=True)
class Subscription:
    """A subscription as its party sees it; `ended` where it was given up."""

    id: str
    query: str
    dest: str
    spelling: str
    initial: datetime | None
    schedule: dict[str, Any] | None
    report_if_empty: bool
    made: datetime
    last_run: datetime | None
    notified: datetime | None
    attempts: int
    failing: datetime | None
    failure: str | None
    not_before: datetime | None
    ended: datetime | None


@dataclass(frozen=True)
class Watched:
    """A subscription as who runs the installation sees it.

    Attributes
    ----------
    id, party, query, dest : str
    made : datetime
    notified : datetime or None
        When something was taken last.
    attempts : int
        Failures since then.
    failing : datetime or None
        Since when nothing is taken.
    last_failed : datetime or None
    last_failure : str or None
        Why; both stay when it is well again.
    is_stream : bool
    next_run : datetime or None
        Of a schedule.
    not_before : datetime or None
        When it is tried again.
    ended : datetime or None
        When it was given up.
    """

    id: str
    party: str
    query: str
    dest: str
    made: datetime
    notified: datetime | None
    attempts: int
    failing: datetime | None
    last_failed: datetime | None
    last_failure: str | None
    is_stream: bool
    next_run: datetime | None
    not_before: datetime | None
    ended: datetime | None

    def due(self) -> datetime | None:
        """Return when something is sent next; None as it comes, or never where it is given up."""
        if self.ended is not None:
            return None
        if self.failing is not None:
            return self.not_before
        return self.next_run


def add(
    conn: Connection, party: str, wanted: Wanted, at: datetime, seal: TokenSeal | None = None
) -> str:
    """Subscribe a party to one of its queries; return the id of the subscription.

    Parameters
    ----------
    conn : Connection
    party : str
    wanted : Wanted
    at : datetime
        Aware.
    seal : TokenSeal, optional
        Encrypts its token; without it the job does so at its next run.

    Raises
    ------
    TooMany
        When the party has `MOST` of them.
    """
    queries.run(conn, SQL["lock_party"], party=party)
    ((count,),) = queries.fetch(conn, SQL["count"], party=party)
    if count >= MOST:
        raise TooMany
    newest = trace_asked.newest(conn)
    floor = newest if wanted.initial is None else trace_asked.before(conn, wanted.initial)
    schedule, next_run = wanted.schedule, None
    if schedule is not None:
        next_run = parse_schedule(schedule).next_after(at)
    name = str(uuid.uuid4())
    token, sealed = wanted.token, None
    if wanted.token is not None and seal is not None:
        token, sealed = None, seal.seal(name, wanted.token)
    queries.run(
        conn,
        SQL["put"],
        id=name,
        party=party,
        query=wanted.query,
        dest=wanted.dest,
        token=token,
        sealed=sealed,
        spelling=wanted.spelling,
        initial=wanted.initial,
        schedule=None if schedule is None else json.dumps(schedule),
        report_if_empty=wanted.report_if_empty,
        at=at,
        floor=floor,
        after=ALL,
        next_run=next_run,
        batch_size=AT_ONCE,
    )
    detail = {"query": wanted.query, "subscription": name}
    audit.append(conn, f"party:{party}", "events_subscribed", party, detail, at=at)
    return name


def one(conn: Connection, party: str, query: str, name: str) -> Subscription | None:
    """Return a subscription of a party to a query; None where it has none of that id."""
    rows = queries.fetch(conn, SQL["one"], party=party, query=query, id=name)
    return Subscription(*rows[0]) if rows else None


def watched(conn: Connection) -> list[Watched]:
    """Return all subscriptions, party by party."""
    return [Watched(*row) for row in queries.fetch(conn, SQL["all"])]


def page(conn: Connection, party: str, query: str, after: str, limit: int) -> list[Subscription]:
    """Return subscriptions of a party to a query by their ids, after one of them."""
    rows = queries.fetch(conn, SQL["page"], party=party, query=query, after=after, limit=limit)
    return [Subscription(*row) for row in rows]


def drop(conn: Connection, party: str, query: str, name: str, at: datetime) -> bool:
    """End a subscription for good; return whether there was one."""
    if not queries.fetch(conn, SQL["drop"], party=party, query=query, id=name):
        return False
    detail = {"query": query, "subscription": name}
    audit.append(conn, f"party:{party}", "events_unsubscribed", party, detail, at=at)
    return True
