"""Where events that are each right break a story together: found after they are captured, kept,
and cleared when a late event or an error declaration mends it.

What is looked at follows the numbers of each party's chain, which are given in the order of commit:
no event is passed over, however transactions overlap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extras import Json

from collector.permissions import Grant
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from collector.store.trace.following import PRODUCT
from collector.store.trace.visible import NAMED
from field_configs.events import Event
from models.trace.breaks import Told, find_breaks, read_told

SQL = queries.load("flags")
#: So many events of a party are looked at in one transaction.
EVENTS_AT_A_TIME = 200
MOST_SHOWN = 200


@dataclass(frozen=True)
class Flag:
    """A place where a story breaks, with who told the event, and the code of a lot of ours."""

    what: Event
    thing: str
    found: datetime
    cleared: datetime | None
    event_id: str
    party: str
    time: datetime
    lot: str | None


@dataclass(frozen=True)
class Looked:
    """How many events were looked at, and how many flags were cleared by it."""

    events: int
    cleared: int


def behind(conn: Connection) -> list[tuple[str, int]]:
    """Return the parties with events to look at, and the number of the last one looked at."""
    return [(party, number) for party, number in fetch(conn, SQL["behind"])]


def look_on(conn: Connection, party: str, after: int, tolerance: float, at: datetime) -> Looked:
    """Look at the next events of a party, in the caller's transaction.

    Parameters
    ----------
    conn : Connection
    party : str
    after : int
        Number of the last event of its chain that was looked at.
    tolerance : float
        Share by which weights may differ.
    at : datetime
        Aware.
    """
    fresh = fetch(conn, SQL["fresh"], party=party, after=after, most=EVENTS_AT_A_TIME)
    if not fresh:
        return Looked(0, 0)
    named = {"things": NAMED, "product": PRODUCT}
    rows = fetch(conn, SQL["concerned"], ids=[id_ for id_, _ in fresh], **named)
    things = {value for (value,) in rows}
    rows = fetch(conn, SQL["children"], values=list(things), product=PRODUCT)
    things |= {value for (value,) in rows}
    found = find_breaks(_events(conn, things), things, tolerance)
    keys = [f"{each.event} {each.what.kind} {each.thing}" for each in found]
    over = fetch(conn, SQL["clear"], at=at, things=list(things), found=keys)
    put = {
        (each.event, each.what.kind, each.thing): (Json(dict(each.what.params)), at)
        for each in found
    }
    queries.put(conn, SQL["put"], [(*key, *rest) for key, rest in put.items()])
    run(conn, SQL["looked"], party=party, number=fresh[-1][1])
    return Looked(len(fresh), len(over))


def _events(conn: Connection, things: set[str]) -> list[Told]:
    """The events of things, of the parents that they were in, and of their transformations."""
    found = _fetched(conn, things, [])
    parents = {
        each.parent
        for each in found.values()
        if each.parent is not None and not things.isdisjoint(each.children)
    }
    groups = {each.group for each in found.values() if each.group is not None}
    if parents - things or groups:
        found |= _fetched(conn, parents - things, sorted(groups))
    return list(found.values())


def _fetched(conn: Connection, values: Iterable[str], groups: list[str]) -> dict[int, Told]:
    asked = {"values": list(values), "groups": groups, "things": NAMED}
    return {row[0]: read_told(*row) for row in fetch(conn, SQL["events"], **asked)}


def standing(conn: Connection) -> int:
    """Return how many flags stand."""
    ((count,),) = fetch(conn, SQL["standing"])
    return int(count)


def flags(
    conn: Connection,
    within: Iterable[Grant] | None,
    *,
    kind: str | None = None,
    thing: str | None = None,
    cleared: bool = False,
) -> list[Flag]:
    """Return flags, the newest first; `MOST_SHOWN` at most.

    Parameters
    ----------
    conn : Connection
    within : iterable of Grant or None
        Where somebody inspects; None: all. Of what is no lot that grew in a village, only who
        inspects the whole city sees flags.
    kind : str, optional
        One of `models.trace.breaks.KINDS`.
    thing : str, optional
        Canonical.
    cleared : bool
        Whether those that were mended are wanted too.
    """
    held = [Grant("", "city", "")] if within is None else list(within)

    def of(level: str) -> list[str]:
        return [grant.scope for grant in held if grant.level == level]

    rows = fetch(
        conn,
        SQL["listed"],
        kind=kind,
        thing=thing,
        cleared=cleared,
        city=bool(of("city")),
        counties=of("county"),
        townships=of("township"),
        villages=of("village"),
        most=MOST_SHOWN,
    )
    return [_flag(*row) for row in rows]


def _flag(kind: str, thing: str, detail: dict[str, Any], *rest: Any) -> Flag:
    return Flag(Event(kind, detail), thing, *rest)
