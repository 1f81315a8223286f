"""Wet spells: what a fungus needs is wetness that lasts, at temperatures that suit it.

A night is the 24 hours from noon to noon, so that a dew period is not cut at midnight.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.risk.features import DayHours, Feature, Range
from models.risk.wetness import wet
from models.weather.dataset import Array

NIGHT = (-12, 12)
INPUTS = ("air_temperature", "relative_humidity", "precipitation_amount")


def largest_sum(gain: Array, going: NDArray[np.bool_]) -> Array:
    """Largest running sum over unbroken spells, in the unit of ``gain`` [for instance degC h].

    Parameters
    ----------
    gain
        What each hour adds (hour, site), in any unit; not negative where ``going``.
    going
        Whether the spell goes on in that hour (hour, site); an hour that is not resets to 0.

    Returns
    -------
    Array
        Largest sum of the spells (site,), in the unit of ``gain``.
    """
    running = np.zeros(going.shape[1])
    largest = np.zeros(going.shape[1])
    for add, ok in zip(gain, going, strict=True):
        running += add
        running *= ok
        np.maximum(largest, running, out=largest)
    return largest


def longest(going: NDArray[np.bool_]) -> Array:
    """Length [h] of the longest unbroken spell of ``going`` (hour, site), per site.

    Parameters
    ----------
    going
        Whether a spell goes on in that hour (hour, site).
    """
    return largest_sum(np.ones(going.shape), going)


def wet_heat(
    name: str,
    heat: Callable[[Array], Array],
    limits: tuple[float, float],
    best: float,
    needed: float,
    *,
    whole: bool = False,
) -> Feature:
    """Share of an infection that the best wet spell of the night reached, at most 1.

    Parameters
    ----------
    name
        Feature name.
    heat
        What a wet hour of a temperature [degC] adds [degC h]; it rises up to ``best`` and does
        not rise beyond.
    limits
        Temperatures between which the spell goes on, both included [degC].
    best
        Temperature at which ``heat`` is largest within the limits [degC].
    needed
        Sum that is a full infection [degC h].
    whole
        Count only full infections: the value is 0 or 1.
    """
    low, high = limits

    def share(gain: Array, going: NDArray[np.bool_]) -> Array:
        reached = largest_sum(gain, going) / needed
        return np.floor(np.minimum(reached, 1.0)) if whole else np.minimum(reached, 1.0)

    def compute(day: DayHours) -> Range:
        wetness, air = wet(day), day.get("air_temperature")
        going = (wetness.lo > 0) & (air.lo >= low) & (air.hi <= high)
        if air.hi is air.lo:
            sure = share(heat(air.lo) * wetness.lo, going)
            if wetness.hi is wetness.lo:
                return Range(sure, sure)
        else:
            least = np.minimum(heat(air.lo), heat(air.hi))
            sure = share(np.where(going, least, 0.0) * wetness.lo, going)
        going = (wetness.hi > 0) & (air.hi >= low) & (air.lo <= high)
        kindest = np.clip(best, np.maximum(air.lo, low), np.minimum(air.hi, high))
        return Range(sure, share(heat(kindest) * wetness.hi, going))

    return Feature(name, compute, INPUTS, "1", NIGHT, estimated=True)


def longest_wet(name: str) -> Feature:
    """Longest unbroken wetness of the night [h].

    Parameters
    ----------
    name
        Feature name; its unit is [h].
    """

    def compute(day: DayHours) -> Range:
        wetness = wet(day)
        lo = longest(wetness.lo >= 0.5)
        return Range(lo, lo if wetness.hi is wetness.lo else longest(wetness.hi >= 0.5))

    return Feature(name, compute, INPUTS[1:], "h", NIGHT, estimated=True)
