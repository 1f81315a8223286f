"""What several leaf diseases share: spells of damp hours, their temperature, and severity tables.

A severity table gives units for hours of dampness within classes of temperature. Such a table
is no monotone function of temperature: where hours are missing, every class that the
temperature may have fallen into is looked at, and the lowest and highest value are the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.risk.features import DayHours, Range, both, both_of, count
from models.risk.wetness import humid
from models.weather.dataset import Array

#: Noon to noon: a night is one piece.
NIGHT = (-12, 12)


@dataclass(frozen=True)
class SeverityTable:
    """Units per day from hours of dampness, by class of temperature.

    Parameters
    ----------
    edges
        Ascending edges [degC] of the classes; a class holds its lower edge.
    steps
        For every class (hours from which on, units), ascending; below the first: 0 units.
    """

    edges: tuple[float, ...]
    steps: tuple[tuple[tuple[int, float], ...], ...]
    _units: Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.steps) != len(self.edges) - 1:
            raise ValueError(
                f"severity table: {len(self.edges)} edges enclose {len(self.edges) - 1} classes, "
                f"but {len(self.steps)} are given; give one row of steps per class"
            )
        units = np.zeros((len(self.steps) + 2, 25))
        for row, steps in enumerate(self.steps, start=1):
            for hours, value in steps:
                units[row, hours:] = value
        object.__setattr__(self, "_units", units)

    @property
    def shortest(self) -> int:
        """Hours below which nothing counts [h]."""
        return min(hours for steps in self.steps for hours, _ in steps)

    @cached_property
    def most(self) -> Array:
        """Most units of a run of possible hours (hours, hours that may break it)."""
        alone = self._units.max(axis=0)
        found = np.tile(alone[:, None], (1, 25))
        for breaks in range(1, 25):
            for hours in range(25):
                split = [alone[a] + found[hours - 1 - a, breaks - 1] for a in range(hours)]
                found[hours, breaks] = max([found[hours, breaks - 1], *split])
        return found

    def units(self, hours: Array, temperature: Array) -> Array:
        """Units of a day.

        Parameters
        ----------
        hours
            Damp hours, 0..24 [h]; begun hours do not count.
        temperature
            Their mean temperature [degC]; NaN (no damp hour) gives 0.
        """
        found = self._units[self._class(temperature), _whole(hours)]
        return np.asarray(found)

    def bounds(self, hours: Range, temperature: Range) -> Range:
        """Units of a day with bounds; a temperature bound NaN on both sides gives 0."""
        if hours.hi is hours.lo and temperature.hi is temperature.lo:
            exact = self.units(hours.lo, temperature.lo)
            return Range(exact, exact)
        coldest, warmest = self._class(temperature.lo), self._class(temperature.hi)
        few, many = _whole(hours.lo), _whole(hours.hi)
        lo = np.full(hours.lo.shape, np.inf)
        hi = np.full(hours.lo.shape, -np.inf)
        for row, units in enumerate(self._units):
            possible = (coldest <= row) & (row <= warmest)
            lo = np.where(possible, np.minimum(lo, units[few]), lo)
            hi = np.where(possible, np.maximum(hi, units[many]), hi)
        return Range(lo, hi)

    def _class(self, temperature: Array) -> NDArray[np.intp]:
        return np.searchsorted(np.asarray(self.edges), temperature, side="right")


def _whole(hours: Array) -> NDArray[np.intp]:
    return np.clip(hours, 0.0, 24.0).astype(np.intp)


def added(when: Array | NDArray[np.bool_]) -> Array:
    """Hours (site,) of a condition or of shares (hour, site) [h].

    Parameters
    ----------
    when
        False or true, or the share of every hour (hour, site).
    """
    if when.dtype == np.float64:
        return np.asarray(when.sum(axis=0))
    return count(np.asarray(when, dtype=bool))


def damp(day: DayHours, threshold: float) -> Range:
    """Wetness under a roof, per hour (hour, site) [h]: measured, else humidity at a threshold [%].

    Rain does not count. The placement's own threshold goes before the one given.

    Parameters
    ----------
    day
        Hours of the span that the feature declares (hour, site) [degC], [%].
    threshold
        Relative humidity [%].
    """

    def make(_: str) -> Range:
        found = both(lambda wet: wet.astype(np.float64), humid(day, threshold))
        if day.wet_threshold is not None:
            humidity = day.get("relative_humidity")
            limit = day.wet_threshold
            found = both_of(lambda h, t: (h >= t).astype(np.float64), humidity, Range(limit, limit))
        if day.wetness_measured is None or not day.wetness_measured.any():
            return found
        minutes = day.get("leaf_wetness_duration")
        lo = np.where(day.wetness_measured, minutes.lo / 60.0, found.lo)
        same = minutes.hi is minutes.lo and found.hi is found.lo
        return Range(
            lo, lo if same else np.where(day.wetness_measured, minutes.hi / 60.0, found.hi)
        )

    return day.shared(f"damp>={threshold:g}", make)


def hours_and_warmth(day: DayHours, when: Range) -> tuple[Range, Range]:
    """Hours of the day's span [h] for which ``when`` holds, and their mean temperature [degC].

    Parameters
    ----------
    day
        Any span.
    when
        Share of every hour (hour, site), 0..1.
    """
    heat = day.get("air_temperature")
    lo = added(when.lo)
    with np.errstate(invalid="ignore"):
        warmth = (when.lo * heat.lo).sum(axis=0) / lo
    if when.hi is when.lo and heat.hi is heat.lo:
        return Range(lo, lo), Range(warmth, warmth)
    gaps = (when.lo != when.hi).any(axis=0) | (heat.lo != heat.hi).any(axis=0)
    return Range(lo, added(when.hi)), _warmth_between(warmth, heat, gaps)


def units_of_spells(day: DayHours, when: Range, table: SeverityTable) -> Range:
    """Units (site,) of all spells of consecutive hours for which ``when`` holds, added up.

    Where hours are missing, the longest sure spell gives the least; what may have been damp, broken
    wherever it may have been dry so that it counts the most, the most.

    Parameters
    ----------
    day
        Any span of a day [degC].
    when
        0 or 1 per hour (hour, site).
    table
        Units by the length and the mean temperature of one spell.
    """
    heat = day.get("air_temperature")
    sure = when.lo > 0.0
    exact = _spell_units(sure, heat.lo, table)
    if when.hi is when.lo and heat.hi is heat.lo:
        return Range(exact, exact)
    gaps = (when.lo != when.hi).any(axis=0) | (heat.lo != heat.hi).any(axis=0)
    warmth = Range(heat.lo.min(axis=0), heat.hi.max(axis=0))
    least = table.bounds(Range(longest(when.lo), longest(when.hi)), warmth).lo
    site, first, last = _runs(when.hi > 0.0)
    unsure = _sum_before(~sure)
    breaks = (unsure[last, site] - unsure[first, site]).astype(np.intp)
    most = np.bincount(site, table.most[last - first, breaks], minlength=len(exact))
    return Range(np.where(gaps, least, exact), np.where(gaps, most, exact))


def _runs(on: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Site, first hour and end of each run of ``on`` (hour, site), site by site."""
    edge = np.zeros((on.shape[1], 1), dtype=np.int8)
    step = np.diff(on.T.astype(np.int8), axis=1, prepend=edge, append=edge)
    site, first = np.nonzero(step > 0)
    return site, first, np.nonzero(step < 0)[1]


