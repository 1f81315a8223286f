"""How fast a product's life is used up at each temperature; chilling and freezing injury.

Between the temperatures whose days a product declares, the logarithm of the days is interpolated (a
Q10 of its own for each stretch). Beyond them it goes on by the product's activation energy where it
has one, else by the Q10 of USDA Handbook 66, each as a range: the shortest life takes the greatest
rise in warmth and the least gain in cold. No gain at all is taken from cold below the threshold of
chilling, the freezing point, or 0 degC for what has neither. Use adds up (time-temperature
tolerance): after

    used = sum of hours(T) / life(T)

a share 1 - used of the life at any one temperature is left. Injury by chilling is reckoned alike
against the days that a temperature is borne; 1 means that injury is to be expected. Below the
coldest temperature declared the days stay as there, which is likely too kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from field_configs.schema import Keeps, Product
from models.coldchain.exposure import GRID, Assumed, Between, Exposure, dose
from models.coldchain.kinetics import Q10_HIGH, Q10_LOW, arrhenius, by_decades
from models.weather.dataset import Array

DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Paces:
    """What a second at each temperature of `GRID` does to a product, (temperature,) each.

    ``slow`` and ``fast``: share of its life used; ``mild`` and ``harsh``: share of the chilling
    that it bears; ``surely_frozen`` and ``maybe_frozen``, ``beyond``: whether (0 or 1) it freezes,
    and whether its life there is extrapolated from the temperatures that were measured.
    """

    slow: Array
    fast: Array
    mild: Array
    harsh: Array
    surely_frozen: Array
    maybe_frozen: Array
    beyond: Array


def life_days(product: Product, celsius: ArrayLike) -> tuple[Array, Array]:
    """Shortest and longest life of a fresh product at a constant temperature [d].

    Parameters
    ----------
    product
        What is stored.
    celsius
        Temperature [degC]; NaN gives NaN.
    """
    value = np.maximum(np.asarray(celsius, dtype=np.float64), _floor(product))
    first, last = product.life[0].celsius, product.life[-1].celsius
    inside = np.clip(value, first, last)
    shortest, longest = _between(product.life, inside)
    slow_first, fast_first = _growth(product, first, value)
    slow_last, fast_last = _growth(product, last, value)
    warm, cold = value > last, value < first
    shortest = shortest / np.where(warm, fast_last, np.where(cold, slow_first, 1.0))
    longest = longest / np.where(warm, slow_last, np.where(cold, fast_first, 1.0))
    blind = np.isnan(value)
    return np.where(blind, np.nan, shortest), np.where(blind, np.nan, longest)


def _growth(product: Product, reference_c: float, value: Array) -> tuple[Array, Array]:
    """Pace relative to that at a reference, by the flattest and by the steepest law."""
    if product.arrhenius:
        span = product.arrhenius
        return arrhenius(value, reference_c, span.low), arrhenius(value, reference_c, span.high)
    return by_decades(value, reference_c, Q10_LOW), by_decades(value, reference_c, Q10_HIGH)


def _floor(product: Product) -> float:
    """Temperature from which colder is no better [degC]."""
    if product.chilling:
        return product.chilling[-1].celsius
    return product.freezing.high if product.freezing else 0.0


def _between(rows: tuple[Keeps, ...], value: Array) -> tuple[Array, Array]:
    at = [row.celsius for row in rows]
    shortest = np.log([row.shortest_days for row in rows])
    longest = np.log([row.longest_days for row in rows])
    return np.exp(np.interp(value, at, shortest)), np.exp(np.interp(value, at, longest))


@lru_cache(maxsize=64)
def paces(product: Product) -> Paces:
    """Tabulate what a second at each temperature does to a product.

    Parameters
    ----------
    product
        What is stored.
    """
    shortest, longest = life_days(product, GRID)
    mild, harsh = np.zeros_like(GRID), np.zeros_like(GRID)
    if product.chilling:
        borne_least, borne_most = _between(product.chilling, GRID)
        cold = product.chilling[-1].celsius > GRID
        mild = np.where(cold, 1.0 / (borne_most * DAY_S), 0.0)
        harsh = np.where(cold, 1.0 / (borne_least * DAY_S), 0.0)
    freezing = product.freezing
    surely, maybe = np.zeros_like(GRID), np.zeros_like(GRID)
    if freezing:
        surely = (freezing.low > GRID).astype(float)
        maybe = (freezing.high > GRID).astype(float)
    beyond = (product.life[0].celsius > GRID) | (product.life[-1].celsius < GRID)
    return Paces(
        1.0 / (longest * DAY_S),
        1.0 / (shortest * DAY_S),
        mild,
        harsh,
        surely,
        maybe,
        beyond.astype(float),
    )


def life_used(seen: Exposure, product: Product, assumed: Assumed) -> Between:
    """Share of its life that a product has used up; 1 is all of it, more is over it.

    Parameters
    ----------
    seen
        Time at each temperature.
    product
        What was stored.
    assumed
        What unknown time is taken for.
    """
    table = paces(product)
    return dose(seen, table.slow, table.fast, assumed)


def life_left(used: Between, product: Product, celsius: float) -> Between:
    """Life that is left if the product is held at one temperature from now on [d].

    Parameters
    ----------
    used
        Share used up, of `life_used`.
    product
        What is stored.
    celsius
        Temperature from now on [degC].
    """
    shortest, longest = life_days(product, celsius)
    return Between(
        np.maximum(1.0 - used.best, 0.0) * longest, np.maximum(1.0 - used.worst, 0.0) * shortest
    )


def chilling(seen: Exposure, product: Product, assumed: Assumed) -> Between:
    """Share of the chilling that a product bears; from 1 on injury is to be expected.

    Parameters
    ----------
    seen
        Time at each temperature.
    product
        What was stored; without declared chilling the share is 0.
    assumed
        What unknown time is taken for.
    """
    table = paces(product)
    return dose(seen, table.mild, table.harsh, assumed)
