"""A step with goods is done: proved to be possible, and told as an event, once in its series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from collector.store.goods import goods, units
from collector.store.goods.goods import Goods
from collector.store.lots import lots
from collector.store.postgres.db import Connection, StoreError
from collector.store.trace import members
from collector.store.trace.parties import Party
from models.trace.goods import (
    BOX,
    LOT,
    OWN,
    SOLD,
    THING,
    Done,
    Step,
    counted,
    event_of,
)

#: What was done longer ago is not told from a phone any more; as long as an entry may wait.
OLDEST = timedelta(days=60)
#: A phone that was read while the minute turned is not ahead.
AHEAD = timedelta(minutes=5)
GRAM = 3
#: Steps that take weight from a lot.
TAKES = ("pack", "sell", "destroy")


class GoodsError(StoreError):
    """A step cannot be done; ``why`` says which way, ``given`` with what.

    ``why`` is one of 'held' and 'recalled' (``lot``), 'destroyed' and 'sold' (``party``, ``at``),
    'future', 'old' (``days``), 'only_lots', 'only_units', 'not_yours' (``lot``), 'weight',
    'more' (``lot``, ``left``, ``asked``), 'no_pallet', 'itself', 'on_other' (``code``), 'on_none'.
    """

    def __init__(self, why: str, **given: object) -> None:
        self.why, self.given = why, given
        super().__init__(f"{why}: {given}")


@dataclass(frozen=True)
class Asked:
    """What somebody did, as their form says it.

    ``place`` is a URI; ``weight_kg`` is for each box where boxes are packed [kg], else what of a
    lot it was done with, None: all of it; ``counted`` how many boxes came; ``own`` what else was
    noted.
    """

    step: Step
    goods: Goods
    at: datetime
    place: str
    series: str
    boxes: int = 1
    weight_kg: float | None = None
    pallet: Goods | None = None
    counted: int | None = None
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a step: ``again`` where it was done in this series before, and told then.

    ``batch`` names the boxes that were made; ``expected`` is how many were known to be in what
    came.
    """

    again: bool = False
    batch: str | None = None
    expected: int | None = None


def tell(conn: Connection, party: Party, person: int, asked: Asked, now: datetime) -> Outcome:
    """Prove that a step can be done and tell of it; call it last in a transaction.

    Parameters
    ----------
    conn : Connection
    party : Party
    person : int
        Who does it; a lot that they divide must be theirs.
    asked : Asked
    now : datetime
        When it is recorded, aware.

    Raises
    ------
    GoodsError
        When it cannot be done.
    """
    if asked.at > now + AHEAD:
        raise GoodsError("future")
    if asked.at < now - OLDEST:
        raise GoodsError("old", days=OLDEST.days)
    what = asked.goods
    if what.lot is not None:
        (lot,) = lots.locked(conn, [what.lot.code])
        what = Goods(what.kind, what.uri, what.code, lot)
    goods.lock(conn, party.id)
    if _again(conn, party, asked):
        return Outcome(again=True)
    _prove(conn, asked)
    asked = _with_truck(conn, party, asked)
    if asked.step.id == "pack":
        return _pack(conn, party, person, what, asked, now)
    events, expected = [_event(conn, party, person, what, asked)], None
    if asked.step.id == "receive" and asked.counted is not None:
        found = goods.inside(conn, [what.uri])[what.uri]
        expected = len(found.things) + len(found.lots)
        events = [counted(each, asked.counted, expected) for each in events]
    members.tell(conn, party, events, now)
    return Outcome(expected=expected)


def _with_truck(conn: Connection, party: Party, asked: Asked) -> Asked:
    """Name the truck of the plate that was noted, where it is one that a logger may ride in."""
    plate = asked.own.get("vehicle", "")
    uri = goods.truck(conn, party.id, plate) if plate else None
    return asked if uri is None else replace(asked, own={**asked.own, "asset": uri})


def _again(conn: Connection, party: Party, asked: Asked) -> bool:
    """Whether it was done in this series; a part of a lot may be taken more than once."""
    if asked.goods.kind == LOT and asked.step.id in TAKES:
        return False
    before = goods.series(conn, party.id, asked.series)
    return any(step == asked.step.id and asked.goods.uri in things for step, things in before)


def _prove(conn: Connection, asked: Asked) -> None:
    what, step = asked.goods, asked.step
    if what.kind not in step.on:
        raise GoodsError("only_lots" if step.on == (LOT,) else "only_units")
    over = goods.ended(conn, what.uri)
    if over is not None and (over.disposition != SOLD or step.id == "sell"):
        why = "sold" if over.disposition == SOLD else "destroyed"
        raise GoodsError(why, party=over.party_name, at=over.time)
    if step.safe:
        return
    found = goods.trouble(conn, what.uri)
    if found is not None:
        raise GoodsError(found.state, lot=found.lot)


