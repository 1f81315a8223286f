"""What became of goods: how far each thing lies from where it began, who has it, what adds up.

Nodes are lots and things (boxes, pallets) by their identifiers; an edge leads from what went into
something to what came of it. A recall takes a mixture whole; the balance counts of it only the
share that the recalled goods have in it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

#: A step of business or a disposition that says that something was sold to who eats it (CBV 2.0).
SOLD = ("retail_selling", "retail_sold")


@dataclass(frozen=True)
class Told:
    """The newest that was told of a thing: when, by which party, whether it was sold by it."""

    time: datetime
    party: str
    sold: bool


@dataclass(frozen=True)
class Packed:
    """The newest event in which a thing went into a container, or came out of it."""

    time: datetime
    out: bool
    container: str


@dataclass(frozen=True)
class Weighed:
    """A lot: what it weighed when it was made, what of it went into no other lot [kg]."""

    weight_kg: float
    left_kg: float


@dataclass(frozen=True)
class Balance:
    """Harvested = held + sold + unknown [kg]; `by_count`: boxes without weights were counted.

    Of boxes: ``packed_kg`` is in the ``weighed`` ones of known weight, by what was told of packing;
    ``counted`` have none. ``excess_kg`` is how much more was packed of lots than there was of them,
    beyond the tolerance. ``shipped_kg`` is what was sent off in shipments.
    """

    harvested_kg: float
    held_kg: float
    sold_kg: float
    unknown_kg: float
    by_count: bool
    packed_kg: float = 0.0
    weighed: int = 0
    counted: int = 0
    excess_kg: float = 0.0
    shipped_kg: float = 0.0

    @property
    def accounted(self) -> float:
        """Share of the harvest of which it is known where it is, from 0 to 1."""
        return (self.held_kg + self.sold_kg) / self.harvested_kg if self.harvested_kg else 0.0


def _after(edges: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        found[source].append(target)
    return found


def layers(starts: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return how many steps each node lies from the nearest start; starts are 0.

    Parameters
    ----------
    starts : sequence of str
    edges : iterable of (str, str)
        May go round in circles: parties tell what they like.
    """
    after, found = _after(edges), dict.fromkeys(starts, 0)
    waiting = deque(found)
    while waiting:
        node = waiting.popleft()
        for each in after[node]:
            if each not in found:
                found[each] = found[node] + 1
                waiting.append(each)
    return found


def newest(
    thing: str,
    told: Mapping[str, Told],
    packed: Mapping[str, Packed],
    emptied: Mapping[str, Told],
) -> Told | None:
    """Return the newest that was told of a thing or of what it lies in; None: nothing was.

    Who receives a pallet has its boxes, and who empties it has them after, though no event of
    theirs names one.

    Parameters
    ----------
    thing : str
    told, packed : mapping
        By thing.
    emptied : mapping of str to Told
        By container: the newest event that took out all that was in it.
    """
    found, here, seen = told.get(thing), thing, {thing}
    while (way := packed.get(here)) is not None and not way.out and way.container not in seen:
        out = emptied.get(way.container)
        if out is not None and out.time >= way.time:
            return max((e for e in (found, out) if e), key=lambda each: each.time)
        here = way.container
        seen.add(here)
        outer = told.get(here)
        if outer is not None and (found is None or outer.time > found.time):
            found = outer
    return found


def shares(
    starts: Sequence[str],
    lots: Mapping[str, Weighed],
    parts: Sequence[tuple[str, str, float]],
    put_in_kg: Mapping[str, float],
) -> dict[str, float]:
    """Return which share of each lot, from 0 to 1, came from the lots that a recall begins with.

    Parameters
    ----------
    starts : sequence of str
    lots : mapping of str to Weighed
    parts : sequence of (child, parent, kg)
        Between these lots [kg].
    put_in_kg : mapping of str to float
        All that went into each lot, from wherever [kg].
    """
    found = {each: 1.0 for each in starts if each in lots}
    into: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for child, parent, kg in parts:
        into[child].append((parent, kg))
    waiting = [each for each in lots if each not in found]
    while waiting:
        ready = [e for e in waiting if all(parent in found for parent, _ in into[e])]
        if not ready:  # lots cannot go round in circles; who is left has no way from a start
            break
        for each in ready:
            came = sum(kg * found[parent] for parent, kg in into[each])
            found[each] = min(1.0, came / put_in_kg[each]) if put_in_kg.get(each) else 0.0
        waiting = [e for e in waiting if e not in found]
    return found | dict.fromkeys(waiting, 0.0)


