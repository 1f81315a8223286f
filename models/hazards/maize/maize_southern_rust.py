"""Southern rust of maize (南方锈病, Puccinia polysora): nights with dew and warmth enough.

Hollier and King found infection within these limits of dew and temperature:

    dew of at least     4 h     8 h     12 h    16 h
    from               18      18      16      16     degC
    to                 22      28      32      32     degC

none at 8, 12, 36 or 40 degC, most at 26 degC after 16 h. A night (noon to noon) counts for the
longest dew whose limits every hour of an unbroken wet spell keeps; its weight is that dew over
16 h. The score is the sum of ten nights: 10 would be ten best nights.

That the weight grows in a straight line with dew, and the class limits, are provisional. The
rust does not live through the winter in Henan; its spores come from the south in late summer,
so damp warm nights in June are no danger yet: only a sick leaf seen, here or further south,
makes this risk real.

References
----------
Hollier & King 1985, Plant Disease 69:219.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.crops.season import SeasonDay
from models.hazards._wet_nights import INPUTS, NIGHT, longest, longest_wet
from models.risk.features import DayHours, Feature, Range, mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.risk.wetness import wet
from models.weather.dataset import Array

_SOURCE = "Hollier & King 1985, Plant Disease 69:219"
#: Dew [h] -> lowest and highest temperature of infection [degC].
LIMITS = {4: (18.0, 22.0), 8: (18.0, 28.0), 12: (16.0, 32.0), 16: (16.0, 32.0)}
PARAMETERS = {
    **{
        f"from_{dew}h": Parameter(low, "degC", _SOURCE, "primary")
        for dew, (low, _) in LIMITS.items()
    },
    **{
        f"to_{dew}h": Parameter(top, "degC", _SOURCE, "primary") for dew, (_, top) in LIMITS.items()
    },
    "best_dew": Parameter(16.0, "h", _SOURCE, "primary"),
    "medium": Parameter(2.0, "best nights in 10", "chosen here", "provisional"),
    "high": Parameter(3.0, "best nights in 10", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = 10


def dew_class(wetness: NDArray[np.bool_], coldest: Array, warmest: Array) -> Array:
    """Longest dew [h] of `LIMITS` that an unbroken wet spell keeps, 0 for none; Hollier & King.

    Parameters
    ----------
    wetness
        Wet hours (hour, site).
    coldest, warmest
        Bounds of the hours' temperature [degC]; an hour suits when both are within the limits.
    """
    reached = np.zeros(wetness.shape[1])
    for dew in LIMITS:
        suits = wetness & (coldest >= _P[f"from_{dew}h"]) & (warmest <= _P[f"to_{dew}h"])
        reached = np.where(longest(suits) >= dew, float(dew), reached)
    return reached


def _night(day: DayHours) -> Range:
    """Weight of a night, 0 to 1."""
    wetness, air = wet(day), day.get("air_temperature")
    lo = dew_class(wetness.lo >= 0.5, air.lo, air.hi) / _P["best_dew"]
    if air.hi is air.lo and wetness.hi is wetness.lo:
        return Range(lo, lo)
    # With the bounds the other way round an hour suits when any of its temperatures may.
    return Range(lo, dew_class(wetness.hi >= 0.5, air.hi, air.lo) / _P["best_dew"])


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Weighted infection nights of the last ten."""
    nights = window["nights"]
    return Evaluation(
        nights.sum(axis=0),
        {
            "infection_nights": (nights > 0).sum(axis=0) * 1.0,
            "best_nights": nights.sum(axis=0),
            "dew_hours": window["dew"].sum(axis=0) / DAYS,
            "temperature": window["temperature"].sum(axis=0) / DAYS,
        },
    )


HAZARD = Hazard(
    id="maize_southern_rust",
    eppo="PUCCPY",
    kind="disease",
    crops={"summer_maize": (31, 83)},
    uses={
        "nights": Use(
            Feature("southern_rust_night", _night, INPUTS, "1", NIGHT, estimated=True), "raises"
        ),
        "dew": Use(longest_wet("longest_wetness"), "shown"),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("Hollier & King 1985, Plant Disease 69:219",),
    certainty=0.35,
    actions=("scout_upper_leaves", "drain_field", "report_first_leaf", "ask_officer"),
    act_days=(0, 5),
)
