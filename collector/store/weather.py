"""Weather from elsewhere, and what follows from it: forecasts, other stations, the outlook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from psycopg2.extras import execute_values

from collector.store import queries
from collector.store.db import Connection
from collector.store.risk import KeptStatus, pages, plain, row_of, statuses_of
from models.risk.answers import RiskStatus
from models.weather.dataset import dataset

SQL = queries.load("weather")
#: A forecast older than this is not used.
FORECAST_FRESH = timedelta(days=2)

#: Origin of a quantity, and what is missing, where no station speaks for a field.
NO_STATION = "no_station_near"

Kind = Literal["forecast", "observed"]


@dataclass(frozen=True)
class WeatherValue:
    """One value of an hour that begins at `time`; `line` is the line of the file it stands in."""

    line: int
    place: str
    quantity: str
    time: datetime
    issued: datetime
    value: float
    qc: int = 0


@dataclass(frozen=True)
class Contradiction:
    """A value that is not the one that is there for the same place and hour."""

    quantity: str
    value: float
    there: float


@dataclass(frozen=True)
class Put:
    """Lines of which something was new, and those that contradict what is there."""

    new: frozenset[int]
    contradicting: Mapping[int, Contradiction]


@dataclass(frozen=True)
class FieldWeather:
    """Where a quantity of a field without its own sensor comes from.

    `origin` is "interpolated" or "no_station_near"; `standard_error` is that of the newest
    hour, in the quantity's unit.
    """

    site: str
    quantity: str
    origin: str
    nearest_km: float | None
    stations: int
    standard_error: float | None
    at: datetime


def places(conn: Connection) -> dict[str, tuple[float, float]]:
    """Return longitude and latitude [degree] of the places that weather was given for."""
    with conn.cursor() as cur:
        cur.execute(SQL["places"])
        return {id_: (longitude, latitude) for id_, longitude, latitude in cur.fetchall()}


def put_values(
    conn: Connection,
    kind: Kind,
    source: str,
    positions: Mapping[str, tuple[float, float]],
    values: Sequence[WeatherValue],
    received: datetime,
) -> Put:
    """Keep values; a line with a value that contradicts a kept one is left out as a whole.

    Parameters
    ----------
    conn : Connection
    kind, source : str
        "forecast" or "observed", and who says so.
    positions : mapping
        Longitude and latitude [degree] of every place in `values`.
    values : sequence of WeatherValue
    received : datetime
        Aware.
    """
    if not values:
        return Put(frozenset(), {})
    names = {"kind": kind, "source": source}
    used = sorted({v.place for v in values})
    series = sorted({(kind, source, v.place, v.quantity) for v in values})
    with conn.cursor() as cur:
        execute_values(cur, SQL["put_places"], [(p, *positions[p]) for p in used])
        execute_values(cur, SQL["put_series"], series)
        cur.execute("DROP TABLE IF EXISTS staged_weather")
        cur.execute(SQL["stage_table"])
        rows = [(v.line, v.place, v.quantity, v.time, v.issued, v.value, v.qc) for v in values]
        execute_values(cur, SQL["stage"], rows, page_size=1000)
        cur.execute(SQL["contradictions"], names)
        against = {line: Contradiction(q, value, there) for line, q, value, there in cur.fetchall()}
        cur.execute(SQL["drop_lines"], {"lines": list(against)})
        cur.execute(SQL["put_values"], names | {"received": received})
        return Put(frozenset(line for (line,) in cur.fetchall()), against)


def forecast_dataset(
    conn: Connection, quantities: Sequence[str], start: datetime, end: datetime, at: datetime
) -> xr.Dataset | None:
    """Return the newest forecast known at a time; None where there is none.

    Dimensions time and site (place id); coordinates longitude, latitude and ``issued`` (site),
    the time at which the oldest part of a place's forecast was made. Each hour comes from the
    newest forecast that reaches it and is at most `FORECAST_FRESH` old.
    """
    since = at - FORECAST_FRESH
    return _dataset(
        conn, "forecast", quantities=list(quantities), start=start, end=end, at=at, since=since
    )


def observed_dataset(
    conn: Connection, quantities: Sequence[str], start: datetime, end: datetime
) -> xr.Dataset | None:
    """Return what other stations measured, as `forecast_dataset` does; None where nothing."""
    return _dataset(conn, "observed", quantities=list(quantities), start=start, end=end)


@dataclass(frozen=True)
class ObservedStation:
    """A series of what was measured at a place of others, and its first hour."""

    series: int
    place: str
    quantity: str
    longitude: float
    latitude: float
    first: datetime


def observed_stations(conn: Connection, quantities: Sequence[str]) -> list[ObservedStation]:
    """Return the series of other stations that have a value, by place and quantity."""
    with conn.cursor() as cur:
        cur.execute(SQL["observed_stations"], {"quantities": list(quantities)})
        return [ObservedStation(*row) for row in cur.fetchall()]


def _dataset(conn: Connection, name: str, **params: Any) -> xr.Dataset | None:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        rows = cur.fetchall()
    if not rows:
        return None
    frame = pd.DataFrame(rows, columns=["place", "quantity", "time", "value", "issued", "source"])
    known = places(conn)
    sites = sorted(frame["place"].unique())
    times = pd.date_range(frame["time"].min(), frame["time"].max(), freq="h")
    values = {}
    for quantity, part in frame.groupby("quantity"):
        table = part.pivot(index="time", columns="place", values="value")
        values[str(quantity)] = table.reindex(index=times, columns=sites).to_numpy(np.float64)
    oldest = frame.groupby("place")["issued"].min().reindex(sites)
    return dataset(
        [moment.to_pydatetime() for moment in times],
        sites,
        values,
        longitude=("site", np.array([known[s][0] for s in sites])),
        latitude=("site", np.array([known[s][1] for s in sites])),
        issued=("site", oldest.dt.tz_convert(None).to_numpy("datetime64[ns]")),
    )


def replace_outlook(
    conn: Connection,
    statuses: Iterable[RiskStatus],
    forecast_issued: Mapping[str, datetime],
    issued: datetime,
) -> int:
    """Put an outlook in the place of the one in force.

    Parameters
    ----------
    conn : Connection
    statuses : iterable of RiskStatus
        Of coming days.
    forecast_issued : mapping
        Field -> when its forecast was made.
    issued : datetime
        Now, aware.

    Returns
    -------
    int
        How many answers it has.
    """
    count = 0
    with conn.cursor() as cur:
        cur.execute(SQL["drop_outlook"])
        for page in pages(statuses):
            rows = [(*row_of(status, issued), forecast_issued[status.site]) for status in page]
            execute_values(cur, SQL["put_outlook"], rows, page_size=len(rows))
            count += len(rows)
    return count


def outlook(conn: Connection, at: datetime, village_id: str | None = None) -> list[KeptStatus]:
    """Return the outlook in force for the days that end after `at`, of a village or of all."""
    with conn.cursor() as cur:
        cur.execute(SQL["outlook"], {"village": village_id, "at": at})
        return statuses_of(cur)


def replace_field_weather(conn: Connection, rows: Iterable[FieldWeather]) -> None:
    """Put where fields without sensors get their weather from in the place of what is kept."""
    values = [
        (x.site, x.quantity, x.origin, plain(x.nearest_km), x.stations)
        + (plain(x.standard_error), x.at)
        for x in rows
    ]
    with conn.cursor() as cur:
        cur.execute(SQL["drop_field_weather"])
        if values:
            execute_values(cur, SQL["put_field_weather"], values)


def field_weather(conn: Connection, village_id: str | None = None) -> list[FieldWeather]:
    """Return where fields without a sensor get their weather from, of a village or of all."""
    with conn.cursor() as cur:
        cur.execute(SQL["field_weather"], {"village": village_id})
        return [FieldWeather(*row) for row in cur.fetchall()]
