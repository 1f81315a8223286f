"""What was in a truck, store room or box between two moments, by what was told of it.

What is told to be at an asset, or put into it, is in it until it is told elsewhere; so is all that
it holds. Where events do not tell, goods count as still in: whoever looks for what was too warm
wants to hear of one box too many rather than of one too few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import inf, isinf

from models.trace.breaks import Told

#: Steps by which goods leave wherever they were.
ENDS = ("receiving", "retail_selling", "destroying", "decommissioning")
#: Each is of goods that were not there yet; any other step tells again of what is.
ADDS = ("loading",)
#: Steps by which goods leave a store room; a truck drives off with what is in it.
LEAVES = ("loading", "shipping", "departing", "transporting", "entering_exiting")
GRAM = 0.0005


@dataclass(frozen=True)
class Seen:
    """An event, where its things are afterwards, and which asset it says that they are in."""

    told: Told
    location: str | None = None
    asset: str | None = None


@dataclass(frozen=True)
class Stay:
    """A thing, or so much of a lot, was in an asset.

    Attributes
    ----------
    thing : str
        Its identifier.
    within : str
        What it lay in: the asset itself, or a thing in it.
    since, until : datetime
        From when to when, within the span that was asked for.
    kg : float or None
        Of a lot, as far as told [kg].
    single : bool
        Whether it is a single thing, and not so much of a lot.
    """

    thing: str
    within: str
    since: datetime
    until: datetime
    kg: float | None
    single: bool


class _Room:
    """What lies in what, as events tell it one after the other."""

    def __init__(self, root: str, room: bool) -> None:
        self.root, self.room = root, room
        self.holds: dict[str, dict[str, float]] = defaultdict(dict)
        self.lies_in: dict[str, set[str]] = defaultdict(set)

    def put(self, thing: str, into: str, kg: float) -> None:
        self.holds[into][thing] = self.holds[into].get(thing, 0.0) + kg
        self.lies_in[thing].add(into)

    def take(self, thing: str, out_of: str, kg: float) -> None:
        left = self.holds[out_of].get(thing, 0.0)
        left = 0.0 if isinf(kg) else left - kg
        if left > GRAM:
            self.holds[out_of][thing] = left
        else:
            self.holds[out_of].pop(thing, None)
            self.lies_in[thing].discard(out_of)

    def where(self, thing: str) -> str | None:
        """What a thing lies in, where that leads to the asset."""
        for each in sorted(self.lies_in.get(thing, ())):
            if self._leads(each, {thing}):
                return each
        return None

    def _leads(self, thing: str, passed: set[str]) -> bool:
        waiting = [thing]
        while waiting:
            each = waiting.pop()
            if each == self.root:
                return True
            if each not in passed:
                passed.add(each)
                waiting += self.lies_in.get(each, ())
        return False

    def with_all_in(self, things: Iterable[str]) -> set[str]:
        found: set[str] = set()
        waiting = list(things)
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += self.holds.get(each, ())
        return found

    def tell(self, seen: Seen) -> set[str]:
        """Take an event in, and return the things that it moves."""
        told = seen.told
        if told.parent is not None:
            return self._joined(seen, told.parent)
        if told.type == "TransformationEvent":
            return self._made(seen)
        gone = told.step in ENDS or told.action == "DELETE" or (self.room and told.step in LEAVES)
        moved = {thing: _kg(told, thing, kg) for thing, kg in told.objects.items()}
        moved.pop(self.root, None)
        if self._here(seen) and told.action != "DELETE":
            for thing, kg in moved.items():
                self._come(thing, kg, told.step in ADDS)
        elif gone or seen.location is not None or seen.asset is not None:
            for thing, kg in moved.items():
                for each in sorted(self.lies_in.get(thing, ())):
                    self.take(thing, each, kg)
        else:
            return set()
        return set(moved)

    def _here(self, seen: Seen) -> bool:
        return self.root in (seen.location, seen.asset)

    def _come(self, thing: str, kg: float, more: bool = False) -> None:
        """So much is at the asset, or so much more."""
        if more or isinf(kg) or thing not in self.holds[self.root]:
            self.put(thing, self.root, kg)
        else:
            self.holds[self.root][thing] = max(self.holds[self.root][thing], kg)

    def _joined(self, seen: Seen, parent: str) -> set[str]:
        told = seen.told
        moved = {thing: _kg(told, thing, kg) for thing, kg in told.children.items()}
        if told.action == "DELETE":
            moved = moved or dict(self.holds[parent])
            inside = parent != self.root and self.where(parent) is not None
            for thing, kg in moved.items():
                self.take(thing, parent, kg)
                if self._here(seen) or (inside and seen.location is None):
                    self.put(thing, self.root, kg)
            return {*moved, parent}
        for thing, kg in moved.items():
            if self.root in self.lies_in.get(thing, ()) and parent != self.root:
                self.take(thing, self.root, kg)
                if seen.location is None and self.where(parent) is None:
                    self.put(parent, self.root, inf)  # it was packed where it lay
            self.put(thing, parent, kg)
        if parent != self.root:
            if self._here(seen):
                self._come(parent, inf)
            elif seen.location is not None:
                self.take(parent, self.root, inf)
        return {*moved, parent}

    def _made(self, seen: Seen) -> set[str]:
        told = seen.told
        used = [each for each in told.inputs if self.where(each) is not None]
        for thing in used:
            for each in sorted(self.lies_in[thing]):
                self.take(thing, each, _kg(told, thing, told.inputs[thing]))
        if self._here(seen) or (used and seen.location is None):
            for thing, kg in told.outputs.items():
                self.put(thing, self.root, _kg(told, thing, kg))
        return {*used, *told.outputs}

    def kg(self, thing: str, within: str) -> float | None:
        kg = self.holds[within].get(thing, 0.0)
        return None if isinf(kg) else round(kg, 3)


def _kg(told: Told, thing: str, kg: float | None) -> float:
    return inf if kg is None or thing in told.singles else kg


def stays(
    events: Iterable[Seen],
    asset: str,
    span: tuple[datetime, datetime],
    *,
    store_room: bool,
) -> list[Stay]:
    """Return what was in an asset within a span of time, in the order in which it came.

    Parameters
    ----------
    events : iterable of Seen
        All that name the asset or anything that was ever put into it; none declared an error.
    asset : str
        Its URI.
    span : tuple of datetime
        From and to, aware; what comes at its end is in it, what leaves at its beginning is not.
    store_room : bool
        Whether goods leave it when they are loaded or depart: not so out of a truck or a box.
    """
    room, start = _Room(asset, store_room), span[0]
    singles: set[str] = set()
    there: dict[str, tuple[datetime, str, float | None]] = {}
    found: list[Stay] = []

    def leave(thing: str, at: datetime) -> None:
        since, within, kg = there.pop(thing)
        if at > start:
            found.append(Stay(thing, within, max(since, start), at, kg, thing in singles))

    for each in sorted(events, key=lambda one: (one.told.time, one.told.id)):
        if each.told.time > span[1]:
            break
        singles |= each.told.singles | ({each.told.parent} if each.told.parent else set())
        for thing in room.with_all_in(room.tell(each)) - {asset}:
            within = room.where(thing)
            if within is None:
                if thing in there:
                    leave(thing, each.told.time)
                continue
            since, _, most = there.get(thing, (each.told.time, "", 0.0))
            kg = room.kg(thing, within)
            there[thing] = since, within, kg if kg is None or most is None else max(kg, most)
    for thing in list(there):
        leave(thing, span[1])
    return sorted(found, key=lambda stay: (stay.since, stay.thing))
