"""Dry-hot wind (干热风) during grain filling.

A day is a light one when maximum temperature, relative humidity at 14 h and wind at 14 h
(Beijing time) reach one set of limits, and a severe one when they reach a stricter set:

    light   Tmax >= 32 degC,  RH14 <= 30 %,  wind >= 3 m s-1
    severe  Tmax >= 35 degC,  RH14 <= 25 %,  wind >= 3 m s-1
    score = 0.35 light days + 0.65 severe days, over three days

(a severe day is not counted as a light one too). The limits are for wind at the 10 m of weather
stations; wind here is that at 2 m, which is brought to 10 m by the logarithmic profile of FAO-56
(times 1.337), so 2.24 m s-1 at 2 m suffice.

The light limits are those of the Luoyang weather bureau's orange warning, the severe ones were
quoted from QX/T 82-2007; the standard in force, QX/T 82-2019, depends on soil moisture and its
table was not seen. The weights are quoted from a zoning of Henan. So every number here is
provisional and configurable: pass other `PARAMETERS`. Medium is one light day, high one severe day
or two light ones.

References
----------
Luoyang Meteorological Bureau, dry-hot wind warning (press); QX/T 82-2007 (second-hand).
Allen et al. 1998, FAO Irrigation and Drainage Paper 56, equation 47 (wind and height).
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.risk.features import DayHours, Feature, Range, at_hour, highest
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array
from models.weather.meteo import wind_at_2_m

_LUOYANG = "Luoyang Meteorological Bureau, orange warning (press)"
_OLD = "QX/T 82-2007, quoted by others"
_ZONING = "zoning of Henan, quoted by others"
PARAMETERS = {
    "light_heat": Parameter(32.0, "degC", _LUOYANG, "provisional"),
    "light_humidity": Parameter(30.0, "%", _LUOYANG, "provisional"),
    "light_wind": Parameter(3.0, "m s-1", _LUOYANG, "provisional"),
    "severe_heat": Parameter(35.0, "degC", _OLD, "provisional"),
    "severe_humidity": Parameter(25.0, "%", _OLD, "provisional"),
    "severe_wind": Parameter(3.0, "m s-1", _OLD, "provisional"),
    "to_10_m": Parameter(
        1 / wind_at_2_m(10), "1", "FAO-56 eq. 47, from 2 m to 10 m over grass", "primary"
    ),
    "light_weight": Parameter(0.35, "1", _ZONING, "second-hand"),
    "severe_weight": Parameter(0.65, "1", _ZONING, "second-hand"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = 3
INPUTS = ("air_temperature", "relative_humidity", "wind_speed")
HEAT, DAMP, WIND = (
    highest("air_temperature", "degC"),
    at_hour("relative_humidity", 14, "%"),
    at_hour("wind_speed", 14, "m s-1"),
)


def severity(heat: Array, humidity: Array, wind: Array) -> Array:
    """Weight of a day: 0, that of a light day, or that of a severe one.

    Parameters
    ----------
    heat
        Maximum temperature [degC].
    humidity, wind
        Relative humidity [%] and wind speed at 10 m [m s-1] at 14 h.
    """
    light, severe = (
        (heat >= _P[f"{grade}_heat"])
        & (humidity <= _P[f"{grade}_humidity"])
        & (wind >= _P[f"{grade}_wind"])
        for grade in ("light", "severe")
    )
    return np.where(severe, _P["severe_weight"], np.where(light, _P["light_weight"], 0.0))


def _weight(day: DayHours) -> Range:
    """Weight of a day with its bounds: heat and wind raise it, humidity lowers it."""
    heat, damp, wind = (f.compute(day) for f in (HEAT, DAMP, WIND))
    up = _P["to_10_m"]
    lo = severity(heat.lo, damp.hi, wind.lo * up)
    if all(r.hi is r.lo for r in (heat, damp, wind)):
        return Range(lo, lo)
    return Range(lo, severity(heat.hi, damp.lo, wind.hi * up))


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Weighted dry-hot wind days of the last three, with the last day's weather."""
    score = np.round(window["weight"].sum(axis=0), 6)
    return Evaluation(
        score,
        {
            "hot_days": (window["weight"] > 0).sum(axis=0) * 1.0,
            "hottest": window["heat"].max(axis=0),
            "humidity_14h": window["humidity"].min(axis=0),
            "wind_14h": window["wind"].max(axis=0),
        },
    )


HAZARD = Hazard(
    id="wheat_dry_hot_wind",
    eppo=None,
    kind="weather",
    crops={"winter_wheat": (71, 87)},
    uses={
        "weight": Use(Feature("dry_hot_wind", _weight, INPUTS, "1"), "raises"),
        "heat": Use(HEAT, "shown"),
        "humidity": Use(DAMP, "shown"),
        "wind": Use(WIND, "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["light_weight"],
    high=_P["severe_weight"],
    parameters=PARAMETERS,
    references=("QX/T 82-2007 (second-hand); QX/T 82-2019 not seen",),
    certainty=0.4,
    actions=("irrigate_before", "no_irrigation_in_wind", "foliar_feed", "plan_harvest"),
    act_days=(0, 3),
)
