"""Readings of loggers: which of them are known, and which time lies between known ones.

A reading is known where it is a number, lies on the sensor's scale and is not frozen. Time is known
between two known readings that are no farther apart than the longest gap; all other time is
unknown, is counted as that, and is never taken as in range. Each known reading stands for half of
the known time on either side of it (the trapezoidal rule for any function of temperature).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firmware.wire.quantities import by_name
from models.weather.dataset import Array

_HEAT, _DAMP = by_name("air_temperature"), by_name("relative_humidity")
#: The scale that a temperature is on, by the vocabulary [degC].
LOW_C, HIGH_C = float(_HEAT.low), float(_HEAT.high)
#: Temperatures that do not change for so long are frozen, by the vocabulary [s].
FROZEN_S = 3600.0 * float(_HEAT.freeze_h)
#: The same of humidity, [%] and [s]: give both to `known_readings`.
HUMIDITY_SCALE = float(_DAMP.low), float(_DAMP.high)
HUMIDITY_FROZEN_S = 3600.0 * float(_DAMP.freeze_h)
#: The longest time between two readings that still counts as known [s]: our own choice.
LONGEST_GAP_S = 1800.0


@dataclass(frozen=True, slots=True)
class Known:
    """The known readings of some loggers, laid end to end.

    ``time`` [s since 1970 UTC], ``value`` [degC] (or %, of humidity), ``logger`` (row of the array
    they came from) and ``weight``, the known time [s] that each stands for, are of shape (known
    reading,); ``joined`` says whether the time up to the next one is known. ``total`` and ``gaps``
    are of shape (logger,): all time [s], known or not, and how many stretches of it are unknown.
    """

    time: Array
    value: Array
    logger: NDArray[np.int64]
    weight: Array
    joined: NDArray[np.bool_]
    total: Array
    gaps: NDArray[np.int64]

    @property
    def known(self) -> Array:
        """Known time of each logger [s]."""
        return np.bincount(self.logger, self.weight, len(self.total)).astype(np.float64)

    @property
    def unknown(self) -> Array:
        """Unknown time of each logger [s]."""
        return np.maximum(self.total - self.known, 0.0)


def known_readings(
    times: ArrayLike,
    values: ArrayLike,
    *,
    scale: tuple[float, float] = (LOW_C, HIGH_C),
    frozen_s: float = FROZEN_S,
    longest_gap_s: float = LONGEST_GAP_S,
    span: tuple[ArrayLike, ArrayLike] | None = None,
) -> Known:
    """Take the known readings, and with them the known time, out of what loggers sent.

    Parameters
    ----------
    times
        When [s since 1970 UTC], (reading,) for all loggers or (logger, reading) for each; never
        falling. A logger with fewer readings than others is filled up with its last time and NaN.
    values
        Temperature [degC], (logger, reading) or (reading,) for one logger; NaN where there is none.
    scale
        The sensor's scale, in units of the values. What lies beyond is unknown; narrow it for a
        sensor whose faults read as the ends of its scale.
    frozen_s
        How long a reading may stay the same [s]. A longer run is unknown after its first reading.
    longest_gap_s
        See the module [s].
    span
        From when to when the product was on its way [s since 1970 UTC], one number or (logger,)
        each; None: from the first to the last time given.

    Raises
    ------
    ValueError
        If shapes do not fit, a time is not finite or falls, the scale is none, or the span leaves
        readings out.
    """
    value = np.atleast_2d(np.asarray(values, dtype=np.float64))
    when = np.asarray(times, dtype=np.float64)
    if when.shape not in (value.shape, value.shape[1:]) or not value.shape[1]:
        raise ValueError(f"times are {when.shape}, values {value.shape}: give a time each")
    if not scale[0] < scale[1]:
        raise ValueError(f"scale {scale} is none: give its low end first")
    _check_times(when)
    when = np.broadcast_to(when, value.shape)
    total = _total(when, span)
    sound = (value >= scale[0]) & (value <= scale[1])  # NaN is neither
    time, kept, logger = _taken(when, value, sound)
    thawed = _thawed(time, kept, _ends(logger, len(value)), frozen_s)
    if thawed is not None:
        time, kept, logger = time[thawed], kept[thawed], logger[thawed]
    ends = _ends(logger, len(value))
    weight, joined = _weighed(time, ends, longest_gap_s)
    gaps = _gaps(_span(when, span), time, ends, joined)
    return Known(time, kept, logger, weight, joined, total, gaps)


def _ends(logger: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Tell where the readings of each logger end."""
    return np.searchsorted(logger, np.arange(count), side="right").astype(np.int64)


