"""Hourly weather of simulated nodes: completed where it may be, and the nodes' compact file.

Hours are labelled by their start, in UTC.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.wire import quantities

# Quantities of the compact file in the order of its columns, each with its scale there: finer than
# on the wire where virtual sensors add their own rounding.
SCALES = {
    "air_temperature": 100,
    "relative_humidity": 100,
    "precipitation_amount": 100,
    "wind_speed": 100,
    "wind_from_direction": 10,
    "air_pressure": 10,
    "soil_temperature": 100,
    "soil_moisture": 10000,
}
NAMES = tuple(SCALES)
REQUIRED = NAMES[:3]
MAGIC = b"NQW1"
HEADER = "<4sII"
MISSING = -32768
SHORT_GAP_H = 6
#: How the virtual soil is watered: with so much, at this local hour (UTC+8), on a day with less
#: rain than that. Illustrative.
WATER_MM, WATERING_HOUR, AHEAD_H, RAINY_MM = 60.0, 7, 8, 1.0

Series = dict[str, NDArray[np.float64]]


def limits(name: str) -> tuple[float, float]:
    """Least and greatest value that the vocabulary allows a quantity, in its unit."""
    row = quantities.by_name(name)
    return row.low, row.high


class WeatherError(ValueError):
    """No weather could be made of a source; the message names it and what it must have."""


@dataclass(frozen=True)
class Weather:
    """Hourly weather without holes in time.

    Attributes
    ----------
    source : str
        ``beijing``, ``csv`` or ``generated``.
    name : str
        File name, or the generator's seed.
    start : int
        First hour [s since 1970 UTC], a multiple of 3600.
    series : dict of float arrays, shape (hours,)
        NaN where missing. Units: degC, %, mm, m s-1, degree, hPa, degC, m3 m-3.
    filled, missing : dict of int
        Hours filled by interpolation and hours left missing, by column.
    problems : tuple of str
        ``file:line: reason`` of each line left out.
    watered : tuple of int
        Hours in which the virtual soil was watered with `WATER_MM` [s since 1970 UTC].
    """

    source: str
    name: str
    start: int
    series: Series
    filled: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    watered: tuple[int, ...] = ()

    @property
    def hours(self) -> int:
        """Number of hours."""
        return len(self.series[NAMES[0]])

    @property
    def end(self) -> int:
        """End of the last hour [s since 1970 UTC]."""
        return self.start + 3600 * self.hours

    def summary(self) -> str:
        """What was read, in one line for each thing worth knowing."""
        first, last = (datetime.fromtimestamp(t, UTC) for t in (self.start, self.end))
        lines = [f"weather: {self.source} {self.name}, {self.hours} hours, {first:%F} to {last:%F}"]
        for name in NAMES:
            filled, missing = self.filled.get(name, 0), self.missing.get(name, 0)
            if name in REQUIRED and (filled or missing):
                lines.append(f"  {name}: {filled} hours filled, {missing} hours missing")
        if self.problems:
            lines.append(f"  {len(self.problems)} lines left out, the first: {self.problems[0]}")
        return "\n".join(lines)


def complete(weather: Weather) -> Weather:
    """Fill gaps of up to 6 hours by interpolation (rain: 0 mm) and add soil where it is missing.

    Longer gaps stay missing: the virtual sensors then do not answer.
    """
    series, filled, missing = {}, {}, {}
    for name in NAMES:
        values = weather.series[name].copy()
        gap = np.isnan(values)
        short = gap & (_run_lengths(gap) <= SHORT_GAP_H)
        if name == "precipitation_amount":
            values[short] = 0.0
        elif short.any() and not gap.all():
            at = np.arange(len(values))
            values[short] = np.interp(at[short], at[~gap], values[~gap])
        filled[name] = int(short.sum())
        missing[name] = int(np.isnan(values).sum())
        series[name] = values
    if missing["soil_temperature"] == weather.hours:
        series["soil_temperature"] = soil_temperature(series["air_temperature"])
    watered: tuple[int, ...] = ()
    if missing["soil_moisture"] == weather.hours:
        series["soil_moisture"], hours = soil_moisture(
            series["air_temperature"],
            series["relative_humidity"],
            series["precipitation_amount"],
            weather.start,
        )
        watered = tuple(weather.start + 3600 * hour for hour in hours)
    return replace(weather, series=series, filled=filled, missing=missing, watered=watered)


def _run_lengths(gap: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each hour in a gap how long that gap is; gaps at either end count as endless."""
    lengths = np.zeros(len(gap), dtype=np.int64)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], gap, [False])).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        inside = first > 0 and last < len(gap)
        lengths[first:last] = last - first if inside else len(gap) + SHORT_GAP_H
    return lengths


