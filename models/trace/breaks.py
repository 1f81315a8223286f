"""Where events that are each right break the story of a thing or lot together.

Nothing is refused for it: an event says what somebody saw, and it may be another that is wrong or
has not come yet. What is found here is asked anew whenever an event of the thing comes, in any
order, so a late event or an error declaration mends it. What nobody told (a shipper that takes no
part, a lot whose beginning is elsewhere) is no break.

Times that are equal break nothing, nor do weights within the tolerance. Looked at are: receiving
before shipping, two parents at once, unpacking what was not in, weight from nowhere, more taken
than there was, a thing after its end, a thing before its beginning.

References
----------
GS1 EPCIS 2.0, section 7.4 (what each action says of things and parents); GS1 EPCIS and CBV
Implementation Guideline (events of one thing in their order). Public checkers that were looked at
(OpenEPCIS event sentry and others) judge one event against a profile, or hold the order
commissioning, packing, shipping within one file; none of them follows a thing through several
parties. The rules here are ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from field_configs.business_steps import step_of
from field_configs.events import Event, event
from models.trace.identifiers import canonical

#: Units of mass that people weigh goods in, in kilograms (UNECE Recommendation 20).
KILOGRAMS = {"KGM": 1.0, "GRM": 0.001, "TNE": 1000.0, "LBR": 0.45359237}
SHIPS, RECEIVES, RETRACTS = ("shipping",), ("receiving",), ("void_shipping",)
ENDS = ("destroying", "decommissioning")
#: What is done to papers about goods: it may come when these are long gone.
PAPER = tuple(
    step_of(each)
    for each in ("holding", "releasing", "recalling", "certifying", "voiding", "overriding")
)
KINDS = (
    "flag_received_early",
    "flag_two_parents",
    "flag_not_in",
    "flag_from_nowhere",
    "flag_taken_too_much",
    "flag_after_end",
    "flag_before_begin",
)
Amounts = Mapping[str, float | None]


@dataclass(frozen=True)
class Told:
    """An event, as far as it tells of things.

    Amounts are of classes [kg]: None where they are told in something else than mass, infinite
    where no quantity is told: all of it. Single things have none and stand in `singles` too.
    """

    id: int
    party: str
    time: datetime
    type: str
    action: str | None
    step: str | None
    group: str | None = None
    parent: str | None = None
    objects: Amounts = field(default_factory=dict)
    children: Amounts = field(default_factory=dict)
    inputs: Amounts = field(default_factory=dict)
    outputs: Amounts = field(default_factory=dict)
    singles: frozenset[str] = frozenset()

    def named(self) -> set[str]:
        """Return every thing and lot that it names."""
        own = {*self.objects, *self.children, *self.inputs, *self.outputs}
        return own if self.parent is None else {*own, self.parent}

    def begins(self, thing: str) -> bool:
        """Whether a thing, or more of a lot, comes into being by it."""
        added = self.type == "ObjectEvent" and self.action == "ADD" and thing in self.objects
        return added or thing in self.outputs

    def removes(self, thing: str) -> bool:
        """Whether a thing, or so much of a lot, is no more after it."""
        gone = self.action == "DELETE" or self.step in ENDS
        return self.type == "ObjectEvent" and gone and thing in self.objects


@dataclass(frozen=True)
class Break:
    """Where a story breaks: at which event, of which thing, and what is wrong."""

    event: int
    thing: str
    what: Event


def _amounts(told: Mapping[str, Any], single: str, classes: str) -> dict[str, float | None]:
    found: dict[str, float | None] = {canonical(each): None for each in told.get(single, ())}
    for each in told.get(classes, ()):
        name, factor = canonical(each["epcClass"]), KILOGRAMS.get(each.get("uom", ""))
        kg = inf if "quantity" not in each else factor and each["quantity"] * factor
        before = found.get(name, 0.0)
        found[name] = None if kg is None or before is None else before + kg
    return found


def read_told(
    id_: int,
    party: str,
    time: datetime,
    type_: str,
    step: str | None,
    document: Mapping[str, Any],
) -> Told:
    """Read what an event tells of things.

    Parameters
    ----------
    id_ : int
        Its place in the order of capture.
    party : str
    time : datetime
        When it happened, aware.
    type_ : str
    step : str or None
        Bare where it is CBV's.
    document : mapping
        As the JSON binding has it; one that its schema accepts.
    """
    if ":" in document["type"]:  # a type of somebody's own says nothing that is known here
        return Told(id_, party, time, type_, None, step)
    lists = (
        _amounts(document, "epcList", "quantityList"),
        _amounts(document, "childEPCs", "childQuantityList"),
        _amounts(document, "inputEPCList", "inputQuantityList"),
        _amounts(document, "outputEPCList", "outputQuantityList"),
    )
    names = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
    singles = {canonical(each) for name in names for each in document.get(name, ())}
    parent, group = document.get("parentID"), document.get("transformationID")
    return Told(
        id_,
        party,
        time,
        type_,
        document.get("action"),
        step,
        None if group is None else canonical(group),
        None if parent is None else canonical(parent),
        *lists,
        frozenset(singles),
    )


def find_breaks(events: Iterable[Told], things: Iterable[str], tolerance: float) -> list[Break]:
    """Find where the stories of some things break.

    Parameters
    ----------
    events : iterable of Told
        All that name any of the things, or a parent that one of them was ever in, or belong to one
        transformation with those; none that was declared an error.
    things : iterable of str
        Canonical.
    tolerance : float
        Share by which weights may differ.
    """
    told = sorted(events, key=lambda each: (each.time, each.id))
    of: dict[str, list[Told]] = defaultdict(list)
    for each in told:
        for thing in each.named():
            of[thing].append(each)
    wanted = set(things)
    found = [*_from_nowhere(told, wanted, tolerance)]
    for thing in sorted(wanted & of.keys()):
        its = of[thing]
        found += _received_early(thing, its)
        found += _packed(thing, its, of)
        found += _taken(thing, its, tolerance)
        found += _before_and_after(thing, its)
    return found


def _received_early(thing: str, its: Sequence[Told]) -> Iterator[Break]:
    ships = [each for each in _not_retracted(its) if each.step in SHIPS]
    receives = [each for each in its if each.step in RECEIVES and not each.begins(thing)]
    single = any(thing in each.singles for each in its)
    for each in receives:
        since = max(
            (r.time for r in receives if single and r.party != each.party and r.time < each.time),
            default=None,
        )
        before = [
            s
            for s in ships
            if s.party != each.party and s.time <= each.time and (since is None or s.time >= since)
        ]
        if before:
            continue
        # who ships after they received it themselves sends it on
        late = next(
            (
                s
                for s in ships
                if s.time > each.time
                and s.party != each.party
                and not any(r.party == s.party and each.time <= r.time <= s.time for r in receives)
            ),
            None,
        )
        if late is not None:
            what = event("flag_received_early", thing=thing, at=each.time, shipped=late.time)
            yield Break(each.id, thing, what)


def _not_retracted(its: Sequence[Told]) -> list[Told]:
    """Leave out what was shipped and declared void by the same party before the next shipping."""
    kept: list[Told] = []
    for each in its:
        if each.step in RETRACTS:
            mine = [k for k in kept if k.step in SHIPS and k.party == each.party]
            kept = [k for k in kept if k not in mine[-1:]]
        else:
            kept.append(each)
    return kept


def _packed(thing: str, its: Sequence[Told], of: Mapping[str, list[Told]]) -> Iterator[Break]:
    single = any(thing in each.singles for each in its)
    packs = [each for each in its if _packs(each, thing)]

    def emptied(parent: str, since: datetime, until: datetime) -> bool:
        return any(
            since <= e.time <= until and _empties(e, parent, thing) for e in of.get(parent, ())
        )

    for place, each in enumerate(packs if single else ()):
        before: dict[str, Told] = {}
        for earlier in packs[:place]:
            assert earlier.parent is not None
            if earlier.parent != each.parent:
                before[earlier.parent] = earlier
        for other, earlier in before.items():
            if not emptied(other, earlier.time, each.time):
                what = event("flag_two_parents", thing=thing, parent=each.parent, other=other)
                yield Break(each.id, thing, what)
                break
    for each in its:
        if each.type != "AggregationEvent" or each.action != "DELETE" or each.parent is None:
            continue
        if thing not in each.children:
            continue
        packed = [p.time for p in packs if p.parent == each.parent and p.time <= each.time]
        gone = single and any(
            e.id != each.id and e.time < each.time and _empties(e, each.parent, thing)
            for e in of[each.parent]
            if packed and e.time >= packed[-1]
        )
        if not packed or gone:
            yield Break(each.id, thing, event("flag_not_in", thing=thing, parent=each.parent))


def _packs(told: Told, thing: str) -> bool:
    added = told.type == "AggregationEvent" and told.action == "ADD" and told.parent is not None
    return added and thing in told.children


def _empties(told: Told, parent: str, thing: str) -> bool:
    """Whether a thing is no more in a parent: it was taken out, all was, or that is no more."""
    unpacked = told.type == "AggregationEvent" and told.action == "DELETE"
    out = unpacked and told.parent == parent and (not told.children or thing in told.children)
    return out or told.removes(parent)


def _from_nowhere(told: Sequence[Told], wanted: set[str], tolerance: float) -> Iterator[Break]:
    groups: dict[str, list[Told]] = defaultdict(list)
    for each in told:
        if each.inputs or each.outputs:
            groups[each.group or f"event {each.id}"].append(each)
    for group in groups.values():
        things = sorted({name for each in group for name in each.outputs})
        put_in, out = (
            _mass(amount for each in group for amount in getattr(each, side).values())
            for side in ("inputs", "outputs")
        )
        if not things or things[0] not in wanted or put_in is None or out is None:
            continue
        if out > put_in * (1 + tolerance):
            numbers = {"out": round(out, 3), "put_in": round(put_in, 3)}
            what = event("flag_from_nowhere", thing=things[0], **numbers)
            yield Break(group[-1].id, things[0], what)


def _mass(amounts: Iterable[float | None]) -> float | None:
    """The sum [kg]; None where it is not all known as mass, or nothing is told."""
    found = list(amounts)
    known = [each for each in found if each is not None and each < inf]
    return sum(known) if found and len(known) == len(found) else None


def _taken(thing: str, its: Sequence[Told], tolerance: float) -> Iterator[Break]:
    has = _had(thing, its)
    if has is None:
        return
    taken = 0.0
    for each in its:
        gone = each.objects[thing] if each.removes(thing) else each.inputs.get(thing, 0.0)
        if not gone or gone == inf:
            continue
        taken += gone
        if taken > has * (1 + tolerance):
            numbers = {"has": round(has, 3), "taken": round(taken, 3)}
            yield Break(each.id, thing, event("flag_taken_too_much", thing=thing, **numbers))


def _had(thing: str, its: Sequence[Told]) -> float | None:
    begun = [
        each.outputs[thing] if thing in each.outputs else each.objects[thing]
        for each in its
        if each.begins(thing)
    ]
    return _mass(begun)


def _before_and_after(thing: str, its: Sequence[Told]) -> Iterator[Break]:
    begins = [each.time for each in its if each.begins(thing)]
    ends = _end_times(thing, its)
    for each in its:
        if begins and each.time < begins[0]:
            what = event("flag_before_begin", thing=thing, at=each.time, begun=begins[0])
            yield Break(each.id, thing, what)
        over = max((end for end in ends if end < each.time), default=None)
        if over is None or each.step in PAPER or each.removes(thing) or each.begins(thing):
            continue
        if not any(over < begun <= each.time for begun in begins):
            what = event("flag_after_end", thing=thing, at=each.time, ended=over)
            yield Break(each.id, thing, what)


def _end_times(thing: str, its: Sequence[Told]) -> list[datetime]:
    """When a thing was no more: destroyed or used up; of a lot, when all of it was destroyed."""
    found, gone, has = [], 0.0, _had(thing, its)
    for each in its:
        if thing in each.singles:
            if each.removes(thing) or thing in each.inputs:
                found.append(each.time)
        elif each.removes(thing):
            gone += each.objects[thing] or 0.0
            if gone == inf or (has is not None and gone >= has > 0):
                found.append(each.time)
    return found