def _weighed(
    time: Array, ends: NDArray[np.int64], longest_gap_s: float
) -> tuple[Array, NDArray[np.bool_]]:
    weight, joined = np.zeros(len(time)), np.zeros(len(time), dtype=bool)
    if len(time):
        apart = np.diff(time)
        joined[:-1] = apart <= longest_gap_s
        joined[ends[ends > 0] - 1] = False
        half = np.where(joined[:-1], 0.5 * apart, 0.0)
        weight[:-1] += half
        weight[1:] += half
    return weight, joined


def _check_times(when: Array) -> None:
    if not np.isfinite(when).all():
        raise ValueError("a time is not finite: drop readings without a time")
    falls = np.argwhere(np.diff(np.atleast_2d(when), axis=1) < 0)
    if len(falls):
        logger, reading = falls[0]
        raise ValueError(f"times fall at reading {reading + 1} of logger {logger}: sort them")


def _span(when: Array, span: tuple[ArrayLike, ArrayLike] | None) -> tuple[Array, Array]:
    if span is None:
        return when[:, 0], when[:, -1]
    begin, end = (np.broadcast_to(np.asarray(s, dtype=np.float64), len(when)) for s in span)
    return begin, end


def _total(when: Array, span: tuple[ArrayLike, ArrayLike] | None) -> Array:
    begin, end = _span(when, span)
    left_out = np.flatnonzero((begin > when[:, 0]) | (end < when[:, -1]))
    if len(left_out):
        raise ValueError(f"the span of logger {left_out[0]} leaves readings out: cut them first")
    total: Array = end - begin
    return total


def _taken(
    when: Array, value: Array, sound: NDArray[np.bool_]
) -> tuple[Array, Array, NDArray[np.int64]]:
    rows = np.arange(len(value))
    if sound.all():
        return when.ravel(), value.ravel(), np.repeat(rows, value.shape[1])
    return when[sound], value[sound], np.repeat(rows, sound.sum(axis=1))


def _thawed(
    time: Array, value: Array, ends: NDArray[np.int64], frozen_s: float
) -> NDArray[np.bool_] | None:
    """Tell which readings are no part of a frozen run but its first; None where all are not."""
    same = np.zeros(len(value) + 1, dtype=bool)  # as the reading before; the last closes a run
    np.equal(value[1:], value[:-1], out=same[1:-1])
    same[ends] = False  # the next logger's first reading repeats nothing
    edges = np.flatnonzero(same[1:] != same[:-1])  # a run's first reading, and its last
    first, last = edges[::2], edges[1::2]
    frozen = np.flatnonzero(time[last] - time[first] >= frozen_s)
    if not len(frozen):
        return None
    thawed = np.ones(len(time), dtype=bool)
    for run in frozen:
        thawed[first[run] + 1 : last[run] + 1] = False
    return thawed


def _gaps(
    span: tuple[Array, Array], time: Array, ends: NDArray[np.int64], joined: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Count the unknown stretches of each logger: before, between and after known readings."""
    begin, end = span
    starts = np.concatenate(([0], ends[:-1]))
    some = ends > starts
    gaps = (end > begin).astype(np.int64)
    broken = np.searchsorted(np.flatnonzero(~joined), np.stack((starts, ends)))
    gaps[some] = (broken[1] - broken[0])[some] - 1  # the last reading of a logger is never joined
    gaps[some] += time[starts[some]] > begin[some]
    gaps[some] += time[ends[some] - 1] < end[some]
    return gaps
