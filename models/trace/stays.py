"""What was in a truck, store room or box between two moments, by what was told of it.

What is told to be at an asset, or put into it, is in it until it is told elsewhere; so is all that
it holds. Where events do not tell, goods count as still in: whoever looks for what was too warm
wants to hear of one box too many rather than of one too few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
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
        What it lay in: the asset itself, or a thing in it; '' where a lot lay in several.
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


#: A thing, or a lot, and what it lies in.
Pair = tuple[str, str]


class _Room:
    """What lies in what, as events tell it one after the other."""

    def __init__(self, root: str, room: bool) -> None:
        self.root, self.room = root, room
        self.holds: dict[str, dict[str, float]] = defaultdict(dict)
        self.lies_in: dict[str, set[str]] = defaultdict(set)
        self.touched: list[Pair] = []

    def put(self, thing: str, into: str, kg: float) -> None:
        self.holds[into][thing] = self.holds[into].get(thing, 0.0) + kg
        self.lies_in[thing].add(into)
        self.touched.append((thing, into))

    def take(self, thing: str, out_of: str, kg: float) -> None:
        left = self.holds[out_of].get(thing, 0.0)
        left = 0.0 if isinf(kg) else left - kg
        if left > GRAM:
            self.holds[out_of][thing] = left
        else:
            self.holds[out_of].pop(thing, None)
            self.lies_in[thing].discard(out_of)
        self.touched.append((thing, out_of))

    def take_away(self, told: Told, thing: str, kg: float) -> None:
        """A single thing leaves whatever it lies in; of a lot so much of what lies loose."""
        lies_in = sorted(self.lies_in.get(thing, ())) if thing in told.singles else [self.root]
        for each in lies_in:
            self.take(thing, each, kg)

    def inside(self, thing: str) -> bool:
        """Whether a thing is in the asset, in whatever it lies there."""
        passed, waiting = {thing}, list(self.lies_in.get(thing, ()))
        while waiting:
            each = waiting.pop()
            if each == self.root:
                return True
            if each not in passed:
                passed.add(each)
                waiting += self.lies_in.get(each, ())
        return False

    def moved(self) -> dict[Pair, bool]:
        """What an event moved, with all that lies in it, and whether it is in the asset now."""
        pairs, waiting = dict.fromkeys(self.touched), [thing for thing, _ in self.touched]
        passed: set[str] = set()
        while waiting:
            each = waiting.pop()
            if each not in passed:
                passed.add(each)
                pairs |= dict.fromkeys((child, each) for child in self.holds.get(each, ()))
                waiting += self.holds.get(each, ())
        self.touched = []
        leads = {self.root: True}
        for _, into in pairs:
            if into not in leads:
                leads[into] = self.inside(into)
        return {(each, into): leads[into] and each in self.holds[into] for each, into in pairs}

    def tell(self, seen: Seen) -> None:
        """Take an event in."""
        told = seen.told
        if told.parent is not None:
            self._joined(seen, told.parent)
        elif told.type == "TransformationEvent":
            self._made(seen)
        else:
            self._seen(seen)

    def _seen(self, seen: Seen) -> None:
        told = seen.told
        gone = told.step in ENDS or told.action == "DELETE" or (self.room and told.step in LEAVES)
        moved = {thing: _kg(told, thing, kg) for thing, kg in told.objects.items()}
        moved.pop(self.root, None)
        if self._here(seen) and told.action != "DELETE":
            for thing, kg in moved.items():
                self._come(thing, kg, told.step in ADDS)
        elif gone or seen.location is not None or seen.asset is not None:
            for thing, kg in moved.items():
                self.take_away(told, thing, kg)

    def _here(self, seen: Seen) -> bool:
        return self.root in (seen.location, seen.asset)

    def _come(self, thing: str, kg: float, more: bool = False) -> None:
        """So much is at the asset, or so much more."""
        there = self.holds[self.root].get(thing)
        if there is None or more or isinf(kg):
            self.put(thing, self.root, kg)
        else:
            self.put(thing, self.root, max(0.0, kg - there))

    def _joined(self, seen: Seen, parent: str) -> None:
        told = seen.told
        moved = {thing: _kg(told, thing, kg) for thing, kg in told.children.items()}
        if told.action == "DELETE":
            moved = moved or dict(self.holds[parent])
            inside = parent != self.root and self.inside(parent)
            for thing, kg in moved.items():
                self.take(thing, parent, kg)
                if self._here(seen) or (inside and seen.location is None):
                    self.put(thing, self.root, kg)
            return
        for thing, kg in moved.items():
            if self.root in self.lies_in.get(thing, ()) and parent != self.root:
                self.take(thing, self.root, kg)
                if seen.location is None and not self.inside(parent):
                    self.put(parent, self.root, inf)  # it was packed where it lay
            self.put(thing, parent, kg)
        if parent != self.root:
            if self._here(seen):
                self._come(parent, inf)
            elif seen.location is not None:
                self.take(parent, self.root, inf)

    def _made(self, seen: Seen) -> None:
        told = seen.told
        used = [each for each in told.inputs if self.inside(each)]
        for thing in used:
            self.take_away(told, thing, _kg(told, thing, told.inputs[thing]))
        if self._here(seen) or (used and seen.location is None):
            for thing, kg in told.outputs.items():
                self.put(thing, self.root, _kg(told, thing, kg))


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
    room = _Room(asset, store_room)
    singles: set[str] = set()
    there: dict[Pair, tuple[datetime, float]] = {}
    found: dict[Pair, list[_Piece]] = defaultdict(list)

    def leave(pair: Pair, at: datetime) -> None:
        since, kg = there.pop(pair)
        if at > span[0]:
            found[pair].append(_Piece(max(since, span[0]), at, kg))

    for each in sorted(events, key=lambda one: (one.told.time, one.told.id)):
        at = each.told.time
        if at > span[1]:
            break
        singles |= each.told.singles | ({each.told.parent} if each.told.parent else set())
        room.tell(each)
        for pair, inside in room.moved().items():
            if inside:
                since, most = there.get(pair, (at, 0.0))
                there[pair] = since, max(most, room.holds[pair[1]][pair[0]])
            elif pair in there:
                leave(pair, at)
    for pair in list(there):
        leave(pair, span[1])
    return _put_together(found, singles, asset)


@dataclass(frozen=True)
class _Piece:
    """A stretch of time in which so much [kg] of a thing lay in one other."""

    since: datetime
    until: datetime
    kg: float


def _put_together(
    found: Mapping[Pair, Sequence[_Piece]], singles: Collection[str], asset: str
) -> list[Stay]:
    """One stay for each time that a thing came, and one for all of a lot that came in boxes."""
    listed = []
    of: dict[str, list[tuple[str, _Piece]]] = defaultdict(list)
    boxed: dict[str, list[tuple[str, _Piece]]] = defaultdict(list)
    for (thing, within), pieces in found.items():
        to = of if thing in singles or within == asset else boxed
        to[thing] += [(within, each) for each in pieces]
    for thing, parts in of.items():
        parts.sort(key=lambda part: (part[1].since, part[1].until))
        joined = [parts[0]]
        for within, piece in parts[1:]:
            before = joined[-1][1]
            if piece.since > before.until:
                joined.append((within, piece))
            else:
                until, kg = max(before.until, piece.until), max(before.kg, piece.kg)
                joined[-1] = within, _Piece(before.since, until, kg)
        single = thing in singles
        listed += [
            Stay(
                thing, within, each.since, each.until, None if single else _told_kg(each.kg), single
            )
            for within, each in joined
        ]
    for thing, parts in boxed.items():
        most: dict[str, float] = {}
        for box, piece in parts:
            most[box] = max(piece.kg, most.get(box, 0.0))
        since, until = min(e.since for _, e in parts), max(e.until for _, e in parts)
        within = next(iter(most)) if len(most) == 1 else ""
        whole = _told_kg(sum(most.values()))
        listed.append(Stay(thing, within, since, until, whole, single=False))
    return sorted(listed, key=lambda stay: (stay.since, stay.thing))


def _told_kg(kg: float) -> float | None:
    return None if isinf(kg) else round(kg, 3)
