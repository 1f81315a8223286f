"""Development of insects: degree-days from hours, and rates that fall when it gets too hot.

With hourly temperatures the area above a threshold is a sum; no sine or triangle is needed.
"""

from __future__ import annotations

import numpy as np

from models.risk.features import DayHours, Feature, Range, both
from models.weather.dataset import Array

_INPUTS = ("air_temperature",)


def heat_units(name: str, base: float, cap: float) -> Feature:
    """Degree-days of a day above ``base`` with a horizontal cut-off at ``cap`` [degC d].

    Parameters
    ----------
    name
        Feature name.
    base, cap
        Lower threshold of development and the temperature above which it no longer speeds up
        [degC].
    """

    def compute(day: DayHours) -> Range:
        return both(
            lambda air: (np.clip(air, base, cap) - base).sum(axis=0) / 24.0,
            day.get("air_temperature"),
        )

    return Feature(name, compute, _INPUTS, "degC d", aggregation="degree-days")


def rate(air: Array, base: float, constant: float, best: float, top: float) -> Array:
    """Development per day [d-1]: linear from ``base`` to ``best``, then down to 0 at ``top``.

    Parameters
    ----------
    air
        Temperature [degC], any shape.
    base, constant
        Thermal constants: threshold [degC] and degree-days of the development [degC d].
    best, top
        Temperature of fastest development and temperature at which it stops [degC].
    """
    rise = np.maximum(np.minimum(air, best) - base, 0.0)
    fall = np.clip((top - air) / (top - best), 0.0, 1.0)
    return rise * fall / constant


def development(name: str, base: float, constant: float, best: float, top: float) -> Feature:
    """Share of the development that a day brings; arguments as for `rate`.

    Parameters
    ----------
    name
        Feature name.
    base, constant, best, top
        As for `rate` [degC], [degC d], [degC], [degC].
    """

    def compute(day: DayHours) -> Range:
        air = day.get("air_temperature")
        lo = rate(air.lo, base, constant, best, top)
        if air.hi is air.lo:
            value = lo.sum(axis=0) / 24.0
            return Range(value, value)
        least = np.minimum(lo, rate(air.hi, base, constant, best, top))
        most = rate(np.clip(best, air.lo, air.hi), base, constant, best, top)
        return Range(least.sum(axis=0) / 24.0, most.sum(axis=0) / 24.0)

    return Feature(name, compute, _INPUTS, "1", aggregation="rate")


def known(name: str, quantity: str) -> Feature:
    """0 when at least one hour of the day was measured, unknown (0 to 1) when none was.

    For hazards whose answer does not hang on today's value: with no data at all nothing may be
    said. To be used with the effect "mixed".

    Parameters
    ----------
    name
        Feature name.
    quantity
        Quantity of `models.risk.features.PLAUSIBLE`.
    """

    def compute(day: DayHours) -> Range:
        hours = day.get(quantity)
        nothing = np.zeros(day.shape[1])
        if hours.hi is hours.lo:
            return Range(nothing, nothing)
        return Range(nothing, (hours.lo != hours.hi).all(axis=0).astype(np.float64))

    return Feature(name, compute, (quantity,), "1")
