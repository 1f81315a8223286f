"""Hutton and Smith periods against the first late blight seen at Oak Park, Ireland.

Evaluation only: no licence was seen for these data. Ten seasons are too few for a score with an
interval; the table says for each when the rules first spoke and how often they spoke in vain.

References
----------
Hutton criteria: two consecutive days, each with minimum temperature >= 10 °C and at least six
hours of relative humidity >= 90 %. Smith (1956): eleven hours instead of six.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.evaluations.reading import read_table
from models.evaluations.tables import DocumentError, markdown_table

WEATHER = "ireland_oakpark_hourly_2007_2016.csv.gz"
ONSET = "ireland_oakpark_lateblight_onset.csv"
HOURS = {"Hutton": 6, "Smith": 11}
LEAD_DAYS = 28


def risk_days(weather: pd.DataFrame, humid_hours: int) -> pd.Series:
    """Days on which a period of two favourable days is complete, indexed by date.

    Parameters
    ----------
    weather : DataFrame
        Columns `date` (hour), `temp` [degC], `rhum` [%].
    humid_hours : int [h]
        Hours of relative humidity >= 90 % that make a day favourable.
    """
    day = pd.to_datetime(weather["date"]).dt.normalize()
    warm = weather["temp"].groupby(day).min() >= 10.0
    humid = (weather["rhum"] >= 90.0).groupby(day).sum() >= humid_hours
    favourable = warm & humid
    return favourable & favourable.shift(1, fill_value=False)


def _other_windows(days: pd.Series, start: pd.Timestamp, seen: pd.Timestamp) -> list[bool]:
    """Whether each window that ends before the last one began held a period."""
    length = pd.Timedelta(days=LEAD_DAYS)
    ends = pd.date_range(start + length, seen - pd.Timedelta(days=1))
    return [bool(days[(days.index >= e - length) & (days.index < e)].any()) for e in ends]


def compare(folder: Path) -> tuple[dict[str, Any], str]:
    """First period of each rule before the first blight of each season, and alarm days.

    Parameters
    ----------
    folder : Path
        Holds the hourly weather and the onset dates.

    Returns
    -------
    tuple of (numbers, Markdown); days [d]

    Raises
    ------
    DocumentError
        A file is missing or lacks columns, or no season has weather.
    """
    weather = read_table(folder, WEATHER, ("date", "temp", "rhum"))
    onset = read_table(folder, ONSET, ("year", "emergence", "disease_observed"))
    periods = {name: risk_days(weather, hours) for name, hours in HOURS.items()}
    rows: list[list[str]] = []
    result: dict[str, Any] = {}
    other: dict[str, list[bool]] = {name: [] for name in HOURS}
    for _, season in onset.iterrows():
        start, seen = (pd.Timestamp(season[c]) for c in ("emergence", "disease_observed"))
        cells = [f"{season['year']:.0f}", f"{seen:%d %b}"]
        for name, days in periods.items():
            inside = days[(days.index >= start) & (days.index < seen)]
            if inside.empty:
                continue
            alarms = inside.index[inside]
            other[name] += _other_windows(days, start, seen)
            recent = alarms[alarms >= seen - pd.Timedelta(days=LEAD_DAYS)]
            lead = (seen - recent[0]).days if len(recent) else None
            result[f"{season['year']:.0f} {name}"] = {
                "lead": lead,
                "alarms": len(alarms),
                "in_vain": len(alarms) - len(recent),
                "days": len(inside),
            }
            cells += ["none" if lead is None else str(lead), f"{len(alarms)} of {len(inside)}"]
        rows.append(cells)
    if not result:
        raise DocumentError(f"{folder / WEATHER}: covers none of the seasons in {ONSET}")
    head = ["season", "blight seen"]
    for name in HOURS:
        head += [f"{name}: first period, days before (≤ {LEAD_DAYS})", f"{name}: alarm days"]
    warned = {
        name: sum(v["lead"] is not None for k, v in result.items() if k.endswith(name))
        for name in HOURS
    }
    result["warned"] = warned
    said = ", ".join(f"{name} {count} of {len(rows)}" for name, count in warned.items())
    share = {
        name: np.sum([v["alarms"] for k, v in result.items() if k.endswith(name)])
        / np.sum([v["days"] for k, v in result.items() if k.endswith(name)])
        for name in HOURS
    }
    burden = ", ".join(f"{name} {100 * value:.0f} %" for name, value in share.items())
    chance = ", ".join(f"{name} {100 * np.mean(held):.0f} %" for name, held in other.items())
    result["other_windows"] = {name: float(np.mean(held)) for name, held in other.items()}
    return result, (
        f"Seasons with a period in the {LEAD_DAYS} days before blight was seen: {said}; alarm days "
        f"between emergence and blight: {burden}. Of all other windows of {LEAD_DAYS} days from "
        f"emergence to blight as many as {chance} held a period too.\n\n"
        + markdown_table(head, rows)
    )
