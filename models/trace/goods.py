"""Steps that people do with lots, boxes and pallets, and the EPCIS event that tells of each.

References
----------
GS1 Core Business Vocabulary 2.0, sections 7.1 (business steps) and 7.2 (dispositions).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from field_configs.business_steps import step_of
from models.weather.local_days import LOCAL

#: Beijing time, as events carry it.
OFFSET = "+08:00"
KILOGRAM = "KGM"
LOT, BOX, PALLET, THING = "lot", "box", "pallet", "thing"
UNITS = (BOX, PALLET, THING)
#: Before names of fields of our own; `collector.store.trace.members.CONTEXT` explains it.
OWN = "nongqing:"
#: The full name of the field that holds which series a step was done in.
SERIES = "urn:nongqing:epcis:series"


@dataclass(frozen=True)
class Step:
    """A step, and the words of the vocabulary for it.

    ``step`` is its id in the table of business steps; ``on`` says of what it is done; ``stays``
    whether the goods are at the place afterwards, which then is the business location too; ``safe``
    whether it may be done with what is held or recalled; ``asks`` names the fields that its form
    has besides code, place and time.
    """

    id: str
    step: str
    disposition: str
    on: tuple[str, ...]
    type: str = "ObjectEvent"
    action: str = "OBSERVE"
    stays: bool = True
    safe: bool = True
    asks: tuple[str, ...] = ()

    @property
    def biz_step(self) -> str:
        """What events call it."""
        return step_of(self.step)


_ALL = (LOT, *UNITS)
#: In the order of the goods' way; dispositions as CBV 2.0 allows them for the step.
STEPS = {
    each.id: each
    for each in (
        Step(
            *("pack", "packing", "in_progress", (LOT,), "AggregationEvent", "ADD"),
            safe=False,
            asks=("boxes", "weight"),
        ),
        Step(
            *("onto", "packing", "in_progress", UNITS, "AggregationEvent", "ADD"),
            safe=False,
            asks=("pallet",),
        ),
        Step("off", "unpacking", "in_progress", UNITS, "AggregationEvent", "DELETE"),
        Step("cool_in", "cooling", "in_progress", _ALL, asks=("weight",)),
        Step("cool_out", "leaving_cold", "in_progress", _ALL, stays=False, asks=("weight",)),
        Step("store", "storing", "in_progress", _ALL, asks=("weight",)),
        Step(
            *("load", "loading", "in_progress", _ALL),
            stays=False,
            safe=False,
            asks=("vehicle", "weight"),
        ),
        Step(
            *("depart", "departing", "in_transit", _ALL),
            stays=False,
            safe=False,
            asks=("vehicle", "weight"),
        ),
        Step(
            *("transport", "transporting", "in_transit", _ALL),
            stays=False,
            asks=("vehicle", "weight"),
        ),
        Step("receive", "receiving", "in_progress", _ALL, asks=("counted", "note", "weight")),
        Step("unpack", "unpacking", "in_progress", UNITS, "AggregationEvent", "DELETE"),
        Step(
            *("sell", "retail_selling", "retail_sold", _ALL),
            stays=False,
            safe=False,
            asks=("weight",),
        ),
        Step(
            *("destroy", "destroying", "destroyed", _ALL),
            action="DELETE",
            stays=False,
            asks=("reason", "weight"),
        ),
    )
}
DESTROYED, SOLD = "destroyed", "retail_sold"


@dataclass(frozen=True)
class Done:
    """What was done: a step, when, where, and what its form asked for besides.

    ``place`` is a URI; ``weight_kg`` what of a lot it was done with [kg]; ``parent`` what something
    is put into or taken from; ``own`` fields of our own, without their prefix.
    """

    step: Step
    at: datetime
    place: str
    things: tuple[str, ...] = ()
    lot: str | None = None
    weight_kg: float | None = None
    parent: str | None = None
    own: Mapping[str, str] = field(default_factory=dict)


def event_of(done: Done) -> dict[str, Any]:
    """Write the event of something that was done, as the JSON binding has it, without a context.

    Parameters
    ----------
    done : Done
    """
    step, place = done.step, {"id": done.place}
    told: dict[str, Any] = {
        "type": step.type,
        "eventTime": done.at.astimezone(LOCAL).isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": OFFSET,
        "action": step.action,
        "bizStep": step.biz_step,
        "disposition": step.disposition,
        "readPoint": place,
    }
    if step.stays:
        told["bizLocation"] = place
    joins = step.type == "AggregationEvent"
    if joins:
        told["parentID"] = done.parent
    if done.things:
        told["childEPCs" if joins else "epcList"] = list(done.things)
    if done.lot is not None:
        amount: dict[str, Any] = {"epcClass": done.lot}
        if done.weight_kg is not None:
            amount |= {"quantity": done.weight_kg, "uom": KILOGRAM}
        told["childQuantityList" if joins else "quantityList"] = [amount]
    return told | {f"{OWN}{name}": text for name, text in done.own.items() if text}


def counted(told: dict[str, Any], found: int, expected: int) -> dict[str, Any]:
    """Say in the event of a receipt whether as much came as is known to be in it.

    Parameters
    ----------
    told : dict
        The event.
    found, expected : int
        Boxes counted, and those that are in it by what was told.
    """
    own = {f"{OWN}counted": str(found), f"{OWN}expected": str(expected)}
    if found == expected:
        return told | own | {"persistentDisposition": {"set": ["completeness_verified"]}}
    return told | own | {"disposition": "mismatch_quantity"}


@dataclass(frozen=True)
class Contents:
    """What is in something now: single things, and kilograms of lots by their URI."""

    things: tuple[str, ...] = ()
    lots: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.things or self.lots)


def contents(events: Iterable[Mapping[str, Any]], same: Any = str) -> Contents:
    """Work out what is in something from the aggregations that name it as parent.

    Parameters
    ----------
    events : iterable of mapping
        In the order in which they happened.
    same : callable
        Brings a URI into the form in which spellings agree.
    """
    things: dict[str, None] = {}
    lots: dict[str, float] = {}
    for event in events:
        single = [same(each) for each in event.get("childEPCs", ())]
        amounts = [
            (same(each["epcClass"]), each.get("quantity"))
            for each in event.get("childQuantityList", ())
        ]
        if event["action"] == "ADD":
            things |= dict.fromkeys(single)
            for lot, weight in amounts:
                lots[lot] = lots.get(lot, 0.0) + (weight or 0.0)
        elif event["action"] == "DELETE":
            if not single and not amounts:
                things, lots = {}, {}
            for each in single:
                things.pop(each, None)
            for lot, weight in amounts:
                left = lots.get(lot, 0.0) - (lots.get(lot, 0.0) if weight is None else weight)
                lots.pop(lot, None)
                if left > 0.0005:
                    lots[lot] = round(left, 3)
    return Contents(tuple(things), lots)


def lot_left(whole_kg: float, packed_kg: float, gone: Sequence[float]) -> float:
    """Return what of a lot is neither in boxes nor sold nor destroyed [kg].

    Parameters
    ----------
    whole_kg : float
        What is left of the lot [kg].
    packed_kg : float
        What of it is in boxes [kg].
    gone : sequence of float
        What of it was sold and destroyed outside of boxes [kg].
    """
    return round(whole_kg - packed_kg - sum(gone), 3)


def sscc(prefix: str, serial: int) -> str:
    """Return the serial shipping container code of a company's number.

    Parameters
    ----------
    prefix : str
        Company prefix, 6 to 12 digits.
    serial : int
        Not used before.

    Raises
    ------
    ValueError
        When the prefix leaves no room for that many.
    """
    from biip.checksums import gs1_standard_check_digit

    size = 16 - len(prefix)
    if serial >= 10**size:
        raise ValueError(f"company prefix {prefix}: all {10**size} numbers are used")
    body = f"0{prefix}{serial:0{size}d}"
    return body + str(gs1_standard_check_digit(body))
