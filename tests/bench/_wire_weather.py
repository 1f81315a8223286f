"""What a weather station of nine quantities measures in a year of the Beijing series.

Six quantities are the measured series between its hours. Soil moisture and soil temperature are
what the workbench computes from it, the battery its illustrative cell: neither was measured. Each
reading has normal noise of one step of its sensor's resolution, and is then a whole number of
steps; rain comes in buckets.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from firmware.wire import codec, quantities
from firmware.workbench.hourly import Weather

SAMPLE_S, PER_FRAME = 600, 6
YEAR = 2016
# What one step of each sensor is, in the quantity's unit. SHT4x: Sensirion, Datasheet SHT4x,
# version 6, table 1 (0.01 degC, 0.01 %). Others: what RS-485 stations on the market give
# (unverified).
RESOLUTION = {
    "air_temperature": 0.01,
    "relative_humidity": 0.01,
    "precipitation_amount": 0.2,
    "wind_speed": 0.1,
    "wind_from_direction": 1.0,
    "air_pressure": 0.1,
    "soil_temperature": 0.1,
    "soil_moisture": 0.001,
    "battery_voltage": 0.001,
}
ROWS = tuple(quantities.by_name(name) for name in RESOLUTION)
LAYOUT = codec.make_layout([(number, row.id, row.scale) for number, row in enumerate(ROWS)])


def hours(weather: Weather, seed: int = 20160101) -> Iterator[tuple[int, list[list[int]]]]:
    """Each whole hour of the year: its start [s since 1970 UTC], six scaled samples a quantity."""
    random = np.random.default_rng(seed)
    first = int(datetime(YEAR, 1, 1, tzinfo=UTC).timestamp())
    last = int(datetime(YEAR + 1, 1, 1, tzinfo=UTC).timestamp())
    bucket = 0.0
    for start in range(first, last, 3600):
        at = start + SAMPLE_S * np.arange(PER_FRAME)
        samples = {}
        for name, step in RESOLUTION.items():
            if name == "precipitation_amount":
                continue
            true = _cell(at) if name == "battery_voltage" else _between(weather, name, at)
            samples[name] = np.round((true + random.normal(0, step, PER_FRAME)) / step) * step
        rain = float(weather.series["precipitation_amount"][(start - weather.start) // 3600])
        if math.isnan(rain) or any(np.isnan(values).any() for values in samples.values()):
            continue
        tips = []
        for _ in range(PER_FRAME):
            bucket += rain / PER_FRAME
            tips.append(int(bucket / 0.2 + 1e-9))
            bucket -= tips[-1] * 0.2
        samples["precipitation_amount"] = np.array(tips) * 0.2
        samples["wind_from_direction"] %= 360.0
        raw = []
        for row in ROWS:
            values = np.clip(samples[row.name], row.low, row.high)
            raw.append([round(float(value) * row.scale) for value in values])
        yield start, raw


def _between(weather: Weather, name: str, at: np.ndarray) -> np.ndarray:
    """On a line between the middles of neighbouring hours; a direction stands for its hour."""
    series = weather.series[name]
    place = (at - weather.start) / 3600
    if name == "wind_from_direction":
        return np.asarray(series[place.astype(int)])
    place -= 0.5
    left = np.floor(place).astype(int)
    share = place - left
    return np.asarray(series[left] * (1 - share) + series[left + 1] * share)


def _cell(at: np.ndarray) -> np.ndarray:
    """A lithium cell as the workbench's: 3.7 V, 0.15 V more in the afternoon than before dawn."""
    return np.asarray(3.775 + 0.075 * np.sin((at / 3600 + 8 - 9) * math.pi / 12))
