"""Readings on their way out: datasets, latest values, curves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from collector.store.measured.reading_log import HOUR_S
from collector.store.postgres import queries
from collector.store.postgres.binary import copy_out, copy_out_hours, copy_out_parts
from collector.store.postgres.db import Connection, NaiveDatetime
from firmware.wire.quantities import by_name
from models.weather.dataset import dataset
from models.weather.quality import MISSING

SQL = queries.load("readings")

_HOURLY = np.dtype(
    [("series", "i4"), ("hour", "i4"), ("value", "f8"), ("completeness", "f4"), ("qc", "i2")]
)


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
class Series:
    """A series of hours: that of a placement. `wet_threshold` [%] belongs to humidity."""

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
) -> list[Series]:
    for name in quantities:
        by_name(name)
    rows = _fetch(
        conn,
        "series_of",
        quantities=list(quantities),
        fields=None if fields is None else list(fields),
        village=village,
    )
    return [Series(*row) for row in rows]


def _standard_first(series: Series) -> tuple[float, str]:
    """Sort key: soil at the least depth, air nearest to 2 m, then by placement."""
    height = series.height_m
    if height is None:
        return (float("inf"), series.placement)
    return (abs(height if height < 0 else height - 2.0), series.placement)


def _hour(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise NaiveDatetime(f"the time {moment.isoformat()} has no time zone; give one in UTC")
    return int(moment.timestamp() // HOUR_S)


def _wanted(series: Collection[Series], first: int, last: int) -> dict[str, object]:
    return {
        "series": [s.id for s in series],
        "methods": [by_name(s.quantity).method for s in series],
        "start": datetime.fromtimestamp(first * HOUR_S, UTC),
        "end": datetime.fromtimestamp(last * HOUR_S, UTC),
    }


def _hourly(conn: Connection, series: list[Series], first: int, last: int) -> NDArray[np.void]:
    return copy_out(conn, SQL["copy_hourly"], _wanted(series, first, last), _HOURLY)


def chosen_series(
    conn: Connection, quantities: Sequence[str], fields: Sequence[str] | None = None
) -> dict[tuple[str, str], Series]:
    """Return the series that stands for each field and quantity.

    Where a field has several placements of a quantity, the one nearest to 2 m stands for air and
    the one at the least depth for soil.

    Raises
    ------
    UnknownQuantity
        When a name is not in the vocabulary.
    """
    chosen: dict[tuple[str, str], Series] = {}
    for series in sorted(_series(conn, quantities, fields), key=_standard_first):
        chosen.setdefault((series.field, series.quantity), series)
    return chosen


def every_series(conn: Connection, quantities: Sequence[str]) -> list[Series]:
    """Return the series of every placement of quantities."""
    return _series(conn, quantities)


def values_of(
    conn: Connection, method: str, series: Sequence[int], least: float, hours: tuple[int, int]
) -> Iterator[tuple[int, NDArray[np.int32], NDArray[np.float64]]]:
    """Yield hour by hour the values of series, without hours with too few samples.

    Parameters
    ----------
    conn : Connection
    method : str
        How their samples become an hour, as the vocabulary says.
    series : sequence of int
    least : float
        Completeness from which an hour counts, 0 to 1.
    hours : tuple of int
        First hour and the one after the last [h since 1970 UTC].

    Yields
    ------
    int, array, array
        Hour [h since 1970 UTC]; series that have a value in it; the values in their unit.
    """
    start, end = (datetime.fromtimestamp(hour * HOUR_S, UTC) for hour in hours)
    # as one literal, which the server reads faster than a list of tens of thousands of numbers
    named = "{" + ",".join(map(str, series)) + "}"
    params: dict[str, object] = {"method": method, "series": named, "least": least}
    yield from copy_out_hours(conn, SQL["copy_values"], params | {"start": start, "end": end})


def first_hours(conn: Connection, series: Sequence[int]) -> dict[int, datetime]:
    """Return the first hour of each series that has one."""
    return dict(_fetch(conn, "first_hours", series=list(series)))


def hourly_dataset(
    conn: Connection,
    quantities: Sequence[str],
    start: datetime,
    end: datetime,
    fields: Sequence[str] | None = None,
) -> xr.Dataset:
    """Return hourly values of fields, of the series that `chosen_series` gives.

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
        As `models.weather.dataset` says; sites are field ids. For each quantity its values (NaN:
        none), ``<quantity>_completeness`` (0 to 1) and ``<quantity>_qc`` (quality bits).
        Coordinates ``longitude`` and ``latitude`` [degree]; ``wet_threshold(site)`` [%]
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
    chosen = chosen_series(conn, quantities, fields)
    sites = sorted({site for site, _ in chosen}) if fields is None else list(fields)
    places = {site: column for column, site in enumerate(sites)}
    arrays = _Arrays(chosen, places, list(quantities), first, max(0, last - first))
    wanted = _wanted(chosen.values(), first, last)
    copy_out_parts(conn, SQL["copy_hourly"], wanted, _HOURLY, arrays.fill)
    positions = {site: (lon, lat) for site, lon, lat in _fetch(conn, "sites", fields=sites)}
    lonlat = np.array([positions.get(site, (np.nan, np.nan)) for site in sites], np.float64)
    lonlat = lonlat.reshape(-1, 2)
    return dataset(
        (np.arange(first, max(first, last))).astype("datetime64[h]"),
        sites,
        dict(zip(quantities, arrays.values, strict=True)),
        completeness=dict(zip(quantities, arrays.completeness, strict=True)),
        qc=dict(zip(quantities, arrays.qc, strict=True)),
        longitude=("site", lonlat[:, 0]),
        latitude=("site", lonlat[:, 1]),
        **wetness(chosen, sites),
    )


