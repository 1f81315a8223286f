"""Where a thing or lot came from and what became of it, through every event that joins or divides.

What goes into a transformation leads to what comes out of it, and what is put into a parent leads
to the parent. Something that came out again still was in it: for a recall that counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.trace.visible import NAMED
from models.exchange.epcis.looked_up import uri

SQL = queries.load("following")
#: A product of which no lot is named joins everything that was ever sold of it: not followed.
PRODUCT = r"^https://id\.gs1\.org/01/[0-9]{14}$"


@dataclass(frozen=True)
class Step:
    """An event of a story: when, who told it, what was done and where.

    Attributes
    ----------
    time : datetime
    id : int
        Its place in the order of capture.
    party, type : str
    biz_step, place : str or None
    error : bool
        Whether it says that an event was none.
    about : str
        What was put on a crop, else what was sown or harvested; empty where it does not say.
    """

    time: datetime
    id: int
    party: str
    type: str
    biz_step: str | None
    place: str | None
    error: bool
    about: str


@dataclass(frozen=True)
class Whereabouts:
    """Where a thing or lot was told of last: by an event of its own, or of what it is in.

    Attributes
    ----------
    thing : str
    within : str or None
        What it was put into and not taken out of again by name.
    time : datetime
    id : int
        Of the event, in the order of capture.
    party, step : str
        Who told it, and what was done.
    place : str or None
    """

    thing: str
    within: str | None
    time: datetime
    id: int
    party: str
    step: str
    place: str | None


def forward(conn: Connection, thing: str) -> list[str]:
    """Return everything that a thing or lot became part of, itself with them."""
    rows = queries.fetch(conn, SQL["forward"], start=[uri(thing)], product=PRODUCT)
    return [value for (value,) in rows]


def back(conn: Connection, *things: str) -> list[str]:
    """Return everything that things or lots were made of, themselves with them."""
    start = [uri(thing) for thing in things]
    rows = queries.fetch(conn, SQL["back"], start=start, product=PRODUCT)
    return [value for (value,) in rows]


def story(conn: Connection, things: list[str]) -> list[Step]:
    """Return the events that name any of these things, by the time when they happened."""
    return [Step(*row) for row in queries.fetch(conn, SQL["story"], values=things, things=NAMED)]


def recall(conn: Connection, *things: str) -> list[Whereabouts]:
    """Return where everything is that things or lots became part of, themselves with them.

    What an event is about that was declared an error counts for nothing. A thing in a box is where
    the box was told of last, unless the thing itself was told of later.
    """
    start = [uri(thing) for thing in things]
    params = {"start": start, "product": PRODUCT, "things": NAMED}
    own = {row[0]: Whereabouts(*row) for row in queries.fetch(conn, SQL["recall"], **params)}
    return [_with_what_it_is_in(each, own) for each in own.values()]


def _with_what_it_is_in(thing: Whereabouts, own: dict[str, Whereabouts]) -> Whereabouts:
    newest, passed, outer = thing, {thing.thing}, own.get(thing.within or "")
    while outer is not None and outer.thing not in passed:
        passed.add(outer.thing)
        if (outer.time, outer.id) > (newest.time, newest.id):
            newest = outer
        outer = own.get(outer.within or "")
    return replace(newest, thing=thing.thing, within=thing.within)
