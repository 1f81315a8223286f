"""What is counted and named of a file that is never held as a whole."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from field_configs.events import Event
from models.sheets.refused import MOST_NAMED, Refusals, Refused
from models.sheets.units import UNITS, Unit, most_likely, possible
from models.weather.dataset import Array


class Lines:
    """The least of many line numbers, and how many there were."""

    def __init__(self) -> None:
        self.total = 0
        self.least: list[int] = []

    def add(self, lines: list[int]) -> None:
        """Add line numbers."""
        self.total += len(lines)
        if lines:
            self.least = heapq.nsmallest(MOST_NAMED, [*self.least, *lines])


class Later:
    """Refused lines that come in another order than they are named in: the first are kept."""

    def __init__(self) -> None:
        self.total = 0
        self._found: list[tuple[tuple[int, int], Event]] = []

    def add(self, order: int, line: int, why: Event) -> None:
        """Add a line, behind those of a lower order and number."""
        self.total += 1
        self._found.append(((order, line), why))
        if len(self._found) > 2 * MOST_NAMED:
            self._found = self._first()

    def _first(self) -> list[tuple[tuple[int, int], Event]]:
        return heapq.nsmallest(MOST_NAMED, self._found, key=lambda each: each[0])

    def into(self, refusals: Refusals) -> None:
        """Name them."""
        first = (Refused(f"{refusals.name}:{at[1]}", why) for at, why in self._first())
        refusals.extend(first, self.total)


@dataclass
class Column:
    """What is counted of a column's values: all, those that cannot be, what would be in a unit."""

    total: int = 0
    bad: int = 0
    in_unit: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, values: Array, bad: NDArray[np.bool_]) -> None:
        """Count values, which are in our unit if their file is right."""
        there = values[~np.isnan(values)]
        self.total += len(there)
        self.bad += int(bad.sum())
        for unit in UNITS.get(name, ())[1:]:
            self.in_unit[unit.name] += possible(name, there, unit)

    def unit(self, name: str) -> Unit | None:
        """Return the unit that would make most of it possible."""
        return most_likely(name, self.in_unit, self.total)
