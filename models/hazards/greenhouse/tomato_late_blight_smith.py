"""Late blight of tomato (番茄晚疫病) by the Smith period.

A Smith period is two days running, each with a lowest temperature >= 10 degC and at least
eleven hours of relative humidity >= 90 %; ten hours are a near miss. The score is the smaller
number of such hours of the two days, 0 for a day that was colder than 10 degC. Stricter than
the Hutton criteria, which replaced it in 2017.

References
----------
Smith, L. P. 1956, Plant Pathology 5:83.
"""

from __future__ import annotations

from models.crops.season import SeasonDay
from models.hazards.greenhouse import _late_blight as blight
from models.risk.features import mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window

PARAMETERS = {
    "humidity": blight.HUMIDITY,
    "lowest_temperature": blight.LOWEST,
    "high": Parameter(11.0, "h", blight.SMITH, "primary"),
    "medium": Parameter(10.0, "h", f"near miss; {blight.SMITH}", "primary"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = 2


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """The smaller number of humid mild hours of the last two days [h]."""
    hours = window["hours"].min(axis=0)
    drivers = {"humid_hours": hours, "temperature": window["temperature"].sum(axis=0) / DAYS}
    return Evaluation(hours, drivers)


HAZARD = Hazard(
    id="tomato_late_blight_smith",
    eppo="PHYTIN",
    kind="disease",
    crops=blight.CROPS,
    uses={
        "hours": Use(blight.BLIGHT_HOURS, "raises"),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(blight.SMITH,),
    certainty=0.5,
    validated="potato fields of Great Britain; not under a roof",
    actions=("ventilate", "drip_irrigation", "remove_sick", "ask_officer_fungicide"),
    act_days=(0, 3),
    shown="member",
)
