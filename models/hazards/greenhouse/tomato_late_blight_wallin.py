"""Late blight of tomato (番茄晚疫病) by the severity values of Wallin (BLITECAST).

A night gives 0-4 severity values from its hours of relative humidity >= 90 % and their mean
temperature (`_late_blight.WALLIN_TABLE`). The classes are those of a published advisory: a total
of 14 days of at least 3 is medium; of at least 14, with a season's total of 30 since
transplanting, high. The advisory also calls a season's total of 30 alone medium; that is left
out, because without a record of sprays it would stay so to the end of every season. The score is
the class: 0 none, 2 medium, 3 high.

Where the data begin within the season, the season's total counts as reached: that errs on the
side of warning.

References
----------
Wallin 1962, American Potato Journal 39:306.
Krause, Massie & Hyre 1975, Plant Disease Reporter 59:95 (BLITECAST).
Classes: B. Bradford, ibm-weather-tool, src/models.R at a053a55a (MIT).
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.hazards.greenhouse import _late_blight as blight
from models.risk.features import mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window

_CLASSES = "ibm-weather-tool src/models.R a053a55a"
PARAMETERS = {
    "humidity": blight.HUMIDITY,
    "season_total": Parameter(30.0, "1", _CLASSES, "primary"),
    "recent_high": Parameter(14.0, "1", _CLASSES, "primary"),
    "recent_medium": Parameter(3.0, "1", _CLASSES, "primary"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS, MEDIUM, HIGH = 14, 2.0, 3.0


def _step(carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Add the night's severity values to the season's total; start again at transplanting."""
    today = window["units"][-1]
    return {"season": np.where(season.after_sowing == 0, today, carried["season"] + today)}


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Class of the advisory from the totals of 14 days and of the season."""
    recent = window["units"].sum(axis=0)
    reached = carried["season"] >= _P["season_total"]
    score = np.where(recent >= _P["recent_medium"], MEDIUM, 0.0)
    score = np.where(reached & (recent >= _P["recent_high"]), HIGH, score)
    drivers = {
        "severity": recent,
        "season_severity": carried["season"],
        "temperature": window["temperature"].sum(axis=0) / DAYS,
    }
    return Evaluation(score, drivers)


HAZARD = Hazard(
    id="tomato_late_blight_wallin",
    eppo="PHYTIN",
    kind="disease",
    crops=blight.CROPS,
    uses={
        "units": Use(blight.WALLIN_UNITS, "raises"),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    carry={"season": _P["season_total"]},
    step=_step,
    evaluate=_evaluate,
    medium=MEDIUM,
    high=HIGH,
    parameters=PARAMETERS,
    references=(blight.WALLIN, _CLASSES),
    certainty=0.5,
    validated="potato fields of North America; not under a roof",
    actions=("ventilate", "drip_irrigation", "remove_sick", "ask_officer_fungicide"),
    act_days=(0, 3),
    shown="member",
)
