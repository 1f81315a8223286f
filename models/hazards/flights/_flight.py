"""What the flights share: moths in a trap over seven nights, held against two limits.

    score = moths per trap and night, summed over seven nights

Moths are counted in traps of the field's village. A night that nobody counted may have brought none
or any number: what was counted alone may reach a level, but "no risk" needs all seven nights, and
with too few counts the answer is "cannot say". Seven nights, because the limits that were found are
of a week, and because moths lay for about so long (chosen here).
"""

from __future__ import annotations

from models.crops.season import SeasonDay
from models.risk.features import highest
from models.risk.hazard import Carried, Evaluation, Use, Window
from models.weather.counted import INSECTS, UNIT, quantity_of

NIGHTS = 7
WEEK = "moths per trap in 7 nights"


def catch_of(insect: str) -> Use:
    """A night's catch of an insect in the kind of trap that is judged, in moths per trap.

    Parameters
    ----------
    insect
        One of `models.weather.counted.INSECTS`.
    """
    return Use(highest(quantity_of(insect, INSECTS[insect]), UNIT), "raises")


def evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Moths per trap in seven nights, and in the last of them.

    Parameters
    ----------
    window
        ``catch`` (7, site), in moths per trap and night.
    carried, season
        Not looked at.
    """
    week = window["catch"].sum(axis=0)
    return Evaluation(week, {"moths": week, "last_night": window["catch"][-1]})
