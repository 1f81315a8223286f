"""Quality checks of readings, as array functions: no clock, no database.

Bits are those of the IPM Decisions weather data model: 1 and 2 say what was checked, 4 to 128
what was found. Range, step and freeze limits come from the vocabulary, unless a placement has its
own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.given import NOTHING, Bounds, Given
from collector.store.measured.reading_log import HOUR_S, TAIL, VALID
from firmware.wire.quantities import QUANTITIES, by_name
from models.weather.quality import (
    FREEZE,
    INTERVAL,
    LOGICAL,
    MISSING,
    NOT_A_NUMBER,
    RANGE_CHECKED,
    STEP,
    STEP_CHECKED,
    STRUCK,
    UNREADABLE,
)

# A change is judged between neighbours that are no further apart than this [s]; within an hour
# the whole hourly limit is allowed, since limits for shorter times are not known.
STEP_GAP_S = 2 * HOUR_S
# The most rain that falls in a time grows with that time to this power: the world's records
# (Jennings 1950, Monthly Weather Review 78:4). So a limit for an hour gives that of a shorter step.
RECORD_POWER = 0.486
# A value that may stand longer than its quantity's freeze limit: fog holds humidity at 100 % for
# days on the North China Plain (unverified: how many).
STANDS_LONGER = {"relative_humidity": (100.0, 72.0)}

#: No valid readings before the first ones of a batch.
NO_TAILS = np.empty(0, VALID)
_NONE = np.array((-1, 0, np.nan, 0), VALID)

_HIGHEST = max(row.id for row in QUANTITIES) + 1


def _column(name: str, none: float) -> NDArray[np.float64]:
    column = np.full(_HIGHEST, np.nan)
    for row in QUANTITIES:
        value = getattr(row, name)
        column[row.id] = none if value is None else value
    return column


_LOW, _HIGH = _column("low", -np.inf), _column("high", np.inf)
_STEP, _FREEZE_S = _column("step", np.inf), _column("freeze_h", np.inf) * HOUR_S
_LONGER_AT, _LONGER_S = np.full(_HIGHEST, np.nan), np.zeros(_HIGHEST)
_GROWS = np.zeros(_HIGHEST)
for _row in QUANTITIES:
    if _row.name in STANDS_LONGER:
        _LONGER_AT[_row.id], _LONGER_S[_row.id] = STANDS_LONGER[_row.name]
    if _row.method == "sum" and _row.unit == "mm":
        _GROWS[_row.id] = RECORD_POWER
_LONGER_S *= HOUR_S
_IS_MINUTES = np.zeros(_HIGHEST, bool)
_IS_MINUTES[[row.id for row in QUANTITIES if row.unit == "min"]] = True


def hours_that_count(quantity: str) -> float:
    """Return for how long before it a value is looked at: for steps, and as long as it may stand.

    Parameters
    ----------
    quantity : str
        Name of the vocabulary.

    Returns
    -------
    float
        [h]
    """
    row = by_name(quantity)
    longer = STANDS_LONGER.get(quantity, (0.0, 0.0))[1]
    return max(row.freeze_h or 0.0, longer, STEP_GAP_S / HOUR_S)


@dataclass(frozen=True)
class Checked:
    """Result of `check`: quality bits of each reading, and the newest of each series (TAIL)."""

    qc: NDArray[np.int16]
    tails: NDArray[np.void]


def check(
    series: NDArray[np.int32],
    quantity: NDArray[np.int16],
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    missing: NDArray[np.bool_],
    step: NDArray[np.int32],
    before: NDArray[np.void] = NO_TAILS,
    given: Given = NOTHING,
) -> Checked:
    """Check a batch of readings, sorted by series and time.

    Parameters
    ----------
    series, quantity : ndarray
        Series number and vocabulary id of each reading.
    time : ndarray
        [s since 1970 UTC].
    value : ndarray
        In the quantity's unit.
    missing : ndarray of bool
        The device said that it has no value; such a reading only gets bit 128.
    step : ndarray
        Sample step of the device [s].
    before : structured ndarray of type VALID, sorted by series
        The valid readings before the first ones of the batch.
    given : Given
        What series have of their own: limits, and what was struck.

    Returns
    -------
    Checked
    """
    qc = np.where(missing, MISSING, RANGE_CHECKED).astype(np.int16)
    usual = Bounds(_LOW[quantity], _HIGH[quantity], _STEP[quantity], _FREEZE_S[quantity])
    bounds, own = given.bounds(series, time, usual)
    qc[given.was_struck(series, time)] |= STRUCK
    with np.errstate(invalid="ignore"):
        most = bounds.high * np.minimum(step / HOUR_S, 1.0) ** _GROWS[quantity]
        outside = (value < bounds.low) | (value > most)
        illogical = _IS_MINUTES[quantity] & (value * 60 > step)
    there = ~missing
    qc[there & ~np.isfinite(value)] |= NOT_A_NUMBER
    qc[there & outside] |= INTERVAL
    qc[there & illogical] |= LOGICAL
    # Where a value may stand longer, unless its placement says for how long.
    longer = np.where(value == _LONGER_AT[quantity], _LONGER_S[quantity], bounds.freeze_s)
    longer[own] = bounds.freeze_s[own]
    valid = np.flatnonzero((qc & UNREADABLE) == 0)
    stands = _Stands(bounds.step[valid], longer[valid])
    since = _compare(series[valid], time[valid], value[valid], stands, before, qc, valid)
    return Checked(qc, _tails(series, time, value, qc, valid, since))


@dataclass(frozen=True)
class _Stands:
    """How much valid readings may change in an hour, and for how long they may stand [s]."""

    step: NDArray[np.float64]
    freeze_s: NDArray[np.float64]


def _compare(
    series: NDArray[np.int32],
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    may: _Stands,
    before: NDArray[np.void],
    qc: NDArray[np.int16],
    places: NDArray[np.intp],
) -> NDArray[np.int64]:
    """Set the step and freeze bits of valid readings; return since when each value stands."""
    count = len(series)
    if not count:
        return np.empty(0, np.int64)
    first = np.flatnonzero(np.r_[True, series[1:] != series[:-1]])
    last_time, last_value = np.empty(count, np.int64), np.empty(count)
    last_time[1:], last_value[1:] = time[:-1], value[:-1]
    run_start = time.copy()
    known = np.ones(count, bool)
    tail = np.append(before, _NONE)[np.searchsorted(before["series"], series[first])]
    known[first] = there = tail["series"] == series[first]
    last_time[first] = np.where(there, tail["time"], time[first])
    last_value[first] = np.where(there, tail["value"], np.nan)
    goes_on = there & (tail["value"] == value[first])
    run_start[first[goes_on]] = tail["same_since"][goes_on]
    gap = time - last_time
    with np.errstate(invalid="ignore"):
        jump = np.abs(value - last_value) > may.step * np.maximum(gap / HOUR_S, 1.0)
    near = known & (gap <= STEP_GAP_S)
    qc[places[near]] |= STEP_CHECKED
    qc[places[near & jump]] |= STEP
    # A value stands since the start of its run: carry the last start forward.
    starts = value != last_value
    starts[first] = True
    since = run_start[np.maximum.accumulate(np.where(starts, np.arange(count), 0))]
    frozen = (time - since) >= may.freeze_s
    qc[places[frozen]] |= FREEZE
    return since


def _tails(
    series: NDArray[np.int32],
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    qc: NDArray[np.int16],
    valid: NDArray[np.intp],
    since: NDArray[np.int64],
) -> NDArray[np.void]:
    if not len(series):
        return np.empty(0, TAIL)
    newest = np.flatnonzero(np.r_[series[1:] != series[:-1], True])
    own = series[valid]
    ends = np.flatnonzero(np.r_[own[1:] != own[:-1], True][: len(own)])
    found = np.zeros(len(newest), TAIL)
    for name, column in (("series", series), ("time", time), ("value", value), ("qc", qc)):
        found[name] = column[newest]
    at = np.searchsorted(found["series"], own[ends])
    found["valid"][at] = True
    found["valid_time"][at], found["valid_value"][at] = time[valid[ends]], value[valid[ends]]
    found["same_since"][at] = since[ends]
    return found
