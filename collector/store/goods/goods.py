"""What is known of a lot, box or pallet: which it is, what is in it, whether it may go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.store.goods import units
from collector.store.lots import certificates, lots
from collector.store.lots.lot_events import BUREAU
from collector.store.lots.lots import Lot
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch
from collector.store.trace import following
from collector.store.trace.visible import NAMED
from models.trace import scanned
from models.trace.certificate import RECALLED
from models.trace.goods import (
    DESTROYED,
    LOT,
    OWN,
    SERIES,
    SOLD,
    THING,
    Contents,
    contents,
    lot_left,
)
from models.trace.identifiers import canonical
from models.trace.scanned import Scanned

SQL = queries.load("goods")
AGGREGATION, CHILD, PARENT, CLASS = "AggregationEvent", "child", "parent", "class"
#: Boxes in boxes: deeper than this nobody packs.
DEEPEST = 6


@dataclass(frozen=True)
class Goods:
    """What was scanned: `LOT`, a box, a pallet or a thing; ``lot`` where it is one of ours."""

    kind: str
    uri: str
    code: str
    lot: Lot | None = None


@dataclass(frozen=True)
class Told:
    """An event that names a thing; ``kinds`` as what it is named there."""

    id: int
    party: str
    party_name: str
    time: datetime
    action: str | None
    biz_step: str | None
    disposition: str | None
    place: str | None
    kinds: list[str]
    document: dict[str, Any]


@dataclass(frozen=True)
class Trouble:
    """A lot that is held or recalled, or a box that is recalled: state and code."""

    state: str
    lot: str


def find(conn: Connection, what: Scanned) -> Goods | None:
    """Return what was scanned; None where its code is sound and nothing here has it."""
    if what.kind == scanned.LOT:
        return _of_lot(lots.find(conn, what.value))
    if what.kind == scanned.CERTIFICATE:
        found = certificates.find(conn, what.value)
        return _of_lot(lots.find(conn, found.lot)) if found is not None else None
    if what.kind == scanned.UNIT and not what.value.startswith("urn:"):
        unit = units.by_code(conn, what.value)
        return Goods(unit.kind, unit.uri, unit.code) if unit is not None else None
    return named(conn, [what.value], what.kind == scanned.CLASS)[0]


def _of_lot(lot: Lot | None) -> Goods | None:
    return Goods(LOT, lot.uri, lot.code, lot) if lot is not None else None


def named(conn: Connection, uris: Sequence[str], of_class: bool = False) -> list[Goods]:
    """Return what some URIs name, ours by their codes, others by their links."""
    ours = units.by_uri(conn, uris)
    codes = dict(fetch(conn, SQL["lots"], uris=list(uris)))
    found = []
    for uri in uris:
        if uri in ours:
            found.append(Goods(ours[uri].kind, uri, ours[uri].code))
        elif uri in codes:
            found.append(Goods(LOT, uri, codes[uri], lots.find(conn, codes[uri])))
        else:
            found.append(Goods(LOT if of_class else THING, uri, _short(uri)))
    return found


def _short(uri: str) -> str:
    """The digits of an SSCC alone; any other name whole."""
    start = "https://id.gs1.org/00/"
    return uri[len(start) :] if uri.startswith(start) else uri


def told(conn: Connection, uris: Iterable[str]) -> dict[str, list[Told]]:
    """Return the events that name each of some things, in the order in which they happened."""
    found: dict[str, list[Told]] = {each: [] for each in uris}
    for uri, *row in fetch(conn, SQL["told"], values=list(found), kinds=NAMED):
        found[uri].append(Told(*row))
    return found


def handles(conn: Connection, party: str, uris: Sequence[str]) -> set[str]:
    """Return those of some things of which a party told events: it sees all of theirs."""
    return {value for (value,) in fetch(conn, SQL["handled"], party=party, values=list(uris))}


def _within(events: Sequence[Told]) -> Contents:
    joins = (e.document for e in events if PARENT in e.kinds and e.document["type"] == AGGREGATION)
    return contents(joins, canonical)


def inside(conn: Connection, uris: Iterable[str]) -> dict[str, Contents]:
    """Return what is in each of some things now."""
    return {uri: _within(events) for uri, events in told(conn, uris).items()}


def parent(conn: Connection, uri: str) -> str | None:
    """Return what a thing is in or on now; None where it stands alone."""
    found = None
    for event in told(conn, [uri])[uri]:
        if CHILD in event.kinds and event.document.get("parentID"):
            found = canonical(event.document["parentID"]) if event.action == "ADD" else None
    if found is None or uri not in inside(conn, [found])[found].things:
        return None
    return found


def everything_in(conn: Connection, uri: str) -> tuple[dict[str, None], dict[str, float]]:
    """Return all things in something, itself with them, and all lots with their weights [kg]."""
    things: dict[str, None] = {uri: None}
    weights: dict[str, float] = {}
    level = [uri]
    for _ in range(DEEPEST):
        found = inside(conn, level)
        level = []
        for each in found.values():
            for lot, weight in each.lots.items():
                weights[lot] = round(weights.get(lot, 0.0) + weight, 3)
            level += [thing for thing in each.things if thing not in things]
            things |= dict.fromkeys(each.things)
        if not level:
            break
    return things, weights


def trouble(conn: Connection, uri: str) -> Trouble | None:
    """Return a lot that is held or recalled, and is in something now or went into what is.

    A box that was recalled itself stands there by its own code.
    """
    things, weights = everything_in(conn, uri)
    holds = told(conn, things)
    # what came out of a box again does not count: boxes are used again
    plain = [each for each in things if not any(PARENT in one.kinds for one in holds[each])]
    led = following.back(conn, *weights, *plain)
    found = next(
        (
            Trouble(RECALLED, each.code)
            for each in named(conn, [t for t in things if _recalled(holds[t])])
        ),
        None,
    )
    for _, code in fetch(conn, SQL["lots"], uris=led):
        state = certificates.trouble(conn, code)
        if state is not None and (found is None or found.state < state):
            found = Trouble(state, code)
    return found


def _recalled(events: Sequence[Told]) -> bool:
    """Whether an inspector recalled a thing itself, and it was not emptied since."""
    found = False
    for each in events:
        if each.party == BUREAU.id and each.disposition == RECALLED:
            found = True
        elif each.action == "DELETE" and PARENT in each.kinds:
            children = each.document.get("childEPCs") or each.document.get("childQuantityList")
            found = found and bool(children)
    return found


def truck(conn: Connection, party: str, plate: str) -> str | None:
    """Return the URI of the truck of a plate, the party's own first; None where none is known."""
    rows = fetch(conn, SQL["truck"], party=party, plate=plate)
    return str(rows[0][0]) if rows else None


