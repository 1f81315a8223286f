"""Whether the dew point of a place fits its neighbours', and humidity that stands at saturation.

The dew point hardly follows the hour of the day, so that a day's median is compared: an error of
humidity that is lost in the daily swing of humidity itself shows there. A humidity probe that got
wet tells some 100 % for days while the dew point around it is far below. Above the temperature of
the air a dew point of these two can only be where humidity is above 100 %: its range refuses that.

References
----------
World Meteorological Organization, WMO-No. 8, volume I, chapter 4 (humidity; not read here): wet
and dirty probes tell too much. Limits are our own, from part of the data that docs/quality.md
names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.weather.consistency import SPREADS
from models.weather.dataset import Array
from models.weather.nearby import Around

Flags = NDArray[np.bool_]

#: How far the median of a day of hours may be from the neighbours' [degC] (docs/quality.md).
APART = 3.5
#: The same where humidity stands at saturation [degC]; unverified.
APART_SATURATED = 2.0
#: Humidity of a saturated probe [%], and in what share of the day's known hours; unverified. A wet
#: probe tells more than 100 % now and then, which counts as no value.
SATURATED, SATURATED_SHARE = 97.0, 0.9
#: Hours of a day, and how many of them must be known.
HOURS, FEWEST = 24, 18


@dataclass(frozen=True)
class DewPoints:
    """What was found (hour, station).

    Attributes
    ----------
    apart : array
        Median over the day up to each hour of the distance to the neighbours' dew point [degC];
        NaN where too little is known.
    unlike : array of bool
        Far from the neighbours, by that median and in the hour itself.
    saturated : array of bool
        Humidity stood at saturation for that day, and the dew point was above the neighbours'.
    """

    apart: Array
    unlike: Flags
    saturated: Flags


def _days(values: Array) -> Array:
    """The day of hours up to each hour, along the last axis (hour, station, `HOURS`)."""
    before = np.full((HOURS - 1, values.shape[1]), np.nan)
    return np.lib.stride_tricks.sliding_window_view(np.concatenate([before, values]), HOURS, axis=0)


def _median(values: Array) -> Array:
    days = _days(values)
    known = np.isfinite(days).sum(axis=-1) >= FEWEST
    found = np.full(values.shape, np.nan)
    if known.any():
        found[known] = np.nanmedian(days[known], axis=-1)
    return found


def beside(dew: Array, humidity: Array, theirs: Around) -> DewPoints:
    """Compare the dew points of places with those of their neighbours.

    Parameters
    ----------
    dew : array
        (hour, station) [degC], NaN where missing; the first day of hours tells less.
    humidity : array
        (hour, station) [%].
    theirs : Around
        What the neighbours' dew points say [degC].
    """
    far = dew - theirs.middle
    apart = _median(far)
    with np.errstate(invalid="ignore"):
        limit = np.maximum(APART, SPREADS * _median(theirs.spread))
        unlike = (np.abs(apart) > limit) & (far * np.sign(apart) > limit)
        days = _days(humidity)
        known = np.isfinite(days).sum(axis=-1)
        wet = (days >= SATURATED).sum(axis=-1)
        stands = (wet >= SATURATED_SHARE * known) & (humidity >= SATURATED)
        saturated = stands & (apart > APART_SATURATED) & (far > APART_SATURATED)
    return DewPoints(apart, unlike, saturated)
