"""Hours of fields: what their own sensors measured, else what the stations around them tell.

What people count in traps is laid beside it (`collector.jobs.judging.field_counts`).

All that decides which hours a field gets is read once, when `FieldHours` is made. What an hour
is, to the last bit, does not depend on which other hours or fields are asked for with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypedDict

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from collector.jobs.judging.field_counts import FieldCounts
from collector.jobs.judging.neighbours import (
    Position,
    Stations,
    open_fields,
    origins,
    plane_of,
    range_km,
)
from collector.store.measured import readings, weather
from collector.store.measured.field_weather import FieldWeather
from collector.store.postgres.db import Connection
from firmware.wire.quantities import by_name
from models.weather.counted import COUNTED
from models.weather.dataset import Array, clear_implausible, dataset, stamp_of
from models.weather.interpolate import SPREADS, Kriging

# An hour with fewer of its samples counts as missing: half an hour's mean is near the hour's,
# while a sum lacks what was not counted.
LEAST_COMPLETENESS = {"mean": 0.5, "point": 0.1, "max": 0.8, "sum": 0.8}
WETNESS = "leaf_wetness_duration"
HOUR = timedelta(hours=1)


class Wetness(TypedDict):
    """Where leaf wetness is measured (site,), and from which humidity leaves are wet [%]."""

    wetness_measured: NDArray[np.bool_] | None
    wet_threshold: Array | None


@dataclass(frozen=True)
class _Interpolated:
    """What stations tell some fields: `columns` are theirs, `own` those of the stations' series."""

    stations: Stations
    places: Kriging
    columns: NDArray[np.intp]
    own: NDArray[np.intp]


@dataclass(frozen=True)
class _Plan:
    """How hours of series become hours of some fields.

    `series` are to be read, by how their samples become an hour; `column` (series id,) is the
    place of each; `own` holds for each quantity the fields' columns and those of their series.
    """

    sites: tuple[str, ...]
    series: Mapping[str, Sequence[int]]
    column: NDArray[np.intp]
    own: Mapping[str, tuple[list[int], list[int]]]
    interpolated: Sequence[_Interpolated]


