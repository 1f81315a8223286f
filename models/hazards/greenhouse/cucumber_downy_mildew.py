"""Downy mildew of greenhouse cucumber (黄瓜霜霉病): daily rule of Yang et al. 2007.

A day on which the crop is infected has, all at once: a range of temperature (highest less
lowest) of at most 5 degC, a mean relative humidity of at least 80 %, and a mean temperature of
15-25 degC. Found in unheated greenhouses of China, in autumn.

The score is how many of the last three days were such days: one is medium, two are high. The
source names the day, not a class; both limits and the three days are provisional.

References
----------
Yang et al. 2007, New Zealand Journal of Agricultural Research 50:1261,
doi:10.1080/00288230709510411.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.crops.season import SeasonDay
from models.risk.features import DayHours, Feature, Range, both, mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_SOURCE = "Yang et al. 2007, doi:10.1080/00288230709510411"
PARAMETERS = {
    "range": Parameter(5.0, "degC", _SOURCE, "primary"),
    "humidity": Parameter(80.0, "%", _SOURCE, "primary"),
    "coldest_mean": Parameter(15.0, "degC", _SOURCE, "primary"),
    "warmest_mean": Parameter(25.0, "degC", _SOURCE, "primary"),
    "window": Parameter(3.0, "d", "chosen here", "provisional"),
    "medium": Parameter(1.0, "d", "chosen here", "provisional"),
    "high": Parameter(2.0, "d", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = int(_P["window"])


def infects(spread: Array, humidity: Array, temperature: Array) -> NDArray[np.bool_]:
    """Whether a day infects, from its range [degC], mean humidity [%] and mean [degC].

    Parameters
    ----------
    spread
        Highest less lowest temperature [degC].
    humidity
        Mean relative humidity [%].
    temperature
        Mean temperature [degC].
    """
    mild = (temperature >= _P["coldest_mean"]) & (temperature <= _P["warmest_mean"])
    return (spread <= _P["range"]) & (humidity >= _P["humidity"]) & mild


def infection_day(day: DayHours) -> Range:
    """1 for a day that infects, else 0; bounded where hours are missing.

    Parameters
    ----------
    day
        Hours of the span that the feature declares (hour, site) [degC], [%].
    """
    heat, damp = day.get("air_temperature"), day.get("relative_humidity")
    humidity = both(lambda x: x.sum(axis=0) / x.shape[0], damp)
    warmth = both(lambda x: x.sum(axis=0) / x.shape[0], heat)
    lowest, highest = both(lambda x: x.min(axis=0), heat), both(lambda x: x.max(axis=0), heat)
    widest, narrowest = highest.hi - lowest.lo, np.maximum(highest.lo - lowest.hi, 0.0)
    if heat.hi is heat.lo and damp.hi is damp.lo:
        sure = infects(widest, humidity.lo, warmth.lo).astype(np.float64)
        return Range(sure, sure)
    surely = infects(widest, humidity.lo, warmth.lo) & infects(widest, humidity.lo, warmth.hi)
    nearest = np.clip(_P["coldest_mean"], warmth.lo, warmth.hi)
    maybe = infects(narrowest, humidity.hi, nearest)
    return Range(surely.astype(np.float64), maybe.astype(np.float64))


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """How many of the last three days infect."""
    days = window["infection"].sum(axis=0)
    drivers = {
        "infection_days": days,
        "humidity": window["humidity"].sum(axis=0) / DAYS,
        "temperature": window["temperature"].sum(axis=0) / DAYS,
    }
    return Evaluation(days, drivers)


HAZARD = Hazard(
    id="cucumber_downy_mildew",
    eppo="PSPECU",
    kind="disease",
    crops={"greenhouse_cucumber": (13, 89)},
    uses={
        "infection": Use(
            Feature(
                "downy_mildew_day",
                infection_day,
                ("air_temperature", "relative_humidity"),
                "1",
            ),
            "raises",
        ),
        "humidity": Use(mean("relative_humidity", "%"), "shown"),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(_SOURCE,),
    certainty=0.6,
    validated="unheated cucumber greenhouses in China",
    actions=("ventilate", "drip_irrigation", "remove_sick", "ask_officer_fungicide"),
    act_days=(0, 3),
)
