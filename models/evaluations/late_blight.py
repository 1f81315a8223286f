"""Late blight rules against the first blight seen on potato at Oak Park, Ireland.

Evaluation only: no licence was seen for these data. Ten seasons are too few for a score with an
interval; the table says for each when the rules first spoke and how often they spoke in vain.

References
----------
Hutton criteria: two consecutive days, each with minimum temperature >= 10 °C and at least six
hours of relative humidity >= 90 %. Smith (1956): eleven hours instead of six.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from field_configs.load import load
from models.crops.season import Seasons, SiteSeason
from models.evaluations.reading import read_table
from models.evaluations.tables import DocumentError, markdown_table
from models.hazards.catalogue import catalogue
from models.risk.answers import begin, walk
from models.risk.hazard import HIGH, MEDIUM
from models.weather.dataset import dataset, prepare
from models.weather.local_days import LOCAL

LEVELS = {"medium or high": MEDIUM, "high": HIGH}
VERDICT, CROP = "tomato_late_blight_ensemble", "greenhouse_tomato"
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


def engine_days(
    weather: pd.DataFrame, seasons: Sequence[tuple[pd.Timestamp, pd.Timestamp]]
) -> dict[str, pd.Series]:
    """What each model and their verdict say of each day, as they run here: status codes.

    Hours are taken by the clock of the file; the crop counts as one of full leaf throughout.

    Parameters
    ----------
    weather : DataFrame
        Columns `date` (hour), `temp` [degC], `rhum` [%].
    seasons
        Emergence and the day on which blight was seen.
    """
    hours = pd.DatetimeIndex(weather["date"]).tz_localize(LOCAL)
    values = {"air_temperature": weather["temp"], "relative_humidity": weather["rhum"]}
    columns = {name: column.to_numpy(np.float64)[:, None] for name, column in values.items()}
    data, _ = prepare(dataset(hours.to_pydatetime().tolist(), ("oakpark",), columns))
    crops, verdict = load(site=None).crops, catalogue()[VERDICT]
    rows = tuple(
        SiteSeason(
            "oakpark",
            CROP,
            start.date(),
            observed=tuple((day.date(), 50) for day in pd.date_range(start, seen, freq="7D")[1:]),
            ended=seen.date(),
        )
        for start, seen in seasons
    )
    hazards = [verdict, *(catalogue()[name] for name in verdict.members)]
    fold = begin(data, Seasons(rows, crops), hazards)
    said: dict[str, dict[pd.Timestamp, int]] = {hazard.id: {} for hazard in hazards}
    for results in walk(fold, data):
        for result in results:
            said[result.hazard.id][pd.Timestamp(result.date)] = int(result.status[0])
    return {name: pd.Series(days) for name, days in said.items()}


def _as_they_run(
    weather: pd.DataFrame, seasons: Sequence[tuple[pd.Timestamp, pd.Timestamp]]
) -> tuple[dict[str, Any], str]:
    """Warnings of every model and the verdict in the weeks before blight, and at other times."""
    result, rows = {}, []
    for name, said in engine_days(weather, seasons).items():
        result[name] = {level: _figures(said >= code, seasons) for level, code in LEVELS.items()}
        cells = [f"**{name}**" if name == VERDICT else name]
        for one in result[name].values():
            cells.append(f"{one['warned']} of {one['seasons']}")
            cells += [f"{100 * one[key]:.0f} %" for key in ("other", "alarms")]
        rows.append(cells)
    head = ["as it runs here"]
    for level in LEVELS:
        head += [f"{level}: in the {LEAD_DAYS} days before blight", "in other windows", "of days"]
    return result, markdown_table(head, rows)


def _figures(
    days: pd.Series, seasons: Sequence[tuple[pd.Timestamp, pd.Timestamp]]
) -> dict[str, float]:
    """Seasons warned of, share of other windows with a warning, share of days with one."""
    before, other, alarms, all_days = [], [], 0, 0
    for start, seen in seasons:
        inside = days[(days.index >= start) & (days.index < seen)]
        if inside.empty:
            continue
        recent = inside[inside.index >= seen - pd.Timedelta(days=LEAD_DAYS)]
        before.append(bool(recent.any()))
        other += _other_windows(days, start, seen)
        alarms, all_days = alarms + int(inside.sum()), all_days + len(inside)
    return {
        "warned": sum(before),
        "seasons": len(before),
        "alarms": alarms / all_days,
        "other": float(np.mean(other)) if other else float("nan"),
    }


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
    spans = [
        (pd.Timestamp(season["emergence"]), pd.Timestamp(season["disease_observed"]))
        for _, season in onset.iterrows()
    ]
    result["as_they_run"], table = _as_they_run(weather, spans)
    return result, (
        f"Seasons with a period in the {LEAD_DAYS} days before blight was seen: {said}; alarm days "
        f"between emergence and blight: {burden}. Of all other windows of {LEAD_DAYS} days from "
        f"emergence to blight as many as {chance} held a period too.\n\n"
        + markdown_table(head, rows)
        + f"\n\n{table}"
    )