def soil_temperature(air: NDArray[np.float64], delay_h: float = 24.0) -> NDArray[np.float64]:
    """Soil temperature at about 10 cm as damped air temperature (first-order lag), [degC].

    A simple stand-in for virtual probes, not a model of any real field.
    """
    result = np.empty_like(air)
    known = air[~np.isnan(air)]
    soil = float(known[:240].mean()) if len(known) else 15.0
    for hour, value in enumerate(air):
        if not math.isnan(value):
            soil += (float(value) - soil) / delay_h
        result[hour] = soil
    return result


def soil_moisture(
    air: NDArray[np.float64],
    humidity: NDArray[np.float64],
    rain: NDArray[np.float64],
    start: int,
) -> tuple[NDArray[np.float64], list[int]]:
    """Soil moisture of the top 30 cm as one bucket of water, [m3 m-3], and when it was watered.

    Rain fills it; evaporation takes 0.12 mm per hour and kPa of vapour pressure deficit, less as
    the bucket empties; what is above field capacity drains with a time constant of two days. As a
    farmer would, it is watered with `WATER_MM` at 7 o'clock in the morning when it is below 0.21,
    two thirds of field capacity, unless that day brings rain. Illustrative figures for a silt
    loam, not measured.
    """
    depth, wilting, capacity, full = 300.0, 0.10, 0.32, 0.45
    saturation = 0.6108 * np.exp(17.27 * air / (air + 237.3))
    deficit = np.nan_to_num(saturation * (1 - humidity / 100), nan=0.5)
    result = np.empty_like(air)
    theta, falling, watered = 0.26, np.nan_to_num(rain), []
    for hour, (dry, wet) in enumerate(zip(deficit, falling, strict=True)):
        available = min(1.0, max(0.0, (theta - wilting) / (0.6 * (capacity - wilting))))
        theta += (float(wet) - 0.12 * float(dry) * available) / depth
        theta -= max(0.0, theta - capacity) / 48
        local_hour = (start // 3600 + hour + AHEAD_H) % 24
        if theta < 0.21 and local_hour == WATERING_HOUR:
            midnight = hour - local_hour
            if falling[max(midnight, 0) : midnight + 24].sum() < RAINY_MM:
                theta += WATER_MM / depth
                watered.append(hour)
        theta = min(theta, full)
        result[hour] = theta
    return result, watered


def write_compact(weather: Weather, path: Path) -> None:
    """Write the file that the simulated boards read: header, then eight 16-bit numbers an hour."""
    table = np.full((weather.hours, len(SCALES)), MISSING, dtype="<i2")
    for column, (name, scale) in enumerate(SCALES.items()):
        values = weather.series[name]
        known = ~np.isnan(values)
        table[known, column] = np.clip(np.rint(values[known] * scale), -32767, 32767)
    new = path.with_name(path.name + ".new")
    header = struct.pack(HEADER, MAGIC, weather.start, weather.hours)
    new.write_bytes(header + table.tobytes())
    new.replace(path)


def covered(path: Path) -> tuple[datetime, datetime]:
    """When the weather of a compact file begins and ends (UTC).

    Raises
    ------
    WeatherError
        If it is no compact file.
    """
    try:
        with path.open("rb") as file:
            magic, start, hours = struct.unpack(HEADER, file.read(struct.calcsize(HEADER)))
    except struct.error:
        magic = start = hours = None
    if magic != MAGIC:
        raise WeatherError(f"{path}: is no compact weather file; make it again from a CSV")
    first, last = (datetime.fromtimestamp(start + 3600 * count, UTC) for count in (0, hours))
    return first, last
