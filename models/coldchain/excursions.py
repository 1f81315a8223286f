"""Excursions: runs of known readings above or below a product's limits.

An excursion is made of neighbouring readings outside one limit, with known time between them. It
begins at its first reading outside and ends at the first one back inside; where a gap or the end of
the series comes first, it ends at its last reading and says that its end was not seen (its
beginning likewise). Its seconds and degree-hours are the shares of known time that its readings
stand for, so that they add up to those of the whole series. What happened in a gap is in no
excursion: the dose bounds it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from models.coldchain.exposure import GRID, Assumed, Between, Exposure, dose
from models.coldchain.readings import Known
from models.weather.dataset import Array

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Excursions:
    """Excursions as columns (excursion,), by logger and time.

    ``side`` is 1 above and -1 below; ``start`` and ``end`` [s since 1970 UTC]; ``peak`` the reading
    farthest out [degC]; ``seconds`` known time outside [s]; ``degree_hours`` beyond the limit
    [degC h]; ``first`` and ``last`` are the rows of its readings in `Known`.
    """

    logger: NDArray[np.int64]
    side: NDArray[np.int8]
    start: Array
    end: Array
    start_unseen: NDArray[np.bool_]
    end_unseen: NDArray[np.bool_]
    peak: Array
    seconds: Array
    degree_hours: Array
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def __len__(self) -> int:
        """Give the number of excursions."""
        return len(self.logger)

    def of(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Excursions:
        """Take some of them."""
        return Excursions(*(getattr(self, column.name)[rows] for column in fields(self)))


def excursions(known: Known, low: float, high: float) -> Excursions:
    """Find the excursions beyond two limits; a reading on a limit is inside.

    Parameters
    ----------
    known
        Of `known_readings`.
    low, high
        The product's limits, of temperature [degC] or of humidity [%] as the readings are.
    """
    value = known.value
    out = np.flatnonzero((value > high) | (value < low))
    side = np.where(value[out] > high, 1, -1).astype(np.int8)
    begins = np.ones(len(out), dtype=bool)
    begins[1:] = (np.diff(out) != 1) | (side[1:] != side[:-1]) | ~known.joined[out[1:] - 1]
    at = np.flatnonzero(begins)
    first = out[at]
    last = out[np.concatenate((at[1:], [len(out)])) - 1] if len(out) else first
    beyond = np.where(side > 0, value[out] - high, low - value[out])
    weight = known.weight[out]
    seconds, degree_hours, farthest = np.zeros(0), np.zeros(0), np.zeros(0)
    if len(out):
        seconds = np.add.reduceat(weight, at)
        degree_hours = np.add.reduceat(weight * beyond, at) / HOUR_S
        farthest = np.maximum.reduceat(beyond, at)
    up = side[at]
    seen_before = (first > 0) & known.joined[first - 1]
    seen_after = known.joined[last]
    return Excursions(
        known.logger[first],
        up,
        known.time[first],
        np.where(seen_after, known.time[np.minimum(last + 1, len(value) - 1)], known.time[last]),
        ~seen_before,
        ~seen_after,
        np.where(up > 0, high + farthest, low - farthest),
        seconds,
        degree_hours,
        first,
        last,
    )


def time_outside(known: Known, low: float, high: float) -> Between:
    """Time outside two limits [s], where nothing is assumed of a gap: at worst all of it is.

    Parameters
    ----------
    known
        Known readings, of temperature or humidity.
    low, high
        The limits, in units of the readings.
    """
    found = excursions(known, low, high)
    seen = np.bincount(found.logger, found.seconds, len(known.total)).astype(np.float64)
    return Between(seen, seen + known.unknown)


def outside(
    seen: Exposure, low_c: float, high_c: float, assumed: Assumed
) -> tuple[Between, Between]:
    """Time above and below the limits [s], bounded over unknown time.

    Parameters
    ----------
    seen
        Time at each temperature.
    low_c, high_c
        The product's limits [degC].
    assumed
        What unknown time is taken for.
    """
    above, below = (high_c < GRID).astype(float), (low_c > GRID).astype(float)
    return dose(seen, above, above, assumed), dose(seen, below, below, assumed)


def degree_hours(
    seen: Exposure, low_c: float, high_c: float, assumed: Assumed
) -> tuple[Between, Between]:
    """Degree-hours above and below the limits [degC h], bounded over unknown time.

    Parameters
    ----------
    seen
        Time at each temperature.
    low_c, high_c
        The product's limits [degC].
    assumed
        What unknown time is taken for.
    """
    above = np.maximum(GRID - high_c, 0.0) / HOUR_S
    below = np.maximum(low_c - GRID, 0.0) / HOUR_S
    return dose(seen, above, above, assumed), dose(seen, below, below, assumed)