def ended(conn: Connection, uri: str) -> Told | None:
    """Return the event by which a thing was destroyed or sold; None where it was not.

    What was sold and received again is there again; what was destroyed is not.
    """
    over = None
    for each in told(conn, [uri])[uri]:
        if "epc" not in each.kinds or (over is not None and over.disposition == DESTROYED):
            continue
        if each.disposition in (DESTROYED, SOLD):
            over = each
        elif each.biz_step == "receiving":
            over = None
    return over


def left(conn: Connection, party: str, lot: Lot) -> float:
    """Return what of a party's lot is neither in boxes nor sold nor destroyed [kg]."""
    events = [each for each in told(conn, [lot.uri])[lot.uri] if each.party == party]
    parents = {canonical(e.document["parentID"]) for e in events if e.document.get("parentID")}
    packed = sum(each.lots.get(lot.uri, 0.0) for each in inside(conn, parents).values())
    gone = [
        float(amount.get("quantity", 0.0))
        for each in events
        if CLASS in each.kinds and each.disposition in (DESTROYED, SOLD)
        for amount in each.document["quantityList"]
        if canonical(amount["epcClass"]) == lot.uri
    ]
    return lot_left(lot.left_kg, packed, gone)


def series(conn: Connection, party: str, name: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return what a party did in a series: the step, and the things it was done with."""
    rows = fetch(conn, SQL["series"], party=party, series=name, kind=f"own:{SERIES}")
    found = []
    for (document,) in rows:
        classes = document.get("quantityList") or document.get("childQuantityList") or []
        single = document.get("epcList") or document.get("childEPCs") or []
        if document["type"] == AGGREGATION and not single and not classes:
            single = [document["parentID"]]
        names = [*single, *(each["epcClass"] for each in classes)]
        found.append((document.get(f"{OWN}step", ""), tuple(map(canonical, names))))
    return found


def lock(conn: Connection, party: str) -> None:
    """Let nobody else tell anything for a party until the transaction ends."""
    fetch(conn, SQL["lock"], party=party)
