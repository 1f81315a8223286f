"""Weather of others: forecasts and other stations' hours, as they came and as they count now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from collector.store.measured import places
from collector.store.postgres import queries
from collector.store.postgres.binary import PG_EPOCH_S, copy_in
from collector.store.postgres.db import Connection
from models.sheets.refused import MOST_NAMED, SheetError
from models.weather.dataset import dataset, stamp_of
from models.weather.quality import UNUSABLE

SQL = queries.load("weather")
#: A forecast older than this is not used.
FORECAST_FRESH = timedelta(days=2)

#: Values that are sent to the database at once.
BLOCK = 50_000

_STAGED = np.dtype(
    [("line", "i4"), ("series", "i4"), ("time", "i8"), ("issued", "i8")]
    + [("value", "f8"), ("qc", "i2")]
)

Kind = Literal["forecast", "observed"]


class WeatherValue(NamedTuple):
    """One value of an hour that begins at `time`; `line` is the line of the file it stands in."""

    line: int
    place: str
    quantity: str
    time: datetime
    issued: datetime
    value: float
    qc: int = 0


@dataclass(frozen=True)
class Correction:
    """A value that is in force now in the place of another one, and who had said that when."""

    line: int
    place: str
    quantity: str
    time: datetime
    value: float
    before: float
    source: str
    name: str
    received: datetime


@dataclass(frozen=True)
class Put:
    """What became of lines: how many brought something new, corrected, or said nothing new.

    `corrections` and `lines_there` hold the first of them. `overtaken` counts values that are
    kept and not in force, because a forecast made later is there for their hours.
    """

    new: int = 0
    corrected: int = 0
    same: int = 0
    overtaken: int = 0
    corrections: tuple[Correction, ...] = ()
    lines_there: tuple[int, ...] = ()


class Block(NamedTuple):
    """Values of one quantity as columns: `place` counts in `names`, times in s since 1970 UTC."""

    names: Sequence[str]
    quantity: str
    place: NDArray[np.int32]
    line: NDArray[np.int32]
    time: NDArray[np.int64]
    issued: NDArray[np.int64]
    value: NDArray[np.float64]
    qc: NDArray[np.int16]


def put_values(
    conn: Connection,
    kind: Kind,
    source: str,
    positions: Mapping[str, tuple[float, float]],
    values: Iterable[WeatherValue],
    received: datetime,
    name: str = "",
) -> Put:
    """Keep values one by one as one delivery, as `put_blocks` does.

    Parameters
    ----------
    conn, kind, source, positions, received, name
        As there.
    values : iterable of WeatherValue
        Taken in blocks, so that there may be many.
    """

    def blocks() -> Iterator[Block]:
        rest = iter(values)
        while some := list(islice(rest, BLOCK)):
            for quantity in dict.fromkeys(v.quantity for v in some):
                yield _block(quantity, [v for v in some if v.quantity == quantity])

    return put_blocks(conn, kind, source, positions, blocks(), received, name)


def _block(quantity: str, values: Sequence[WeatherValue]) -> Block:
    names = list(dict.fromkeys(v.place for v in values))
    number = {name: i for i, name in enumerate(names)}
    return Block(
        names,
        quantity,
        np.array([number[v.place] for v in values], np.int32),
        np.array([v.line for v in values], np.int32),
        np.array([v.time.timestamp() for v in values]).astype(np.int64),
        np.array([v.issued.timestamp() for v in values]).astype(np.int64),
        np.array([v.value for v in values], np.float64),
        np.array([v.qc for v in values], np.int16),
    )


def put_blocks(
    conn: Connection,
    kind: Kind,
    source: str,
    positions: Mapping[str, tuple[float, float]],
    blocks: Iterable[Block],
    received: datetime,
    name: str = "",
) -> Put:
    """Keep values as one delivery; from now on they are in force where they differ.

    Whatever source they come from, the newest delivery of an hour counts; what was said before
    is kept. A value that is in force already is passed over.

    Parameters
    ----------
    conn : Connection
    kind, source : str
        "forecast" or "observed", and who says so.
    positions : mapping
        Longitude and latitude [degree] of every place in `blocks`; others are not noted.
    blocks : iterable of Block
        Sent to the database one after the other, so that they need not fit into memory.
    received : datetime
        Aware.
    name : str
        Name of the file.
    """
    numbers: dict[str, int] = {}
    known: dict[tuple[str, str], int] = {}
    with conn.cursor() as cur:
        cur.execute("DROP TABLE IF EXISTS staged_weather, changed_weather")
        cur.execute(SQL["stage_table"])
        cur.execute("SAVEPOINT before_blocks")
        for block in _undone(cur, blocks):
            here = [block.names[i] for i in np.unique(block.place).tolist()]
            wanted = {(place, block.quantity) for place in here} - known.keys()
            new = {place: positions[place] for place, _ in wanted if place not in numbers}
            numbers |= places.numbers(conn, new, received, name or source)
            known.update(_series(cur, kind, numbers, sorted(wanted)))
            rows = _staged(block, known)
            for begin in range(0, len(rows), BLOCK):
                copy_in(conn, SQL["stage"], rows[begin : begin + BLOCK])
        cur.execute("ANALYZE staged_weather")
        cur.execute(SQL["find_changes"], {"unusable": UNUSABLE})
        given = {"kind": kind, "source": source, "name": name, "received": received}
        cur.execute(SQL["put_changes"], given)
        return _outcome(cur, kind)


def _undone(cur: Any, blocks: Iterable[Block]) -> Iterator[Block]:
    """Go through blocks; where there cannot be a next one, no place or series of theirs is left."""
    try:
        yield from blocks
    except SheetError:
        cur.execute("ROLLBACK TO before_blocks")
        raise


def _series(
    cur: Any, kind: str, numbers: Mapping[str, int], wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    if not wanted:
        return {}
    name_of = {number: place for place, number in numbers.items()}
    given = {
        "kind": kind,
        "places": [numbers[place] for place, _ in wanted],
        "quantities": [quantity for _, quantity in wanted],
    }
    cur.execute(SQL["put_series"], given)
    cur.execute(SQL["series"], given)
    return {(name_of[place], quantity): id_ for id_, place, quantity in cur.fetchall()}


def _staged(block: Block, series: Mapping[tuple[str, str], int]) -> NDArray[np.void]:
    number = np.array([series.get((name, block.quantity), 0) for name in block.names], np.int32)
    rows = np.empty(len(block.value), _STAGED)
    rows["line"], rows["series"] = block.line, number[block.place]
    rows["time"] = (block.time - PG_EPOCH_S) * 1_000_000
    rows["issued"] = (block.issued - PG_EPOCH_S) * 1_000_000
    rows["value"], rows["qc"] = block.value, block.qc
    return rows


def _outcome(cur: Any, kind: str) -> Put:
    cur.execute(SQL["count_lines"])
    changed, corrected, lines = cur.fetchone()
    cur.execute(SQL["corrections"], {"limit": MOST_NAMED})
    corrections = tuple(Correction(*row) for row in cur.fetchall())
    cur.execute(SQL["lines_there"], {"limit": MOST_NAMED})
    there = tuple(line for (line,) in cur.fetchall())
    overtaken = 0
    if kind == "forecast":
        cur.execute(SQL["count_overtaken"])
        (overtaken,) = cur.fetchone()
    return Put(changed - corrected, corrected, lines - changed, overtaken, corrections, there)


@dataclass(frozen=True)
class Said:
    """A value as it was said: by whom, in which delivery, when it came; `qc` from 4: in doubt."""

    kind: str
    quantity: str
    time: datetime
    issued: datetime
    value: float
    qc: int
    source: str
    name: str
    received: datetime


def history(
    conn: Connection,
    place: str,
    start: datetime,
    end: datetime,
    quantity: str | None = None,
    kind: Kind | None = None,
    most: int = 10_000,
) -> list[Said]:
    """Return all that was ever said of hours at a place, each hour from the first to the newest.

    Of what was said of an hour (and issued at the same time) the last one is in force.
    """
    given = {"place": place, "start": start, "end": end, "quantity": quantity, "kind": kind}
    return [Said(*row) for row in queries.fetch(conn, SQL["history"], **given, most=most)]


def forecast_dataset(
    conn: Connection,
    quantities: Sequence[str],
    start: datetime,
    end: datetime,
    at: datetime,
    of: Collection[str] | None = None,
) -> xr.Dataset | None:
    """Return the newest forecast known at a time; None where there is none.

    Dimensions time and site (place id); coordinates longitude, latitude and ``issued`` (site),
    the time at which the oldest part of a place's forecast was made. Each hour comes from the
    newest forecast that reaches it and is at most `FORECAST_FRESH` old; of one issue the delivery
    that came last counts. Values with a quality bit of doubt are left out. `of` names the places;
    None for all.
    """
    return _dataset(
        conn,
        "forecast",
        quantities=list(quantities),
        start=start,
        end=end,
        at=at,
        since=at - FORECAST_FRESH,
        places=None if of is None else sorted(of),
    )


def observed_dataset(
    conn: Connection, quantities: Sequence[str], start: datetime, end: datetime
) -> xr.Dataset | None:
    """Return what other stations measured, as `forecast_dataset` does; None where nothing.

    Each hour is that of the delivery that came last, whoever sent it.
    """
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
        rows = cur.fetchall()
    known = {p.name: (p.longitude, p.latitude) for p in places.places(conn)}
    return [ObservedStation(id_, name, q, *known[name], first) for id_, name, q, first in rows]


def _dataset(conn: Connection, name: str, **params: Any) -> xr.Dataset | None:
    rows = queries.fetch(conn, SQL[name], **params, unusable=UNUSABLE)
    if not rows:
        return None
    known = {p.name: (p.longitude, p.latitude) for p in places.places(conn)}
    sites = sorted({place for place, *_ in rows})
    column = {site: number for number, site in enumerate(sites)}
    first, last = (pick(pick(hours) for _, _, hours, _, _ in rows) for pick in (min, max))
    values: dict[str, NDArray[np.float64]] = {}
    oldest: dict[str, datetime] = {}
    for place, quantity, hours, given, issued in rows:
        if quantity not in values:
            values[quantity] = np.full((last - first + 1, len(sites)), np.nan)
        values[quantity][np.array(hours) - first, column[place]] = given
        oldest[place] = min(issued, oldest.get(place, issued))
    return dataset(
        np.arange(first, last + 1).astype("datetime64[h]"),
        sites,
        values,
        longitude=("site", np.array([known[s][0] for s in sites])),
        latitude=("site", np.array([known[s][1] for s in sites])),
        issued=("site", np.array([stamp_of(oldest[s]) for s in sites])),
    )
