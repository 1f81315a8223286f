"""Recalls and drills: what became of goods, who has them, what they found, how it ended."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any

from psycopg2.extras import Json

from collector.permissions import Grant
from collector.store.inspection import rode as rode_with
from collector.store.inspection.areas import CITY, within
from collector.store.inspection.downstream import LOT, Downstream, follow, of_field
from collector.store.inspection.rode import Rode
from collector.store.lots import lot_events, lot_marks, lots
from collector.store.lots.lots import LotError, Who
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from models.trace.certificate import RECALLED
from models.trace.codes import LENGTH, make_code
from models.trace.recall import Figures, Said, add_up
from models.weather.local_days import local_day

SQL = queries.load("recalls")
FIELD, LOGGER = "field", "logger"
#: From when until when, aware.
Span = tuple[datetime, datetime]
#: The list of recalls shows so many, the newest.
MOST_SHOWN = 200


class RecalledBefore(LotError):  # noqa: N818 - named for what happened
    """What is to be recalled was recalled; `number` is that recall."""

    def __init__(self, start: str, number: str) -> None:
        self.start, self.number = start, number
        super().__init__(f"{start}: recall {number} is of it; go on with that one")


class NothingHarvested(LotError):  # noqa: N818 - named for what is wanting
    """No lot was harvested from a field: there is nothing to look for."""


class RecallOver(LotError):  # noqa: N818 - named for what it is
    """A recall was closed: nothing is added to it any more."""

    def __init__(self, number: str, at: datetime, name: str) -> None:
        self.number, self.at, self.name = number, at, name
        super().__init__(f"recall {number}: was closed by {name} at {at.isoformat()}")


class NoSuchHolder(LotError):  # noqa: N818 - named for what is wanting
    """Nobody of this name has any of the goods, by the newest list."""


@dataclass(frozen=True)
class Closed:
    """When a recall was closed, by whom, why, and with which figures."""

    at: datetime
    name: str
    reason: str
    figures: Figures


@dataclass(frozen=True)
class Recall:
    """A recall or a drill; ``seconds``: how long its first list took to make [s].

    ``span`` is from when until when, where it began with a logger.
    """

    number: str
    drill: bool
    what: str
    start: str
    village: str | None
    grade: int
    reason: str
    at: datetime
    person: int
    name: str
    closed: Closed | None
    seconds: float
    span: Span | None = None


@dataclass(frozen=True)
class Answer:
    """What a holder says: found, of that destroyed, and sold before [kg]."""

    found_kg: float
    destroyed_kg: float
    sold_kg: float
    note: str
    at: datetime
    name: str


@dataclass(frozen=True)
class Behind:
    """A person behind a holder; ``phone`` None where they cannot be sent anything."""

    person: int
    name: str
    phone: str | None


def _recall(row: tuple[Any, ...]) -> Recall:
    at, name, reason, figures, seconds, since, until = row[10:]
    closed = Closed(at, name, reason, Figures(**figures)) if at is not None else None
    span = (since, until) if since is not None else None
    return Recall(*(*row[:10], closed, seconds, span))


def find(conn: Connection, number: str, grants: Iterable[Grant]) -> Recall | None:
    """Return a recall that began where grants hold; None where there is none."""
    rows = fetch(conn, SQL["of"], number=number, most=1, **within(grants))
    return _recall(rows[0]) if rows else None


def recalls(conn: Connection, grants: Iterable[Grant]) -> list[Recall]:
    """Return the recalls and drills that began where grants hold, the newest first."""
    rows = fetch(conn, SQL["of"], number=None, most=MOST_SHOWN, **within(grants))
    return [_recall(row) for row in rows]


@dataclass(frozen=True)
class Starts:
    """What a recall begins with: lots by code and URI, things by URI, what rode with a logger."""

    lots: list[tuple[str, str]]
    things: list[str]
    rode: tuple[Rode, ...] = ()

    @property
    def uris(self) -> list[str]:
        """All of them."""
        return [*(uri for _, uri in self.lots), *self.things]


def _starts(conn: Connection, what: str, start: str, span: Span | None) -> Starts:
    if what == LOGGER:
        assert span is not None
        return with_logger(rode_with.rode(conn, start, span))
    if what == FIELD:
        found = of_field(conn, start)
        if not found:
            raise NothingHarvested(f"field {start}: no lot was harvested from it")
        return Starts(found, [])
    lot = lots.find(conn, start)
    if lot is None:
        raise LotError(f"lot {start}: there is none of this code")
    return Starts([(lot.code, lot.uri)], [])


def with_logger(rode: list[Rode]) -> Starts:
    """Return what a recall begins with that is of all that rode with a logger."""
    own = [each for each in rode if each.starts]
    # a lot of somebody else's has no code here: it is followed as a thing is
    ours = {each.id: each.label for each in own if each.kind == LOT and each.label != each.id}
    others = dict.fromkeys(each.id for each in own if each.id not in ours)
    return Starts([(code, uri) for uri, code in ours.items()], list(others), tuple(rode))


def start(
    conn: Connection,
    what: str,
    start: str,
    village: str | None,
    grade: int,
    reason: str,
    who: Who,
    *,
    drill: bool,
    span: Span | None = None,
) -> str:
    """Start a recall, which recalls its goods at once, or a drill; return its number.

    Parameters
    ----------
    conn : Connection
    what : str
        `LOT`, `FIELD` or `LOGGER`.
    start : str
        Code of a lot, id of a field, or node of a logger.
    village : str or None
        Where it grew.
    grade : int
        1 to 3, 1 the gravest.
    reason : str
    who : Who
    drill : bool
    span : tuple of datetime, optional
        With a logger: from when until when, aware.

    Raises
    ------
    RecalledBefore
    NothingHarvested
    SpanError
        When nothing can be looked for by a logger and its span.
    """
    began = monotonic()
    if span is not None:
        rode_with.prove(start, span, who.at)
    found = _starts(conn, what, start, span)
    letter = "D" if drill else "R"
    number = make_code(letter, local_day(who.at), secrets.token_bytes(LENGTH * 2))
    since, until = span or (None, None)
    of = {"what": what, "start": start, "since": since, "until": until}
    given = {"village": village, "grade": grade, "reason": reason}
    own = {"number": number, "drill": drill, "at": who.at, "person": who.person, "name": who.name}
    if not fetch(conn, SQL["add"], **own, **of, **given):
        ((before,),) = fetch(conn, SQL["same"], **of)
        raise RecalledBefore(start, before)
    listed = follow(conn, found.uris)
    seconds = monotonic() - began
    if not drill:
        _mark(conn, number, found, reason, who)
    _list(conn, number, replace(listed, rode=found.rode), who, seconds)
    return number


def _mark(conn: Connection, number: str, found: Starts, reason: str, who: Who) -> None:
    """Recall what a recall begins with, where it is not recalled."""
    for code, _ in found.lots:
        states = lot_marks.states(conn, code)
        if not states or states[0].what != RECALLED:
            lot_marks.set_state(conn, code, RECALLED, f"{number}: {reason}", who)
    done = rode_with.recalled(conn, found.things)
    new = [each for each in found.things if each not in done]
    for together in rode_with.by_handlers(conn, new):
        lot_events.tell(conn, lot_events.things_recalled(number, together, who.at), who.at)


def _list(conn: Connection, number: str, found: Downstream, who: Who, seconds: float) -> None:
    given = {"recall": number, "content": Json(found.content()), "seconds": round(seconds, 3)}
    run(conn, SQL["add_list"], at=who.at, person=who.person, name=who.name, **given)


def look_again(conn: Connection, recall: Recall, who: Who) -> None:
    """Make the list of a recall anew: goods move on, and what is new on it is recalled too.

    Raises
    ------
    RecallOver
    SpanError
        When nothing is known any more to have been with its logger.
    """
    began = monotonic()
    _open(conn, recall.number)
    found = _starts(conn, recall.what, recall.start, recall.span)
    listed = follow(conn, found.uris)
    seconds = monotonic() - began
    if not recall.drill:
        _mark(conn, recall.number, found, recall.reason, who)
    _list(conn, recall.number, replace(listed, rode=found.rode), who, seconds)


def newest_list(conn: Connection, number: str) -> tuple[Downstream, datetime]:
    """Return the newest list of a recall, and when it was made."""
    ((content, _, at),) = fetch(conn, SQL["newest_list"], recall=number)
    return Downstream.of_content(content), at


def answers(conn: Connection, number: str) -> dict[str, Answer]:
    """Return what each holder said last, by holder."""
    rows = fetch(conn, SQL["answers"], recall=number)
    return {holder: Answer(*rest) for holder, *rest in rows}


def behind(conn: Connection, holders: Collection[str]) -> dict[str, list[Behind]]:
    """Return the persons behind each of some holders."""
    found: dict[str, list[Behind]] = {each: [] for each in holders}
    for holder, *person in fetch(conn, SQL["persons"], holders=sorted(holders)):
        found[holder].append(Behind(*person))
    return found


def _open(conn: Connection, number: str) -> None:
    """Let nobody else add to a recall until the transaction ends; refuse one that is closed."""
    fetch(conn, SQL["lock"], number=number)
    found = _recall(fetch(conn, SQL["of"], number=number, most=1, **CITY)[0])
    if found.closed is not None:
        raise RecallOver(number, found.closed.at, found.closed.name)


def open_with(conn: Connection, number: str, holders: Collection[str]) -> Downstream:
    """Hold a recall that is open and return its newest list, on which some holders stand.

    Raises
    ------
    RecallOver
    NoSuchHolder
    """
    _open(conn, number)
    listed, _ = newest_list(conn, number)
    for each in holders:
        if each not in listed.holders:
            raise NoSuchHolder(f"recall {number}: {each[:60]} is not on its list")
    return listed


def answer(
    conn: Connection,
    number: str,
    holder: str,
    found_kg: float,
    destroyed_kg: float,
    sold_kg: float,
    note: str,
    who: Who,
) -> None:
    """Keep what a holder found, destroyed of that, and had sold [kg]; the newest counts.

    Raises
    ------
    RecallOver
    NoSuchHolder
    """
    open_with(conn, number, [holder])
    given = {"found_kg": found_kg, "destroyed_kg": destroyed_kg, "sold_kg": sold_kg, "note": note}
    by = {"at": who.at, "person": who.person, "name": who.name}
    run(conn, SQL["answer"], recall=number, holder=holder, **given, **by)


def figures(listed: Downstream, said: Mapping[str, Answer]) -> Figures:
    """Add up a list and what its holders said."""
    kg = [each.kg for each in listed.nodes if each.kg]
    on_list = {key: a for key, a in said.items() if key in listed.holders}
    told = [Said(a.found_kg, a.destroyed_kg, a.sold_kg) for a in on_list.values()]
    return add_up(sum(kg), len(listed.holders), told, listed.balance)


def close(conn: Connection, number: str, reason: str, who: Who) -> Figures:
    """Close a recall with its figures as they stand.

    Raises
    ------
    RecallOver
        When somebody closed it before.
    """
    listed = open_with(conn, number, ())
    found = figures(listed, answers(conn, number))
    given = {"recall": number, "reason": reason, "figures": Json(asdict(found))}
    run(conn, SQL["close"], at=who.at, person=who.person, name=who.name, **given)
    return found
