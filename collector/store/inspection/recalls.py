"""Recalls and drills: what became of goods, who has them, what they found, how it ended."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from psycopg2.extras import Json

from collector.permissions import Grant
from collector.store.inspection.areas import CITY, within
from collector.store.inspection.downstream import LOT, Downstream, follow, of_field
from collector.store.lots import lot_marks, lots
from collector.store.lots.lots import LotError, Who
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from models.trace.certificate import RECALLED
from models.trace.codes import LENGTH, make_code
from models.trace.recall import Figures, Said, add_up
from models.weather.local_days import local_day

SQL = queries.load("recalls")
FIELD = "field"
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
    """A recall or a drill; ``seconds``: how long its first list took to make [s]."""

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
    at, name, reason, figures, seconds = row[10:]
    closed = Closed(at, name, reason, Figures(**figures)) if at is not None else None
    return Recall(*(*row[:10], closed, seconds))


def find(conn: Connection, number: str, grants: Iterable[Grant]) -> Recall | None:
    """Return a recall that began where grants hold; None where there is none."""
    rows = fetch(conn, SQL["of"], number=number, most=1, **within(grants))
    return _recall(rows[0]) if rows else None


def recalls(conn: Connection, grants: Iterable[Grant]) -> list[Recall]:
    """Return the recalls and drills that began where grants hold, the newest first."""
    rows = fetch(conn, SQL["of"], number=None, most=MOST_SHOWN, **within(grants))
    return [_recall(row) for row in rows]


def _starts(conn: Connection, what: str, start: str) -> list[tuple[str, str]]:
    if what == FIELD:
        found = of_field(conn, start)
        if not found:
            raise NothingHarvested(f"field {start}: no lot was harvested from it")
        return found
    lot = lots.find(conn, start)
    if lot is None:
        raise LotError(f"lot {start}: there is none of this code")
    return [(lot.code, lot.uri)]


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
) -> str:
    """Start a recall, which recalls its lots at once, or a drill; return its number.

    Parameters
    ----------
    conn : Connection
    what : str
        `LOT` or `FIELD`.
    start : str
        Code of a lot, or id of a field.
    village : str or None
        Where it grew.
    grade : int
        1 to 3, 1 the gravest.
    reason : str
    who : Who
    drill : bool

    Raises
    ------
    RecalledBefore
    NothingHarvested
    """
    began = monotonic()
    codes = _starts(conn, what, start)
    letter = "D" if drill else "R"
    number = make_code(letter, local_day(who.at), secrets.token_bytes(LENGTH * 2))
    given = {"what": what, "start": start, "village": village, "grade": grade, "reason": reason}
    own = {"number": number, "drill": drill, "at": who.at, "person": who.person, "name": who.name}
    if not fetch(conn, SQL["add"], **own, **given):
        ((before,),) = fetch(conn, SQL["same"], what=what, start=start)
        raise RecalledBefore(start, before)
    if not drill:
        for code, _ in codes:
            states = lot_marks.states(conn, code)
            if not states or states[0].what != RECALLED:
                lot_marks.set_state(conn, code, RECALLED, f"{number}: {reason}", who)
    _list(conn, number, [uri for _, uri in codes], who, began)
    return number


def _list(conn: Connection, number: str, starts: list[str], who: Who, began: float) -> None:
    content = Json(follow(conn, starts).content())
    given = {"recall": number, "content": content, "seconds": round(monotonic() - began, 3)}
    run(conn, SQL["add_list"], at=who.at, person=who.person, name=who.name, **given)


def look_again(conn: Connection, recall: Recall, who: Who) -> None:
    """Make the list of a recall anew: goods move on.

    Raises
    ------
    RecallOver
    """
    began = monotonic()
    _open(conn, recall.number)
    starts = [uri for _, uri in _starts(conn, recall.what, recall.start)]
    _list(conn, recall.number, starts, who, began)


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
    kg = [each.kg for each in listed.nodes if each.kind == LOT and each.kg]
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
