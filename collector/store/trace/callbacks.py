"""What subscribers are sent: one batch of events of a subscription at a time, until it is taken.

A batch is settled, with a key of its own, before it goes out, and whoever sends it has claimed the
subscription; so no two send, events keep their order, and one that ended over it, or an answer that
was lost, leads to the same batch under the same key again. How far a subscription was told moves
on only when its receiver has taken a batch.

Times that count pauses and claims are the machine's; those of schedules and runs are the
installation's clock.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg2.errors

from collector.keys import TokenSeal
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.trace import trace_asked
from collector.store.trace.subscriptions import ALL
from collector.store.trace.trace_asked import Found, New
from models.exchange.epcis.asking import Query, parse_query
from models.exchange.epcis.contexts import prefixes
from models.exchange.epcis.schedule import parse_schedule

SQL = queries.load("callbacks")
#: Who has claimed a subscription for so long has ended over it.
LOST = timedelta(minutes=2)
#: Pauses after a delivery that failed once, twice …; the last one is kept up.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 1800, 3600, 3 * 3600))
#: A receiver that took nothing for so long is given up.
GIVE_UP = timedelta(days=3)
#: Places of the order that one statement looks at, and statements in one transaction.
WINDOW, WINDOWS = 5000, 20
#: A batch is full with so many bytes of documents; one event may be larger.
MOST_BYTES = 1024 * 1024
#: A statement that looks for what is new and takes longer is given up [ms].
LONGEST_MS = 30_000


class TooComplex(Exception):  # noqa: N818 - named for what is wrong
    """A query takes too long to look for what is new."""


@dataclass(frozen=True)
class Batch:
    """Events that its caller, and nobody else, sends now.

    Attributes
    ----------
    subscription : str
    claim : int
        By which `taken` and `failed` know that it is still the caller's.
    key : str
        The same at every attempt.
    query, dest, spelling : str
    token : str or None
        Where it is not encrypted yet.
    sealed : bytes or None
    made : datetime
    events : tuple of int
    attempts : int
        How many failed before.
    """

    subscription: str
    claim: int
    key: str
    query: str
    dest: str
    token: str | None
    sealed: bytes | None
    spelling: str
    made: datetime
    events: tuple[int, ...]
    attempts: int


@dataclass
class _State:
    """What a claimed subscription is about, and how far it is."""

    id: str
    party: str
    query: str
    dest: str
    token: str | None
    sealed: bytes | None
    spelling: str
    initial: datetime | None
    schedule: dict[str, str] | None
    report_if_empty: bool
    floor: int
    order: int
    event: int
    goal: int | None
    empty_run: bool
    next_run: datetime | None
    last_run: datetime | None
    batch_size: int
    batch_key: str | None
    batch_events: list[int] | None
    batch_order: int | None
    batch_event: int | None
    batch_made: datetime | None
    claim: int
    attempts: int
    asked: dict[str, object]


def due(conn: Connection, now: datetime, real: datetime) -> list[tuple[str, str]]:
    """Return subscriptions for which there is something to do, with their parties.

    Those that were tried last come last.

    Parameters
    ----------
    conn : Connection
    now, real : datetime
        By the installation's clock and by the machine's, aware.
    """
    return queries.fetch(conn, SQL["due"], now=now, real=real, lost=real - LOST)


def claim(conn: Connection, name: str, now: datetime, real: datetime) -> Batch | None:
    """Take a subscription and settle what it is sent next, in the caller's transaction.

    Commit before it goes out. None where another has it, or there is nothing to send (yet).

    Parameters
    ----------
    conn : Connection
    name : str
    now, real : datetime
        By the installation's clock and by the machine's, aware.

    Raises
    ------
    TooComplex
        When the query takes too long.
    QueryError
        When it cannot be asked (any more).
    """
    rows = queries.fetch(conn, SQL["claim"], id=name, real=real, lost=real - LOST)
    if not rows:
        return None
    state = _State(*rows[0])
    if state.batch_key is None:
        queries.run(conn, SQL["bound"], ms=LONGEST_MS)
        try:
            _begin(conn, state, now)
            _settle(conn, state, now)
        except psycopg2.errors.QueryCanceled as error:
            raise TooComplex from error
    queries.run(
        conn,
        SQL["settle"],
        id=name,
        order=state.order,
        event=state.event,
        goal=state.goal,
        empty_run=state.empty_run,
        next_run=state.next_run,
        last_run=state.last_run,
        key=state.batch_key,
        events=state.batch_events,
        batch_order=state.batch_order,
        batch_event=state.batch_event,
        made=state.batch_made,
    )
    if state.batch_key is None or state.batch_events is None or state.batch_made is None:
        return None
    return Batch(
        name,
        state.claim,
        state.batch_key,
        state.query,
        state.dest,
        state.token,
        state.sealed,
        state.spelling,
        state.batch_made,
        tuple(state.batch_events),
        state.attempts,
    )


def _begin(conn: Connection, state: _State, now: datetime) -> None:
    """Begin a run where one is due: it tells what was there when it began."""
    if state.schedule is None:
        state.goal, state.last_run = trace_asked.newest(conn), now
    elif state.goal is None and state.next_run is not None and state.next_run <= now:
        state.goal, state.last_run = trace_asked.newest(conn), now
        state.empty_run = True
        state.next_run = parse_schedule(state.schedule).next_after(now)


def _settle(conn: Connection, state: _State, now: datetime) -> None:
    """Find the next batch of a run; one that was found whole is over."""
    query = of_named(state.asked)
    for _ in range(WINDOWS):
        if state.goal is None or _over(state):
            break
        up_to = min(state.goal, state.order + WINDOW)
        found = trace_asked.news(
            conn,
            state.party,
            query,
            (state.order, state.event),
            up_to,
            state.batch_size,
            floor=state.floor,
            since=state.initial,
        )
        if found:
            fitting: list[New] = []
            size = 0
            for each in found:
                size += each.size
                if fitting and size > MOST_BYTES:
                    break
                fitting.append(each)
            _put(state, [each.id for each in fitting], now)
            if len(fitting) == len(found) < state.batch_size:
                state.batch_order, state.batch_event = up_to, ALL
            else:
                state.batch_order, state.batch_event = fitting[-1].order, fitting[-1].id
            return
        state.order, state.event = up_to, ALL
    if state.goal is not None and _over(state):
        if state.schedule is not None and state.report_if_empty and state.empty_run:
            _put(state, [], now)
            state.batch_order, state.batch_event = state.order, state.event
        state.goal, state.empty_run = None, False


def _over(state: _State) -> bool:
    """Whether a run has told all that it tells; several events may share a place in the order."""
    return state.goal is not None and (state.order, state.event) >= (state.goal, ALL)


def _put(state: _State, events: list[int], now: datetime) -> None:
    state.batch_key, state.batch_events, state.batch_made = str(uuid.uuid4()), events, now
    state.empty_run = False


def of_named(asked: dict[str, object]) -> Query:
    """Return the query that a party gave a name.

    Raises
    ------
    QueryError
        When a prefix stands in it that its own context does not explain.
    """
    return parse_query(asked, prefixes(asked.get("@context")))


def events(conn: Connection, batch: Batch) -> list[Found]:
    """Return the events of a batch, in their order."""
    return trace_asked.by_ids(conn, batch.events)


def taken(conn: Connection, batch: Batch, now: datetime) -> bool:
    """Note that a receiver has taken a batch; false where the claim was lost meanwhile."""
    params = {"id": batch.subscription, "claim": batch.claim}
    return bool(queries.fetch(conn, SQL["taken"], **params, now=now))


def too_large(conn: Connection, batch: Batch) -> None:
    """Send what a receiver finds too large in batches of half the size."""
    half = max(1, len(batch.events) // 2)
    queries.run(conn, SQL["too_large"], id=batch.subscription, claim=batch.claim, size=half)


def failed(conn: Connection, batch: Batch, why: str, real: datetime) -> None:
    """Note that a batch was not taken: it is sent again after a pause, or given up.

    Parameters
    ----------
    conn : Connection
    batch : Batch
    why : str
    real : datetime
        By the machine's clock, aware.
    """
    pause = PAUSES[min(batch.attempts, len(PAUSES) - 1)]
    queries.run(
        conn,
        SQL["failed"],
        id=batch.subscription,
        claim=batch.claim,
        why=why,
        at=real,
        again=real + pause,
        since=real - GIVE_UP,
    )


@dataclass(frozen=True)
class Unfit:
    """A subscription whose query cannot be carried out, and of what kind its receiver was told."""

    subscription: str
    query: str
    dest: str
    token: str | None
    sealed: bytes | None
    spelling: str
    problem: str | None


def unfit(conn: Connection, name: str, why: str, real: datetime) -> Unfit | None:
    """Note that nothing could be settled for a subscription: it is tried again after an hour.

    Parameters
    ----------
    conn : Connection
    name : str
    why : str
    real : datetime
        By the machine's clock, aware.

    Returns
    -------
    Unfit or None
        None where another has claimed it meanwhile.
    """
    params = {"at": real, "again": real + timedelta(hours=1), "since": real - GIVE_UP}
    rows = queries.fetch(conn, SQL["unfit"], id=name, why=why, **params)
    return Unfit(name, *rows[0]) if rows else None


def told_problem(conn: Connection, name: str, kind: str) -> None:
    """Note that a receiver has taken what is wrong with its query: it is not told again."""
    queries.run(conn, SQL["told_problem"], id=name, kind=kind)


def seal_tokens(conn: Connection, seal: Callable[[], TokenSeal | None]) -> int:
    """Encrypt the tokens that stand in the clear; return how many there were."""
    rows = queries.fetch(conn, SQL["clear_tokens"])
    key = seal() if rows else None
    if key is None:
        return 0
    for name, token in rows:
        queries.run(conn, SQL["seal_token"], id=name, sealed=key.seal(name, token))
    return len(rows)
