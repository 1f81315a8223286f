"""Stations that tell something else than all around them: found by the median of the place.

A station is compared with the median of the nearest ones within reach, itself among them: one wild
value among three or more does not move the median, so that it is found and its neighbours are not
blamed. Of two stations that differ both are left out, since nobody knows which is right.

References
----------
Båserud et al. 2020, TITAN automatic spatial quality control of meteorological in-situ
observations, Advances in Science and Research 17 (doi:10.5194/asr-17-153-2020): the buddy check.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from models.weather.dataset import Array

#: How far an hour at a station may be from the median of the stations within reach, in the unit
#: of the quantity; unverified. Two stations at Beijing, some 30 km apart, differ in no hour of 2013
#: to 2017 by more than 9.8 degC, 70 %, 8.2 m/s and 26 hPa, so that none of theirs is taken out.
#: Rain has no limit: a shower wets one village and not the next.
APART: Mapping[str, float] = {
    "air_temperature": 10.0,
    "relative_humidity": 50.0,
    "wind_speed": 12.0,
    "shortwave_irradiance": 700.0,
    "air_pressure": 20.0,
}


#: So many stations around a station are asked; unverified.
NEAREST = 8


def around(
    quantity: str, values: Array, places: Array, range_km: float
) -> tuple[NDArray[np.bool_], Array]:
    """Mark the values that are far from the median around them, and give that median.

    Parameters
    ----------
    quantity
        Of the vocabulary; one without a limit has no wild values.
    values
        (hour, station) in the quantity's unit, NaN where missing.
    places
        Of the stations on the plane (station, 2) [km].
    range_km
        How far a station reaches [km].

    Returns
    -------
    wild, middle
        Both (hour, station); the median, in the quantity's unit, is NaN where it was not needed:
        where the value cannot be far from it.
    """
    found = np.zeros(values.shape, bool)
    middle = np.full(values.shape, np.nan)
    limit = APART.get(quantity)
    if limit is None or not values.size:
        return found, middle
    there = ~np.isnan(values)
    # the median lies between the least and the most of all: most hours need no closer look
    least = np.where(there, values, np.inf).min(axis=1, keepdims=True)
    most = np.where(there, values, -np.inf).max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        doubtful = there & ((values - least > limit) | (most - values > limit))
    stations = np.flatnonzero(doubtful.any(axis=0))
    if not len(stations):
        return found, middle
    count = min(NEAREST + 1, len(places))
    reach = np.nextafter(range_km, np.inf)
    _, nearest = KDTree(places).query(
        places[stations], [*range(1, count + 1)], distance_upper_bound=reach
    )
    for station, near in zip(stations, nearest, strict=True):
        others = near[(near < len(places)) & (near != station)][:NEAREST]
        here = np.array([station, *others])
        hours = doubtful[:, station] & (there[:, here].sum(axis=1) > 1)
        if hours.any():
            middle[hours, station] = np.nanmedian(values[np.ix_(hours, here)], axis=1)
            found[hours, station] = np.abs(values[hours, station] - middle[hours, station]) > limit
    return found, middle


def wild(quantity: str, values: Array, places: Array, range_km: float) -> NDArray[np.bool_]:
    """Mark the values that are far from the median around them.

    Parameters
    ----------
    quantity, values, places, range_km
        As `around` takes them: (hour, station) in the quantity's unit, (station, 2) [km], and
        [km].
    """
    return around(quantity, values, places, range_km)[0]
