"""Late frost (晚霜冻) on wheat around jointing.

    score = -(lowest hourly air temperature of three days)   [degC below zero]

From stem erection to booting the young ear has left the soil's shelter. A minimum of 0 degC or
less is taken as light, of -1.5 degC or less as severe: these are limits of a zoning of Henan
for April, quoted by others. Xu et al. 2014 grade frost in Anhui by variety type and by the time
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

from models.crops.season import SeasonDay
from models.risk.features import lowest
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window

_ZONING = "zoning of Henan for April, quoted by others"
PARAMETERS = {
    "light": Parameter(0.0, "degC below zero", _ZONING, "provisional"),
    "severe": Parameter(1.5, "degC below zero", _ZONING, "provisional"),
}
DAYS = 3


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Degrees below zero of the coldest hour in three days."""
    coldest = window["cold"].min(axis=0)
    return Evaluation(-coldest, {"coldest": coldest})


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
