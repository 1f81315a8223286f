"""What people count and no sensor measures: moths in traps, one quantity for each insect and trap.

The engine takes them as it takes measured quantities, in moths per trap and night. A night belongs
to the local day in whose evening it begins, and stands in all 24 hours of that day: so the catch
that somebody empties in the morning enters the answer of the day that closed at midnight.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Kinds of traps: what draws the moths.
TRAPS = ("light", "searchlight", "pheromone", "bait")
#: Insects that are counted -> the kind of trap whose catch is judged. Catches of the other kinds
#: are kept and judged by nothing, because no limit for them was found.
INSECTS: Mapping[str, str] = {
    "armyworm": "light",
    "asian_corn_borer": "light",
    "cotton_bollworm": "pheromone",
    "fall_armyworm": "pheromone",
}
#: More were not meant: nights between two emptyings, moths in a trap.
MOST_NIGHTS, MOST_COUNT = 31, 1_000_000
UNIT = "moths per trap and night"


def quantity_of(insect: str, trap: str) -> str:
    """Name of the quantity that a catch becomes, in moths per trap and night.

    Parameters
    ----------
    insect
        One of `INSECTS`.
    trap
        One of `TRAPS`.
    """
    return f"{insect}_in_{trap}"


#: What the engine reads of them -> lowest and highest value [moths per trap and night].
COUNTED: Mapping[str, tuple[float, float]] = {
    quantity_of(insect, trap): (0.0, float(MOST_COUNT)) for insect, trap in INSECTS.items()
}
