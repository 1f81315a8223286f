"""Late blight of tomato (番茄晚疫病) by the Hutton criteria.

A Hutton period is two days running, each with a lowest temperature >= 10 degC and at least six
hours of relative humidity >= 90 %. The score is how many of the last two days were such days:
two is the published criterion; one is called medium here, which is provisional.

The criteria were made for potato fields in Great Britain. In a greenhouse the humidity of the
canopy is what counts, and nothing was validated there.

References
----------
AHDB, Hutton Criteria (2017), after Dancey, Skelsey & Cooke.
"""

from __future__ import annotations

from models.crops.season import SeasonDay
from models.hazards.greenhouse import _late_blight as blight
from models.risk.features import Feature, both, mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window

PARAMETERS = {
    "humidity": blight.HUMIDITY,
    "lowest_temperature": blight.LOWEST,
    "humid_hours": Parameter(6.0, "h", blight.HUTTON, "primary"),
    "high": Parameter(2.0, "d", blight.HUTTON, "primary"),
    "medium": Parameter(1.0, "d", "half of the criterion; chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = 2

HUTTON_DAY = Feature(
    "late_blight_hutton_day",
    lambda day: both(
        lambda hours: (hours >= _P["humid_hours"]).astype("float64"), blight.blight_hours(day)
    ),
    blight.INPUTS,
    "1",
)


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """How many of the last two days were Hutton days."""
    days = window["day"].sum(axis=0)
    drivers = {
        "hutton_days": days,
        "humid_hours": window["hours"].sum(axis=0) / DAYS,
        "temperature": window["temperature"].sum(axis=0) / DAYS,
    }
    return Evaluation(days, drivers)


HAZARD = Hazard(
    id="tomato_late_blight_hutton",
    eppo="PHYTIN",
    kind="disease",
    crops=blight.CROPS,
    uses={
        "day": Use(HUTTON_DAY, "raises"),
        "hours": Use(blight.BLIGHT_HOURS, "shown"),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(blight.HUTTON,),
    certainty=0.5,
    validated="potato fields of Great Britain; not under a roof",
    actions=("ventilate", "drip_irrigation", "remove_sick", "ask_officer_fungicide"),
    act_days=(0, 3),
    shown="member",
)
