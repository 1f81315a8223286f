"""Leaf spot of peanut (花生叶斑病): the 48-hour rule of Virginia and North Carolina.

An hour is favourable with relative humidity of at least 95 % and 61-90 degF (16.1-32.2 degC).
Five hours running at or above 99 degF (37.2 degC), or eight hours running with relative humidity
below 40 %, kill the spores: the count starts again. At 48 favourable hours a spray is due.

The count begins at early pod (R3), or on the tenth day after a recorded spray, and goes on until
the next spray or lethal spell. Where no spray is entered it goes on through the season: "high" then
says that a spray was due and none is known of. Where data begin later than early pod the count
begins with them, and nothing is said for 14 days. Half of the 48 hours is called medium here, which
is provisional.

References
----------
NC State Extension, Using the Leaf Spot Advisory (Shew), 2015-07; Phipps & Powell, Virginia.
Jensen & Boyle 1966, Plant Disease Reporter 50:810 (origin).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.crops.season import SeasonDay
from models.hazards.peanut import _peanut_leaf_spot as spot
from models.risk.features import DayHours, Feature, Range, mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_HOT = (99.0 - 32.0) / 1.8
PARAMETERS = {
    "humidity": Parameter(95.0, "%", spot.NCSU, "primary"),
    "coldest": Parameter((61.0 - 32.0) / 1.8, "degC", f"61 degF; {spot.NCSU}", "primary"),
    "warmest": Parameter((90.0 - 32.0) / 1.8, "degC", f"90 degF; {spot.NCSU}", "primary"),
    "lethal_heat": Parameter(_HOT, "degC", f"99 degF; {spot.NCSU}", "primary"),
    "lethal_heat_hours": Parameter(5.0, "h", spot.NCSU, "primary"),
    "lethal_dry": Parameter(40.0, "%", spot.NCSU, "primary"),
    "lethal_dry_hours": Parameter(8.0, "h", spot.NCSU, "primary"),
    "protected": spot.PROTECTED,
    "warm_up": Parameter(14.0, "d", f"a spray protects so long; {spot.NCSU}", "primary"),
    "medium": Parameter(24.0, "h", "half of the threshold; chosen here", "provisional"),
    "high": Parameter(48.0, "h", spot.NCSU, "primary"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = int(_P["warm_up"])
INPUTS = ("air_temperature", "relative_humidity")
#: From seven hours before midnight, so that a spell across midnight is seen.
SPAN = (-7, 24)
#: Float noise of the conversion from degF [degC].
_EPS = 1e-9


def _favourable(heat: Array, humidity: Array) -> NDArray[np.bool_]:
    mild = (heat >= _P["coldest"] - _EPS) & (heat <= _P["warmest"] + _EPS)
    return mild & (humidity >= _P["humidity"])


def favourable_hours(heat: Array, humidity: Array, lead: int = 0) -> tuple[Array, Array]:
    """Favourable hours since the last lethal hour, and whether there was none.

    Parameters
    ----------
    heat, humidity
        Hours (hour, site) [degC], [%].
    lead
        So many of the first hours belong to the day before [h]: they lengthen spells but are
        not counted.

    Returns
    -------
    hours, survives
        (site,) [h]; 1 where nothing lethal happened, else 0.
    """
    return _count(_favourable(heat, humidity), _lethal(heat, humidity), lead)


def _lethal(heat: Array, humidity: Array) -> NDArray[np.bool_]:
    hot = _ends_spell(heat >= _P["lethal_heat"] - _EPS, int(_P["lethal_heat_hours"]))
    dry = _ends_spell(humidity < _P["lethal_dry"], int(_P["lethal_dry_hours"]))
    return hot | dry


def _ends_spell(good: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Hours at which a spell of at least ``length`` hours is complete."""
    full = np.zeros_like(good)
    full[length - 1 :] = good[length - 1 :]
    for back in range(1, length):
        full[length - 1 :] &= good[length - 1 - back : len(good) - back]
    return full


def _count(
    favourable: NDArray[np.bool_], lethal: NDArray[np.bool_], lead: int
) -> tuple[Array, Array]:
    after = ~np.logical_or.accumulate(lethal[lead:][::-1], axis=0)[::-1]
    hours = np.asarray(np.count_nonzero(favourable[lead:] & after, axis=0), dtype=np.float64)
    survives = np.asarray(~lethal[lead:].any(axis=0), dtype=np.float64)
    return hours, survives


def _bounded(which: int) -> Callable[[DayHours], Range]:
    """Feature function of one of the two numbers of `favourable_hours`."""

    def compute(day: DayHours) -> Range:
        heat, humidity = day.get("air_temperature"), day.get("relative_humidity")
        lead = -SPAN[0]
        if heat.hi is heat.lo and humidity.hi is humidity.lo:
            exact = favourable_hours(heat.lo, humidity.lo, lead)[which]
            return Range(exact, exact)
        known = (heat.lo == heat.hi) & (humidity.lo == humidity.hi)
        good = _favourable(heat.lo, humidity.lo) & known
        lo = _count(good, _lethal(heat.hi, humidity.lo), lead)[which]
        hi = _count(good | ~known, _lethal(heat.lo, humidity.hi), lead)[which]
        return Range(lo, hi)

    return compute


def _step(carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Favourable hours since early pod, the tenth day after a spray, or the last lethal spell."""
    first, _ = spot.CROPS[season.crop]
    begun = ~(season.bbch < first) & spot.unprotected(season, 1)[0]
    kept = carried["hours"] * window["survives"][-1]
    return {"hours": np.where(begun, kept + window["hours"][-1], 0.0)}


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Favourable hours so far; what a spray is due at is the class limit."""
    drivers = {
        "favourable_hours": carried["hours"],
        "humidity": window["humidity"].sum(axis=0) / DAYS,
        "temperature": window["temperature"].sum(axis=0) / DAYS,
    }
    return Evaluation(carried["hours"], drivers)


HAZARD = Hazard(
    id="peanut_leaf_spot_48h",
    eppo=spot.EPPO,
    kind="disease",
    crops=spot.CROPS,
    uses={
        "hours": Use(Feature("leaf_spot_hours", _bounded(0), INPUTS, "h", SPAN), "raises"),
        "survives": Use(Feature("leaf_spot_survives", _bounded(1), INPUTS, "1", SPAN), "raises"),
        "humidity": Use(mean("relative_humidity", "%"), "shown"),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    carry={"hours": 0.0},
    step=_step,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(spot.NCSU,),
    certainty=0.5,
    validated="peanut fields of Virginia and North Carolina",
    actions=spot.ACTIONS,
    when=spot.WHEN,
    act_days=(0, 5),
    shown="member",
)
