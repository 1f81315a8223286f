"""Leaf blight of garlic (大蒜叶枯病) by BOTCAST, a rule made for Botrytis on onion.

Each day has an inoculum value, 0 or 1, and an infection value, 0 to 2; their product is added up:

    inoculum   0  after a day of the last five with 4 h or more above 30 degC
               0  with fewer than 5 h of relative humidity >= 90 %
               1  with more than 12 h of it
               0  when the day before was dry: 6 h or more below 70 %, and less than 1 mm of rain
               1  else
    infection  from the hours of relative humidity >= 90 % and their mean temperature, by a table

More than 20 in all is moderate, more than 30 high. The sum begins on 1 February, when the leaves
grow again, and on each recorded spray; the first is provisional, the source counts from emergence
in spring. Leaf blight of garlic here is as often the work of Stemphylium as of Botrytis, and the
rule was not judged on either in Henan.

Where the sum began before the data, nothing is said until a spray or the next autumn. Hours are
those of the calendar day, as in the source's code.

References
----------
Sutton, James & Rowell 1986, Agriculture, Ecosystems & Environment 18:123,
doi:10.1016/0167-8809(86)90136-2 (not read), as in the weather tool of the University of
Wisconsin, src/models.R a053a55a (`botcast_dinov`, `botcast_dinfv`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.crops.season import SeasonDay
from models.hazards._severity import hours_and_warmth
from models.hazards.garlic import _garlic as garlic
from models.risk.features import DayHours, Feature, Range, both, count, mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.risk.wetness import humid
from models.weather.dataset import Array

_SOURCE = "ibm-weather-tool src/models.R a053a55a, after Sutton et al. 1986"
PARAMETERS = {
    "humidity": Parameter(90.0, "%", _SOURCE, "second-hand"),
    "hot": Parameter(30.0, "degC", _SOURCE, "second-hand"),
    "hot_hours": Parameter(4.0, "h", _SOURCE, "second-hand"),
    "hot_days": Parameter(5.0, "d", _SOURCE, "second-hand"),
    "dry": Parameter(70.0, "%", _SOURCE, "second-hand"),
    "dry_hours": Parameter(6.0, "h", _SOURCE, "second-hand"),
    "dry_rain": Parameter(1.0, "mm", _SOURCE, "second-hand"),
    "few_hours": Parameter(5.0, "h", _SOURCE, "second-hand"),
    "many_hours": Parameter(12.0, "h", _SOURCE, "second-hand"),
    "first_month": garlic.FIRST_MONTH,
    "last_month": garlic.LAST_MONTH,
    "medium": Parameter(21.0, "1", f"more than 20; {_SOURCE}", "second-hand"),
    "high": Parameter(31.0, "1", f"more than 30; {_SOURCE}", "second-hand"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = int(_P["hot_days"])
_INPUTS = ("air_temperature", "relative_humidity")


def infection_value(hours: Array, temperature: Array) -> Array:
    """Daily infection value of BOTCAST: 0, 1 or 2.

    Parameters
    ----------
    hours
        Humid hours of the day, any shape [h].
    temperature
        Their mean temperature [degC]; NaN (no humid hour) gives 0.
    """
    h, t = hours, temperature
    none = (h <= 6) | ~((t >= 6) & (t <= 28)) | ((h <= 12) & (t < 9))
    cold = (t <= 8) & (h > 12)
    short = ((h <= 15) & (t >= 27)) | ((h <= 7) & (t >= 24))
    much = (h >= 15) & (t >= 8) & (t <= 25)
    much |= (h >= 14) & (t >= 11) & (t <= 16.5)
    much |= (h >= 11) & (t >= 13.5) & (t <= 16.5)
    little = h - 12 <= 9 - t
    rules = [none, cold & (h <= 22), cold, short, much, little]
    found: Array = np.select(rules, [0.0, 1.0, 2.0, 0.0, 2.0, 0.0], 1.0)
    return found


def inoculum_value(
    hot: NDArray[np.bool_], dry_before: NDArray[np.bool_], hours: Array
) -> NDArray[np.bool_]:
    """Daily inoculum value of BOTCAST: whether spores are there.

    Parameters
    ----------
    hot
        Whether one of the last five days had four hours above 30 degC, any shape.
    dry_before
        Whether the day before was dry.
    hours
        Humid hours of the day [h].
    """
    damp = (hours > _P["many_hours"]) | (~dry_before & (hours >= _P["few_hours"]))
    return np.asarray(damp & ~hot)


def _infects(day: DayHours) -> Range:
    hours, warmth = hours_and_warmth(day, humid(day, _P["humidity"]))
    value = infection_value(hours.lo, warmth.lo)
    if hours.hi is hours.lo and warmth.hi is warmth.lo:
        return Range(value, value)
    exact = (hours.lo == hours.hi) & ((warmth.lo == warmth.hi) | (hours.hi == 0))
    return Range(np.where(exact, value, 0.0), np.where(exact, value, 2.0))


def _humid_hours(day: DayHours) -> Range:
    return both(count, humid(day, _P["humidity"]))


def _hot(day: DayHours) -> Range:
    """1 for a day with at least four hours above 30 degC, else 0."""
    return both(
        lambda air: (count(air > _P["hot"]) >= _P["hot_hours"]).astype(np.float64),
        day.get("air_temperature"),
    )


def _dry(day: DayHours) -> Range:
    """1 for a day with at least six hours below 70 % and less than 1 mm of rain, else 0."""
    damp, rain = day.get("relative_humidity"), day.total("precipitation_amount")

    def dry(humidity: Array, amount: Array) -> Array:
        hours = count(humidity < _P["dry"]) >= _P["dry_hours"]
        return np.asarray((hours & (amount < _P["dry_rain"])).astype(np.float64))

    hi = dry(damp.lo, rain.lo)
    same = damp.hi is damp.lo and rain.hi is rain.lo
    return Range(hi if same else dry(damp.hi, rain.hi), hi)


def _step(carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Add the day; begin with February and on the day of a spray."""
    before = carried["sum"]
    if not garlic.is_spring(season):
        return {"sum": np.zeros_like(before)}
    before = np.where(season.since_spray == 0.0, 0.0, before)
    hot = np.asarray((window["hot"] > 0).any(axis=0))
    spores = inoculum_value(hot, window["dry"][-2] > 0, window["hours"][-1])
    return {"sum": before + spores * window["infects"][-1]}


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Disease severity so far this spring."""
    drivers = {
        "severity": carried["sum"],
        "humid_hours": window["hours"].sum(axis=0) / DAYS,
        "temperature": window["temperature"].sum(axis=0) / DAYS,
    }
    return Evaluation(carried["sum"], drivers)


def _feature(
    name: str, compute: Callable[[DayHours], Range], unit: str, inputs: tuple[str, ...] = _INPUTS
) -> Feature:
    return Feature(f"botcast_{name}", compute, inputs, unit)


HAZARD = Hazard(
    id="garlic_leaf_blight",
    eppo=None,
    kind="disease",
    crops={"garlic": (0, 49)},
    months=garlic.MONTHS,
    uses={
        "infects": Use(_feature("infection", _infects, "1"), "raises"),
        "hours": Use(_feature("hours", _humid_hours, "h", ("relative_humidity",)), "raises"),
        "hot": Use(_feature("hot", _hot, "1", ("air_temperature",)), "lowers"),
        "dry": Use(
            _feature("dry", _dry, "1", ("relative_humidity", "precipitation_amount")), "lowers"
        ),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    carry={"sum": np.nan},
    step=_step,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("doi:10.1016/0167-8809(86)90136-2", _SOURCE),
    certainty=0.3,
    validated="onion fields of Ontario; not on garlic",
    actions=("drain", "do_not_overwater", "scout_leaves", "ask_officer_fungicide"),
    act_days=(0, 5),
)
