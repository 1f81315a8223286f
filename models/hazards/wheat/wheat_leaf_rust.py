"""Leaf rust of wheat (叶锈病): infection nights by wet degree-hours.

While leaves stay wet and 5 < T < 30 degC, each hour adds

    T            up to 22.5 degC
    45 - T       above it

and the spell is an infection at 90 degC h. The score is the number of nights (noon to noon)
with an infection among the last ten; a spell that began before noon goes on. The rule is a
vendor's; it was not seen tested. Dew periods read elsewhere are 3 h at 20 degC and 12 h at 10 degC,
none below 2 or above 32 degC: the rule asks for 4.5 h and 9 h, so it is the stricter one when it is
warm, the milder when cool.
``dew_hours`` shows the longest wetness, whatever the temperature.

Class limits (nights) are provisional. The risk needs spores too, which no weather station
sees: they come with the wind from the south or from volunteer wheat.

Not used: epicrop's `predict_leaf_rust`, whose temperature table peaks at 31 degC, against the
biology of Puccinia triticina.

References
----------
Pessl Instruments (Metos), "Puccinia tritici infection model", docs.metos.at.
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.hazards._wet_nights import infection_night, longest_wet
from models.risk.features import mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_SOURCE = "Pessl Instruments, Puccinia tritici infection model"
PARAMETERS = {
    "lowest": Parameter(5.0, "degC", _SOURCE, "primary"),
    "highest": Parameter(30.0, "degC", _SOURCE, "primary"),
    "mirror": Parameter(22.5, "degC", _SOURCE, "primary"),
    "needed": Parameter(90.0, "degC h", _SOURCE, "primary"),
    "medium": Parameter(2.0, "nights in 10", "chosen here", "provisional"),
    "high": Parameter(4.0, "nights in 10", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = 10
#: The source excludes the limits themselves.
LIMITS = (np.nextafter(_P["lowest"], np.inf), np.nextafter(_P["highest"], -np.inf))


def heat(air: Array) -> Array:
    """What a wet hour adds [degC h] at a temperature [degC]; Pessl Instruments.

    Parameters
    ----------
    air
        Temperature of the hour [degC].
    """
    return np.where(air <= _P["mirror"], air, 2 * _P["mirror"] - air)


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Infection nights of the last ten, with wetness and warmth."""
    nights = window["nights"].sum(axis=0)
    return Evaluation(
        nights,
        {
            "infection_nights": nights,
            "dew_hours": window["dew"].sum(axis=0) / DAYS,
            "temperature": window["temperature"].sum(axis=0) / DAYS,
        },
    )


HAZARD = Hazard(
    id="wheat_leaf_rust",
    eppo="PUCCRT",
    kind="disease",
    crops={"winter_wheat": (30, 77)},
    uses={
        "nights": Use(
            infection_night("leaf_rust_night", heat, LIMITS, _P["mirror"], _P["needed"]),
            "raises",
        ),
        "dew": Use(longest_wet("longest_wetness"), "shown"),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("docs.metos.at: Puccinia tritici Infection Model",),
    certainty=0.4,
    actions=("remove_volunteers", "scout_leaves", "balance_nitrogen", "ask_officer"),
    act_days=(0, 5),
)
