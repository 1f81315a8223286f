"""Daily features: the numbers that hazards are made of, each computed once per site and day.

A feature turns the hours of one local day into one number per site, as a ``Range``: the lowest
and the highest value that the missing hours allow. When every hour is there, ``lo`` and ``hi``
are the same array. Nothing here knows a hazard; the catalogue shares these functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware.wire.quantities import by_name
from models.weather.dataset import PLAUSIBLE, Array


class Range(NamedTuple):
    """Lowest and highest possible value; the same object twice when nothing is missing.

    Numbers, or false and true for a condition: false in ``lo`` and true in ``hi`` is unknown.
    """

    lo: NDArray[Any]
    hi: NDArray[Any]


@dataclass(frozen=True)
class Feature:
    """A named daily number.

    Parameters
    ----------
    name
        Unique in the whole catalogue; two hazards that use the same name share the computation.
    compute
        Function of a `DayHours` returning a `Range` of arrays (site,).
    inputs
        Quantity names it reads.
    unit
        Unit of the value.
    span
        Hours it looks at, relative to the local midnight that starts the day: (0, 24) is the
        calendar day, (-12, 12) noon to noon (a whole night), (-24, 24) two days.
    estimated
        True when an input is itself an estimate (leaf wetness from humidity and rain).
    aggregation
        How the hours become the day ("mean", "sum", "minimum", ...), for the printed catalogue.
    """

    name: str
    compute: Callable[[DayHours], Range] = field(compare=False)
    inputs: tuple[str, ...]
    unit: str
    span: tuple[int, int] = (0, 24)
    estimated: bool = False
    aggregation: str = "custom"


class DayHours:
    """The hours of one local day (or another span of hours) at all sites.

    ``get(quantity)`` gives a `Range` of arrays (hour, site). What hazards derive from it is
    kept for the other features of the day: by ``hourly``, when every value depends on its own
    hour alone, so that a span over midnight is put together from two days; by ``shared``,
    when not.
    """

    def __init__(
        self,
        day: date,
        hours: Mapping[str, Array],
        shape: tuple[int, int],
        wetness_measured: NDArray[np.bool_] | None = None,
        wet_threshold: Array | None = None,
        first_hour: int = 0,
        pieces: tuple[tuple[DayHours, slice], ...] = (),
    ) -> None:
        self.date = day
        self.shape = shape
        self.wetness_measured = wetness_measured
        self.wet_threshold = wet_threshold
        #: Local clock hour of every row, 0..23.
        self.clock = (np.arange(shape[0]) + first_hour) % 24
        self._hours = hours
        self._pieces = pieces
        self._kept: dict[str, Range] = {}
        self._sums: dict[str, Array] = {}

    def get(self, quantity: str) -> Range:
        """Hourly values (hour, site) of a quantity, in its unit, with bounds where missing."""
        return self.hourly(quantity, lambda day: day._read(quantity))

    def total(self, quantity: str) -> Range:
        """Sum over the hours (site,), in the quantity's unit."""
        hours = self.get(quantity)
        if hours.hi is hours.lo and quantity in self._sums:
            return Range(self._sums[quantity], self._sums[quantity])
        return both(lambda x: x.sum(axis=0), hours)

    def hourly(self, name: str, make: Callable[[DayHours], Range]) -> Range:
        """Make an hour-by-hour derived `Range` (hour, site) once and keep it under ``name``."""
        if name not in self._kept:
            self._kept[name] = self._joined(name, make) if self._pieces else make(self)
        return self._kept[name]

    def shared(self, name: str, make: Callable[[str], Range]) -> Range:
        """Make any derived `Range` of this span once and keep it under ``name``."""
        if name not in self._kept:
            self._kept[name] = make(name)
        return self._kept[name]

    def _joined(self, name: str, make: Callable[[DayHours], Range]) -> Range:
        parts = [(day.hourly(name, make), rows) for day, rows in self._pieces]
        lo = np.concatenate([part.lo[rows] for part, rows in parts])
        if all(part.hi is part.lo for part, _ in parts):
            return Range(lo, lo)
        return Range(lo, np.concatenate([part.hi[rows] for part, rows in parts]))

    def _read(self, quantity: str) -> Range:
        if quantity not in PLAUSIBLE:
            by_name(quantity)  # raises, and names the nearest quantity
        low, high = PLAUSIBLE[quantity]
        values = self._hours.get(quantity)
        if values is None:
            return Range(np.full(self.shape, low), np.full(self.shape, high))
        total = values.sum(axis=0)
        if not np.isnan(total).any():
            self._sums[quantity] = total
            return Range(values, values)
        gaps = np.isnan(values)
        return Range(np.where(gaps, low, values), np.where(gaps, high, values))


def spanned(yesterday: DayHours, today: DayHours, span: tuple[int, int]) -> DayHours:
    """The hours from ``span[0]`` to ``span[1]``, counted from today's midnight [h].

    Parameters
    ----------
    yesterday, today
        Two calendar days at the same sites.
    span
        First hour and end; a negative first hour is one of yesterday's [h].
    """
    first, last = span
    length = today.shape[0]
    pieces: tuple[tuple[DayHours, slice], ...] = ((today, slice(max(first, 0), last)),)
    if first < 0:
        pieces = ((yesterday, slice(length + first, length)), *pieces)
    return DayHours(
        today.date,
        {},
        (last - first, today.shape[1]),
        today.wetness_measured,
        today.wet_threshold,
        first % length,
        pieces,
    )


