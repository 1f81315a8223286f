"""Readings on their way out: datasets, latest values, curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from collector.store import queries
from collector.store.binary import copy_out
from collector.store.db import Connection, NaiveDatetime
from collector.store.reading_log import HOUR_S, MISSING, QC_NAMES
from firmware.wire.quantities import by_name

SQL = queries.load("readings")

_HOURLY = np.dtype(
    [("series", "i4"), ("hour", "i4"), ("value", "f8"), ("completeness", "f4"), ("qc", "i2")]
)
_CELL_METHODS = {"mean": "mean", "sum": "sum", "max": "maximum", "point": "point"}


@dataclass(frozen=True)
class LatestReading:
    """A placement's last valid value and its time; both None where it never had one.

    `qc` belongs to the newest reading, so its bit 128 says that the value is not the newest.
    """

    quantity: str
    field: str
    height_m: float | None
    time: datetime | None
    value: float | None
    qc: int


@dataclass(frozen=True)
class Curve:
    """Hourly values of a quantity at one placement, NaN where there is none.

    `times` are starts of hours (datetime64[s], UTC); `completeness` is 0 to 1.
    """

    field: str
    height_m: float | None
    times: NDArray[np.datetime64]
    values: NDArray[np.float64]
    completeness: NDArray[np.float32]


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall()


@dataclass(frozen=True)
class _Series:
    id: int
    field: str
    quantity: str
    height_m: float | None
    placement: str
    wet_threshold: float | None


def _series(
    conn: Connection,
    quantities: Sequence[str],
    fields: Sequence[str] | None = None,
    village: str | None = None,
) -> list[_Series]:
    for name in quantities:
        by_name(name)
    rows = _fetch(
        conn,
        "series_of",
        quantities=list(quantities),
        fields=None if fields is None else list(fields),
        village=village,
    )
    return [_Series(*row) for row in rows]


def _standard_first(series: _Series) -> tuple[float, str]:
    """Sort key: soil at the least depth, air nearest to 2 m, then by placement."""
    height = series.height_m
    if height is None:
        return (float("inf"), series.placement)
    return (abs(height if height < 0 else height - 2.0), series.placement)


def _hour(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise NaiveDatetime(f"the time {moment.isoformat()} has no time zone; give one in UTC")
    return int(moment.timestamp() // HOUR_S)


def _hourly(conn: Connection, series: list[_Series], first: int, last: int) -> NDArray[np.void]:
    params: dict[str, object] = {
        "series": [s.id for s in series],
        "methods": [by_name(s.quantity).method for s in series],
        "start": datetime.fromtimestamp(first * HOUR_S, UTC),
        "end": datetime.fromtimestamp(last * HOUR_S, UTC),
    }
    return copy_out(conn, SQL["copy_hourly"], params, _HOURLY)


def hourly_dataset(
    conn: Connection,
    quantities: Sequence[str],
    start: datetime,
    end: datetime,
    fields: Sequence[str] | None = None,
) -> xr.Dataset:
    """Return hourly values of fields, in one query.

    Where a field has several placements of a quantity, the one nearest to 2 m stands for air and
    the one at the least depth for soil.

    Parameters
    ----------
    conn : Connection
    quantities : sequence of str
        Names of the vocabulary.
    start, end : datetime
        Aware; hours from the one that holds `start` to the last that begins before `end`.
    fields : sequence of str, optional
        Field ids; default: all that have a placement of one of the quantities.

    Returns
    -------
    xarray.Dataset
        Dimensions ``site`` (field id) and ``time`` (start of the hour, UTC). For each quantity
        its values in its unit (NaN: none), ``<quantity>_completeness`` (0 to 1) and
        ``<quantity>_qc`` (quality bits). CF attributes. Coordinate ``wet_threshold(site)`` [%]
        where a placement of humidity has one (NaN: none), ``wetness_measured(site)`` where
        leaf wetness was asked for and a field has a placement of it.

    Raises
    ------
    UnknownQuantity
        When a name is not in the vocabulary.
    NaiveDatetime
        When a time has no time zone.
    """
    first, last = _hour(start), -(-int(end.timestamp()) // HOUR_S)
    _hour(end)
    found = _series(conn, quantities, fields)
    chosen: dict[tuple[str, str], _Series] = {}
    for series in sorted(found, key=_standard_first):
        chosen.setdefault((series.field, series.quantity), series)
    sites = sorted({s.field for s in found}) if fields is None else list(fields)
    rows = _hourly(conn, list(chosen.values()), first, last)
    cubes = _fill(rows, chosen, sites, list(quantities), first, max(0, last - first))
    data = _dataset(conn, sites, list(quantities), first, cubes)
    return data.assign_coords(_wetness(chosen, sites))


def _wetness(
    chosen: dict[tuple[str, str], _Series], sites: list[str]
) -> dict[str, tuple[str, NDArray[np.generic], dict[str, str]]]:
    """What is known of leaf wetness at each site, for the rules that need it."""
    found: dict[str, tuple[str, NDArray[np.generic], dict[str, str]]] = {}
    humid = [chosen.get((site, "relative_humidity")) for site in sites]
    limits = np.array([s.wet_threshold if s else None for s in humid], np.float64)
    if not np.isnan(limits).all():
        name = "relative humidity from which leaves count as wet"
        found["wet_threshold"] = ("site", limits, {"long_name": name, "units": "%"})
    fitted = np.array([(site, "leaf_wetness_duration") in chosen for site in sites], np.bool_)
    if fitted.any():
        name = "leaf wetness is measured"
        found["wetness_measured"] = ("site", fitted, {"long_name": name})
    return found


_Cubes = tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.uint8]]


def _fill(
    rows: NDArray[np.void],
    chosen: dict[tuple[str, str], _Series],
    sites: list[str],
    quantities: list[str],
    first: int,
    hours: int,
) -> _Cubes:
    """Place rows into arrays of shape (quantity, site, hour)."""
    shape = (len(quantities), len(sites), hours)
    values = np.full(shape, np.nan)
    completeness = np.zeros(shape, np.float32)
    qc = np.full(shape, MISSING, np.uint8)
    if len(rows):
        places = {site: index for index, site in enumerate(sites)}
        line = np.zeros(int(rows["series"].max()) + 1, np.int64)
        for (site, quantity), series in chosen.items():
            if series.id < len(line):
                line[series.id] = quantities.index(quantity) * len(sites) + places[site]
        at = line[rows["series"]] * hours + (rows["hour"] - first)
        values.reshape(-1)[at] = rows["value"]
        completeness.reshape(-1)[at] = rows["completeness"]
        qc.reshape(-1)[at] = rows["qc"]
    return values, completeness, qc


def _dataset(
    conn: Connection, sites: list[str], quantities: list[str], first: int, cubes: _Cubes
) -> xr.Dataset:
    values, completeness, qc = cubes
    times = (np.arange(values.shape[2]) + first).astype("datetime64[h]").astype("datetime64[ns]")
    positions = {site: (lon, lat) for site, lon, lat in _fetch(conn, "sites", fields=sites)}
    unknown = (np.nan, np.nan)
    variables: dict[str, Any] = {}
    for index, name in enumerate(quantities):
        variables[name] = (("site", "time"), values[index], _attributes(name))
        variables[f"{name}_completeness"] = (
            ("site", "time"),
            completeness[index],
            {"long_name": f"valid share of the expected samples of {name}", "units": "1"},
        )
        variables[f"{name}_qc"] = (("site", "time"), qc[index], _qc_attributes(name))
    return xr.Dataset(
        variables,
        coords={
            "site": ("site", np.array(sites, dtype=object), {"cf_role": "timeseries_id"}),
            "time": ("time", times, {"standard_name": "time", "long_name": "start of the hour"}),
            "longitude": (
                "site",
                np.array([positions.get(s, unknown)[0] for s in sites], np.float64),
                {"standard_name": "longitude", "units": "degrees_east"},
            ),
            "latitude": (
                "site",
                np.array([positions.get(s, unknown)[1] for s in sites], np.float64),
                {"standard_name": "latitude", "units": "degrees_north"},
            ),
        },
        attrs={"Conventions": "CF-1.11", "featureType": "timeSeries"},
    )


def _attributes(name: str) -> dict[str, str]:
    row = by_name(name)
    attributes = {
        "long_name": name.replace("_", " "),
        "units": row.unit,
        "cell_methods": f"time: {_CELL_METHODS[row.method]}",
        "ancillary_variables": f"{name}_completeness {name}_qc",
    }
    if row.cf_name:
        attributes["standard_name"] = row.cf_name
    return attributes


def _qc_attributes(name: str) -> dict[str, Any]:
    return {
        "long_name": f"quality bits of {name}, any sample of the hour",
        "flag_masks": np.array(list(QC_NAMES), np.uint8),
        "flag_meanings": " ".join(QC_NAMES.values()),
    }


def latest(conn: Connection, village_id: str) -> list[LatestReading]:
    """Return the last valid reading of every placement of a village that ever reported."""
    return [LatestReading(*row) for row in _fetch(conn, "latest", village=village_id)]


def curve(
    conn: Connection, village_id: str, quantity: str, start: datetime, end: datetime
) -> list[Curve]:
    """Return hourly values of a quantity in a village, one curve for each placement.

    Hours run from the one that holds `start` to the last that begins before `end`.

    Raises
    ------
    UnknownQuantity
        When the name is not in the vocabulary.
    NaiveDatetime
        When a time has no time zone.
    """
    first, last = _hour(start), -(-int(end.timestamp()) // HOUR_S)
    _hour(end)
    series = _series(conn, [quantity], village=village_id)
    rows = _hourly(conn, series, first, last)
    times = np.arange(first, last).astype("datetime64[h]").astype("datetime64[s]")
    curves = []
    for one in sorted(series, key=lambda s: (s.field, _standard_first(s))):
        own = rows[rows["series"] == one.id]
        values = np.full(len(times), np.nan)
        completeness = np.zeros(len(times), np.float32)
        values[own["hour"] - first] = own["value"]
        completeness[own["hour"] - first] = own["completeness"]
        curves.append(Curve(one.field, one.height_m, times, values, completeness))
    return curves
