"""The forecast of a field: its own, else its village's, else interpolated from around it.

Only an open field takes the weather of other places; a greenhouse has its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import xarray as xr

from collector.jobs.judging.neighbours import Position, open_fields, plane_of, range_km
from collector.store.measured import weather
from collector.store.network import registry
from collector.store.postgres.db import Connection
from models.risk.outlook import DAYS
from models.weather.dataset import Array, dataset, moment_of
from models.weather.distances import plane_km
from models.weather.interpolate import SPREADS, Kriging


@dataclass(frozen=True)
class Known:
    """The forecast known at a time: hours of `places`, and what is needed to tell fields theirs."""

    places: xr.Dataset
    villages: Mapping[str, str]
    fields: Mapping[str, Position]
    range_km: float

    def of(self, sites: Sequence[str]) -> xr.Dataset:
        """Return forecast hours of fields; those of which nothing is known are left out.

        A forecast for the field or, for an open field, its village is taken as it is; other open
        fields get what is interpolated from the places around them, within range.
        """
        given = self.places
        own = {s: column for s in sites if (column := self._own(s)) is not None}
        rest = [s for s in sites if s in self.fields and s not in own]
        stations = plane_km(given["longitude"].values, given["latitude"].values)
        targets = plane_of([self.fields[s] for s in rest])
        hours: dict[str, Array] = {}
        for name in map(str, given.data_vars):
            values = given[name].values
            around = np.full((len(values), len(rest)), np.nan)
            if rest and name in SPREADS:
                around = Kriging(name, stations, targets, self.range_km).values(values)
            hours[name] = np.concatenate([values[:, list(own.values())], around], axis=1)
        known = ~np.all([np.isnan(values).all(axis=0) for values in hours.values()], axis=0)
        return dataset(given["time"].values, [*own, *rest], hours).isel(site=known)

    def issued(self, sites: Sequence[str]) -> dict[str, datetime]:
        """Return when the forecast of each field was made: the oldest one, where several speak."""
        made = [moment_of(stamp) for stamp in self.places["issued"].values]
        columns = {site: self._own(site) for site in sites}
        oldest = min(made)
        return {s: oldest if column is None else made[column] for s, column in columns.items()}

    def tells(self, sites: Collection[str]) -> bool:
        """Tell whether each of the open fields among these has a forecast of its own."""
        return all(self._own(site) is not None for site in sites if site in self.fields)

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {str(place): column for column, place in enumerate(self.places["site"].values)}

    def _own(self, site: str) -> int | None:
        """Return which place's forecast is a field's own: the field itself, or its village."""
        if site in self._columns:
            return self._columns[site]
        return self._columns.get(self.villages[site]) if site in self.fields else None


def known(conn: Connection, quantities: Sequence[str], at: datetime) -> Known | None:
    """Return the forecast known at a time; None where there is none.

    Parameters
    ----------
    conn : Connection
    quantities : sequence of str
    at : datetime
        Now, aware; hours from a day before it to a day after the last one that is asked about.
    """
    start = at.replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    return _known(conn, quantities, start, at + timedelta(days=DAYS + 1), at, None)


def of_fields(
    conn: Connection,
    quantities: Sequence[str],
    start: datetime,
    end: datetime,
    at: datetime,
    sites: Collection[str],
) -> xr.Dataset | None:
    """Return forecast hours of fields, as `Known.of` does; None where nothing is known.

    Only where one of the fields has no forecast of its own those of all places are read.

    Parameters
    ----------
    conn : Connection
    quantities : sequence of str
    start, end : datetime
        From the first to before the second, aware, whole hours.
    at : datetime
        Now, aware.
    sites : collection of str
        Ids of fields.
    """
    found = _known(conn, quantities, start, end, at, sites)
    if found is None or not found.tells(sites):
        found = _known(conn, quantities, start, end, at, None)
    return None if found is None else found.of(sorted(sites))


def _known(
    conn: Connection,
    quantities: Sequence[str],
    start: datetime,
    end: datetime,
    at: datetime,
    sites: Collection[str] | None,
) -> Known | None:
    """The forecast of a span that is known at a time, of fields' own places or of all."""
    villages = {f.id: f.village for f in registry.fields(conn, own=True)}
    own = None if sites is None else {*sites, *(villages[s] for s in sites if s in villages)}
    given = weather.forecast_dataset(conn, quantities, start, end, at, own)
    if given is None:
        return None
    return Known(given, villages, open_fields(conn), range_km(conn))
