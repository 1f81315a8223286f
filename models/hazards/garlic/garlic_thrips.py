"""Onion thrips on garlic (葱蓟马, Thrips tabaci): how fast the warmth lets it multiply.

A generation from egg to adult takes 221 degree-days above 8.1 degC, and development was still the
faster the warmer up to 30 degC, the warmest that was tried. The score is the share of a
generation that ten days bring; it is asked from February on (see `_garlic`).

No action threshold of thrips on garlic was found in a source that could be read, so both class
limits are provisional: half a generation in ten days (about 19 degC) is when numbers begin to grow
fast, two thirds (about 23 degC) when they double within the week. Rain washes thrips off; the rain
is shown, no number for its effect was found. The EPPO code could not be verified and is left out.

References
----------
Jamieson, Chhagan & Griffin 2012, New Zealand Plant Protection 65:126,
doi:10.30843/nzpp.2012.65.5381 (abstract read).
"""

from __future__ import annotations

from models.crops.season import SeasonDay
from models.hazards.garlic import _garlic as garlic
from models.risk.features import DayHours, Feature, Range, both, mean, total
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window

_SOURCE = "Jamieson et al. 2012, abstract"
PARAMETERS = {
    "base": Parameter(8.1, "degC", _SOURCE, "primary"),
    "constant": Parameter(221.0, "degC d", _SOURCE, "primary"),
    "warmest": Parameter(30.0, "degC", _SOURCE, "primary"),
    "first_month": garlic.FIRST_MONTH,
    "last_month": garlic.LAST_MONTH,
    "medium": Parameter(0.5, "generations in 10 d", "chosen here", "provisional"),
    "high": Parameter(0.67, "generations in 10 d", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = 10


def _heat(day: DayHours) -> Range:
    """Degree-days of a day [degC d] between the base and the warmest temperature."""
    base, warmest = _P["base"], _P["warmest"]
    return both(
        lambda air: (air.clip(base, warmest) - base).sum(axis=0) / 24.0,
        day.get("air_temperature"),
    )


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Share of a generation in ten days."""
    share = window["heat"].sum(axis=0) / _P["constant"]
    drivers = {
        "generations": share,
        "temperature": window["temperature"].sum(axis=0) / DAYS,
        "rain": window["rain"].sum(axis=0),
    }
    return Evaluation(share, drivers)


HAZARD = Hazard(
    id="garlic_thrips",
    eppo=None,
    kind="pest",
    crops={"garlic": (0, 49)},
    months=garlic.MONTHS,
    uses={
        "heat": Use(
            Feature(
                "thrips_heat", _heat, ("air_temperature",), "degC d", aggregation="degree-days"
            ),
            "raises",
        ),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
        "rain": Use(total("precipitation_amount", "mm"), "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("doi:10.30843/nzpp.2012.65.5381",),
    certainty=0.3,
    validated="leek and onion leaves in the laboratory, New Zealand",
    actions=("clear_weeds", "water_in_dry_spell", "look_into_leaf_axils", "ask_officer_thrips"),
    act_days=(0, 5),
)
