"""Early blight of tomato (番茄早疫病) by TOM-CAST.

A night, noon to noon, gives 0-4 disease severity values (DSV) from its wet hours ``h`` and
their mean temperature:

    13-<18 degC: h >= 7, 16, 21 -> 1, 2, 3      18-<21 degC: h >= 4, 9, 16, 23 -> 1, 2, 3, 4
    21-<26 degC: h >= 3, 6, 13, 21 -> 1..4      26-<30 degC: h >= 4, 9, 16, 23 -> 1..4

The table is that of the forecast service VIPS, after Madden et al. 1978; another code (below) asks
one hour more in the first cell of the two coldest classes, and has no upper limit of temperature.

The first spray is due 35 DSV after transplanting, later ones every 15-20 DSV. No record of
sprays reaches this function: the DSV of the last 14 days stand in for those since the last
spray, which is provisional. Below 35 DSV of the season the score is 0, above it the DSV of 14
days. Where the data begin within the season, the 35 DSV count as reached: that errs on the side
of warning. Leaf wetness under a roof is measured or taken as RH >= 90 %; rain does not count.

References
----------
Madden, Pennypacker & MacNab 1978, Phytopathology 68:1354, doi:10.1094/Phyto-68-1354 (FAST).
Pitblado 1992 (TOM-CAST), as in B. Bradford, ibm-weather-tool, src/models.R at a053a55a (MIT).
Rutgers Plant and Pest Advisory, 2015-07-01 (35 DSV); NIBIO VIPS, model ALTERNARIA (table,
13 to below 30 degC, 20 DSV); Metos, TomCast (15-20 DSV).
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.hazards._severity import NIGHT, SeverityTable, damp, hours_and_warmth
from models.risk.features import DayHours, Feature, Range, mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window

_CODE = "Pitblado 1992, as in ibm-weather-tool src/models.R a053a55a"
_VIPS = "NIBIO VIPS, model ALTERNARIA, after Madden et al. 1978"
PARAMETERS = {
    "humidity": Parameter(90.0, "%", f"wet hours as in {_CODE}", "primary"),
    "warmest": Parameter(30.0, "degC", f"below it; {_VIPS}", "primary"),
    "first_spray": Parameter(35.0, "1", "Rutgers Plant and Pest Advisory 2015-07-01", "primary"),
    "window": Parameter(14.0, "d", "stands in for the last spray; chosen here", "provisional"),
    "medium": Parameter(15.0, "1", "Metos, TomCast: 15-20 DSV", "second-hand"),
    "high": Parameter(20.0, "1", _VIPS, "primary"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = int(_P["window"])
TABLE = SeverityTable(
    (13.0, 18.0, 21.0, 26.0, _P["warmest"]),
    (
        ((7, 1), (16, 2), (21, 3)),
        ((4, 1), (9, 2), (16, 3), (23, 4)),
        ((3, 1), (6, 2), (13, 3), (21, 4)),
        ((4, 1), (9, 2), (16, 3), (23, 4)),
    ),
)


def severity(day: DayHours) -> Range:
    """Disease severity values of a night.

    Parameters
    ----------
    day
        Hours of the span that the feature declares (hour, site) [degC], [%].
    """
    return TABLE.bounds(*hours_and_warmth(day, damp(day, _P["humidity"])))


def _step(carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Add the night's DSV to the season's total; start again at transplanting."""
    today = window["severity"][-1]
    return {"season": np.where(season.after_sowing == 0, today, carried["season"] + today)}


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """DSV of 14 days, once the season has reached the first spray's total."""
    recent = window["severity"].sum(axis=0)
    drivers = {
        "severity": recent,
        "season_severity": carried["season"],
        "temperature": window["temperature"].sum(axis=0) / DAYS,
    }
    return Evaluation(np.where(carried["season"] >= _P["first_spray"], recent, 0.0), drivers)


HAZARD = Hazard(
    id="tomato_early_blight",
    eppo="ALTESO",
    kind="disease",
    crops={"greenhouse_tomato": (14, 89)},
    uses={
        "severity": Use(
            Feature(
                "tomcast_severity",
                severity,
                ("air_temperature", "relative_humidity"),
                "1",
                NIGHT,
                estimated=True,
            ),
            "raises",
        ),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    carry={"season": _P["first_spray"]},
    step=_step,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(_CODE, "doi:10.1094/Phyto-68-1354", _VIPS),
    certainty=0.5,
    validated="tomato fields of Ontario and Ohio; not under a roof",
    actions=("remove_old_leaves", "ventilate", "drip_irrigation", "ask_officer_fungicide"),
    act_days=(0, 5),
)
