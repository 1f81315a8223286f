"""Weather for fields without sensors, from the stations around them.

Only open fields take the weather of other places; a greenhouse has its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from collector.store import registry, settings_table, weather
from collector.store.db import Connection
from collector.store.weather import NO_STATION, FieldWeather
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY, Hazard
from models.weather.dataset import Array, moment_of
from models.weather.interpolate import RANGE_KM, SPREADS, Field, distances_km, interpolate, plane_km

RANGE_KEY = "interpolation.range_km"
#: Factor on the certainty where an input comes from other places; provisional.
INTERPOLATED = 0.8
_DAY_H = 24


class RangeError(ValueError):
    """The kept range of interpolation is no distance."""


def range_km(conn: Connection) -> float:
    """Return how far a station may be to speak for a field [km].

    Raises
    ------
    RangeError
        When the setting is no positive number.
    """
    kept = settings_table.get(conn, RANGE_KEY)
    if kept is None:
        return RANGE_KM
    try:
        value = float(kept)
    except ValueError:
        value = -1.0
    if not value > 0:
        raise RangeError(f'setting {RANGE_KEY} is "{kept}"; set it to a distance in km, above 0')
    return value


def open_fields(conn: Connection) -> dict[str, tuple[float, float]]:
    """Return longitude and latitude [degree] of open fields: those of their villages."""
    places = {v.id: (v.longitude, v.latitude) for v in registry.villages(conn)}
    return {f.id: places[f.village] for f in registry.fields(conn) if f.kind == "open"}


def with_neighbours(
    conn: Connection, data: xr.Dataset, grown: Iterable[str], at: datetime
) -> tuple[xr.Dataset, list[FieldWeather]]:
    """Give open fields without a sensor of a quantity what other stations tell of their place.

    Parameters
    ----------
    conn : Connection
    data : xarray.Dataset
        Measured hours of the fields that have sensors, dimensions site and time.
    grown : iterable of str
        Fields that grow something.
    at : datetime
        Now, aware.

    Returns
    -------
    Dataset, list of FieldWeather
        The data with the other fields in it, and where their quantities come from.
    """
    fields = open_fields(conn)
    placed = {(p.field, p.quantity) for p in registry.placements(conn)}
    names = [str(name) for name in data.data_vars if name in SPREADS]
    wanted = {
        name: [s for s in sorted(set(grown)) if s in fields and (s, name) not in placed]
        for name in names
    }
    if not data.sizes["time"] or not any(wanted.values()):
        return data, []
    limit, told = range_km(conn), []
    start, end = (moment_of(data["time"].values[i]) for i in (0, -1))
    others = weather.observed_dataset(conn, names, start, end + timedelta(hours=1))
    sites = [str(s) for s in data["site"].values]
    known = [s for s in sites if s in fields]
    wider = data.reindex(site=[*sites, *sorted(set().union(*wanted.values()) - set(sites))])
    for name, targets in wanted.items():
        values, stations = _stations(data, name, [s for s in known if (s, name) in placed], fields)
        values, stations = with_others(values, stations, others, name, data["time"].values)
        if not targets or not len(stations):
            continue
        places = plane_of([fields[t] for t in targets])
        field = interpolate(name, values, stations, places, range_km=limit)
        wider[name].loc[{"site": targets}] = field.values
        pairs = list(zip(targets, places, strict=True))
        told += _told(name, pairs, field, values, stations, limit, at)
    return wider, told


def plane_of(places: Sequence[tuple[float, float]]) -> Array:
    """Return places on a plane [km], given by longitude and latitude [degree]."""
    degrees = np.array(places, dtype=float).reshape(-1, 2)
    return plane_km(degrees[:, 0], degrees[:, 1])


def _stations(
    data: xr.Dataset, name: str, sites: list[str], fields: Mapping[str, tuple[float, float]]
) -> tuple[Array, Array]:
    values: Array = data[name].sel(site=sites).values
    return values, plane_of([fields[s] for s in sites])


def with_others(
    values: Array, stations: Array, others: xr.Dataset | None, name: str, times: Array
) -> tuple[Array, Array]:
    """Put the values and places of other stations beside those of fields."""
    if others is None or name not in others:
        return values, stations
    theirs = others[name].reindex(time=times).values
    places = plane_km(others["longitude"].values, others["latitude"].values)
    return np.concatenate([values, theirs], axis=1), np.concatenate([stations, places])


def _told(
    name: str,
    targets: Sequence[tuple[str, Array]],
    field: Field,
    values: Array,
    stations: Array,
    limit: float,
    at: datetime,
) -> list[FieldWeather]:
    """Where each target's hours come from, as of the last day; nothing where nobody reports."""
    reporting = (~np.isnan(values[-_DAY_H:])).any(axis=0)
    found = []
    for i, (target, place) in enumerate(targets if reporting.any() else ()):
        errors = field.error[-_DAY_H:, i]
        errors = errors[~np.isnan(errors)]
        nearest = float(distances_km(place[None, :], stations[reporting]).min())
        origin = "interpolated" if nearest <= limit else NO_STATION
        error = float(errors[-1]) if len(errors) else None
        count = int(reporting.sum())
        found.append(FieldWeather(target, name, origin, nearest, count, error, at))
    return found


def marked(
    statuses: Iterable[RiskStatus], told: Sequence[FieldWeather], hazards: Mapping[str, Hazard]
) -> list[RiskStatus]:
    """Lower the certainty of answers that rest on other places' weather; name what is too far."""
    origins = {(row.site, row.quantity): row.origin for row in told}
    reads = {id_: {i.quantity for i in hazard.inputs} for id_, hazard in hazards.items()}
    found = []
    for status in statuses:
        seen = {origins.get((status.site, quantity)) for quantity in reads[status.hazard]}
        if status.status == CANNOT_SAY and NO_STATION in seen:
            status = replace(status, missing=(*status.missing, NO_STATION))
        elif "interpolated" in seen:
            status = replace(status, certainty=status.certainty * INTERPOLATED)
        found.append(status)
    return found
