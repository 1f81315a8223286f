"""What is known where soil moisture is measured: rain, watering, temperature of the soil."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from collector.jobs.quality.hours import HOUR_S, QualityHours
from collector.store.advice import works
from collector.store.measured.readings import Series
from models.weather.consistency import MOST_WATER, Ground
from models.weather.dataset import Array
from models.weather.local_days import midnight

DAY_S = 86_400


def ground_of(
    hours: QualityHours,
    probes: Sequence[Series],
    start: datetime,
    end: datetime,
    most_water: Mapping[int, float],
) -> Ground:
    """Return what is known at probes of soil moisture from one full hour to another.

    Rain is that of the field, else the mean of the village's gauges. In a greenhouse none falls,
    and where its water is not metered, nobody can say what a rise means.

    Parameters
    ----------
    hours : QualityHours
    probes : sequence of Series
    start, end : datetime
    most_water : mapping
        What the soil can hold at series where somebody said it [m3 m-3].
    """
    first = int(start.timestamp()) // HOUR_S
    count = int(end.timestamp()) // HOUR_S - first
    depth = np.array([np.nan if p.height_m is None else -p.height_m for p in probes])
    return Ground(
        depth,
        _rain(hours, probes, start, end),
        _watered(hours, probes, start, end),
        _temperature(hours, probes, start, end).reshape(count, len(probes)),
        np.array([most_water.get(each.id, MOST_WATER) for each in probes]),
    )


def _by(names: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        found.setdefault(name, []).append(column)
    return found


def _rain(hours: QualityHours, probes: Sequence[Series], start: datetime, end: datetime) -> Array:
    gauges = [s for s in hours.of("precipitation_amount") if s.field in hours.positions]
    metered = {each.field for each in hours.of("water_volume")}
    fell = hours.values(gauges, start, end)
    fields = _by([each.field for each in gauges])
    villages = _by([hours.villages.get(each.field, "") for each in gauges])
    found = np.full((len(fell), len(probes)), np.nan)
    for column, probe in enumerate(probes):
        if probe.field not in hours.positions:
            found[:, column] = 0.0 if probe.field in metered else np.nan
            continue
        village = hours.villages.get(probe.field, "")
        mine = fields.get(probe.field) or villages.get(village) or []
        if mine:
            found[:, column] = fell[:, mine].mean(axis=1)
    return found


def _watered(
    hours: QualityHours, probes: Sequence[Series], start: datetime, end: datetime
) -> NDArray[np.bool_]:
    """Hours in which water ran in a field, or of whose day somebody wrote that it was watered."""
    meters = hours.of("water_volume")
    ran = hours.values(meters, start, end) > 0
    found = np.zeros((len(ran), len(probes)), bool)
    at = _by([each.field for each in probes])
    for column, meter in enumerate(meters):
        found[:, at.get(meter.field, [])] |= ran[:, [column]]
    seconds = int(start.timestamp()) + np.arange(len(ran)) * HOUR_S
    for work in works.recorded(hours.conn):
        if work.kind == works.IRRIGATION and work.done and work.field in at:
            begun = midnight(work.date).timestamp()
            day = (seconds >= begun) & (seconds < begun + DAY_S)
            found[np.ix_(np.flatnonzero(day), np.array(at[work.field]))] = True
    return found


def _temperature(
    hours: QualityHours, probes: Sequence[Series], start: datetime, end: datetime
) -> Array:
    """Temperature of the soil at the depth nearest to each probe's in its field [degC]."""
    soil = hours.of("soil_temperature")
    values = hours.values(soil, start, end)
    at = _by([each.field for each in soil])
    found = np.full((len(values), len(probes)), np.nan)
    for column, probe in enumerate(probes):
        there = at.get(probe.field)
        if there:
            depth = probe.height_m or 0.0
            nearest = min(there, key=lambda one: abs((soil[one].height_m or 0.0) - depth))
            found[:, column] = values[:, nearest]
    return found
