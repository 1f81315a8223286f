"""Powdery mildew of wheat (白粉病): the seasonal rule of Jiaozuo, Henan.

Four conditions on monthly weather:

1. mean temperature of the previous October at least 16.5 degC
2. mean temperature of March at most 9.5 degC
3. rain of the previous August, September and October together at most 180 mm
4. rain of March at least 25 mm

Three or four that hold mean a severe year, one or none a year without; two lie between. The
authors' hindcast for 1980-2005 was right in at least 73 % of the years. Jiaozuo lies about
170 km west of Puyang; the published table of years was not seen.

The rule speaks of a year, not of a day, and so it is shown once, as an outlook, and never as a
level of the day. It is asked from jointing on, which comes at the end of March. Should a crop
joint in March already, the month up to that day stands for March; after the 31st the class
stays. It needs the weather since the August before sowing; where that was not measured, it
cannot say, until the next year. The running monthly values are carried from day to day.

References
----------
中国农业气象 (Chinese Journal of Agrometeorology) 2010, 31(1):121-124.
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.risk.features import mean, total
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_SOURCE = "中国农业气象 2010, 31(1):121-124 (abstract)"
PARAMETERS = {
    "october_warm": Parameter(16.5, "degC", _SOURCE, "primary"),
    "march_cool": Parameter(9.5, "degC", _SOURCE, "primary"),
    "autumn_dry": Parameter(180.0, "mm", _SOURCE, "primary"),
    "march_wet": Parameter(25.0, "mm", _SOURCE, "primary"),
    "medium": Parameter(2.0, "conditions", _SOURCE, "primary"),
    "high": Parameter(3.0, "conditions", _SOURCE, "primary"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
AUTUMN = (8, 9, 10)


def _step(carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Move the monthly values on; the two that lower the score are carried with their sign turned.

    ``october`` [degC], ``cool`` minus the mean of March [degC], ``dry`` minus the rain of
    August to October [mm], ``wet`` the rain of March [mm].
    """
    day, month = season.date.day, season.date.month
    october, cool, dry, wet = (carried[k] for k in ("october", "cool", "dry", "wet"))
    if month == 10:
        october = running_mean(october, window["warm"][-1], day)
    if month in AUTUMN:
        dry = (0.0 if (month, day) == (AUTUMN[0], 1) else dry) - window["dry"][-1]
    if month == 3:
        cool = running_mean(cool, -window["cool"][-1], day)
        wet = (0.0 if day == 1 else wet) + window["wet"][-1]
    return {"october": october, "cool": cool, "dry": dry, "wet": wet}


def running_mean(before: Array, today: Array, day: int) -> Array:
    """Mean of the month up to its ``day``, from that up to the day before; any unit.

    Parameters
    ----------
    before
        Mean up to the day before, in any unit.
    today
        Value of the day, in the same unit.
    day
        Day of the month; the mean starts again at 1.
    """
    known: Array = np.array(today if day == 1 else before + (today - before) / day)
    return known


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """How many of the four conditions hold."""
    october, march = carried["october"], -carried["cool"]
    autumn, wet = -carried["dry"], carried["wet"]
    unknown = np.isnan(october + march + autumn + wet)
    holds = (
        october >= _P["october_warm"],
        march <= _P["march_cool"],
        autumn <= _P["autumn_dry"],
        wet >= _P["march_wet"],
    )
    count = np.where(unknown, np.nan, np.count_nonzero(holds, axis=0))
    return Evaluation(
        count,
        {
            "conditions": count,
            "october_temperature": october,
            "march_temperature": march,
            "autumn_rain": autumn,
            "march_rain": wet,
        },
    )


HAZARD = Hazard(
    id="wheat_powdery_mildew",
    eppo="ERYSGT",
    kind="disease",
    crops={"winter_wheat": (31, 77)},
    uses={
        "warm": Use(mean("air_temperature", "degC"), "raises"),
        "cool": Use(mean("air_temperature", "degC"), "lowers"),
        "wet": Use(total("precipitation_amount", "mm"), "raises"),
        "dry": Use(total("precipitation_amount", "mm"), "lowers"),
    },
    days=1,
    carry={"october": np.nan, "cool": np.nan, "dry": np.nan, "wet": np.nan},
    step=_step,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("中国农业气象 2010, 31(1):121-124",),
    certainty=0.6,
    validated="Jiaozuo, Henan, 1980-2005: hindcast right in at least 73 % of years",
    actions=("thin_and_air", "balance_nitrogen", "scout_lower_leaves", "ask_officer"),
    act_days=(0, 7),
    shown="outlook",
    judged=(3, 31),
)
