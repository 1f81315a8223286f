"""Readers of weather files: the measured Beijing series, and any CSV."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from firmware.workbench.hourly import (
    NAMES,
    REQUIRED,
    Series,
    Weather,
    WeatherError,
    complete,
    limits,
)

MAX_HOURS = 24 * 366 * 20
CHINA = timezone(timedelta(hours=8))
COMPASS: tuple[str, ...] = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE")
COMPASS += ("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str | None]]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as binary:
            text = io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")
            reader = csv.DictReader(text)
            for row in reader:
                yield reader.line_num, row
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise WeatherError(f"{path}: cannot be read: {error}") from error


def _number(text: str | None, name: str, low: float, high: float) -> float:
    if text is None or text.strip() in ("", "NA", "NaN", "nan"):
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is not a number") from None
    if not low <= value <= high:
        raise ValueError(f"{name} {value:g} is not between {low:g} and {high:g}")
    return value


def _gather(
    path: Path, rows: Iterator[tuple[int, tuple[int, dict[str, float]] | str]]
) -> tuple[int, Series, tuple[str, ...]]:
    """Lay parsed rows on an unbroken hourly axis; every row left out is named."""
    problems: list[str] = []
    found: dict[int, dict[str, float]] = {}
    for line, row in rows:
        if isinstance(row, str):
            problems.append(f"{path.name}:{line}: {row}")
        elif row[0] in found:
            when = datetime.fromtimestamp(row[0] * 3600, UTC)
            problems.append(f"{path.name}:{line}: hour {when:%FT%H:00Z} was there before")
        else:
            found[row[0]] = row[1]
    if not found:
        reason = f"; the first line left out: {problems[0]}" if problems else ""
        raise WeatherError(f"{path}: no hour of weather in it{reason}")
    first, last = min(found), max(found)
    if last - first >= MAX_HOURS:
        raise WeatherError(f"{path}: spans more than 20 years; are the times right?")
    series = {name: np.full(last - first + 1, np.nan) for name in NAMES}
    for hour, values in found.items():
        for name, value in values.items():
            series[name][hour - first] = value
    return first * 3600, series, tuple(problems)


def read_csv(path: Path) -> Weather:
    """Read hourly weather from a CSV.

    Columns: ``time`` (ISO 8601, start of the hour; UTC unless it carries an offset),
    ``air_temperature`` [degC], ``relative_humidity`` [%] and ``precipitation_amount`` of the
    hour [mm]; optional ``wind_speed`` [m s-1], ``wind_from_direction`` [degree], ``air_pressure``
    [hPa], ``soil_temperature`` [degC] and ``soil_moisture`` [m3 m-3]. Empty means missing.

    Raises
    ------
    WeatherError
        If the file cannot be read, lacks a column or has no good line. A single broken line is
        left out and named in `problems`.
    """

    def parsed() -> Iterator[tuple[int, tuple[int, dict[str, float]] | str]]:
        for line, row in _rows(path):
            absent = [name for name in ("time", *REQUIRED) if name not in row]
            if absent:
                raise WeatherError(
                    f"{path}: no column {', '.join(absent)}; needed are time, {', '.join(REQUIRED)}"
                )
            try:
                yield line, (_hour(row["time"]), _values(row))
            except ValueError as error:
                yield line, str(error)

    start, series, problems = _gather(path, parsed())
    return complete(Weather("csv", path.name, start, series, problems=problems))


def _hour(text: str | None) -> int:
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        raise ValueError(f"time {text!r} is not ISO 8601") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    seconds = when.timestamp()
    if seconds % 3600:
        raise ValueError(f"time {text!r} is not a full hour")
    if not 0 < seconds < 1 << 32:
        raise ValueError(f"time {text!r} is outside 1970 to 2106")
    return int(seconds // 3600)


def _values(row: dict[str, str | None]) -> dict[str, float]:
    if None in row:
        raise ValueError("more fields than columns")
    return {name: _number(row.get(name), name, *limits(name)) for name in NAMES}


def read_beijing(path: Path, station: str = "Shunyi") -> Weather:
    """Read one station of the Beijing series (UCI 501; local time UTC+8, hour's start).

    Relative humidity above 100 % (it was derived from dew points) is taken as 100 %.

    Raises
    ------
    WeatherError
        If the file cannot be read or does not hold the station.
    """

    def parsed() -> Iterator[tuple[int, tuple[int, dict[str, float]] | str]]:
        for line, row in _rows(path):
            if row.get("station") == station:
                try:
                    yield line, _beijing_row(row)
                except (ValueError, TypeError) as error:
                    yield line, str(error)

    start, series, problems = _gather(path, parsed())
    return complete(
        Weather("beijing", f"{path.name} ({station})", start, series, problems=problems)
    )


def _beijing_row(row: dict[str, str | None]) -> tuple[int, dict[str, float]]:
    year, month, day, hour = (int(row[name] or "") for name in ("year", "month", "day", "hour"))
    local = datetime(year, month, day, hour, tzinfo=CHINA)
    wind = row["wd"] or "NA"
    values = {
        "air_temperature": _number(row["TEMP"], "TEMP", *limits("air_temperature")),
        "relative_humidity": min(100.0, _number(row["RH_pct"], "RH_pct", 0, 110)),
        "precipitation_amount": _number(row["RAIN"], "RAIN", *limits("precipitation_amount")),
        "wind_speed": _number(row["WSPM"], "WSPM", *limits("wind_speed")),
        "wind_from_direction": 22.5 * COMPASS.index(wind) if wind in COMPASS else math.nan,
        "air_pressure": _number(row["PRES"], "PRES", *limits("air_pressure")),
    }
    return int(local.timestamp() // 3600), values
