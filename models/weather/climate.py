"""How warm it can be: what tells a column of temperatures in another unit from a warm month."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.weather.dataset import Array
from models.weather.distances import distances_km, plane_km
from models.weather.local_days import AHEAD

#: The highest temperature ever measured at Puyang in each month [degC]; no mean of a day or more
#: can lie above it. Source: China Meteorological Administration, extremes 1981-2010, as quoted in
#: the article "Puyang" of the English Wikipedia.
HIGHEST_EVER = (17.5, 24.6, 28.4, 33.4, 36.6, 41.4, 41.0, 37.0, 36.8, 34.7, 27.0, 22.9)
PUYANG = (115.03, 35.76)
#: So far from Puyang its extremes are taken to hold [km]; unverified.
NEAR_KM = 200.0
#: No place on Earth has such a mean over a day or more [degC]. The warmest month measured, July
#: 2018 in Death Valley, had 42.3 (U.S. National Weather Service); the margin is unverified.
WARMEST_ANYWHERE = 45.0
#: Hours that make a mean.
ENOUGH = 24


def warmer_than_ever(
    temperature: Array, time: NDArray[np.int64], position: tuple[float, float] | None
) -> bool:
    """Tell whether the mean of a month's hours is higher than can be at a place.

    Parameters
    ----------
    temperature
        Hours of air temperature at one place [degC], without NaN.
    time
        Their starts [s since 1970 UTC].
    position
        Longitude and latitude [degree]; None: not known.
    """
    days = (time + int(AHEAD.total_seconds())).astype("datetime64[s]").astype("datetime64[M]")
    near = position is not None and _from_puyang(position) <= NEAR_KM
    for month in np.unique(days):
        here = temperature[days == month]
        limit = HIGHEST_EVER[int(month.astype(int)) % 12] if near else WARMEST_ANYWHERE
        if len(here) >= ENOUGH and here.mean() > limit:
            return True
    return False


def _from_puyang(position: tuple[float, float]) -> float:
    places = plane_km(*np.array([position, PUYANG]).T)
    return float(distances_km(places[:1], places[1:])[0, 0])