@dataclass(frozen=True)
class Packing:
    """How lots are packed and sent off.

    ``boxed``: by box, how much of which lot is in it [kg]; ``sent``: the same by shipment. The same
    goods may be in a box and in a shipment. ``tolerance``: share by which weights may differ.
    """

    boxed: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    sent: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tolerance: float = 0.0


def loose(
    lots: Mapping[str, Weighed],
    boxed: Mapping[str, Mapping[str, float]],
    sent: Mapping[str, Mapping[str, float]],
) -> tuple[dict[str, float], dict[str, float]]:
    """Return what of each lot is in no box and no shipment, and what in each shipment [kg].

    What is in boxes counts there: a shipment has of the rest what it can, and no more.

    Parameters
    ----------
    lots : mapping of str to Weighed
    boxed, sent : mapping
        By box or shipment, how much of which lot is in it [kg].
    """
    rest, found = {}, dict.fromkeys(sent, 0.0)
    for node, lot in lots.items():
        packed = sum(content.get(node, 0.0) for content in boxed.values())
        shipped = sum(content.get(node, 0.0) for content in sent.values())
        left = max(0.0, lot.left_kg - packed)
        fits = min(1.0, left / shipped) if shipped else 0.0
        for each, content in sent.items():
            found[each] += content.get(node, 0.0) * fits
        rest[node] = left - shipped * fits
    return rest, found


def balance(
    starts: Sequence[str],
    lots: Mapping[str, Weighed],
    share: Mapping[str, float],
    edges: Sequence[tuple[str, str]],
    sold: Mapping[str, bool | None],
    packing: Packing | None = None,
) -> Balance:
    """Add up where the recalled goods are, by what is on record.

    Parameters
    ----------
    starts : sequence of str
    lots : mapping of str to Weighed
    share : mapping of str to float
        See `shares`.
    edges : sequence of (str, str)
        Between all nodes.
    sold : mapping of str to bool or None
        By node, whether it was sold; None where nobody is known to have it.
    packing : Packing, optional

    Notes
    -----
    A box of known weight counts with it. What else of a lot went into boxes is counted by the boxes
    without weights that it came to, each counting the same (our rule). Where there are none, the
    rest is in shipments, as far as those have it, and what is in none with who has the lot. Where
    more was packed than there was, boxes count for so much less.
    """
    after = _after(edges)
    found = _Sums(sold)
    how = packing or Packing()
    for node, lot in lots.items():
        part = share.get(node, 0.0)
        kg = max(lot.left_kg, 0.0) * part
        if kg:
            things = _things(node, lots, after)
            _count(found, node, kg, part, how, things, _last_things(node, lots, after))
    whole = sum(lots[each].weight_kg for each in starts if each in lots)
    for box in starts:  # a box with which it begins, and not its lot
        alone = sum(kg for lot, kg in how.boxed.get(box, {}).items() if lot not in lots)
        whole += alone
        found.add(box, alone)
        found.packed += alone
        found.weighed += bool(alone)
        found.counted += box not in lots and box not in how.boxed
    return found.balance(whole)


