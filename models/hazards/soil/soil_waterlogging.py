"""Waterlogging (渍涝) from soil moisture: too little air in the root zone.

Roots lack air when less than 5 % of the soil's volume is air: above saturation less 0.05. A crop
suffers when that lasts; AquaCrop counts three days. The score is for how many of the last days
running, today included, the daily mean stood above that point: one day is medium, three are
high. A day that falls short of it by 0.01 m3 m-3 or less is medium too (provisional), so that what
a probe cannot tell apart is never no risk or high. Soil limits: see `_soil_water`. AquaCrop's 5 %
and three days are its defaults for crops that are not rice; they were seen second-hand.

References
----------
Raes, Steduto, Hsiao & Fereres, FAO AquaCrop reference manual, chapter 3 (deficient aeration).
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.hazards.soil import _soil_water as soil
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_SOURCE = "FAO AquaCrop, deficient aeration, default crop"
PARAMETERS = {
    "field_capacity": soil.FIELD_CAPACITY,
    "saturation": soil.SATURATION,
    "least_air": Parameter(0.05, "m3 m-3", _SOURCE, "second-hand"),
    "near": Parameter(0.01, "m3 m-3", "ten steps of a probe; chosen here", "provisional"),
    "medium": Parameter(1.0, "d", "chosen here", "provisional"),
    "high": Parameter(3.0, "d", _SOURCE, "second-hand"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = int(_P["high"])


def airless_days(moisture: Array, saturation: float, least_air: float) -> Array:
    """Days running, up to the last, with too little air [d].

    Parameters
    ----------
    moisture
        Daily means (day, site), oldest first [m3 m-3].
    saturation, least_air
        Water content when all pores are full, and the air that roots need [m3 m-3].
    """
    run = np.zeros(moisture.shape[1:])
    for today in moisture:
        run = np.where(today >= saturation - least_air, run + 1.0, 0.0)
    return run


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Days running without enough air; as one where today falls but little short."""
    moisture = window["moisture"]
    drivers = {
        "airless_days": airless_days(moisture, _P["saturation"], _P["least_air"]),
        "soil_moisture": moisture[-1] * 100.0,
        "relative_moisture": moisture[-1] / _P["field_capacity"] * 100.0,
    }
    near = moisture[-1] >= _P["saturation"] - _P["least_air"] - _P["near"]
    return Evaluation(np.maximum(drivers["airless_days"], near * _P["medium"]), drivers)


HAZARD = Hazard(
    id="soil_waterlogging",
    eppo=None,
    kind="weather",
    crops={
        "winter_wheat": (0, 87),
        "summer_maize": (0, 87),
        "peanut": (0, 87),
        "garlic": (0, 49),
        "greenhouse_tomato": (14, 89),
        "greenhouse_cucumber": (13, 89),
    },
    uses={"moisture": Use(soil.MOISTURE, "raises")},
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("FAO AquaCrop reference manual, chapter 3",),
    certainty=soil.CERTAINTY,
    validated="nowhere with these limits",
    actions=("drain", "check_soil", "loosen"),
    act_days=(0, 1),
)
