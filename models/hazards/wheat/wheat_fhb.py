"""Fusarium head blight of wheat (赤霉病) before anthesis: the RH14 logistic model.

    logit p = a + r + b RH14

``p`` is the probability of an epidemic (field severity >= 10 %), ``RH14`` the mean relative
humidity [%] of the 14 days before anthesis, ``r`` the variety's resistance class. Up to an
observed anthesis the mean runs with the day; from then on it stays as it was on that day.
Without an observed anthesis the running mean is used through flowering, because an estimated
date can be a week off. An unknown variety is taken as very susceptible, at a lower certainty.

The model was fitted to winter and spring wheat of the United States; on 736 cases of that
collection it reached AUC .702 and Brier .178 against a climatology of .195. It says nothing of
the rain at flowering that follows.

References
----------
B. Bradford, ibm-weather-tool, src/models.R at a053a55a (MIT), coefficients and class limits.
Shah, De Wolf, Paul & Madden 2021, doi:10.1371/journal.pcbi.1008831 (cases and validation).
"""

from __future__ import annotations

import numpy as np

from models.crops.season import FloatArray, SeasonDay
from models.risk.features import mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window

_SOURCE = "ibm-weather-tool src/models.R a053a55a"
PARAMETERS = {
    "intercept": Parameter(-3.6432643, "1", _SOURCE, "primary"),
    "humidity": Parameter(0.051459669, "%-1", _SOURCE, "primary"),
    "resistance_VS": Parameter(0.0, "1", _SOURCE, "primary"),
    "resistance_S": Parameter(-0.82795556, "1", _SOURCE, "primary"),
    "resistance_MS": Parameter(-1.4812696, "1", _SOURCE, "primary"),
    "resistance_MR": Parameter(-1.8484537, "1", _SOURCE, "primary"),
    "medium": Parameter(0.24, "1", _SOURCE, "primary"),
    "high": Parameter(0.32, "1", _SOURCE, "primary"),
    "unknown_variety_certainty": Parameter(0.8, "1", "chosen here", "provisional"),
}
DAYS = 14
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
#: By the codes of ``season.RESISTANCE``; an unknown class counts as very susceptible.
_CLASS = np.array([_P["resistance_VS"], *(_P[f"resistance_{c}"] for c in ("VS", "S", "MS", "MR"))])


def probability(rh14: FloatArray, resistance: FloatArray) -> FloatArray:
    """Probability of an epidemic.

    Parameters
    ----------
    rh14
        Mean relative humidity of the 14 days before anthesis [%].
    resistance
        Term of the resistance class, added to the logit.
    """
    return 1.0 / (1.0 + np.exp(-(_P["intercept"] + resistance + _P["humidity"] * rh14)))


def _step(carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Keep RH14 as it was on the eve of the observed anthesis."""
    running = window["humidity"].sum(axis=0) / DAYS
    return {"rh14": np.where(season.since_flowering >= 0, carried["rh14"], running)}


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Probability, with the humidity that made it."""
    return Evaluation(
        probability(carried["rh14"], _CLASS[season.resistance]),
        {"rh14": carried["rh14"]},
        np.where(season.resistance == 0, _P["unknown_variety_certainty"], 1.0),
    )


HAZARD = Hazard(
    id="wheat_fhb",
    eppo="GIBBZE",
    kind="disease",
    crops={"winter_wheat": (45, 69)},
    uses={"humidity": Use(mean("relative_humidity", "%"), "raises")},
    days=DAYS,
    carry={"rh14": np.nan},
    step=_step,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("doi:10.1371/journal.pcbi.1008831", _SOURCE),
    certainty=0.7,
    validated="United States, 736 site-years 1982-2015: AUC .702, Brier .178",
    actions=(
        "drain",
        "scout_heads",
        "harvest_dry",
        "remove_maize_residue",
        "choose_variety",
        "ask_officer_fungicide_flowering",
    ),
    when={
        "remove_maize_residue": None,
        "ask_officer_fungicide_flowering": (45, 69),
        "harvest_dry": (87, 99),
        "choose_variety": None,
    },
    act_days=(0, 3),
    probability="field severity of 10 % or more",
)