def count(hours: NDArray[np.bool_]) -> Array:
    """Number of true hours (site,) of a condition (hour, site) [h], at most 255.

    Parameters
    ----------
    hours
        False or true (hour, site).
    """
    found: Array = hours.view(np.uint8).sum(axis=0, dtype=np.uint8).astype(np.float64)
    return found


def both(function: Callable[[NDArray[Any]], NDArray[Any]], hours: Range) -> Range:
    """Apply a non-decreasing function to both bounds, once when they are the same.

    Parameters
    ----------
    function
        From (hour, site) to any shape; must not decrease in any element.
    hours
        Bounds, in any unit.
    """
    lo = function(hours.lo)
    return Range(lo, lo if hours.hi is hours.lo else function(hours.hi))


def both_of(
    function: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]], a: Range, b: Range
) -> Range:
    """Apply a function that does not decrease in either argument to both bounds.

    Parameters
    ----------
    function
        Must not decrease in any element of either argument.
    a, b
        Bounds, in any unit.
    """
    lo = function(a.lo, b.lo)
    same = a.hi is a.lo and b.hi is b.lo
    return Range(lo, lo if same else function(a.hi, b.hi))


def mean(quantity: str, unit: str = "", span: tuple[int, int] = (0, 24)) -> Feature:
    """Mean over the hours of the span, in the quantity's unit.

    Parameters
    ----------
    quantity, unit
        A quantity of the vocabulary, and its unit for the printed catalogue.
    span
        First hour and end, counted from the local midnight that starts the day [h].
    """

    def compute(day: DayHours) -> Range:
        return both(lambda x: x / day.shape[0], day.total(quantity))

    return _simple("mean", quantity, unit, span, compute)


def total(quantity: str, unit: str = "", span: tuple[int, int] = (0, 24)) -> Feature:
    """Sum over the hours of the span, in the quantity's unit.

    Parameters
    ----------
    quantity, unit
        A quantity of the vocabulary, and its unit for the printed catalogue.
    span
        First hour and end, counted from the local midnight that starts the day [h].
    """
    return _simple("sum", quantity, unit, span, lambda day: day.total(quantity))


def lowest(quantity: str, unit: str = "", span: tuple[int, int] = (0, 24)) -> Feature:
    """Lowest hourly value of the span, in the quantity's unit.

    Parameters
    ----------
    quantity, unit
        A quantity of the vocabulary, and its unit for the printed catalogue.
    span
        First hour and end, counted from the local midnight that starts the day [h].
    """
    return _simple(
        "minimum",
        quantity,
        unit,
        span,
        lambda day: both(lambda x: x.min(axis=0), day.get(quantity)),
    )


def highest(quantity: str, unit: str = "", span: tuple[int, int] = (0, 24)) -> Feature:
    """Highest hourly value of the span, in the quantity's unit.

    Parameters
    ----------
    quantity, unit
        A quantity of the vocabulary, and its unit for the printed catalogue.
    span
        First hour and end, counted from the local midnight that starts the day [h].
    """
    return _simple(
        "maximum",
        quantity,
        unit,
        span,
        lambda day: both(lambda x: x.max(axis=0), day.get(quantity)),
    )


def at_hour(quantity: str, clock: int, unit: str = "") -> Feature:
    """Value of one local clock hour (0..23), in the quantity's unit.

    Parameters
    ----------
    quantity, unit
        A quantity of the vocabulary, and its unit for the printed catalogue.
    clock
        Local clock hour at which the hour starts, 0..23 [h].
    """
    return _simple(
        f"at{clock:02d}",
        quantity,
        unit,
        (0, 24),
        lambda day: both(lambda x: x[clock].copy(), day.get(quantity)),
    )


def hours_where(
    name: str,
    condition: Callable[..., NDArray[np.bool_]],
    quantities: tuple[str, ...],
    span: tuple[int, int] = (0, 24),
) -> Feature:
    """Hours of the span for which a condition of several quantities holds [h].

    Any condition will do: an hour with a missing quantity counts as "does not hold" in the
    lower and as "holds" in the upper bound.

    Parameters
    ----------
    name
        Name of the feature.
    condition
        Function of hourly values (hour, site), one argument per quantity.
    quantities
        Quantities of the vocabulary, in the order of the arguments.
    span
        First hour and end, counted from the local midnight that starts the day [h].
    """

    def compute(day: DayHours) -> Range:
        ranges = [day.get(q) for q in quantities]
        hold = condition(*(r.lo for r in ranges))
        if all(r.hi is r.lo for r in ranges):
            sure = count(hold)
            return Range(sure, sure)
        known = np.ones(day.shape, dtype=bool)
        for r in ranges:
            if r.hi is not r.lo:
                known &= r.lo == r.hi
        lo = count(hold & known)
        return Range(lo, lo + count(~known))

    return Feature(name, compute, quantities, "h", span, False, "hours")


def _simple(
    kind: str,
    quantity: str,
    unit: str,
    span: tuple[int, int],
    compute: Callable[[DayHours], Range],
) -> Feature:
    return Feature(
        f"{kind}:{quantity}[{span[0]},{span[1]}]", compute, (quantity,), unit, span, False, kind
    )
