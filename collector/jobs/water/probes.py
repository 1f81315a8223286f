"""What probes of soil moisture say of fields, for the balance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from collector.jobs.quality.hours import QualityHours
from collector.jobs.water.weather import AHEAD, Known
from collector.store.measured.readings import Series
from collector.store.postgres.db import Connection
from models.water.balance import Correct
from models.water.fields import Field, Weather, checked, course_of, crops_of
from models.water.ground import ground_of
from models.water.measured import Observed, observe, ranges_of, told
from models.water.measured_correction import Correction
from models.water.measured_days import by_day
from models.weather.dataset import Array
from models.weather.local_days import local_day, midnight

#: Days before today of which probes are read [d].
READ = 60
Said = tuple[str, dict[str, float | str]]


@dataclass(frozen=True)
class Seen:
    """What probes of some fields say; empty where none has a probe."""

    observed: Sequence[Observed]
    depths: Array
    water: Array

    def correction(self, side: int) -> Correct | None:
        """A new hook of the balance for one side."""
        return Correction(self.observed[side], self.water) if self.observed else None

    def notes(self, column: int) -> list[Said]:
        """Say of one field whether its probes speak today, and why one does not."""
        if not self.observed or np.isnan(self.depths[column]).all():
            return []
        seen = self.observed[1]
        today = len(seen.share) - 1 - AHEAD
        since = max(today - 2, 0)
        recent = seen.share[since : today + 1, column]
        if not np.isnan(recent).all():
            return [("probe_used", {})]
        one = told(_column(seen, column, since, today), self.depths[column : column + 1])
        return [("probe_left_out", {"depth": x.depth, "reason": x.reason}) for x in one[:3]]


def _column(seen: Observed, column: int, since: int, today: int) -> Observed:
    part = (slice(since, today + 1), slice(column, column + 1))
    return Observed(seen.share[part], seen.weights[part], seen.lasting[part], seen.passing[part],
                    seen.left_out[part])  # fmt: skip


class Probes:
    """Reads soil moisture of fields by day.

    Parameters
    ----------
    conn : Connection
    fields : sequence of str
        Of which probes are looked for.
    at : datetime
        Now, aware; days before today are read.
    """

    def __init__(self, conn: Connection, fields: Sequence[str], at: datetime) -> None:
        self.today = local_day(at)
        wanted = set(fields)
        hours = QualityHours(conn, ["soil_moisture", "soil_temperature"])
        self.series: dict[str, list[Series]] = {}
        for each in hours.of("soil_moisture"):
            if each.field in wanted and each.height_m is not None and each.height_m < 0:
                self.series.setdefault(each.field, []).append(each)
        probes = [s for group in self.series.values() for s in group]
        warm = [s for s in hours.of("soil_temperature") if s.field in self.series]
        begin, end = midnight(self.today - timedelta(days=READ)), midnight(self.today)
        self.moisture = _columns(probes, hours.values(probes, begin, end))
        self.coldest = _coldest(warm, hours.values(warm, begin, end))

    def of(self, fields: Sequence[Field], known: Known, watered: Array) -> Seen:
        """Return what the probes of some fields say, over the days of their weather.

        Parameters
        ----------
        fields, known
            Of the same fields.
        watered
            By people (day, field) [mm].
        """
        groups = [_by_depth(self.series.get(f.name, [])) for f in fields]
        most = max((len(g) for g in groups), default=0)
        nothing = Seen((), np.empty((len(fields), 0)), watered)
        if not most:
            return nothing
        days = known.values.shape[1]
        moisture = np.full((days, len(fields), most), np.nan)
        cold = np.full((days, len(fields), 1), np.nan)
        depths = np.full((len(fields), most), np.nan)
        today = (self.today - known.first).days
        begin = max(today - READ, 0)
        for column, group in enumerate(groups):
            for probe, series in enumerate(group):
                depths[column, probe] = -(series.height_m or 0.0)
                moisture[begin:today, column, probe] = self.moisture[series.id][begin - today :]
            there = self.coldest.get(fields[column].name)
            if group and there is not None:
                cold[begin:today, column, 0] = there[begin - today :]
        eto, rain, wind, rhmin, _ = known.values
        crops = crops_of(fields)
        roots = course_of(fields, crops, Weather(known.first, eto, rain, wind, rhmin)).root
        soils, _ = checked(fields)
        seen = []
        for side in range(3):
            ground = ground_of([s.members[side] for s in soils])
            none = np.full(depths.shape, np.nan)
            ranges = ranges_of(ground.capacity, ground.wilting, none,
                               np.zeros(depths.shape, np.int64), none)  # fmt: skip
            seen.append(observe(moisture, depths, roots, ranges, soil_temperature=cold))
        return Seen(seen, depths, np.nan_to_num(rain) + watered)


def _by_depth(series: Sequence[Series]) -> list[Series]:
    """The probes of a field from the surface down, one for each depth."""
    found: dict[float, Series] = {}
    for each in series:
        found.setdefault(-(each.height_m or 0.0), each)
    return [found[depth] for depth in sorted(found)]


def _columns(series: Sequence[Series], hours: Array) -> Mapping[int, Array]:
    if not series:
        return {}
    days, _ = by_day(hours)
    return {each.id: days[:, i] for i, each in enumerate(series)}


def _coldest(series: Sequence[Series], hours: Array) -> Mapping[str, Array]:
    """Lowest temperature of the soil of each day, by field; NaN where none was measured [degC]."""
    found: dict[str, Array] = {}
    if not series:
        return found
    by_hour = hours.reshape(len(hours) // 24, 24, len(series))
    low = np.where(np.isnan(by_hour), np.inf, by_hour).min(axis=1)
    for i, each in enumerate(series):
        found[each.field] = np.minimum(found.get(each.field, np.full(len(low), np.inf)), low[:, i])
    return {name: np.where(np.isinf(values), np.nan, values) for name, values in found.items()}
