"""What if the next hour is like this one: when the limit is broken, how much life is left then.

A line is fitted to the known readings of the last hour by least squares. "Like this one" means that
the temperature goes on along it, from the line's value at the last reading. The slope is known to
within two standard errors; both ends are followed, so an answer is the soonest and the latest time.
A defrost within the hour bends the line: `models.coldchain.causes` tells whether there was one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from field_configs.schema import Product
from models.coldchain.exposure import Between
from models.coldchain.life import DAY_S, life_days
from models.coldchain.readings import HIGH_C, LOW_C, Known
from models.weather.dataset import Array

HOUR_S = 3600.0
#: Less of the hour known than this share: nothing is said.
LEAST_KNOWN = 0.5
#: A trend is not followed farther than this [s].
FARTHEST_S = 48 * HOUR_S
_STEPS = 96


@dataclass(frozen=True, slots=True)
class Outlook:
    """What comes if the next hour is like the last, (logger,) each; NaN where nothing can be said.

    ``slope`` (degC per hour) is the fitted one; ``soonest`` and ``latest`` when a limit breaks [s]
    from the last reading on, 0 where it is broken already, inf where the trend does not come to it
    within two days. ``left_after_hour`` is the life left one hour on [d], ``left_when_broken`` that
    at the soonest time (NaN where it is inf), both at the temperature asked for.
    """

    slope: Array
    soonest: Array
    latest: Array
    left_after_hour: Between
    left_when_broken: Between


def outlook(known: Known, used: Between, product: Product, held_c: float) -> Outlook:
    """Follow the last hour's trend of each logger.

    Parameters
    ----------
    known
        Known readings up to now.
    used
        Share of its life that the load has used up, of `life_used`.
    product
        What is carried.
    held_c
        The temperature that life is told for [degC].
    """
    now, level, slope, error = _trend(known)
    limits = product.temperature.low, product.temperature.high
    reach = np.stack([_reach(level, slope + step * error, limits) for step in (-2.0, 0.0, 2.0)])
    soonest, latest = reach.min(axis=0), reach.max(axis=0)
    outside = (now > limits[1]) | (now < limits[0])
    soonest, latest = np.where(outside, 0.0, soonest), np.where(outside, 0.0, latest)
    blind = np.isnan(level)
    soonest[blind] = latest[blind] = np.nan
    bounds = slope - 2.0 * error, slope + 2.0 * error
    hour = np.full(len(level), HOUR_S)
    broken = np.where(np.isfinite(soonest), soonest, np.nan)
    return Outlook(
        slope * HOUR_S,
        soonest,
        latest,
        _left(used, product, level, bounds, hour, held_c),
        _left(used, product, level, bounds, broken, held_c),
    )


def _trend(known: Known) -> tuple[Array, Array, Array, Array]:
    """Last reading, the line's value there [degC], its slope and standard error (per s)."""
    count = len(known.total)
    ends = np.searchsorted(known.logger, np.arange(count), side="right")
    starts = np.concatenate(([0], ends[:-1]))
    found = np.full((4, count), np.nan)
    for logger in np.flatnonzero(ends > starts):
        own = slice(starts[logger], ends[logger])
        since = known.time[own] - known.time[ends[logger] - 1]
        recent = since >= -HOUR_S
        x, y = since[recent], known.value[own][recent]
        apart = np.diff(x)
        seen = apart[known.joined[own][recent][:-1]].sum()
        if len(x) < 3 or seen < LEAST_KNOWN * HOUR_S:
            continue
        mean, spread = x.mean(), ((x - x.mean()) ** 2).sum()
        slope = ((x - mean) * y).sum() / spread
        level = y.mean() - slope * mean
        left_over = y - level - slope * x
        error = np.sqrt((left_over**2).sum() / (len(x) - 2) / spread)
        found[:, logger] = y[-1], level, slope, error
    return found[0], found[1], found[2], found[3]


def _reach(level: Array, slope: Array, limits: tuple[float, float]) -> Array:
    """Time until a line comes to a limit [s]; inf where it does not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        up = np.where(slope > 0, (limits[1] - level) / slope, np.inf)
        down = np.where(slope < 0, (limits[0] - level) / slope, np.inf)
    time = np.maximum(np.minimum(up, down), 0.0)
    found: Array = np.where(time > FARTHEST_S, np.inf, time)
    return found


def _left(
    used: Between,
    product: Product,
    level: Array,
    slopes: tuple[Array, Array],
    ahead: Array,
    held_c: float,
) -> Between:
    """Life left after some time along the trend [d]: least and most use over both slopes."""
    share = (np.arange(_STEPS) + 0.5)[:, None] / _STEPS
    paths = [np.clip(level + slope * share * ahead, LOW_C, HIGH_C) for slope in slopes]
    lives = [life_days(product, path) for path in paths]
    most = np.maximum(*[(1.0 / shortest).mean(axis=0) for shortest, _ in lives]) * ahead / DAY_S
    least = np.minimum(*[(1.0 / longest).mean(axis=0) for _, longest in lives]) * ahead / DAY_S
    shortest, longest = life_days(product, held_c)
    return Between(
        np.maximum(1.0 - used.best - least, 0.0) * longest,
        np.maximum(1.0 - used.worst - most, 0.0) * shortest,
    )
