"""How recalled lots are packed and sent off, and where they are by what is on record [kg].

A recall takes a mixture whole; the balance counts of it only the share that the recalled goods have
in it, and the same goods once, whether they are told of as a box, a shipment or a lot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


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


def after(edges: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what each node leads to.

    Parameters
    ----------
    edges : iterable of (str, str)
        From and to.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        found[source].append(target)
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
    leads = after(edges)
    found = _Sums(sold)
    how = packing or Packing()
    for node, lot in lots.items():
        part = share.get(node, 0.0)
        kg = max(lot.left_kg, 0.0) * part
        if kg:
            things = _things(node, lots, leads)
            _count(found, node, kg, part, how, things, _last_things(node, lots, leads))
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
