"""Hours of weather from a file, as columns: small in memory, and quick to judge as a whole."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from collector.store.measured.weather import Block, WeatherValue
from field_configs.events import Event
from models.weather.dataset import Array

HOUR_S = 3600
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Table:
    """Hours, one row for each line or step of a document.

    Attributes
    ----------
    names : list of str
        Places.
    place, line : ndarray
        Index of each row's place in `names`; the line that it came from.
    time, issued : ndarray
        Start of the hour, and when it was said [s since 1970 UTC].
    values, qc : dict
        Of each quantity: values in its unit (NaN: none), quality bits.
    positions : dict
        Longitude and latitude [degree] of each place.
    origin : callable
        Says where a line stands in its file.
    repeats : list of int
        Lines that said the same as one before them.
    notes : list of Event
        What one should know of how the file was read.
    """

    names: list[str]
    place: NDArray[np.int32]
    line: NDArray[np.int32]
    time: NDArray[np.int64]
    issued: NDArray[np.int64]
    values: dict[str, Array]
    qc: dict[str, NDArray[np.int16]]
    positions: dict[str, tuple[float, float]]
    origin: Callable[[int], int | str] = int
    repeats: list[int] = field(default_factory=list)
    notes: list[Event] = field(default_factory=list)

    def drop(self, rows: NDArray[np.bool_]) -> None:
        """Leave rows out."""
        keep = ~rows
        self.place, self.line = self.place[keep], self.line[keep]
        self.time, self.issued = self.time[keep], self.issued[keep]
        self.values = {name: column[keep] for name, column in self.values.items()}
        self.qc = {name: column[keep] for name, column in self.qc.items()}

    def filled(self) -> NDArray[np.bool_]:
        """Tell which rows hold a value."""
        found = np.zeros(len(self.line), bool)
        for column in self.values.values():
            found |= ~np.isnan(column)
        return found

    def in_order(self) -> NDArray[np.intp]:
        """Return the rows by place, time, issue and line."""
        return np.lexsort((self.line, self.issued, self.time, self.place))

    def series(self, quantity: str) -> Iterator[tuple[str, NDArray[np.intp]]]:
        """Yield each place with its rows that hold a quantity, in the order of time."""
        order = self.in_order()
        order = order[~np.isnan(self.values[quantity][order])]
        place = self.place[order]
        for rows in np.split(order, np.flatnonzero(np.diff(place)) + 1):
            if len(rows):
                yield self.names[self.place[rows[0]]], rows

    def blocks(self) -> Iterator[Block]:
        """Yield the values, quantity by quantity."""
        for name, column in self.values.items():
            rows = np.flatnonzero(~np.isnan(column))
            if len(rows):
                place, line = self.place[rows], self.line[rows]
                time, issued = self.time[rows], self.issued[rows]
                bits = self.qc[name][rows]
                yield Block(self.names, name, place, line, time, issued, column[rows], bits)

    def each(self) -> Iterator[WeatherValue]:
        """Yield the values one by one."""
        columns = [
            (name, column.tolist(), self.qc[name].tolist()) for name, column in self.values.items()
        ]
        place, line = self.place.tolist(), self.line.tolist()
        time, issued = self.time.tolist(), self.issued.tolist()
        for row, where in enumerate(place):
            hour, said = moment(time[row]), moment(issued[row])
            for name, column, bits in columns:
                value = column[row]
                if value == value:  # not NaN
                    yield WeatherValue(
                        line[row], self.names[where], name, hour, said, value, bits[row]
                    )


@lru_cache(maxsize=65_536)
def moment(seconds: int) -> datetime:
    """Return the time that lies so many seconds after 1970, UTC."""
    return EPOCH + timedelta(seconds=seconds)


class Rows:
    """A table as it grows; numbers take 8 bytes each until it is done.

    Parameters
    ----------
    quantities : sequence of str
        Its columns of values.
    """

    def __init__(self, quantities: Sequence[str]) -> None:
        self.line, self.place = array("i"), array("i")
        self.time, self.issued = array("q"), array("q")
        self.values = {name: array("d") for name in quantities}

    def done(self, names: list[str]) -> Table:
        """Return the table."""
        count = len(self.line)
        return Table(
            names,
            np.frombuffer(self.place, np.int32) if count else np.empty(0, np.int32),
            np.frombuffer(self.line, np.int32) if count else np.empty(0, np.int32),
            np.frombuffer(self.time, np.int64) if count else np.empty(0, np.int64),
            np.frombuffer(self.issued, np.int64) if count else np.empty(0, np.int64),
            {
                name: np.frombuffer(column, np.float64).copy() if count else np.empty(0)
                for name, column in self.values.items()
            },
            {name: np.zeros(count, np.int16) for name in self.values},
            {},
        )
