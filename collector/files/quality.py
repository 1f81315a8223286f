"""Quality bits of imported weather: the checks that nodes' readings pass, and their neighbours.

A value in doubt is kept with its bit and not used, as at nodes; which station and how many hours
is said. Where most of a column is in doubt, the file is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.checks import check, hours_that_count
from collector.files.judging import RAIN
from collector.files.table import HOUR_S, Table, moment
from collector.store.measured import readings, weather
from collector.store.network import registry
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from firmware.wire.quantities import by_name
from models.sheets.refused import SheetError
from models.sheets.units import FEWEST
from models.weather.counter import is_counter
from models.weather.dataset import Array
from models.weather.distances import plane_km
from models.weather.interpolate import RANGE_KM
from models.weather.outliers import APART, wild
from models.weather.quality import FREEZE, LOGICAL, STEP

#: Share of a column's values in doubt from which the file is refused; provisional.
DOUBTFUL = 0.5
#: Hours that are compared with their neighbours at once; bounds memory.
_BLOCK_H = 31 * 24
#: Rain is looked at for so long before a file [h]: files of an hour each count, too.
_COUNTED_H = 7 * 24.0
_DOUBTS = STEP | FREEZE | LOGICAL


def mark(conn: Connection, table: Table, name: str, *, observed: bool) -> list[Event]:
    """Set the quality bits of a table's values, and say what is in doubt.

    Parameters
    ----------
    conn : Connection
        What was measured before and around is looked up there.
    table : Table
        Judged; its bits are set.
    name : str
        Name of the file.
    observed : bool
        A forecast is compared with its own places only: it may stand still, being smooth.

    Raises
    ------
    SheetError
        When most of a column is in doubt.
    """
    notes: list[Event] = []
    for quantity, values in table.values.items():
        there = ~np.isnan(values)
        if not there.any():
            continue
        if observed:
            _as_nodes(conn, table, quantity)
        if observed and quantity == RAIN:
            notes += _as_counter(conn, table)
        if quantity in APART:
            _as_neighbours(conn, table, quantity, observed=observed)
        found = [*_in_doubt(table, quantity, there)]
        total, doubt = int(there.sum()), int((there & (table.qc[quantity] & _DOUBTS != 0)).sum())
        if total >= FEWEST and doubt >= DOUBTFUL * total:
            worst = max(found, key=lambda each: int(each.params["count"] or 0), default=None)
            kind = worst.kind if worst else "series_counts"
            why = event("column_in_doubt", column=quantity, count=doubt, total=total, doubt=kind)
            raise SheetError(name, why)
        notes += found
    return notes


def _in_doubt(table: Table, quantity: str, there: NDArray[np.bool_]) -> Iterator[Event]:
    """Say for each place what is in doubt of a quantity."""
    bits = np.where(there, table.qc[quantity], 0)
    for place in np.unique(table.place[bits & _DOUBTS != 0]).tolist():
        mine = table.place == place
        name = table.names[place]
        if count := int((stands := mine & (bits & FREEZE != 0)).sum()):
            first = moment(int(table.time[stands].min()))
            yield event("series_stands", place=name, quantity=quantity, count=count, first=first)
        if count := int((jumps := mine & (bits & STEP != 0)).sum()):
            first = moment(int(table.time[jumps].min()))
            yield event("series_jumps", place=name, quantity=quantity, count=count, first=first)
        if quantity != RAIN and (count := int((unlike := mine & (bits & LOGICAL != 0)).sum())):
            first = moment(int(table.time[unlike].min()))
            yield event("series_unlike", place=name, quantity=quantity, count=count, first=first)


@dataclass(frozen=True)
class _Series:
    """A quantity's values with what stood before them: place, time and value of each.

    `rows` are the table's, which stand at the end.
    """

    rows: NDArray[np.intp]
    place: NDArray[np.int32]
    time: NDArray[np.int64]
    value: Array


def _with_before(conn: Connection, table: Table, quantity: str, hours: float) -> _Series:
    rows = np.flatnonzero(~np.isnan(table.values[quantity]))
    start = int(table.time[rows].min())
    back = moment(start - int(HOUR_S * hours))
    place, time = table.place[rows], table.time[rows]
    value = table.values[quantity][rows]
    before = weather.observed_dataset(conn, [quantity], back, moment(start))
    if before is not None:
        old = before[quantity].transpose("time", "site").values
        names = {name: i for i, name in enumerate(table.names)}
        own = np.array([names.get(str(site), -1) for site in before["site"].values], np.int32)
        hour, column = np.nonzero(~np.isnan(old) & (own >= 0))
        seconds = before["time"].values.astype("datetime64[s]").astype(np.int64)
        place = np.concatenate([own[column], place])
        time = np.concatenate([seconds[hour], time])
        value = np.concatenate([old[hour, column], value])
    return _Series(rows, place, time, value)


def _as_nodes(conn: Connection, table: Table, quantity: str) -> None:
    """Set the bits that `collector.checks` finds, going on from the hours before the file."""
    series = _with_before(conn, table, quantity, hours_that_count(quantity))
    order = np.lexsort((series.time, series.place))
    count = len(order)
    checked = check(
        series.place[order].astype(np.int32),
        np.full(count, by_name(quantity).id, np.int16),
        series.time[order],
        series.value[order],
        np.zeros(count, bool),
        np.full(count, HOUR_S, np.int32),
    )
    bits = np.empty(count, np.int16)
    bits[order] = checked.qc
    table.qc[quantity][series.rows] |= bits[count - len(series.rows) :]


def _as_counter(conn: Connection, table: Table) -> Iterator[Event]:
    """Set the bit of doubt on rain that counts on from the hours before the file, and say so."""
    series = _with_before(conn, table, RAIN, _COUNTED_H)
    for place in np.unique(table.place[series.rows]).tolist():
        here = np.flatnonzero(series.place == place)
        if is_counter(series.value[here[np.argsort(series.time[here])]]):
            rows = series.rows[table.place[series.rows] == place]
            table.qc[RAIN][rows] |= LOGICAL
            first = moment(int(table.time[rows].min()))
            yield event("series_counts", place=table.names[place], count=len(rows), first=first)


def _as_neighbours(conn: Connection, table: Table, quantity: str, *, observed: bool) -> None:
    """Set the bit of doubt on values that are far from all around them at the same hour."""
    values = table.values[quantity]
    rows = np.flatnonzero(~np.isnan(values))
    keys = np.stack([table.time[rows], table.issued[rows]])
    hours, which = np.unique(keys, axis=1, return_inverse=True)
    for begin in range(0, hours.shape[1], _BLOCK_H):
        here = (which >= begin) & (which < begin + _BLOCK_H)
        times = hours[0, begin : begin + _BLOCK_H]
        cube = np.full((len(times), len(table.names)), np.nan)
        cube[which[here] - begin, table.place[rows[here]]] = values[rows[here]]
        stations = np.array([table.positions[name] for name in table.names])
        around = _around(conn, table, quantity, times) if observed else None
        if around is not None:
            cube = np.concatenate([cube, around[0]], axis=1)
            stations = np.concatenate([stations, around[1]])
        odd = wild(quantity, cube, plane_km(*stations.T), RANGE_KM)
        marked = rows[here][odd[which[here] - begin, table.place[rows[here]]]]
        table.qc[quantity][marked] |= LOGICAL


def _around(
    conn: Connection, table: Table, quantity: str, times: NDArray[np.int64]
) -> tuple[Array, Array] | None:
    """Return what other stations and the nodes of open fields measured at these hours.

    Values (hour, station), and the stations' longitude and latitude [degree].
    """
    start, end = moment(int(times.min())), moment(int(times.max()) + HOUR_S)
    found: list[tuple[Array, Array]] = []
    others = weather.observed_dataset(conn, [quantity], start, end)
    hours = times.astype("datetime64[s]").astype("datetime64[ns]")
    if others is not None:
        others = others.isel(site=~np.isin(others["site"].values, table.names))
        where = np.stack([others["longitude"].values, others["latitude"].values], axis=1)
        found.append((others[quantity].reindex(time=hours).transpose("time", "site").values, where))
    villages = {v.id: place for v in registry.villages(conn) if (place := v.place) is not None}
    placed = {p.field for p in registry.placements(conn) if p.quantity == quantity}
    fields = [
        f
        for f in registry.fields(conn)
        if f.kind == "open" and f.id in placed and f.village in villages
    ]
    if fields:
        measured = readings.hourly_dataset(conn, [quantity], start, end, [f.id for f in fields])
        values = measured[quantity].reindex(time=hours).transpose("time", "site").values
        found.append((values, np.array([villages[f.village] for f in fields])))
    if not found:
        return None
    return np.concatenate([v for v, _ in found], axis=1), np.concatenate([w for _, w in found])
