"""Late blight of tomato and potato (晚疫病): four published rules on hours of high humidity.

Hutton:  two days running, each with a lowest temperature >= 10 degC and >= 6 h RH >= 90 %.
Smith:   the same with >= 11 h (10 h: near miss).
Wallin / BLITECAST: severity values from hours of RH >= 90 % and their mean temperature.
SIMCAST: blight units from each spell of consecutive hours of RH >= 90 % and its mean temperature,
added up, for susceptible, moderately susceptible and moderately resistant varieties.

Tables. The temperature classes of SIMCAST are whole degrees and those of Wallin tenths; a
temperature is rounded to that before it is looked up, so that none falls between two classes
(the script by Sparks & Garrett gives 0 there). Two cells that this script leaves out or shifts
(susceptible, 23-27 degC, 16-18 h; moderately resistant, 23-27 degC, from 16 h) stand here as in
an independent transcription of the published table; a third (moderately susceptible, 8-12 degC,
13-15 h, which the script gives at 13 h alone) likewise. They are second-hand.

References
----------
AHDB, Hutton Criteria (2017); Smith 1956, Plant Pathology 5:83.
Wallin 1962, American Potato Journal 39:306; Krause, Massie & Hyre 1975,
Plant Disease Reporter 59:95 (BLITECAST).
Fry, Apple & Bruhn 1983, Phytopathology 73:1054, doi:10.1094/Phyto-73-1054; Gruenwald et al. 2002,
Plant Disease 86:1163, doi:10.1094/PDIS.2002.86.10.1163 (SIMCAST).
"""

from __future__ import annotations

from functools import partial

from models.hazards._severity import (
    NIGHT,
    SeverityTable,
    hours_and_warmth,
    units_of_spells,
)
from models.risk.features import DayHours, Feature, Range, count
from models.risk.hazard import Parameter
from models.risk.wetness import humid

HUTTON = "AHDB, Hutton Criteria 2017"
SMITH = "Smith 1956, Plant Pathology 5:83"
WALLIN = "Wallin 1962, American Potato Journal 39:306; Krause, Massie & Hyre 1975 (BLITECAST)"
SIMCAST = "Gruenwald et al. 2002, doi:10.1094/PDIS.2002.86.10.1163"
INPUTS = ("air_temperature", "relative_humidity")
CROPS = {"greenhouse_tomato": (14, 89)}

HUMIDITY = Parameter(90.0, "%", f"{HUTTON}; {SMITH}; {WALLIN}; {SIMCAST}", "primary")
LOWEST = Parameter(10.0, "degC", f"{HUTTON}; {SMITH}", "primary")

WALLIN_TABLE = SeverityTable(
    (7.15, 11.65, 15.05, 26.65),
    (
        ((16, 1), (19, 2), (22, 3)),
        ((13, 1), (16, 2), (19, 3), (22, 4)),
        ((10, 1), (13, 2), (16, 3), (19, 4)),
    ),
)
_EDGES = (2.5, 7.5, 12.5, 22.5, 27.5)
SIMCAST_TABLES = {
    "susceptible": SeverityTable(
        _EDGES,
        (
            ((10, 1), (13, 2), (16, 3), (19, 4)),
            ((7, 1), (8, 2), (10, 3), (11, 4), (13, 5), (16, 6)),
            ((7, 5), (10, 6), (13, 7)),
            ((7, 1), (10, 2), (13, 3), (16, 4), (19, 5)),
        ),
    ),
    "moderately_susceptible": SeverityTable(
        _EDGES,
        (
            ((13, 1),),
            ((7, 1), (10, 2), (13, 3), (16, 4), (19, 5)),
            ((7, 1), (8, 2), (9, 3), (10, 4), (11, 5), (13, 6)),
            ((10, 1), (19, 2)),
        ),
    ),
    "moderately_resistant": SeverityTable(
        _EDGES,
        (
            ((19, 1),),
            ((10, 1), (13, 2), (16, 3)),
            ((7, 1), (8, 2), (9, 3), (10, 4), (13, 5)),
            ((16, 1),),
        ),
    ),
}


def blight_hours(day: DayHours) -> Range:
    """Hours with RH >= 90 % on a day whose lowest temperature is >= 10 degC, else 0 [h].

    Parameters
    ----------
    day
        Hours of the span that the feature declares (hour, site) [degC], [%].
    """
    return day.shared("late blight hours", lambda _: _blight_hours(day))


def _blight_hours(day: DayHours) -> Range:
    heat, wet = day.get("air_temperature"), humid(day, HUMIDITY.value)
    lo = count(wet.lo) * (heat.lo.min(axis=0) >= LOWEST.value)
    if heat.hi is heat.lo and wet.hi is wet.lo:
        return Range(lo, lo)
    return Range(lo, count(wet.hi) * (heat.hi.min(axis=0) >= LOWEST.value))


def wallin_units(day: DayHours) -> Range:
    """Severity values of Wallin for a night, noon to noon.

    Parameters
    ----------
    day
        Hours of the span that the feature declares (hour, site) [degC], [%].
    """
    hours, warmth = hours_and_warmth(day, humid(day, HUMIDITY.value))
    return WALLIN_TABLE.bounds(hours, warmth)


def simcast_units(day: DayHours, table: str) -> Range:
    """Blight units of SIMCAST for a night, noon to noon, by a table of `SIMCAST_TABLES`.

    The units of all humid spells of the night are added up, as in the script by Sparks & Garrett.

    Parameters
    ----------
    day
        Hours of the span that the feature declares (hour, site) [degC], [%].
    table
        Name of a table in `SIMCAST_TABLES`.
    """
    return units_of_spells(day, humid(day, HUMIDITY.value), SIMCAST_TABLES[table])


BLIGHT_HOURS = Feature("late_blight_hours", blight_hours, INPUTS, "h")
WALLIN_UNITS = Feature("late_blight_wallin", wallin_units, INPUTS, "1", NIGHT)
SIMCAST_UNITS = {
    name: Feature(
        f"late_blight_simcast_{name}", partial(simcast_units, table=name), INPUTS, "1", NIGHT
    )
    for name in SIMCAST_TABLES
}
