"""Drought (干旱) from soil moisture: depletion of the root zone after FAO-56.

    Dr / TAW = (FC - theta) / (FC - WP)            share of the available water that is gone
    Ks = (1 - Dr / TAW) / (1 - p)                  transpiration left, where Dr > p TAW

``p`` is the share that the crop uses without stress. The score is 1 - Ks: above 0 the crop
begins to suffer (medium), at 0.5 it transpires half as much as it could (high; that limit is
provisional). The published correction of p for the weather, p + 0.04 (5 - ETc), is left out: p
stands for a crop evapotranspiration of 5 mm a day. Soil limits: see `_soil_water`.

References
----------
Allen, Pereira, Raes & Smith 1998, FAO Irrigation and Drainage Paper 56, eq. 82-84, Table 22.
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.hazards.soil import _soil_water as soil
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.water.needs import NEEDS
from models.weather.dataset import Array

_TABLE = "FAO-56 Table 22"
_CROPS = {crop: need.p for crop, need in NEEDS.items()}
PARAMETERS = {
    "wilting_point": soil.WILTING_POINT,
    "field_capacity": soil.FIELD_CAPACITY,
    **{f"p_{crop}": Parameter(p, "1", _TABLE, "primary") for crop, p in _CROPS.items()},
    "medium": Parameter(float(np.nextafter(0.0, 1.0)), "1", "more than 0; FAO-56", "primary"),
    "high": Parameter(0.5, "1", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = 2
#: Under a roof the crop is picked until it is cleared; elsewhere it dries out when it is ripe.
LAST = {"greenhouse_tomato": 89, "greenhouse_cucumber": 89}


def depletion(moisture: Array, capacity: float, wilting: float) -> Array:
    """Share of the available water that is gone; negative above field capacity.

    Parameters
    ----------
    moisture
        Volumetric water content [m3 m-3].
    capacity, wilting
        Field capacity and wilting point [m3 m-3].
    """
    return np.asarray((capacity - moisture) / (capacity - wilting))


def stress(depleted: Array, p: float) -> Array:
    """1 - Ks: share of transpiration lost; negative before stress begins (FAO-56 eq. 84).

    Parameters
    ----------
    depleted
        Share of the available water that is gone.
    p
        Share that the crop uses without stress.
    """
    return np.asarray((depleted - p) / (1.0 - p))


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Water stress from the mean moisture of two days."""
    moisture = window["moisture"].sum(axis=0) / DAYS
    depleted = depletion(moisture, _P["field_capacity"], _P["wilting_point"])
    drivers = {
        "soil_moisture": moisture * 100.0,
        "relative_moisture": moisture / _P["field_capacity"] * 100.0,
        "depletion": depleted * 100.0,
    }
    return Evaluation(stress(depleted, _P[f"p_{season.crop}"]), drivers)


HAZARD = Hazard(
    id="soil_drought",
    eppo=None,
    kind="weather",
    crops={crop: (0, LAST.get(crop, 87)) for crop in _CROPS},
    uses={"moisture": Use(soil.MOISTURE, "lowers")},
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("FAO Irrigation and Drainage Paper 56 (1998), eq. 82-84, Table 22",),
    certainty=soil.CERTAINTY,
    validated="equations world-wide; the limits of this soil nowhere",
    actions=("loosen_or_mulch", "check_soil", "irrigate"),
    act_days=(0, 3),
)
