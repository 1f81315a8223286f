"""What the stations around each station say: median, spread and how many, for many at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from models.weather.dataset import Array

#: So many stations around one are asked; unverified.
NEAREST = 8
#: Fewer neighbours than this tell nothing: of two that differ nobody knows which is right. TITAN
#: asks for more where there are more (Båserud et al. 2020, doi:10.5194/asr-17-153-2020).
FEWEST = 2
#: From a median absolute deviation to the standard deviation of a normal distribution.
MAD_TO_SD = 1.4826
#: Hours that are looked at in one piece; bounds memory.
_BLOCK = 64

Neighbours = NDArray[np.intp]


@dataclass(frozen=True)
class Around:
    """What the neighbours say (hour, station), in the quantity's unit.

    Attributes
    ----------
    middle : array
        Median of the neighbours; NaN with fewer than `FEWEST`.
    spread : array
        Their median absolute deviation as a standard deviation.
    count : array of int
        How many have a value.
    """

    middle: Array
    spread: Array
    count: NDArray[np.int16]


def neighbours(places: Array, heights: Array, km: float, metres: float) -> Neighbours:
    """Return the nearest neighbours of stations, (station, `NEAREST`); the station count for none.

    Parameters
    ----------
    places : array
        On the plane (station, 2) [km]; NaN where nobody knows.
    heights : array
        Above ground, or below [m] (station,).
    km : float
        How far a neighbour may be along the ground [km].
    metres : float
        And in height [m]; both together make an ellipse.
    """
    count = len(places)
    found = np.full((count, NEAREST), count, np.intp)
    known = np.flatnonzero(np.isfinite(places).all(axis=1) & np.isfinite(heights))
    if len(known) < 2:
        return found
    scaled = np.column_stack([places[known], heights[known] * (km / metres)])
    wanted = min(NEAREST + 1, len(known))
    reach = np.nextafter(km, np.inf)
    _, near = KDTree(scaled).query(scaled, wanted, distance_upper_bound=reach)
    near = np.asarray(near).reshape(len(known), wanted)
    # A station is its own nearest, but stands anywhere among others at its place.
    own = near == np.arange(len(known))[:, None]
    own[~own.any(axis=1), -1] = True
    order = np.argsort(own, axis=1, kind="stable")[:, : wanted - 1]
    others = np.take_along_axis(near, order, axis=1)
    names = np.append(known, count)
    found[known, : wanted - 1] = names[np.minimum(others, len(known))]
    return found


def _medians(values: Array, count: NDArray[np.int16]) -> Array:
    """Medians along the last axis, which is sorted here; NaN stands last."""
    values.sort(axis=-1)
    last = np.maximum(count - 1, 0)
    low = np.take_along_axis(values, (last // 2)[..., None].astype(np.intp), axis=-1)
    high = np.take_along_axis(values, ((last + 1) // 2)[..., None].astype(np.intp), axis=-1)
    found: Array = (low[..., 0] + high[..., 0]) / 2
    return found


def around(values: Array, near: Neighbours) -> Around:
    """Return what the neighbours of each station say in each hour.

    Parameters
    ----------
    values : array
        (hour, station), NaN where missing.
    near : array
        As `neighbours` gives it.
    """
    middle = np.full(values.shape, np.nan)
    spread = np.full(values.shape, np.nan)
    count = np.zeros(values.shape, np.int16)
    padded = np.concatenate([values, np.full((len(values), 1), np.nan)], axis=1)
    for start in range(0, len(values), _BLOCK):
        hours = slice(start, start + _BLOCK)
        theirs = padded[hours][:, near]
        count[hours] = np.isfinite(theirs).sum(axis=-1)
        median = _medians(theirs, count[hours])
        np.abs(np.subtract(theirs, median[..., None], out=theirs), out=theirs)
        spread[hours] = MAD_TO_SD * _medians(theirs, count[hours])
        middle[hours] = median
    few = count < FEWEST
    middle[few] = np.nan
    spread[few] = np.nan
    return Around(middle, spread, count)
