"""Rust of garlic (大蒜锈病): infection spells as named by Cornell.

Infection needs at least four hours running with relative humidity of at least 97 % at
41-77 degF (5-25 degC); 54-70 degF (12.2-21.1 degC) is most favourable; pustules follow after
nine days at the earliest.

The score is how many of the last nine nights (noon to noon) held such a spell: what may still
be hidden in the leaf; a spell that began before noon goes on. No source names a class: one night
as medium and three as high are provisional. Few humidity sensors are true to 2 % near saturation,
so 97 % is often missed or overstated; so its certainty is low. The stage table of garlic has no
sourced degree-days; the question is asked from February on (see `_garlic`).

References
----------
Cornell Vegetables, Garlic rust (McGrath), blogs.cornell.edu/livegpath.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.crops.season import SeasonDay
from models.hazards._wet_nights import RUN_UP, WITH_MORNING, longest, reaches
from models.hazards.garlic import _garlic as garlic
from models.risk.features import DayHours, Feature, Range, mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window

_SOURCE = "Cornell Vegetables, Garlic rust"
_HERE = "chosen here"
PARAMETERS = {
    "humidity": Parameter(97.0, "%", _SOURCE, "primary"),
    "coldest": Parameter(5.0, "degC", f"41 degF; {_SOURCE}", "primary"),
    "warmest": Parameter(25.0, "degC", f"77 degF; {_SOURCE}", "primary"),
    "best_coldest": Parameter(12.2, "degC", f"54 degF; {_SOURCE}", "primary"),
    "best_warmest": Parameter(21.1, "degC", f"70 degF; {_SOURCE}", "primary"),
    "spell": Parameter(4.0, "h", _SOURCE, "primary"),
    "latency": Parameter(9.0, "d", _SOURCE, "primary"),
    "first_month": garlic.FIRST_MONTH,
    "last_month": garlic.LAST_MONTH,
    "medium": Parameter(1.0, "d", _HERE, "provisional"),
    "high": Parameter(3.0, "d", _HERE, "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = int(_P["latency"])


def infection_night(coldest: float, warmest: float) -> Callable[[DayHours], Range]:
    """Feature function: 1 for a night with a spell that infects between two temperatures [degC].

    Parameters
    ----------
    coldest
        Lowest temperature that infects [degC].
    warmest
        Highest temperature that infects [degC].
    """

    def compute(day: DayHours) -> Range:
        heat, damp = day.get("air_temperature"), day.get("relative_humidity")
        good = (heat.lo >= coldest) & (heat.lo <= warmest) & (damp.lo >= _P["humidity"])
        if heat.hi is heat.lo and damp.hi is damp.lo:
            sure = reaches(good.astype(np.float64), good, _P["spell"]).astype(np.float64)
            return Range(sure, sure)
        known = (heat.lo == heat.hi) & (damp.lo == damp.hi)
        lo = longest((good & known)[RUN_UP:]) >= _P["spell"]
        maybe = good | ~known
        hi = reaches(maybe.astype(np.float64), maybe, _P["spell"], again=True)
        return Range(lo.astype(np.float64), hi.astype(np.float64))

    return compute


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Nights with infection within the latent time."""
    nights = window["infection"].sum(axis=0)
    drivers = {
        "infection_nights": nights,
        "best_nights": window["best"].sum(axis=0),
        "temperature": window["temperature"].sum(axis=0) / DAYS,
    }
    return Evaluation(nights, drivers)


_INPUTS = ("air_temperature", "relative_humidity")
HAZARD = Hazard(
    id="garlic_rust",
    eppo="PUCCAL",
    kind="disease",
    crops={"garlic": (0, 49)},
    months=garlic.MONTHS,
    uses={
        "infection": Use(
            Feature(
                "garlic_rust_night",
                infection_night(_P["coldest"], _P["warmest"]),
                _INPUTS,
                "1",
                WITH_MORNING,
            ),
            "raises",
        ),
        "best": Use(
            Feature(
                "garlic_rust_best_night",
                infection_night(_P["best_coldest"], _P["best_warmest"]),
                _INPUTS,
                "1",
                WITH_MORNING,
            ),
            "shown",
        ),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(_SOURCE,),
    certainty=0.4,
    validated="nowhere",
    actions=("remove_volunteers", "drain", "scout_leaves", "ask_officer_fungicide"),
    act_days=(0, 5),
)
