"""Whether weights balance as goods are divided and put together.

A lot made of parts of others cannot weigh more than those parts, and no more can be taken from a
lot than it weighs; scales and drying allow for a tolerance. What is lost on the way (trimmed,
spoilt) needs no explanation: only weight that comes from nowhere does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from field_configs.events import Event, event


@dataclass(frozen=True)
class Part:
    """So much of the lot ``parent`` went into the lot ``child`` [kg]."""

    child: str
    parent: str
    weight_kg: float


def imbalances(
    weights: Mapping[str, float], parts: Iterable[Part], tolerance: float
) -> dict[str, Event]:
    """Find the lots whose weight came from nowhere, or of which more was taken than there was.

    Parameters
    ----------
    weights : mapping of str to float
        Weight of each lot [kg]; all that `parts` names.
    parts : iterable of Part
        A lot without parts was harvested, or bought from outside: its weight is what was weighed.
    tolerance : float
        Share by which weights may differ.

    Returns
    -------
    dict of str to Event
        By lot, what does not balance.

    Raises
    ------
    ValueError
        When the tolerance is no share from 0 to 1.
    """
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance {tolerance}: give a share from 0 to below 1, as 0.05")
    put_in: dict[str, float] = defaultdict(float)
    taken: dict[str, float] = defaultdict(float)
    for part in parts:
        put_in[part.child] += part.weight_kg
        taken[part.parent] += part.weight_kg
    found: dict[str, Event] = {}
    for lot, out in taken.items():
        if out > weights[lot] * (1 + tolerance):
            found[lot] = event("lot_taken_too_much", lot=lot, has=weights[lot], taken=round(out, 3))
    for lot, parts_kg in put_in.items():
        if weights[lot] > parts_kg * (1 + tolerance):
            found[lot] = event(
                "lot_from_nowhere", lot=lot, has=weights[lot], parts=round(parts_kg, 3)
            )
    return found
