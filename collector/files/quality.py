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
    doubts = Doubts(table.names)
    for quantity, values in table.values.items():
        there = ~np.isnan(values)
        if not there.any():
            continue
        if observed:
            before = before_file(conn, quantity, int(table.time[there].min()))
            notes += alone(table, quantity, before)
        as_neighbours(conn, table, quantity, observed=observed)
        doubts.add(table, quantity)
        notes += doubts.said(quantity, name)
    return notes


class Doubts:
    """How many values of each quantity and place are in doubt, and since when.

    Parameters
    ----------
    names : list of str
        Places.
    """

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self._total: dict[str, tuple[int, int]] = {}
        self._found: dict[tuple[str, int], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}

    def add(self, table: Table, quantity: str) -> None:
        """Count the values of a table of these places."""
        there = ~np.isnan(table.values[quantity])
        bits = np.where(there, table.qc[quantity], 0)
        total, doubt = self._total.get(quantity, (0, 0))
        doubtful = int((bits & _DOUBTS != 0).sum())
        self._total[quantity] = total + int(there.sum()), doubt + doubtful
        for bit in (FREEZE, STEP, LOGICAL) if doubtful else ():
            rows = np.flatnonzero(bits & bit)
            count, first = self._found.setdefault(
                (quantity, bit),
                (np.zeros(len(self.names), np.int64), np.full(len(self.names), 1 << 60)),
            )
            np.add.at(count, table.place[rows], 1)
            np.minimum.at(first, table.place[rows], table.time[rows])

    def said(self, quantity: str, file: str) -> list[Event]:
        """Say for each place what is in doubt of a quantity.

        Raises
        ------
        SheetError
            When most of it is.
        """
        found = [*self._events(quantity)]
        total, doubt = self._total.get(quantity, (0, 0))
        if total >= FEWEST and doubt >= DOUBTFUL * total:
            worst = max(found, key=lambda each: int(each.params["count"] or 0), default=None)
            kind = worst.kind if worst else "series_counts"
            why = event("column_in_doubt", column=quantity, count=doubt, total=total, doubt=kind)
            raise SheetError(file, why)
        return found

    def _events(self, quantity: str) -> Iterator[Event]:
        none = np.zeros(len(self.names), np.int64)
        stands, since = self._found.get((quantity, FREEZE), (none, none))
        jumps, jumped = self._found.get((quantity, STEP), (none, none))
        unlike, first = self._found.get((quantity, LOGICAL), (none, none))
        for i in np.flatnonzero(stands + jumps + unlike).tolist():
            about = {"place": self.names[i], "quantity": quantity}
            if count := int(stands[i]):
                yield event("series_stands", **about, count=count, first=moment(int(since[i])))
            if count := int(jumps[i]):
                yield event("series_jumps", **about, count=count, first=moment(int(jumped[i])))
            if quantity != RAIN and (count := int(unlike[i])):
                yield event("series_unlike", **about, count=count, first=moment(int(first[i])))


@dataclass(frozen=True)
class Before:
    """What stood before a file, which begins at `start` [s since 1970 UTC].

    Times as those, values (time, place), and the places' columns.
    """

    start: int
    time: NDArray[np.int64]
    values: Array
    column: dict[str, int]


def before_file(conn: Connection, quantity: str, start: int) -> Before | None:
    """Return the hours before a moment [s since 1970 UTC] that a file's values are judged with."""
    hours = max(hours_that_count(quantity), _COUNTED_H if quantity == RAIN else 0.0)
    back = moment(start - int(HOUR_S * hours))
    found = weather.observed_dataset(conn, [quantity], back, moment(start))
    if found is None:
        return None
    return Before(
        start,
        found["time"].values.astype("datetime64[s]").astype(np.int64),
        found[quantity].transpose("time", "site").values,
        {str(site): i for i, site in enumerate(found["site"].values)},
    )


def alone(table: Table, quantity: str, before: Before | None) -> list[Event]:
    """Set the bits of what each place tells by itself; say where rain counts on."""
    if np.isnan(table.values[quantity]).all():
        return []
    series = _with_before(table, quantity, before)
    near = series
    if before is not None:
        near = series.since(before.start - int(HOUR_S * hours_that_count(quantity)))
    _as_nodes(table, quantity, near)
    return [*_as_counter(table, series)] if quantity == RAIN else []


@dataclass(frozen=True)
class _Series:
    """A quantity's values with what stood before them: place, time and value of each.

    `rows` are the table's, which stand at the end.
    """

    rows: NDArray[np.intp]
    place: NDArray[np.int32]
    time: NDArray[np.int64]
    value: Array

    def since(self, start: int) -> _Series:
        """Return it without what stood before a moment [s since 1970 UTC]."""
        keep = self.time >= start
        keep[len(keep) - len(self.rows) :] = True
        return _Series(self.rows, self.place[keep], self.time[keep], self.value[keep])


def _with_before(table: Table, quantity: str, before: Before | None) -> _Series:
    rows = np.flatnonzero(~np.isnan(table.values[quantity]))
    places = [table.place[rows]]
    times, values = [table.time[rows]], [table.values[quantity][rows]]
    for place in np.unique(places[0]).tolist() if before is not None else ():
        assert before is not None
        column = before.column.get(table.names[place])
        if column is not None:
            there = ~np.isnan(before.values[:, column])
            places.insert(0, np.full(int(there.sum()), place, np.int32))
            times.insert(0, before.time[there])
            values.insert(0, before.values[there, column])
    return _Series(rows, np.concatenate(places), np.concatenate(times), np.concatenate(values))


def _as_nodes(table: Table, quantity: str, series: _Series) -> None:
    """Set the bits that `collector.checks` finds, going on from the hours before the file."""
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


def _as_counter(table: Table, series: _Series) -> Iterator[Event]:
    """Set the bit of doubt on rain that counts on from the hours before the file, and say so."""
    for place in np.unique(table.place[series.rows]).tolist():
        here = np.flatnonzero(series.place == place)
        if is_counter(series.value[here[np.argsort(series.time[here])]]):
            rows = series.rows[table.place[series.rows] == place]
            table.qc[RAIN][rows] |= LOGICAL
            first = moment(int(table.time[rows].min()))
            yield event("series_counts", place=table.names[place], count=len(rows), first=first)


def as_neighbours(conn: Connection, table: Table, quantity: str, *, observed: bool) -> None:
    """Set the bit of doubt on values that are far from all around them at the same hour."""
    values = table.values[quantity]
    rows = np.flatnonzero(~np.isnan(values))
    if quantity not in APART or not len(rows):
        return
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
