"""Late frost (晚霜冻) on wheat around jointing.

    score = limit of the stage - lowest hourly air temperature of three days   [degC]

From stem erection to booting the young ear leaves the soil's shelter, and stands less cold from
stage to stage. In April, when the flag leaf comes and the ear boots (BBCH 37-49), a minimum of
0 degC or less is taken as light, of 1.5 degC below that as severe: these are limits of a zoning
of Henan for April, quoted by others. In March they do not hold: before jointing (BBCH 30) the
limit is -3 degC, while stems grow (31-36) -1.5 degC; that it falls is known, by how much was
chosen here. Xu et al. 2014 grade frost in Anhui by variety type and by the time
from 15 days before to 20 days after jointing, in two grades; their table was not seen. The
numbers here are therefore provisional and configurable.

Air at a station's height is warmer than the leaves in a clear still night; a field in a hollow
is colder than the station. The hourly minimum misses the minutes at sunrise.

References
----------
许莹 et al. 2014, 气象 (Meteorological Monthly) 40(7):852-859,
doi:10.7519/j.issn.1000-0526.2014.07.009 (period looked at; limits not seen).
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.risk.features import lowest
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_ZONING = "zoning of Henan for April, quoted by others"
_HERE = "chosen here"
PARAMETERS = {
    "limit_before_jointing": Parameter(-3.0, "degC", _HERE, "provisional"),
    "limit_jointing": Parameter(-1.5, "degC", _HERE, "provisional"),
    "limit_booting": Parameter(0.0, "degC", _ZONING, "provisional"),
    "light": Parameter(0.0, "degC below the limit", _ZONING, "provisional"),
    "severe": Parameter(1.5, "degC below the limit", _ZONING, "provisional"),
}
JOINTING, FLAG_LEAF = 31, 37
DAYS = 3


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Degrees by which the coldest hour of three days lay below what the stage stands."""
    coldest = window["cold"].min(axis=0)
    return Evaluation(frost_limit(season.bbch) - coldest, {"coldest": coldest})


def frost_limit(stage: Array) -> Array:
    """Lowest air temperature [degC] that the young ear stands without harm, by BBCH stage.

    Parameters
    ----------
    stage
        BBCH, any shape; NaN stays NaN.
    """
    names = ("before_jointing", "jointing", "booting")
    limits = np.array([PARAMETERS[f"limit_{name}"].value for name in names])
    found = limits[np.searchsorted((JOINTING, FLAG_LEAF), np.nan_to_num(stage), side="right")]
    return np.where(np.isnan(stage), np.nan, found)


HAZARD = Hazard(
    id="wheat_late_frost",
    eppo=None,
    kind="weather",
    crops={"winter_wheat": (30, 49)},
    uses={"cold": Use(lowest("air_temperature", "degC"), "lowers")},
    days=DAYS,
    evaluate=_evaluate,
    medium=PARAMETERS["light"].value,
    high=PARAMETERS["severe"].value,
    parameters=PARAMETERS,
    references=("doi:10.7519/j.issn.1000-0526.2014.07.009",),
    certainty=0.5,
    actions=("irrigate_before_cold", "look_at_ears", "water_and_feed", "do_not_plough_in"),
    act_days=(0, 3),
)