def _own(asked: Asked) -> dict[str, str]:
    return {"step": asked.step.id, "series": asked.series, **asked.own}


def _weight(
    conn: Connection, party: Party, person: int, what: Goods, asked: Asked, times: int = 1
) -> float | None:
    """What of a lot a step is done with [kg]; who made the lot cannot use more than there is."""
    ends = asked.step.id in TAKES
    if what.lot is None or what.lot.whose != person:
        if ends and asked.weight_kg is None:
            raise GoodsError("weight")
        return asked.weight_kg
    there = goods.left(conn, party.id, what.lot)
    weight = max(there, 0.0) if asked.weight_kg is None else asked.weight_kg
    if ends and (round(weight * times, GRAM) > there or weight <= 0):
        raise GoodsError("more", lot=what.code, left=max(there, 0.0), asked=weight * times)
    return weight


def _pack(
    conn: Connection, party: Party, person: int, what: Goods, asked: Asked, now: datetime
) -> Outcome:
    """Put a lot into boxes: each gets a code, and an event of its own."""
    if what.lot is not None and what.lot.whose != person:
        raise GoodsError("not_yours", lot=what.code)
    if asked.weight_kg is None:
        raise GoodsError("weight")
    weight = _weight(conn, party, person, what, asked, asked.boxes)
    made = units.make(conn, party.id, BOX, asked.boxes, now)
    events = [
        event_of(
            Done(
                asked.step,
                asked.at,
                asked.place,
                lot=what.uri,
                weight_kg=weight,
                parent=each.uri,
                own=_own(asked),
            )
        )
        for each in made
    ]
    members.tell(conn, party, events, now)
    return Outcome(batch=made[0].batch)


def _event(
    conn: Connection, party: Party, person: int, what: Goods, asked: Asked
) -> dict[str, object]:
    done = Done(asked.step, asked.at, asked.place, own=_own(asked))
    if asked.step.id in ("onto", "off"):
        into = _onto(conn, what, asked) if asked.step.id == "onto" else _from(conn, party, what)
        return event_of(Done(**{**vars(done), "things": (what.uri,), "parent": into}))
    if asked.step.id == "unpack":
        return event_of(Done(**{**vars(done), "parent": what.uri}))
    if what.kind == LOT:
        weight = _weight(conn, party, person, what, asked)
        return event_of(Done(**{**vars(done), "lot": what.uri, "weight_kg": weight}))
    # what is in it is sold and destroyed with it
    things = goods.everything_in(conn, what.uri)[0] if asked.step.id in TAKES else (what.uri,)
    return event_of(Done(**{**vars(done), "things": tuple(things)}))


def _onto(conn: Connection, what: Goods, asked: Asked) -> str:
    pallet = asked.pallet
    if pallet is None or pallet.kind == LOT:
        raise GoodsError("no_pallet")
    if pallet.uri == what.uri or pallet.uri in goods.everything_in(conn, what.uri)[0]:
        raise GoodsError("itself")
    over = goods.ended(conn, pallet.uri)
    if over is not None and over.disposition != SOLD:
        raise GoodsError("destroyed", party=over.party_name, at=over.time)
    on = goods.parent(conn, what.uri)
    if on is not None:
        raise GoodsError("on_other", code=goods.named(conn, [on])[0].code)
    return pallet.uri


def _from(conn: Connection, party: Party, what: Goods) -> str:
    """What something is on, where the party sees that it is."""
    on = goods.parent(conn, what.uri)
    if on is None or not goods.handles(conn, party.id, [what.uri, on]):
        raise GoodsError("on_none")
    return on


def begin_pallets(
    conn: Connection, party: Party, kind: str, count: int, place: str, at: datetime
) -> str:
    """Give codes to pallets, tell that they are in use, and return their batch.

    Raises
    ------
    PrefixError
        When the party's company prefix leaves no room for so many.
    """
    goods.lock(conn, party.id)
    made = units.make(conn, party.id, kind, count, at)
    step = Step("begin", "commissioning", "active", (THING,), action="ADD")
    done = Done(step, at, place, tuple(each.uri for each in made), own={"step": step.id})
    members.tell(conn, party, [event_of(done)], at)
    return made[0].batch


def step_of(document: Mapping[str, object]) -> str:
    """The step that an event of ours tells of; '' for another's."""
    return str(document.get(f"{OWN}step", ""))
