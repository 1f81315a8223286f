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
#: The night with the half day before it, in which a spell of it may have begun [h].
WITH_MORNING, RUN_UP = (-24, 12), 12
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


def infection_night(
    name: str,
    heat: Callable[[Array], Array],
    limits: tuple[float, float],
    best: float,
    needed: float,
) -> Feature:
    """1 for a night in which a wet spell reaches the sum of an infection, else 0.

    See `reaches` for spells across noon.

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
    """
    low, high = limits

    def compute(day: DayHours) -> Range:
        wetness, air = wet(day), day.get("air_temperature")
        whole = air.hi is air.lo and wetness.hi is wetness.lo
        going = (wetness.lo > 0) & (air.lo >= low) & (air.hi <= high)
        least = heat(air.lo) if air.hi is air.lo else np.minimum(heat(air.lo), heat(air.hi))
        gain = np.where(going, least, 0.0) * wetness.lo
        if whole:
            sure = reaches(gain, going, needed).astype(np.float64)
            return Range(sure, sure)
        surely = largest_sum(gain[RUN_UP:], going[RUN_UP:]) >= needed
        going = (wetness.hi > 0) & (air.hi >= low) & (air.lo <= high)
        kindest = np.clip(best, np.maximum(air.lo, low), np.minimum(air.hi, high))
        gain = np.where(going, heat(kindest), 0.0) * wetness.hi
        maybe = reaches(gain, going, needed, again=True)
        return Range(surely.astype(np.float64), maybe.astype(np.float64))

    return Feature(name, compute, INPUTS, "1", WITH_MORNING, estimated=True)


def reaches(
    gain: Array, going: NDArray[np.bool_], needed: float, *, again: bool = False
) -> NDArray[np.bool_]:
    """Whether a spell of the night (noon to noon) reaches a sum (site,), that of an infection.

    A spell that went on before noon goes on with what it had, as far back as the midnight before.
    Where it had reached the sum by noon it is an infection of the night before, and counts here
    only if it reaches the sum once more since noon.

    Parameters
    ----------
    gain
        What each hour of `WITH_MORNING` adds (hour, site), in any unit; 0 where not ``going``.
    going
        Whether the spell goes on in that hour (hour, site).
    needed
        The sum, in the unit of ``gain``.
    again
        Count also what had reached the sum by noon: the worst case, where hours are missing.
    """
    alone = largest_sum(gain[RUN_UP:], going[RUN_UP:]) >= needed
    before, head = np.zeros(going.shape[1]), np.zeros(going.shape[1])
    for add, on in zip(gain[:RUN_UP], going[:RUN_UP], strict=True):
        before = (before + add) * on
    lasts = np.ones(going.shape[1], dtype=bool)
    for add, on in zip(gain[RUN_UP:], going[RUN_UP:], strict=True):
        lasts &= on
        head += add * lasts
    joined = going[RUN_UP] & (before + head >= needed)
    return np.asarray(alone | (joined & (again | (before < needed))))


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
