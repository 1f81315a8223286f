"""Stations that tell something else than all around them: found by the median of the place.

A station is compared with the median of those within reach, itself among them: one wild value
among three or more does not move the median, so that it is found and its neighbours are not
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


def wild(quantity: str, values: Array, apart_km: Array, range_km: float) -> NDArray[np.bool_]:
    """Mark the values that are far from the median around them.

    Parameters
    ----------
    quantity
        Of the vocabulary; one without a limit has no wild values.
    values
        (hour, station) in the quantity's unit [as in the vocabulary], NaN where missing.
    apart_km
        Distances (station, station) [km].
    range_km
        How far a station reaches [km].
    """
    found = np.zeros(values.shape, bool)
    limit = APART.get(quantity)
    if limit is None:
        return found
    there = ~np.isnan(values)
    # the median lies between the least and the most of all: most hours need no closer look
    least = np.where(there, values, np.inf).min(axis=1, initial=np.inf, keepdims=True)
    most = np.where(there, values, -np.inf).max(axis=1, initial=-np.inf, keepdims=True)
    with np.errstate(invalid="ignore"):
        doubtful = there & ((values - least > limit) | (most - values > limit))
    for station in np.flatnonzero(doubtful.any(axis=0)):
        near = apart_km[station] <= range_km
        hours = doubtful[:, station] & (there[:, near].sum(axis=1) > 1)
        if hours.any():
            middle = np.nanmedian(values[np.ix_(hours, near)], axis=1)
            found[hours, station] = np.abs(values[hours, station] - middle) > limit
    return found
