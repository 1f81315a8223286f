"""Weather windows of the wheat scab cases: what each column is, its unit and where it came from.

The windows and their names are those of the case file (Shah et al. 2013, 2019, 2023). The pools
hold humidity or wetness of the weeks before flowering (ripening and discharge of ascospores),
warmth or moisture of the air in the same weeks, and the conditions of infection after
flowering. They were written down by argument, but after a first look at single windows on the
same cases: scores of a choice among them stay a little too kind, which the cards say.

Windows of 12 hours, described as "overnight", are left out: in the case file their humidity is
lower and their dew point depression larger than that of the whole day, so they cannot be nights
and nobody could compute them alike elsewhere.

References
----------
De Wolf, E. D., Madden, L. V. & Lipps, P. E. (2003). Phytopathology 93, 428-435,
doi:10.1094/PHYTO.2003.93.4.428.
Shah, D. A. et al. (2013). Phytopathology 103, 906-919, doi:10.1094/PHYTO-11-12-0304-R.
Shah, D. A. et al. (2023). Phytopathology, doi:10.1094/PHYTO-10-22-0380-R.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """One weather predictor: column, meaning, unit, and the range that can be believed."""

    column: str
    meaning: str
    unit: str
    low: float
    high: float


def _humidity(column: str, meaning: str) -> Window:
    return Window(column, f"mean relative humidity, {meaning}", "%", 0.0, 100.0)


def _warmth(column: str, meaning: str) -> Window:
    return Window(column, meaning, "°C", -20.0, 40.0)


def _hours(column: str, meaning: str, days: int) -> Window:
    return Window(column, meaning, "h", 0.0, 24.0 * days)


WINDOWS = {
    window.column: window
    for window in (
        _humidity("RH.A.PRE14.24H", "14 d before flowering"),
        _humidity("RH.A.1", "20 d before flowering"),
        _humidity("RH7", "7 d before flowering"),
        Window("VPD.A.1", "mean vapour pressure deficit, 10 d before flowering", "kPa", 0.0, 6.0),
        Window("TDD.A.1", "mean dew point depression, 20 d before flowering", "K", 0.0, 40.0),
        _hours("TRH.15T30nRHG80.PRE14.24H", "15-30 °C and RH >= 80 %, 14 d before flowering", 15),
        _hours("TRH907", "15-30 °C and RH >= 90 %, 7 d before flowering", 8),
        _hours("RH907", "RH >= 90 %, 7 d before flowering", 8),
        _warmth("T.A.PRE14.24H", "mean air temperature, 14 d before flowering"),
        _warmth("T.A.PRE7.24H", "mean air temperature, 7 d before flowering"),
        _warmth("D.A.1", "mean dew point, 20 d before flowering"),
        _warmth("MT7", "mean daily minimum temperature, 7 d before flowering"),
        _hours("T15307", "15-30 °C, 7 d before flowering", 8),
        _humidity("RH10", "10 d from flowering"),
        _humidity("RH.A.POST7.24H", "7 d from flowering"),
        _hours("RH8010", "RH >= 80 %, 10 d from flowering", 11),
        _hours("RH9010", "RH >= 90 %, 10 d from flowering", 11),
        _hours("TRH8010", "15-30 °C and RH >= 80 %, 10 d from flowering", 11),
        _hours("TRH9010", "15-30 °C and RH >= 90 %, 10 d from flowering", 11),
        Window("TDD.A.3", "mean dew point depression, 10 d from flowering", "K", 0.0, 40.0),
        Window("VPD.A.3", "mean vapour pressure deficit, 15 d from flowering", "kPa", 0.0, 6.0),
        _warmth("T.A.POST7.24H", "mean air temperature, 7 d from flowering"),
        _warmth("T.A.POST14.24H", "mean air temperature, 14 d from flowering"),
        _warmth("MT10", "mean daily minimum temperature, 10 d from flowering"),
    )
}

HUMIDITY = (
    "RH.A.PRE14.24H",
    "RH.A.1",
    "RH7",
    "VPD.A.1",
    "TDD.A.1",
    "TRH.15T30nRHG80.PRE14.24H",
    "TRH907",
    "RH907",
)
WARMTH = ("T.A.PRE14.24H", "T.A.PRE7.24H", "D.A.1", "MT7", "T15307")
HUMIDITY_AFTER = (
    "RH10",
    "RH.A.POST7.24H",
    "RH8010",
    "RH9010",
    "TRH8010",
    "TRH9010",
    "TDD.A.3",
    "VPD.A.3",
)
WARMTH_AFTER = ("T.A.POST7.24H", "T.A.POST14.24H", "MT10")


def _pool(humidity: tuple[str, ...], warmth: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    pairs = tuple((h, w) for h in humidity for w in warmth)
    return ((), *((h,) for h in humidity), *((w,) for w in warmth), *pairs)


BEFORE_POOL = _pool(HUMIDITY, WARMTH)
AFTER_POOL = _pool(HUMIDITY_AFTER, WARMTH_AFTER)
