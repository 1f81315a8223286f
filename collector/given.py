"""What was given for single series: their own limits, and what a person struck, as arrays.

Where several rows cover a time the newest counts, so that each series has pieces of time that do
not overlap; what holds for a reading is looked up for a whole batch at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from collector.store.network.limits import Counting

T = TypeVar("T")
#: The pieces of a series: (series, since, until [s since 1970 UTC], what counts).
Row = tuple[int, float, float, T]
#: Times are within this of 1970 [s]: some 30,000 years.
_FAR = 1 << 40


def pieces(rows: Iterable[Row[T]]) -> list[Row[T]]:
    """Cut what was given, oldest first, into pieces that do not overlap: the newest counts."""
    by_series: dict[int, list[tuple[float, float, T]]] = {}
    for series, since, until, what in rows:
        by_series.setdefault(series, []).append((since, until, what))
    found: list[Row[T]] = []
    for series, given in sorted(by_series.items()):
        edges = sorted({edge for since, until, _ in given for edge in (since, until)})
        for start, end in pairwise(edges):
            newest = [what for since, until, what in given if since <= start and until >= end]
            if newest:
                found.append((series, start, end, newest[-1]))
    return found


def _key(series: NDArray[np.int64], time: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number that orders by series and time; times [s since 1970 UTC] may be infinite."""
    near = np.ceil(np.clip(time, -_FAR // 2, _FAR // 2 - 1)).astype(np.int64)
    keys: NDArray[np.int64] = series.astype(np.int64) * _FAR + near + _FAR // 2
    return keys


class _Pieces:
    """Pieces of series in order, to be looked up."""

    def __init__(self, rows: Sequence[Row[object]]) -> None:
        series = np.array([row[0] for row in rows], np.int64)
        self.start = _key(series, np.array([row[1] for row in rows], np.float64))
        self.end = _key(series, np.array([row[2] for row in rows], np.float64))

    def of(
        self, series: NDArray[np.int32], time: NDArray[np.int64]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which readings lie in a piece, and in which."""
        if not len(self.start):
            return np.empty(0, np.intp), np.empty(0, np.intp)
        keys = _key(series.astype(np.int64), time.astype(np.float64))
        piece = np.searchsorted(self.start, keys, side="right") - 1
        inside = np.flatnonzero((piece >= 0) & (keys < self.end[piece]))
        return inside, piece[inside]


@dataclass(frozen=True)
class Bounds:
    """Limits of each reading in its quantity's unit; `freeze_s` [s]."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    step: NDArray[np.float64]
    freeze_s: NDArray[np.float64]


@dataclass(frozen=True)
class Given:
    """What counts of single series.

    Attributes
    ----------
    limits : sequence
        Of `pieces`: limits that differ from those of the quantity.
    struck : sequence
        Of `pieces`: true where a person struck what was measured.
    """

    limits: Sequence[Row[Counting]] = ()
    struck: Sequence[Row[bool]] = ()
    _tables: tuple[_Pieces, NDArray[np.float64], _Pieces] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Lay the pieces out as arrays."""
        own = [row[3].limits for row in self.limits]
        values = np.array([[x.low, x.high, x.step, x.freeze_h] for x in own], np.float64)
        struck = [row for row in self.struck if row[3]]
        tables = _Pieces(self.limits), values.reshape(-1, 4), _Pieces(struck)
        object.__setattr__(self, "_tables", tables)

    def freeze_hours(self) -> dict[int, float]:
        """Return for how long a value may stand [h], of series that have a limit of their own."""
        found: dict[int, float] = {}
        for series, _, _, row in self.limits:
            hours = row.limits.freeze_h
            if hours is not None and np.isfinite(hours):
                found[series] = max(hours, found.get(series, 0.0))
        return found

    def bounds(
        self, series: NDArray[np.int32], time: NDArray[np.int64], usual: Bounds
    ) -> tuple[Bounds, NDArray[np.intp]]:
        """Return the limits of readings, and which of them have limits of their own.

        Parameters
        ----------
        series, time : ndarray
            Of each reading; time [s since 1970 UTC].
        usual : Bounds
            Those of their quantities; changed in place.
        """
        table, values, _ = self._tables
        inside, piece = table.of(series, time)
        if len(inside):
            own = values[piece] * np.array([1.0, 1.0, 1.0, 3600.0])
            columns = (usual.low, usual.high, usual.step, usual.freeze_s)
            for column, new in zip(columns, own.T, strict=True):
                told = ~np.isnan(new)
                column[inside[told]] = new[told]
        return usual, inside

    def was_struck(self, series: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return which readings a person struck."""
        return self._tables[2].of(series, time)[0]


NOTHING = Given()