class FieldHours:
    """Reads hours of fields that grow something.

    Parameters
    ----------
    conn : Connection
    quantities : iterable of str
        What is to be read.
    grown : iterable of str
        Fields that grow something.
    counted_from : date, optional
        Local day from which trap counts are asked for; without it they are not read.

    Attributes
    ----------
    sites : tuple of str
        Those of them that have a sensor or lie in the open.
    chosen : mapping
        As `collector.store.measured.readings.chosen_series` gives it.
    stations : mapping
        Quantity -> who speaks for open fields without a sensor of it.
    counts : FieldCounts
        What traps around the fields caught.
    """

    def __init__(
        self,
        conn: Connection,
        quantities: Iterable[str],
        grown: Iterable[str],
        counted_from: date | None = None,
    ) -> None:
        self.conn = conn
        self.quantities = sorted(set(quantities) - set(COUNTED))
        self.counts = FieldCounts(conn, counted_from)
        self.chosen = readings.chosen_series(conn, self.quantities)
        self.fields: Mapping[str, Position] = open_fields(conn)
        self.range_km = range_km(conn)
        fitted = {field for field, _ in self.chosen}
        self.sites = tuple(s for s in sorted(set(grown)) if s in self.fields or s in fitted)
        self.observed = weather.observed_stations(conn, list(SPREADS))
        needed = sorted({name for site in self.sites for name in self.interpolated(site)})
        self.stations = {name: self.stations_of(name) for name in needed}
        self._plan: _Plan | None = None

    def stations_of(self, quantity: str) -> Stations:
        """Return who speaks for open fields without a sensor of a quantity."""
        others: dict[str, tuple[Position, datetime]] = {}
        for each in self.observed:
            if each.quantity == quantity:
                _, before = others.get(each.place, ((), each.first))
                position = (each.longitude, each.latitude)
                others[each.place] = (position, min(before, each.first))
        series = [s.id for (f, q), s in self.chosen.items() if q == quantity and f in self.fields]
        first = readings.first_hours(self.conn, series)
        return Stations.of(quantity, self.chosen, self.fields, others, first)

    def interpolated(self, site: str) -> list[str]:
        """Return the quantities that a field has from the stations around it."""
        if site not in self.fields:
            return []
        names = (name for name in self.quantities if name in SPREADS)
        return [name for name in names if (site, name) not in self.chosen]

    def wetness(self, sites: Sequence[str]) -> Wetness:
        """Return what is known of leaf wetness at fields, as the engine takes it."""
        found = readings.wetness(self.chosen, list(sites))
        measured, threshold = (found.get(name) for name in ("wetness_measured", "wet_threshold"))
        return {
            "wetness_measured": None if measured is None else measured[1].astype(np.bool_),
            "wet_threshold": None if threshold is None else threshold[1].astype(np.float64),
        }

    def read(self, sites: tuple[str, ...], start: datetime, end: datetime) -> dict[str, Array]:
        """Return hours (hour, site) of some fields, from `start` to before `end`.

        A quantity that none of them has is left out; the air temperature is always there.
        """
        plan = self._planned(sites)
        table = self._table(plan, start, end)
        names = {
            *plan.own,
            *(each.stations.quantity for each in plan.interpolated),
            "air_temperature",
        }
        values = {name: np.full((len(table), len(sites)), np.nan) for name in names}
        for name, (columns, series) in plan.own.items():
            values[name][:, columns] = table[:, series]
        for each, given in self._given(plan, table, start, end):
            values[each.stations.quantity][:, each.columns] = each.places.values(given)
        values |= self.counts.hours(sites, start, end)
        for name, array in values.items():
            clear_implausible(array, name)
        return values

    def values_an_hour(self, sites: tuple[str, ...]) -> int:
        """Return how many values are handled for one hour of fields: theirs and their stations'."""
        plan = self._planned(sites)
        names = {*plan.own, *(each.stations.quantity for each in plan.interpolated)}
        return sum(map(len, plan.series.values())) + len(sites) * (1 + len(names))

    def _given(
        self, plan: _Plan, table: Array, start: datetime, end: datetime
    ) -> Iterator[tuple[_Interpolated, Array]]:
        """What the stations of each interpolated quantity measured (hour, station)."""
        names = [each.stations.quantity for each in plan.interpolated if each.stations.others]
        others = weather.observed_dataset(self.conn, names, start, end) if names else None
        times = np.arange(stamp_of(start), stamp_of(end), np.timedelta64(1, "h"))
        for each in plan.interpolated:
            yield each, each.stations.values(table[:, each.own], others, times)

    def dataset(self, start: datetime, end: datetime, sites: tuple[str, ...] = ()) -> xr.Dataset:
        """Return hours of fields, all of them by default, as `models.weather.dataset` says."""
        here = sites or self.sites
        first = start.replace(minute=0, second=0, microsecond=0)
        values = self.read(here, first, end)
        count = len(values["air_temperature"])
        times = stamp_of(first) + np.arange(count) * np.timedelta64(1, "h")
        known = readings.wetness(self.chosen, list(here))
        return dataset(times, here, values, completeness=None, qc=None, **known)

    def _table(self, plan: _Plan, start: datetime, end: datetime) -> Array:
        """Hours of the plan's series (hour, series), as they were measured."""
        first, last = (int(moment.timestamp()) // 3600 for moment in (start, end))
        width = sum(map(len, plan.series.values()))
        table = np.full((max(0, last - first), width), np.nan)
        for how, series in plan.series.items():
            least = LEAST_COMPLETENESS[how]
            for hour, ids, values in readings.values_of(
                self.conn, how, series, least, (first, last)
            ):
                table[hour - first, plan.column[ids]] = values
        return table

    def measured(self, stations: Stations, start: datetime, end: datetime) -> Array:
        """Return what stations measured (hour, station), in the quantity's unit."""
        series = {by_name(stations.quantity).method: list(stations.own)}
        column = np.zeros(max(stations.own, default=0) + 1, dtype=np.intp)
        column[list(stations.own)] = np.arange(len(stations.own))
        own = self._table(_Plan((), series, column, {}, ()), start, end)
        names = [stations.quantity] if stations.others else []
        others = weather.observed_dataset(self.conn, names, start, end) if names else None
        times = np.arange(stamp_of(start), stamp_of(end), np.timedelta64(1, "h"))
        return stations.values(own, others, times)

    def _planned(self, sites: tuple[str, ...]) -> _Plan:
        """The plan for some fields; kept for the next hours of the same ones."""
        if self._plan is not None and self._plan.sites == sites:
            return self._plan
        place = {site: i for i, site in enumerate(sites)}
        around = {
            name: here
            for name, stations in self.stations.items()
            if (here := [i for i, site in enumerate(sites) if name in self.interpolated(site)])
            and (stations.own or stations.others)
        }
        used = {s.id: s for s in self.chosen.values() if s.field in place}
        wanted = sorted({*used, *(s for name in around for s in self.stations[name].own)})
        column = np.zeros(max(wanted, default=0) + 1, dtype=np.intp)
        column[wanted] = np.arange(len(wanted))
        series: dict[str, list[int]] = {}
        method = {s.id: by_name(s.quantity).method for s in self.chosen.values()}
        for number in wanted:
            series.setdefault(method[number], []).append(number)
        own: dict[str, tuple[list[int], list[int]]] = {}
        for each in used.values():
            columns, places = own.setdefault(each.quantity, ([], []))
            columns.append(place[each.field])
            places.append(int(column[each.id]))
        self._plan = _Plan(
            sites,
            series,
            column,
            own,
            [self._interpolation(name, sites, here, column) for name, here in around.items()],
        )
        return self._plan

    def _interpolation(
        self, name: str, sites: tuple[str, ...], here: list[int], column: NDArray[np.intp]
    ) -> _Interpolated:
        stations = self.stations[name]
        targets = plane_of([self.fields[sites[i]] for i in here])
        places = Kriging(name, stations.plane, targets, self.range_km)
        return _Interpolated(stations, places, np.array(here), column[list(stations.own)])

    def origins(self, sites: tuple[str, ...], end: datetime, at: datetime) -> list[FieldWeather]:
        """Tell where fields without a sensor get their hours from, as of the day before `end`."""
        plan, start = self._planned(sites), end - 24 * HOUR
        table = self._table(plan, start, end) if plan.interpolated else np.empty((0, 0))
        found = []
        for each, values in self._given(plan, table, start, end):
            targets = [sites[i] for i in each.columns]
            found += origins(each.places, targets, values, self.range_km, at)
        return found
