"""Northern leaf blight of maize (大斑病, Exserohilum turcicum): infection nights.

While leaves stay wet and 13 <= T <= 28 degC, each hour adds T - 13 to the sum of the hour before;
the spell is an infection at 90 degC h (18 h at 18 degC, 9 h at 23 degC, 45 h at 15 degC), where
the sum stays until a dry, cold or hot hour ends the spell. It goes on from night to night, for as
long as it is not broken. The source counts in minutes: 5400 degC min.

The score is the number of nights (noon to noon) of the last ten in which an infection was reached
or lasted. Class limits (nights) are provisional.

Levy and Cohen found infection between 15 and 30 degC, best at 20 degC, after at least 5 h of
dew at 20 degC: the rule asks for almost 13 h there, so it misses short dews.

References
----------
Pessl Instruments (Metos), corn disease models, docs.metos.at ("NCLB infection"), after Babadoost,
Report on Plant Diseases 202, University of Illinois. Levy & Cohen 1983, doi:10.1094/Phyto-73-722
(limits, for comparison).
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.hazards._wet_nights import longest_wet
from models.hazards._wet_spell import PARTS, Spell, carried_on, reached
from models.risk.features import mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_SOURCE = "Pessl Instruments, Exserohilum turcicum infection model"
PARAMETERS = {
    "lowest": Parameter(13.0, "degC", _SOURCE, "primary"),
    "highest": Parameter(28.0, "degC", _SOURCE, "primary"),
    "needed": Parameter(90.0, "degC h", _SOURCE, "primary"),
    "medium": Parameter(2.0, "nights in 10", "chosen here", "provisional"),
    "high": Parameter(5.0, "nights in 10", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
#: Nights that are counted; one more is kept, to know what the oldest of them began with.
DAYS = 10


def heat(air: Array) -> Array:
    """What a wet hour adds [degC h] at a temperature [degC] within the limits; Pessl.

    Parameters
    ----------
    air
        Temperature of the hour [degC].
    """
    return air - _P["lowest"]


def _step(carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Take the night that leaves the ten into the sum with which they begin [degC h]."""
    left = {part: window[part][0] for part in PARTS}
    return {"before": carried_on(carried["before"], left, _P["needed"])}


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Infection nights of the last ten, with wetness and warmth."""
    running, nights = carried["before"], np.zeros_like(carried["before"])
    for n in range(1, DAYS + 1):
        night = {part: window[part][n] for part in PARTS}
        nights = nights + (reached(running, night) >= _P["needed"])
        running = carried_on(running, night, _P["needed"])
    return Evaluation(
        nights,
        {
            "infection_nights": nights,
            "dew_hours": window["dew"][1:].sum(axis=0) / DAYS,
            "temperature": window["temperature"][1:].sum(axis=0) / DAYS,
        },
    )


HAZARD = Hazard(
    id="maize_northern_leaf_blight",
    eppo="SETOTU",
    kind="disease",
    crops={"summer_maize": (31, 83)},
    uses={
        **Spell("northern_leaf_blight", heat, _P["lowest"], _P["highest"]).uses,
        "dew": Use(longest_wet("longest_wetness"), "shown"),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS + 1,
    carry={"before": np.nan},
    step=_step,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(
        "docs.metos.at: Exserohilum turcicum infection model",
        "Levy & Cohen 1983, doi:10.1094/Phyto-73-722",
    ),
    certainty=0.35,
    actions=("plough_in_residue", "scout_lower_leaves", "feed_evenly", "ask_officer"),
    when={"plough_in_residue": None},
    act_days=(0, 5),
)
