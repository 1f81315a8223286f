"""What became of goods: how far each thing lies from where it began, who has it, what adds up.

Nodes are lots and things (boxes, pallets) by their identifiers; an edge leads from what went into
something to what came of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.trace.packing import Balance, after

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


def layers(starts: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return how many steps each node lies from the nearest start; starts are 0.

    Parameters
    ----------
    starts : sequence of str
    edges : iterable of (str, str)
        May go round in circles: parties tell what they like.
    """
    leads, found = after(edges), dict.fromkeys(starts, 0)
    waiting = deque(found)
    while waiting:
        node = waiting.popleft()
        for each in leads[node]:
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