def _sum_before(hours: Array | NDArray[np.bool_]) -> Array:
    """Sum of the hours before each, and of all at the end (hour + 1, site)."""
    found = np.zeros((hours.shape[0] + 1, hours.shape[1]))
    np.cumsum(hours, axis=0, out=found[1:])
    return found


def _spell_units(on: NDArray[np.bool_], heat: Array, table: SeverityTable) -> Array:
    """Units (site,) of the spells of ``on`` (hour, site), at their mean temperatures [degC]."""
    site, first, last = _runs(on)
    long = last - first >= table.shortest
    site, first, last = site[long], first[long], last[long]
    total = _sum_before(heat)
    length = (last - first).astype(np.float64)
    warmth = (total[last, site] - total[first, site]) / length
    found = np.bincount(site, table.units(length, warmth), minlength=on.shape[1])
    return found.astype(np.float64)


def longest(when: Array) -> Array:
    """Length of the longest run of non-zero hours (hour, site) [h].

    Parameters
    ----------
    when
        Hours that count (hour, site).
    """
    run = np.zeros(when.shape[1])
    best = run
    for row in when:
        run = (run + 1.0) * (row > 0.0)
        best = np.maximum(best, run)
    return best


def _warmth_between(warmth: Array, heat: Range, gaps: NDArray[np.bool_]) -> Range:
    """Mean temperature [degC]: exact where nothing is missing, else between the extremes."""
    coldest, warmest = heat.lo.min(axis=0), heat.hi.max(axis=0)
    return Range(np.where(gaps, coldest, warmth), np.where(gaps, warmest, warmth))