def _count(
    found: _Sums,
    node: str,
    kg: float,
    part: float,
    how: Packing,
    things: Iterable[str],
    last: Sequence[str],
) -> None:
    """Share out what is left of a lot to the things that it came to, and to who has the rest."""
    boxes = {each: how.boxed[each][node] for each in things if node in how.boxed.get(each, {})}
    sent = {each: how.sent[each][node] for each in things if node in how.sent.get(each, {})}
    without = [each for each in last if each not in boxes and each not in sent]
    packed, shipped = sum(boxes.values()) * part, sum(sent.values()) * part
    if packed > kg * (1 + how.tolerance):
        found.excess += packed - kg
    found.packed += packed
    found.shipped += shipped
    found.weighed += len(boxes)
    found.counted += len(without)
    fits = min(1.0, kg / packed) if packed else 0.0
    for box, weight in boxes.items():
        found.add(box, weight * part * fits)
    rest = kg - packed * fits
    for box in without:
        found.add(box, rest / len(without))
    if not without:
        fits = min(1.0, rest / shipped) if shipped else 0.0
        for each, weight in sent.items():
            found.add(each, weight * part * fits)
        found.add(node, rest - shipped * fits)


class _Sums:
    """What is held and sold so far [kg], and how it is packed."""

    def __init__(self, sold: Mapping[str, bool | None]) -> None:
        self.sold_of = sold
        self.held = self.sold = self.packed = self.excess = self.shipped = 0.0
        self.weighed = self.counted = 0

    def add(self, node: str, kg: float) -> None:
        state = self.sold_of.get(node)
        if state:
            self.sold += kg
        elif state is False:
            self.held += kg

    def balance(self, whole: float) -> Balance:
        unknown = max(whole - self.held - self.sold, 0.0)
        figures = [round(each, 3) for each in (whole, self.held, self.sold, unknown)]
        return Balance(
            figures[0],
            figures[1],
            figures[2],
            figures[3],
            self.counted > 0,
            round(self.packed, 3),
            self.weighed,
            self.counted,
            round(self.excess, 3),
            round(self.shipped, 3),
        )


def _things(
    lot: str, lots: Mapping[str, Weighed], after: Mapping[str, Sequence[str]]
) -> dict[str, None]:
    """All things that a lot came to."""
    found: dict[str, None] = {}
    waiting = [each for each in after.get(lot, ()) if each not in lots]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = None
            waiting += [e for e in after.get(each, ()) if e not in lots and e not in found]
    return found


def _last_things(
    lot: str, lots: Mapping[str, Weighed], after: Mapping[str, Sequence[str]]
) -> list[str]:
    """The things that a lot came to, leaving out what only holds others of them."""
    found = _things(lot, lots, after)
    holds = {target for each in found for target in after.get(each, ()) if target in found}
    first = [each for each in found if each not in holds]
    return first or list(found)


@dataclass(frozen=True)
class Said:
    """What a holder says: found, of that destroyed, and sold before [kg]."""

    found_kg: float
    destroyed_kg: float
    sold_kg: float


@dataclass(frozen=True)
class Figures:
    """How a recall stands [kg].

    ``listed_kg`` is what was to be found; ``recovered`` the share of it that was found, from 0 to
    1; ``accounted`` the share of the harvest that is found or sold by what holders say, or, where
    none has said anything, by what is on record.
    """

    listed_kg: float
    found_kg: float
    destroyed_kg: float
    sold_kg: float
    recovered: float
    holders: int
    answered: int
    harvested_kg: float
    record_held_kg: float
    record_sold_kg: float
    unknown_kg: float
    accounted: float


def add_up(listed_kg: float, holders: int, said: Sequence[Said], records: Balance) -> Figures:
    """Add up what holders say.

    Parameters
    ----------
    listed_kg : float
        What was to be found [kg].
    holders : int
        How many have any of it.
    said : sequence of Said
        By those who answered.
    records : Balance
        Where it is by what is on record.

    Notes
    -----
    Holders of a mixture find more than the recalled goods' share of it, so that the share accounted
    for is held to 1.
    """
    found = sum(each.found_kg for each in said)
    sold = sum(each.sold_kg for each in said)
    known = found + sold if said else records.held_kg + records.sold_kg
    whole = records.harvested_kg
    return Figures(
        round(listed_kg, 3),
        round(found, 3),
        round(sum(each.destroyed_kg for each in said), 3),
        round(sold, 3),
        min(1.0, found / listed_kg) if listed_kg else 0.0,
        holders,
        len(said),
        whole,
        records.held_kg,
        records.sold_kg,
        round(max(0.0, whole - known), 3),
        min(1.0, known / whole) if whole else 0.0,
    )
