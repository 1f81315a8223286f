"""Leaf spot of peanut (花生叶斑病): the AU-Pnut advisory of Auburn.

A rain event is a day with more than 2.5 mm. Events of the last ten days count, from the tenth day
after a spray on. With the probability of precipitation (PoP) of the next five days:

    PoP >= 50 %: high            40-49 %: high from 1 event, else medium
    20-39 %: high from 2 events, else medium        < 20 %: high from 3 events, else low

Medium means: spray if the last one was more than 14 days ago.

No PoP reaches this function yet. So three events are high, as they are at any PoP; one or two
are medium, since only a dry forecast would make them less; with none the answer is "no risk",
which a forecast of rain would overrule. The certainty is lower for want of the forecast.

References
----------
Jacobi & Backman 1995, Plant Disease 79:672, doi:10.1094/PD-79-0672 (advisory, inputs).
open-agroclimate, php-peanut-leaf-spot (rules and the worked example); Kemerait, University of
Georgia (counting from the tenth day after a spray).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.crops.season import SeasonDay
from models.hazards.peanut import _peanut_leaf_spot as spot
from models.risk.features import Feature, both, total
from models.risk.hazard import (
    HIGH,
    MEDIUM,
    NO_RISK,
    Carried,
    Evaluation,
    Hazard,
    Parameter,
    Use,
    Window,
)
from models.weather.dataset import Array

_CODE = "open-agroclimate php-peanut-leaf-spot"
PARAMETERS = {
    "event": Parameter(2.5, "mm", _CODE, "primary"),
    "protected": spot.PROTECTED,
    "window": Parameter(10.0, "d", f"rain events of so many days; {_CODE}", "primary"),
    "medium": Parameter(1.0, "1", "no forecast: 1 event may be enough; chosen here", "provisional"),
    "high": Parameter(3.0, "1", _CODE, "primary"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = int(_P["window"])
#: Lowest PoP [%] of an arm and the events from which on it is high; what less is.
ARMS = ((50.0, 0, HIGH), (40.0, 1, MEDIUM), (20.0, 2, MEDIUM), (0.0, 3, NO_RISK))


def rain_events(rain: Array, days_since_spray: Array) -> Array:
    """Days with a rain event that count.

    Parameters
    ----------
    rain
        Rain and overhead irrigation of days (day, ...) [mm].
    days_since_spray
        Days from the last spray to each of these days [d]; infinite for none.
    """
    counts = (rain > _P["event"]) & (days_since_spray >= _P["protected"])
    return np.asarray(np.count_nonzero(counts, axis=0), dtype=np.float64)


def advice(events: ArrayLike, probability: ArrayLike) -> Array:
    """Status code of the full advisory.

    Parameters
    ----------
    events
        Counted rain events.
    probability
        Probability of precipitation over the next five days [%].
    """
    number, pop = np.broadcast_arrays(np.asarray(events, float), np.asarray(probability, float))
    code = np.full(number.shape, np.nan)
    for lowest, enough, otherwise in ARMS:
        here = np.isnan(code) & (pop >= lowest)
        code = np.where(here, np.where(number >= enough, HIGH, otherwise), code)
    return code


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Rain events of ten days."""
    events = (window["event"] * spot.unprotected(season, DAYS)).sum(axis=0)
    return Evaluation(events, {"rain_events": events, "rain": window["rain"].sum(axis=0)})


_RAIN = total("precipitation_amount", "mm")
HAZARD = Hazard(
    id="peanut_leaf_spot_aupnut",
    eppo=spot.EPPO,
    kind="disease",
    crops=spot.CROPS,
    uses={
        "event": Use(
            Feature(
                "rain_event_2.5",
                lambda day: both(
                    lambda rain: (rain > _P["event"]).astype(np.float64), _RAIN.compute(day)
                ),
                ("precipitation_amount",),
                "1",
            ),
            "raises",
        ),
        "rain": Use(_RAIN, "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("doi:10.1094/PD-79-0672", _CODE),
    certainty=0.4,
    validated="peanut fields of Alabama, with the forecast's probability of rain",
    actions=spot.ACTIONS,
    when=spot.WHEN,
    act_days=(0, 5),
    shown="member",
)
