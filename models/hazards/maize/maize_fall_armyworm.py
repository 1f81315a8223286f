"""Fall armyworm (草地贪夜蛾, Spodoptera frugiperda): how fast larvae grow in the present warmth.

    score = degree-days of ten days above 11.10 degC / 211.93 degC d

the share of a larva's life that ten days make room for: at 1 a larva hatched ten days ago is
grown. The moth does not winter in Henan; it flies in from the south at times that no weather
station sees. So this hazard cannot say whether it is there. It says how often to look into the
whorl: the warmer, the sooner a small larva, which can still be reached, becomes a big one.
Medium (from 0.6: look twice a week) and high (from 0.85, nearly the fastest possible) are
provisional, as is the horizontal cut-off at 30 degC. No action threshold is built in. Trap
catches and scouting are the better guide wherever there are any.

Drivers give the days that an egg (10.27 degC, 44.57 degC d), a larva and a whole generation
(12.6 degC, 584.0 degC d) take at the mean temperature of the ten days.

References
----------
He et al. 2019, 植物保护 Plant Protection (egg 10.27/44.57, larva 11.10/211.93, pupa
12.20/135.69). Xie et al. 2021, 植物保护 Plant Protection (generation 12.6/584.0).
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.hazards._cereal_insects import heat_units
from models.risk.features import mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_HE, _XIE = "He et al. 2019, 植物保护", "Xie et al. 2021, 植物保护"
PARAMETERS = {
    "egg_base": Parameter(10.27, "degC", _HE, "primary"),
    "egg_constant": Parameter(44.57, "degC d", _HE, "primary"),
    "larva_base": Parameter(11.10, "degC", _HE, "primary"),
    "larva_constant": Parameter(211.93, "degC d", _HE, "primary"),
    "generation_base": Parameter(12.6, "degC", _XIE, "primary"),
    "generation_constant": Parameter(584.0, "degC d", _XIE, "primary"),
    "cap": Parameter(30.0, "degC", "chosen here", "provisional"),
    "medium": Parameter(0.6, "larval lives in 10 d", "chosen here", "provisional"),
    "high": Parameter(0.85, "larval lives in 10 d", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = 10


def days_of(stage: str, temperature: Array) -> Array:
    """Days [d] that a stage takes at a steady temperature [degC]; NaN where it does not develop.

    Parameters
    ----------
    stage
        "egg", "larva" or "generation".
    temperature
        Steady temperature [degC].
    """
    above = np.minimum(temperature, _P["cap"]) - _P[f"{stage}_base"]
    return _P[f"{stage}_constant"] / np.where(above > 0, above, np.nan)


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Share of a larva's life that ten days make room for."""
    share = window["heat"].sum(axis=0) / _P["larva_constant"]
    warmth = window["temperature"].sum(axis=0) / DAYS
    return Evaluation(
        share,
        {
            "larval_share": 100.0 * share,
            "temperature": warmth,
            "egg_days": days_of("egg", warmth),
            "larva_days": days_of("larva", warmth),
            "generation_days": days_of("generation", warmth),
        },
    )


HAZARD = Hazard(
    id="maize_fall_armyworm",
    eppo="LAPHFR",
    kind="pest",
    crops={"summer_maize": (10, 69)},
    uses={
        "heat": Use(heat_units("fall_armyworm_heat", _P["larva_base"], _P["cap"]), "raises"),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("He et al. 2019, 植物保护", "Xie et al. 2021, 植物保护"),
    certainty=0.25,
    actions=("scout_whorl_at_dusk", "hand_pick", "report_first_moth", "ask_officer"),
    act_days=(0, 3),
    shown="background",
)
