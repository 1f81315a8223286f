"""Time at each temperature: what every dose (degree-hours, life, chilling) is computed from.

Known time is counted by hundredths of a degree, the resolution that temperatures travel in
(firmware/wire/quantities.py). A dose whose pace at a temperature is f(T) is then

    D = sum over T of seconds(T) f(T)

over known time, plus unknown time x f somewhere within what is assumed of it. So one pass over the
readings serves every product and every dose, and an answer is always an interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.coldchain.readings import HIGH_C, LOW_C, Known
from models.weather.dataset import Array

_PER_DEGREE = 100
#: The temperatures that time is counted at [degC].
GRID = np.arange(round(LOW_C * _PER_DEGREE), round(HIGH_C * _PER_DEGREE) + 1) / _PER_DEGREE


@dataclass(frozen=True, slots=True)
class Between:
    """An answer as an interval: the best and the worst that may be true, (logger,) each."""

    best: Array
    worst: Array


@dataclass(frozen=True, slots=True)
class Assumed:
    """What unknown time is taken for: anything from ``low_c`` to ``high_c`` [degC], at any moment.

    The best case holds the kindest of these temperatures for all of it, the worst case the
    unkindest. No inertia is assumed: a box that warms slowly does better than the worst case.
    ``high_c`` should be the warmest that the surroundings were, ``low_c`` the coldest.
    """

    low_c: float
    high_c: float

    def __post_init__(self) -> None:
        """Refuse what is no range of temperatures."""
        if not LOW_C <= self.low_c <= self.high_c <= HIGH_C:
            given = f"{self.low_c:g} to {self.high_c:g}"
            raise ValueError(f"assumed {given} is no range within {LOW_C:g} to {HIGH_C:g} degC")

    def of(self, table: Array) -> Array:
        """Cut the assumed temperatures out of a table over `GRID` (any units kept)."""
        return table[_bin(self.low_c) : _bin(self.high_c) + 1]


@dataclass(frozen=True, slots=True)
class Exposure:
    """Known time at each temperature of `GRID` (logger, temperature) [s], unknown time [s]."""

    at: Array
    unknown: Array

    @property
    def known(self) -> Array:
        """Known time of each logger [s]."""
        total: Array = self.at.sum(axis=1)
        return total


def exposure(known: Known) -> Exposure:
    """Count known time by temperature.

    Parameters
    ----------
    known
        Of `known_readings`.

    Raises
    ------
    ValueError
        If a temperature lies beyond `GRID`.
    """
    loggers, width = len(known.total), len(GRID)
    if len(known.value) and not LOW_C <= known.value.min() <= known.value.max() <= HIGH_C:
        given = f"{known.value.min():g} to {known.value.max():g}"
        raise ValueError(f"{given} is beyond {LOW_C:g} to {HIGH_C:g} degC: narrow the scale")
    place = np.rint((known.value - LOW_C) * _PER_DEGREE).astype(np.int64)
    place += known.logger * width
    counted = np.bincount(place, known.weight, loggers * width)
    at: Array = counted.reshape(loggers, width).astype(np.float64, copy=False)
    return Exposure(at, np.maximum(known.total - at.sum(axis=1), 0.0))


def dose(seen: Exposure, low: Array, high: Array, assumed: Assumed) -> Between:
    """Bound a dose: its pace per second at each temperature, known only to lie in a range.

    Parameters
    ----------
    seen
        Time at each temperature.
    low, high
        Least and greatest pace at each temperature of `GRID`, (temperature,), in units per second.
    assumed
        What unknown time is taken for.

    Returns
    -------
    Between
        In the units of the dose; more of it is worse.
    """
    return Between(
        seen.at @ low + seen.unknown * assumed.of(low).min(),
        seen.at @ high + seen.unknown * assumed.of(high).max(),
    )


def _bin(celsius: float) -> int:
    return round((celsius - LOW_C) * _PER_DEGREE)
