"""The forecast of a field: given for itself, else for its village, else told from around it.

Only an open field takes the weather of other places; a greenhouse has its own.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from collector.jobs.neighbours import open_fields, plane_of, range_km
from collector.store import registry, weather
from collector.store.db import Connection
from models.risk.outlook import DAYS
from models.weather.dataset import Array, dataset, moment_of
from models.weather.interpolate import SPREADS, interpolate, plane_km


@dataclass(frozen=True)
class Forecast:
    """Forecast hours of fields, and when each field's was made."""

    hours: xr.Dataset
    issued: Mapping[str, datetime]


def forecast_of(
    conn: Connection, sites: Sequence[str], quantities: Sequence[str], at: datetime
) -> Forecast | None:
    """Return the forecast known at a time for fields; None where there is none.

    A forecast for the field or, for an open field, its village is taken as it is; other open
    fields get what the places around them are told, within the range of interpolation. Fields of
    which nothing is known are left out.

    Parameters
    ----------
    conn : Connection
    sites : sequence of str
        Field ids.
    quantities : sequence of str
    at : datetime
        Now, aware; hours from a day before it to a day after the last one that is asked about.
    """
    start = at.replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    end = at + timedelta(days=DAYS + 1)
    given = weather.forecast_dataset(conn, quantities, start, end, at)
    if given is None:
        return None
    fields, villages = open_fields(conn), {f.id: f.village for f in registry.fields(conn)}
    places = {str(place): column for column, place in enumerate(given["site"].values)}
    own = {s: c for s in sites if (c := _own(s, villages, fields, places)) is not None}
    rest = [s for s in sites if s in fields and s not in own]
    stations = plane_km(given["longitude"].values, given["latitude"].values)
    targets, limit = plane_of([fields[s] for s in rest]), range_km(conn)
    hours: dict[str, Array] = {}
    for name in map(str, given.data_vars):
        values = given[name].values
        around = np.full((len(values), len(rest)), np.nan)
        if rest and name in SPREADS:
            around = interpolate(name, values, stations, targets, range_km=limit).values
        hours[name] = np.concatenate([values[:, list(own.values())], around], axis=1)
    known = ~np.all([np.isnan(values).all(axis=0) for values in hours.values()], axis=0)
    made = [moment_of(stamp) for stamp in given["issued"].values]
    issued = {s: made[c] for s, c in own.items()} | dict.fromkeys(rest, min(made))
    found = dataset(given["time"].values, [*own, *rest], hours).isel(site=known)
    return Forecast(found, {str(site): issued[str(site)] for site in found["site"].values})


def _own(
    site: str, villages: Mapping[str, str], fields: Container[str], places: Mapping[str, int]
) -> int | None:
    """Return which place's forecast is a field's own: the field itself, or its village."""
    if site in places:
        return places[site]
    return places.get(villages[site]) if site in fields else None