def wetness(
    chosen: dict[tuple[str, str], Series], sites: list[str]
) -> dict[str, tuple[str, NDArray[np.generic]]]:
    """Return coordinates that tell what is known of leaf wetness at sites, where it is."""
    found: dict[str, tuple[str, NDArray[np.generic]]] = {}
    humid = [chosen.get((site, "relative_humidity")) for site in sites]
    limits = np.array([s.wet_threshold if s else None for s in humid], np.float64)
    if not np.isnan(limits).all():
        found["wet_threshold"] = ("site", limits)
    fitted = np.array([(site, "leaf_wetness_duration") in chosen for site in sites], np.bool_)
    if fitted.any():
        found["wetness_measured"] = ("site", fitted)
    return found


class _Arrays:
    """Arrays (quantity, hour, site) that are filled part by part."""

    def __init__(
        self,
        chosen: dict[tuple[str, str], Series],
        places: dict[str, int],
        quantities: list[str],
        first: int,
        hours: int,
    ) -> None:
        shape = (len(quantities), hours, len(places))
        self.values = np.full(shape, np.nan)
        self.completeness = np.zeros(shape, np.float32)
        self.qc = np.full(shape, MISSING, np.int16)
        self._first, self._width = first, len(places)
        most = max((series.id for series in chosen.values()), default=0)
        self._line = np.zeros(most + 1, np.int64)
        for (site, quantity), series in chosen.items():
            row = quantities.index(quantity) * hours * len(places)
            self._line[series.id] = row + places[site]

    def fill(self, rows: NDArray[np.void]) -> None:
        """Place rows of `_HOURLY`."""
        at = self._line[rows["series"]] + (rows["hour"] - self._first) * self._width
        self.values.reshape(-1)[at] = rows["value"]
        self.completeness.reshape(-1)[at] = rows["completeness"]
        self.qc.reshape(-1)[at] = rows["qc"]


def latest(
    conn: Connection, village_id: str | None = None, quantities: Collection[str] | None = None
) -> list[LatestReading]:
    """Return the last valid reading of every placement that ever reported, in a village or all.

    Parameters
    ----------
    conn : Connection
    village_id : str, optional
    quantities : collection of str, optional
        Only these.
    """
    wanted = None if quantities is None else sorted(quantities)
    rows = _fetch(conn, "latest", village=village_id, quantities=wanted)
    return [LatestReading(*row) for row in rows]


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


def placement_curves(
    conn: Connection, places: Sequence[tuple[str, str, str]], start: datetime, end: datetime
) -> dict[str, tuple[Curve, NDArray[np.int16]]]:
    """Return hourly values and quality bits (of any sample of the hour) of placements, by id.

    Parameters
    ----------
    conn : Connection
    places : sequence of tuple
        Id, field and quantity of each placement.
    start, end : datetime
        Aware; hours as for `curve`.
    """
    wanted = {name for name, _, _ in places}
    fields, quantities = {f for _, f, _ in places}, {q for _, _, q in places}
    series = [s for s in _series(conn, list(quantities), list(fields)) if s.placement in wanted]
    first, last = _hour(start), -(-int(end.timestamp()) // HOUR_S)
    rows = _hourly(conn, series, first, last)
    times = np.arange(first, last).astype("datetime64[h]").astype("datetime64[s]")
    found = {}
    for one in series:
        own = rows[rows["series"] == one.id]
        at = own["hour"] - first
        values, qc = np.full(len(times), np.nan), np.zeros(len(times), np.int16)
        completeness = np.zeros(len(times), np.float32)
        values[at], qc[at], completeness[at] = own["value"], own["qc"], own["completeness"]
        found[one.placement] = Curve(one.field, one.height_m, times, values, completeness), qc
    return found
