"""Weather windows of the wheat scab cases: what each column is, its unit and where it came from.

The windows and their names are those of the case file (Shah et al. 2013, 2019, 2023). The two
pools below were fixed by argument, before any of them was compared: humidity or wetness of the
weeks before flowering (ripening and discharge of ascospores), warmth or moisture content of the
air in the same weeks, and the conditions of infection after flowering. Everything that is
chosen from data is chosen among them.

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
    """One weather predictor: column, meaning, unit, and the range a thermometer can give."""

    column: str
    meaning: str
    unit: str
    low: float
    high: float


def _hours(column: str, meaning: str, days: int) -> Window:
    return Window(column, meaning, "h", 0.0, 24.0 * days)


WINDOWS = {
    window.column: window
    for window in (
        Window("RH.A.PRE14.24H", "mean relative humidity, 14 d before flowering", "%", 0, 100),
        Window("RH.A.1", "mean relative humidity, 20 d before flowering", "%", 0, 100),
        Window("RH7", "mean relative humidity, 7 d before flowering", "%", 0, 100),
        Window(
            "DD.A.PRE7.12H", "overnight dew point depression, 7 d before flowering", "K", -5, 40
        ),
        Window(
            "DD.A.PRE14.12H", "overnight dew point depression, 14 d before flowering", "K", -5, 40
        ),
        Window(
            "VPD.A.PRE14.12H",
            "overnight vapour pressure deficit, 14 d before flowering",
            "kPa",
            0,
            6,
        ),
        _hours(
            "TRH.15T30nRHG80.PRE14.24H",
            "hours at 15-30 °C and RH >= 80 %, 14 d before flowering",
            15,
        ),
        _hours("TRH907", "hours at 15-30 °C and RH >= 90 %, 7 d before flowering", 8),
        Window("T.A.PRE14.24H", "mean air temperature, 14 d before flowering", "°C", -10, 40),
        Window("T.A.PRE7.24H", "mean air temperature, 7 d before flowering", "°C", -10, 40),
        Window("D.A.1", "mean dew point, 20 d before flowering", "°C", -30, 30),
        Window("MT7", "mean daily minimum temperature, 7 d before flowering", "°C", -20, 35),
        _hours("T15307", "hours at 15-30 °C, 7 d before flowering", 8),
        Window("RH10", "mean relative humidity, 10 d from flowering", "%", 0, 100),
        _hours("RH8010", "hours at RH >= 80 %, 10 d from flowering", 11),
        _hours("RH9010", "hours at RH >= 90 %, 10 d from flowering", 11),
        _hours("TRH8010", "hours at 15-30 °C and RH >= 80 %, 10 d from flowering", 11),
        _hours("TRH9010", "hours at 15-30 °C and RH >= 90 %, 10 d from flowering", 11),
        Window("DD.A.POST7.12H", "overnight dew point depression, 7 d from flowering", "K", -5, 40),
        Window(
            "DD.A.POST10.12H", "overnight dew point depression, 10 d from flowering", "K", -5, 40
        ),
        Window(
            "VPD.A.POST5.12H", "overnight vapour pressure deficit, 5 d from flowering", "kPa", 0, 6
        ),
        Window(
            "VPD.A.POST10.12H",
            "overnight vapour pressure deficit, 10 d from flowering",
            "kPa",
            0,
            6,
        ),
        Window("T.A.POST7.24H", "mean air temperature, 7 d from flowering", "°C", -10, 40),
        Window("T.A.POST14.24H", "mean air temperature, 14 d from flowering", "°C", -10, 40),
    )
}

HUMIDITY = (
    "RH.A.PRE14.24H",
    "RH.A.1",
    "RH7",
    "DD.A.PRE7.12H",
    "DD.A.PRE14.12H",
    "VPD.A.PRE14.12H",
    "TRH.15T30nRHG80.PRE14.24H",
    "TRH907",
)
WARMTH = ("T.A.PRE14.24H", "T.A.PRE7.24H", "D.A.1", "MT7", "T15307")
AFTER = (
    "RH10",
    "RH8010",
    "RH9010",
    "TRH8010",
    "TRH9010",
    "DD.A.POST7.12H",
    "DD.A.POST10.12H",
    "VPD.A.POST5.12H",
    "VPD.A.POST10.12H",
    "T.A.POST7.24H",
    "T.A.POST14.24H",
)

BEFORE_POOL: tuple[tuple[str, ...], ...] = (
    (),
    *((h,) for h in HUMIDITY),
    *((w,) for w in WARMTH),
    *((h, w) for h in HUMIDITY for w in WARMTH),
)
AFTER_POOL: tuple[tuple[str, ...], ...] = ((), *((a,) for a in AFTER))
