"""Dew points of places in the open beside those of their neighbours, and what is told of them.

A place's dew point is that of its humidity and the temperature at its height in its field. The
doubt is laid on humidity, whose probes age and get wet; where the temperature is itself unlike its
neighbours, that is said, and of the dew point nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from collector.jobs.quality.hours import SCREEN_M, Measured, QualityHours
from collector.store.items import Found
from field_configs.events import event
from models.weather.consistency import APART, NEAR_M, unlike
from models.weather.dataset import Array
from models.weather.dew_points import DewPoints, Flags, beside
from models.weather.meteo import dew_point
from models.weather.nearby import Around, around

AIR, HUMIDITY = "air_temperature", "relative_humidity"
KINDS = ("dew_point_unlike", "humidity_saturated")
#: Hours of a day in doubt from which on an item is raised; unverified.
HOURS_UNLIKE, HOURS_SATURATED = 6, 12
#: A dry probe that tells 0 % has no dew point.
LEAST_HUMIDITY = 1.0
#: So many neighbours are named with an item.
NAMED = 4


@dataclass(frozen=True)
class Dew:
    """Humidity of places (hour, series) with what was found of their dew points [degC]."""

    measured: Measured
    dew: Array
    theirs: Around
    found: DewPoints

    @property
    def doubts(self) -> Flags:
        """Hours in doubt, by either rule."""
        return self.found.unlike | self.found.saturated

    def evidence(self, hours: int) -> list[dict[str, object]]:
        """What is kept of each of the last hours in doubt."""
        skipped = len(self.dew) - hours
        return [
            {
                "rule": "saturated" if self.found.saturated[hour, column] else "dew point",
                "humidity": round(float(self.measured.values[hour, column]), 2),
                "dew_point": round(float(self.dew[hour, column]), 2),
                "dew_point_around": round(float(self.theirs.middle[hour, column]), 2),
                "apart": round(float(self.found.apart[hour, column]), 2),
                "neighbours": int(self.theirs.count[hour, column]),
            }
            for hour, column in np.argwhere(self.doubts[skipped:]) + [skipped, 0]
        ]


def dew_of(hours: QualityHours, start: datetime, end: datetime) -> Dew | None:
    """Compare dew points of a time; None without humidity and temperature in the open."""
    moist = hours.measured(HUMIDITY, start, end)
    air = hours.measured(AIR, start, end)
    count = len(moist.series)
    if not count or not air.values.shape[1]:
        return None
    warm = np.array(air.values)
    own = around(warm, air.near)
    warm[unlike(warm, own, np.zeros(warm.shape[1]), APART[AIR])] = np.nan
    at = _partners(moist, air)
    there = np.concatenate([warm, np.full((len(warm), 1), np.nan)], axis=1)[:, at]
    dew = dew_point(there, np.clip(moist.values, LEAST_HUMIDITY, 100.0))
    every = around(dew, moist.near)
    theirs = Around(every.middle[:, :count], every.spread[:, :count], every.count[:, :count])
    return Dew(moist, dew, theirs, beside(dew[:, :count], moist.own, theirs))


def _partners(moist: Measured, air: Measured) -> list[int]:
    """The column of the temperature that belongs to each column of humidity; -1: none does."""
    in_field: dict[str, list[tuple[float, int]]] = {}
    for column, each in enumerate(air.series):
        height = SCREEN_M if each.height_m is None else each.height_m
        in_field.setdefault(each.field, []).append((height, column))
    stations = {name: len(air.series) + column for column, name in enumerate(air.others)}
    found = []
    for one in moist.series:
        height = SCREEN_M if one.height_m is None else one.height_m
        near = [(abs(h - height), c) for h, c in in_field.get(one.field, ())]
        away, column = min(near, default=(np.inf, -1))
        found.append(column if away <= NEAR_M else -1)
    return [*found, *(stations.get(name, -1) for name in moist.others)]


def told(dew: Dew, nodes: Mapping[int, tuple[datetime | None, str]], day: str) -> Iterator[Found]:
    """Items of a day, the last 24 hours of `dew`; `nodes` by number of series."""
    unlike_h, wet_h = (part[-24:].sum(axis=0) for part in (dew.found.unlike, dew.found.saturated))
    saturated = (wet_h >= HOURS_SATURATED) & dew.found.saturated[-24:].any(axis=0)
    for column in np.flatnonzero(saturated | (unlike_h >= HOURS_UNLIKE)).tolist():
        each = dew.measured.series[column]
        node = nodes.get(each.id, (None, "?"))[1]
        marked = dew.doubts[-24:, column]
        own, near, humidity = (
            round(float(np.median(part[-24:, column][marked])), 2)
            for part in (dew.dew, dew.theirs.middle, dew.measured.values)
        )
        params: dict[str, Any] = {
            "placement": each.placement,
            "node": node,
            "day": day,
            "hours": int(wet_h[column] if saturated[column] else unlike_h[column]),
            "value": own,
            "around": near,
            "humidity": humidity,
            "neighbours": _named(dew, column),
        }
        if saturated[column]:
            said = event("humidity_saturated", **params)
        else:
            said = event("dew_point_unlike", **params)
        yield Found(said, each.placement, None if node == "?" else node)


def _named(dew: Dew, column: int) -> str:
    """The nearest neighbours among our own with the medians of their day's dew points."""
    series = dew.measured.series
    near = [int(i) for i in dew.measured.near[column] if i < len(series)]
    with_dew = [i for i in near if np.isfinite(dew.dew[-24:, i]).any()][:NAMED]
    return ", ".join(
        f"{series[i].placement} {np.nanmedian(dew.dew[-24:, i]):.1f}" for i in with_dew
    )
