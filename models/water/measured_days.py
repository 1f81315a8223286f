"""Hours of soil moisture as days, with the quality of most of their hours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.water.measured_layers import MeasuredError
from models.weather.dataset import Array
from models.weather.quality import QC_NAMES, UNUSABLE

#: Share of a day's hours that must hold for its mean; below, the day is missing.
ENOUGH = 0.5


def by_day(
    values: Array, quality: NDArray[np.int64] | None = None, steps: int = 24
) -> tuple[Array, NDArray[np.int64]]:
    """Mean of each day (day, ...) in the values' unit, and its quality bits.

    The mean is of the hours that hold, where these are at least half of the day. A bit is the day's
    where at least half of its hours have it; a day without a mean has all of its hours' bits, so
    that it can be said why.

    Parameters
    ----------
    values
        (hour, ...) from midnight in whole days, in any unit, nan where missing.
    quality
        Quality bits of each value.
    steps
        Number of values in a day.

    Raises
    ------
    MeasuredError
        The values are no whole days.
    """
    if len(values) % steps:
        raise MeasuredError(
            f"{len(values)} values are no whole days of {steps}: begin and end at midnight, "
            "missing hours as nan"
        )
    shape = (len(values) // steps, steps, *values.shape[1:])
    bits = np.zeros(shape, np.int64)
    if quality is not None:
        bits += np.broadcast_to(quality, values.shape).reshape(shape)
    day = values.reshape(shape)
    holds = ~np.isnan(day) & (bits & UNUSABLE == 0)
    count = holds.sum(axis=1)
    total = np.where(holds, day, 0.0).sum(axis=1)
    enough = count >= ENOUGH * steps
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=enough)
    of_day = np.zeros(mean.shape, np.int64)
    for bit in QC_NAMES:
        has = (bits & bit != 0).sum(axis=1)
        of_day |= np.where((has >= ENOUGH * steps) | (~enough & (has > 0)), bit, 0)
    return mean, of_day
