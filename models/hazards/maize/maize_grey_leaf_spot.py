"""Grey leaf spot of maize (灰斑病, Cercospora zeae-maydis): probability that spores are there.

    logit p = -2.9467 - 0.03729 Tmin21 + 0.6534 Tdew30

``Tmin21`` is the mean of the daily minimum temperatures of 21 days [degC], ``Tdew30`` the mean
of the daily minimum dew points of 30 days [degC]. The source calls 0.40 medium and 0.60 high,
asked from ten leaves to milk (V10-R3).

The model comes from the upper Midwest of the United States, and its fit was not seen published.
A mean dew point above 7 degC is "high" whatever the rest: on measured weather of Beijing that
was every day of the window in 2015 and 2016, with probabilities above .99. A warning that never
ends is none. So medium is as published, but "high" is withheld here (provisional) until local
observations say what it means, the certainty is low, and the text says that this answer hardly
tells one week or year from another. ``dew_point_margin`` shows by how many degrees the
published high limit is passed.

Dew points come from hourly temperature and humidity by the Magnus formula over water
(17.62, 243.12 degC; WMO No. 8).

References
----------
B. Bradford, ibm-weather-tool, R/models/field_crops_models.R at 0cc4e799 (MIT).
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.risk.features import DayHours, Feature, Range, both_of, lowest
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_SOURCE = "ibm-weather-tool R/models/field_crops_models.R 0cc4e799"
_WMO = "WMO No. 8, Guide to Instruments, annex on humidity"
PARAMETERS = {
    "intercept": Parameter(-2.9467, "1", _SOURCE, "primary"),
    "cold": Parameter(-0.03729, "degC-1", _SOURCE, "primary"),
    "dew_point": Parameter(0.6534, "degC-1", _SOURCE, "primary"),
    "medium": Parameter(0.40, "1", _SOURCE, "primary"),
    "published_high": Parameter(0.60, "1", _SOURCE, "primary"),
    "high": Parameter(
        1.0, "1", "withheld: passed all summer on the North China Plain", "provisional"
    ),
    "magnus_slope": Parameter(17.62, "1", _WMO, "primary"),
    "magnus_offset": Parameter(243.12, "degC", _WMO, "primary"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
COLD_DAYS, DAYS = 21, 30


def probability(tmin21: Array, tdew30: Array) -> Array:
    """Probability of spores from the two means [degC]; ibm-weather-tool.

    Parameters
    ----------
    tmin21
        Mean of the daily minimum temperatures of 21 days [degC].
    tdew30
        Mean of the daily minimum dew points of 30 days [degC].
    """
    logit = _P["intercept"] + _P["cold"] * tmin21 + _P["dew_point"] * tdew30
    return 1.0 / (1.0 + np.exp(-logit))


def dew_point(air: Array, humidity: Array) -> Array:
    """Dew point [degC] of air [degC] with a relative humidity [%], at least 1 %; WMO No. 8.

    Parameters
    ----------
    air
        Temperature [degC].
    humidity
        Relative humidity [%].
    """
    slope, offset = _P["magnus_slope"], _P["magnus_offset"]
    gamma = np.log(np.maximum(humidity, 1.0) / 100.0) + slope * air / (offset + air)
    return offset * gamma / (slope - gamma)


def _lowest_dew_point(day: DayHours) -> Range:
    """Lowest hourly dew point of a day [degC]; it rises with temperature and humidity."""
    return both_of(
        lambda air, humidity: dew_point(air, humidity).min(axis=0),
        day.get("air_temperature"),
        day.get("relative_humidity"),
    )


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Probability of spores, with the two means behind it."""
    tmin21 = window["cold"][-COLD_DAYS:].sum(axis=0) / COLD_DAYS
    tdew30 = window["dew_point"].sum(axis=0) / DAYS
    odds = _P["published_high"] / (1 - _P["published_high"])
    at_limit = np.log(odds) - _P["intercept"] - _P["cold"] * tmin21
    return Evaluation(
        probability(tmin21, tdew30),
        {
            "probability": 100.0 * probability(tmin21, tdew30),
            "tmin21": tmin21,
            "tdew30": tdew30,
            "dew_point_margin": tdew30 - at_limit / _P["dew_point"],
        },
    )


HAZARD = Hazard(
    id="maize_grey_leaf_spot",
    eppo="CERCZM",
    kind="disease",
    crops={"summer_maize": (31, 75)},
    uses={
        "cold": Use(lowest("air_temperature", "degC"), "lowers"),
        "dew_point": Use(
            Feature(
                "lowest_dew_point",
                _lowest_dew_point,
                ("air_temperature", "relative_humidity"),
                "degC",
                aggregation="minimum dew point",
            ),
            "raises",
        ),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(_SOURCE,),
    certainty=0.2,
    probability="spores of the fungus are there",
    actions=("plough_in_residue", "scout_lower_leaves", "rotate", "ask_officer"),
    act_days=(0, 7),
    shown="background",
)
