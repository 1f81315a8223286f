"""Wet spells that last longer than a night: what of one belongs to the night before and after.

A night is the 24 hours from noon to noon. Of each night four numbers are kept, so that a sum over
an unbroken spell can be put together from any number of nights: what the spell at its beginning
adds (``head``), what the spell at its end has so far (``tail``), the largest sum of one spell
within it (``best``), and what a spell adds that fills it, 0 where none does (``through``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.hazards._wet_nights import INPUTS, NIGHT
from models.risk.features import DayHours, Feature, Range
from models.risk.hazard import Use, Window
from models.risk.wetness import wet
from models.weather.dataset import Array

PARTS = ("head", "tail", "best", "through")
#: A night that is filled without adding anything lets the spell go on all the same.
LEAST = 1e-9


class Spell(NamedTuple):
    """When a spell goes on, and what each of its hours adds [degC h].

    ``gain`` is a function of the temperature [degC] that does not fall between ``low`` and
    ``high``, the temperatures between which the spell goes on, both included [degC].
    """

    name: str
    gain: Callable[[Array], Array]
    low: float
    high: float

    @property
    def uses(self) -> Mapping[str, Use]:
        """The four numbers of a night; more of each never lowers a sum put together from them."""
        return {
            part: Use(
                Feature(
                    f"{self.name}_{part}",
                    partial(self._part, n),
                    INPUTS,
                    "degC h",
                    NIGHT,
                    estimated=True,
                ),
                "raises",
            )
            for n, part in enumerate(PARTS)
        }

    def _part(self, which: int, day: DayHours) -> Range:
        parts = day.shared(f"{self.name}_parts", lambda _: self._parts(day))
        lo = parts.lo[which]
        return Range(lo, lo if parts.hi is parts.lo else parts.hi[which])

    def _parts(self, day: DayHours) -> Range:
        wetness, air = wet(day), day.get("air_temperature")
        going = (wetness.lo > 0) & (air.lo >= self.low) & (air.hi <= self.high)
        lo = parts(np.where(going, self.gain(air.lo), 0.0) * wetness.lo, going)
        if air.hi is air.lo and wetness.hi is wetness.lo:
            return Range(lo, lo)
        going = (wetness.hi > 0) & (air.hi >= self.low) & (air.lo <= self.high)
        most = self.gain(np.minimum(air.hi, self.high))
        return Range(lo, parts(np.where(going, most, 0.0) * wetness.hi, going))


def parts(gain: Array, going: NDArray[np.bool_]) -> Array:
    """Head, tail, best and through (4, site) of the spells of a night [degC h].

    Parameters
    ----------
    gain
        What each hour adds (hour, site) [degC h]; not negative, 0 where not ``going``.
    going
        Whether the spell goes on in that hour (hour, site).
    """
    running, best = np.zeros(going.shape[1]), np.zeros(going.shape[1])
    head, first = np.zeros(going.shape[1]), np.ones(going.shape[1], dtype=bool)
    for add, on in zip(gain, going, strict=True):
        running = (running + add) * on
        np.maximum(best, running, out=best)
        first &= on
        head += add * first
    return np.array([head, running, best, np.maximum(head, LEAST) * first])


def carried_on(before: Array, night: Window, needed: float) -> Array:
    """Sum of the spell that goes on at the end of a night, at most ``needed`` [degC h].

    Parameters
    ----------
    before
        The sum at its beginning (site,) [degC h]; NaN is unknown.
    night
        Its four numbers (site,) [degC h].
    needed
        Where the sum stays [degC h].
    """
    through = night["through"]
    if not (through > 0).any():
        return np.asarray(np.minimum(night["tail"], needed))
    # what fills the sum by itself does so whatever came before
    whole = np.where(through >= needed, needed, before + through)
    goes_on = np.where(through > 0, whole, 0.0)
    return np.asarray(np.minimum(np.maximum(night["tail"], goes_on), needed))


def reached(before: Array, night: Window) -> Array:
    """Largest sum of a spell that stood at any hour of a night [degC h].

    Parameters
    ----------
    before
        The sum at its beginning (site,) [degC h]; NaN is unknown.
    night
        Its four numbers (site,) [degC h].
    """
    joined = np.where(night["head"] > 0, before + night["head"], 0.0)
    return np.asarray(np.maximum(night["best"], joined))
