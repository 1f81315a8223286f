"""Probes at depths, the layers they stand for, and the roots in these.

A probe stands for its soil halfway to the next one, the highest from the surface on. Roots take
40, 30, 20 and 10 % of their water from the quarters of their depth; between these the sum is taken
as linear.

References
----------
The pattern 40-30-20-10: USDA National Engineering Handbook, Part 623, chapter 2 (second-hand,
    unverified).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.weather.dataset import Array

#: How far above and below itself a probe knows the soil [m]; beyond, nothing is known; unverified.
REACH = 0.25
#: Quarters of the roots' depth, and the share of the roots down to there.
QUARTERS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
ROOTS = np.array([0.0, 0.4, 0.7, 0.9, 1.0])
#: No probe of a field lies deeper [m]: what is more is another unit.
DEEPEST = 5.0


class MeasuredError(ValueError):
    """What was given as measured cannot be what it is called."""


def checked_depths(depths: ArrayLike, fields: int) -> Array:
    """Depths of the probes of each field (field, probe) [m], nan where there is none.

    Parameters
    ----------
    depths
        Below the surface [m], increasing, of all fields or of each; nan for no probe.
    fields
        Number of fields.

    Raises
    ------
    MeasuredError
        Depths do not increase, are above the surface or no metres; the field is named.
    """
    given = np.atleast_1d(np.asarray(depths, np.float64))
    out: Array = np.broadcast_to(given, (fields, given.shape[-1]))
    for field, row in enumerate(out):
        there = row[~np.isnan(row)]
        told = ", ".join(f"{depth:g}" for depth in there)
        if (np.diff(there) <= 0).any():
            raise MeasuredError(
                f"field {field}: depths {told} m do not increase: order the probes from the "
                "surface down, one for each depth"
            )
        if (there < 0).any() or (there > DEEPEST).any():
            raise MeasuredError(
                f"field {field}: depths {told} m: give metres below the surface, 0 to {DEEPEST:g}"
            )
    return out


def root_share(relative: Array) -> Array:
    """Share of the roots from the surface down to a depth, which is a share of theirs (0 to 1).

    Parameters
    ----------
    relative
        Depth as a share of the depth of the roots.
    """
    return np.asarray(np.interp(relative, QUARTERS, ROOTS))


def neighbours(at: Array) -> tuple[Array, Array]:
    """Depth of the next probe above and below each, infinite where there is none.

    Parameters
    ----------
    at
        Depths (..., probe) [m], increasing; nan for no probe.
    """
    above, below = np.full(at.shape, -np.inf), np.full(at.shape, np.inf)
    given = np.isnan(at)
    down = np.maximum.accumulate(np.where(given, -np.inf, at), axis=-1)
    up = np.minimum.accumulate(np.where(given, np.inf, at)[..., ::-1], axis=-1)[..., ::-1]
    above[..., 1:], below[..., :-1] = down[..., :-1], up[..., 1:]
    return above, below


def weights_of(used: NDArray[np.bool_], depths: Array, roots: Array) -> tuple[Array, Array]:
    """Share of the roots that each used probe stands for, and of these what is beyond its reach.

    Parameters
    ----------
    used
        Whether each probe counts (day, field, probe).
    depths
        (field, probe) [m].
    roots
        Depth of the roots (day, field) or (field,) [m].
    """
    at = np.where(used, depths, np.nan)
    above, below = neighbours(at)
    bottom = np.broadcast_to(np.asarray(roots, np.float64)[..., None], at.shape)
    top = np.where(np.isinf(above), 0.0, (at + above) / 2)
    end = np.where(np.isinf(below), bottom, (at + below) / 2)

    def roots_between(upper: Array, lower: Array) -> Array:
        return root_share(np.clip(lower / bottom, 0, 1)) - root_share(np.clip(upper / bottom, 0, 1))

    weight = np.where(used, roots_between(top, end), 0.0)
    known = roots_between(np.fmax(top, at - REACH), np.fmin(end, at + REACH))
    return weight, np.where(used, weight - known, 0.0)


def thickness(depths: Array, bottom: float | None = None) -> Array:
    """Thickness of the layer that each probe stands for (field, probe) [mm], 0 without a probe.

    From halfway to the probe above, or the surface, to halfway to the one below; the last layer
    is as thick below its probe as above, or ends at the bottom.

    Parameters
    ----------
    depths
        (field, probe) [m], increasing; nan for no probe.
    bottom
        Where the last layer ends [m].
    """
    above, below = neighbours(depths)
    top = np.where(np.isinf(above), 0.0, (depths + above) / 2)
    lowest = 2 * depths - top if bottom is None else np.fmax(top, bottom)
    end = np.where(np.isinf(below), lowest, (depths + below) / 2)
    return np.asarray(np.nan_to_num(end - top) * 1000.0)
