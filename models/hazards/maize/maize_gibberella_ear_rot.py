"""Gibberella ear rot of maize (玉米赤霉病穗腐): will the grain hold more than 1 ppm of DON?

    mu = -59.6309 + 1.3057 Tx + 0.9090 Tn - 1.6158 W - 0.9350 P + 0.2255 H - 0.9249 D
    p  = 1 / (1 + exp(-mu))

Tx, Tn mean of the daily highest and lowest temperature [degC], W days with a mean of 25 degC or
more, P days with rain: all of 14 days that end a week before the day asked about. H mean relative
humidity [%], D days with a mean above 80 %: of the last 14 days. The model holds while the crop
silks. Its limits .2, .4 and .8 are low, moderate and high risk; medium here is .4.

Fitted in Ohio, where a summer day is cooler than here: on the plain of the Yellow River every day
of W is above 25 degC, and the probability is low almost always. Take it as a rule of a cool year.
It has warned on no day of the weather at hand (docs/skill.md): so it is background, and its season
is named, until data show that it speaks here.

References
----------
Paul and Nesi, Ohio State University, as in the weather tool of the University of Wisconsin,
src/models.R a053a55a (`predict_don`); no publication was found.
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.risk.features import DayHours, Feature, Range, both, highest, lowest, mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_SOURCE = "ibm-weather-tool src/models.R a053a55a"
PARAMETERS = {
    "intercept": Parameter(-59.6309, "1", _SOURCE, "primary"),
    "highest": Parameter(1.3057, "degC-1", _SOURCE, "primary"),
    "lowest": Parameter(0.9090, "degC-1", _SOURCE, "primary"),
    "warm_days": Parameter(-1.6158, "d-1", _SOURCE, "primary"),
    "rain_days": Parameter(-0.9350, "d-1", _SOURCE, "primary"),
    "humidity": Parameter(0.2255, "%-1", _SOURCE, "primary"),
    "humid_days": Parameter(-0.9249, "d-1", _SOURCE, "primary"),
    "warm_day": Parameter(25.0, "degC", _SOURCE, "primary"),
    "humid_day": Parameter(80.0, "%", _SOURCE, "primary"),
    "window": Parameter(14.0, "d", _SOURCE, "primary"),
    "lag": Parameter(7.0, "d", _SOURCE, "primary"),
    "medium": Parameter(0.4, "1", _SOURCE, "primary"),
    "high": Parameter(0.8, "1", _SOURCE, "primary"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
LENGTH, LAG = int(_P["window"]), int(_P["lag"])
DAYS = LENGTH + LAG


def probability(
    highest: Array,
    lowest: Array,
    warm_days: Array,
    rain_days: Array,
    humidity: Array,
    humid_days: Array,
) -> Array:
    """Probability (0 to 1) of more than 1 ppm of DON in the grain.

    Parameters
    ----------
    highest, lowest
        Mean daily highest and lowest temperature, days 21 to 8 before, any shape [degC].
    warm_days, rain_days
        Days with a mean of 25 degC or more, and with rain, of the same 14 days [d].
    humidity
        Mean relative humidity of the last 14 days [%].
    humid_days
        Days of them with a mean above 80 [%], counted [d].
    """
    mu = (
        _P["intercept"]
        + _P["highest"] * highest
        + _P["lowest"] * lowest
        + _P["warm_days"] * warm_days
        + _P["rain_days"] * rain_days
        + _P["humidity"] * humidity
        + _P["humid_days"] * humid_days
    )
    return 1.0 / (1.0 + np.exp(-mu))


def _when(quantity: str, limit: float, *, reached: bool) -> Feature:
    """Whether a day's mean is above a limit, or also at it where ``reached``: 0 or 1."""
    of_day = mean(quantity)

    def compute(day: DayHours) -> Range:
        compare = np.greater_equal if reached else np.greater
        return both(lambda x: compare(x, limit).astype(np.float64), of_day.compute(day))

    return Feature(f"{quantity}_mean_over_{limit:g}", compute, (quantity,), "1")


def _rainy(day: DayHours) -> Range:
    return both(lambda x: (x > 0.0).astype(np.float64), day.total("precipitation_amount"))


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """The probability from the two windows that end today and a week ago."""
    early = {
        name: window[name][:LENGTH].sum(axis=0)
        for name in ("highest", "lowest", "warm_days", "rain_days")
    }
    late = {name: window[name][LAG:].sum(axis=0) for name in ("humidity", "humid_days")}
    found = probability(
        early["highest"] / LENGTH,
        early["lowest"] / LENGTH,
        early["warm_days"],
        early["rain_days"],
        late["humidity"] / LENGTH,
        late["humid_days"],
    )
    drivers = {
        "probability": 100.0 * found,
        "highest": early["highest"] / LENGTH,
        "warm_days": early["warm_days"],
        "rain_days": early["rain_days"],
        "humidity": late["humidity"] / LENGTH,
    }
    return Evaluation(found, drivers)


HAZARD = Hazard(
    id="maize_gibberella_ear_rot",
    eppo="GIBBZE",
    kind="disease",
    crops={"summer_maize": (61, 69)},
    uses={
        "highest": Use(highest("air_temperature", "degC"), "raises"),
        "lowest": Use(lowest("air_temperature", "degC"), "raises"),
        "warm_days": Use(_when("air_temperature", _P["warm_day"], reached=True), "lowers"),
        "rain_days": Use(Feature("rainy_day", _rainy, ("precipitation_amount",), "1"), "lowers"),
        "humidity": Use(mean("relative_humidity", "%"), "raises"),
        "humid_days": Use(_when("relative_humidity", _P["humid_day"], reached=False), "lowers"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(_SOURCE,),
    certainty=0.3,
    validated="maize fields of Ohio; not in a summer as hot as that of Henan",
    actions=("drain", "control_borers", "harvest_and_dry", "look_at_tips"),
    when={"harvest_and_dry": (61, 99)},
    act_days=(0, 5),
    shown="background",
    probability="more than 1 ppm of DON in the grain at harvest",
)
