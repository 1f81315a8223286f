"""Weather between stations: hourly values at other places, each with its standard error.

A Gaussian process over the ground with a free mean, which is ordinary kriging:
what the stations share is the hour's level, what they differ by fades with distance. All hours
in which the same stations report are computed at once, and places that coincide once. Where many
stations report, each place listens to the `NEIGHBOURS` nearest of them: those behind them say next
to nothing more (the screening effect), and the work grows with the places alone. Weather is
interpolated, never a status. A place too far from every station that reports gets no value. A value
far from all around it (`models.weather.outliers`) is left out before.

The spreads are provisional: they need a network of stations in the region to be fitted to. What
they are worth shows in `models.weather.left_out`, which hides each station in turn.

References
----------
Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, chapter 2 (ISBN 026218253X).
Cressie 1993, Statistics for Spatial Data, section 3.2 (doi:10.1002/9781119115151).
Chilès & Delfiner 2012, Geostatistics, section 3.6 on moving neighbourhoods
(doi:10.1002/9781118136188).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from threadpoolctl import ThreadpoolController

from models.weather.dataset import PLAUSIBLE, Array
from models.weather.distances import distances_km
from models.weather.outliers import wild

#: Beyond this distance to the nearest reporting station nothing is said [km]; provisional, set in
#: the store as ``interpolation.range_km``.
RANGE_KM = 30.0
#: The hour's mean is left free: its prior variance is this many times the rest.
FREE_MEAN = 1e3
#: One thread for linear algebra: how many there are would show in the last bits, and matrices of
#: some hundred rows are too small for two to help each other.
_LIBRARIES = ThreadpoolController()
#: So many stations speak for a place. Of 400 stations whose temperature varies as in `SPREADS`
#: these give a value 0.14 standard errors (rms) from that of all, and an error that is 1 % larger
#: (5 % at the edge).
NEIGHBOURS = 32
#: Nearest stations that are looked through for `NEIGHBOURS` that report.
_CANDIDATES = 4 * NEIGHBOURS
#: Spots that are worked out at a time.
_SPOTS = 1000
#: Patterns of reporting stations whose solution is kept for the next hours.
_KEPT = 4


class Spread(NamedTuple):
    """How a quantity varies over the ground, in its unit; provisional.

    ``region`` is the standard deviation of what differs between far places, ``length_km`` how
    fast it fades, ``place`` the standard deviation of what is a station's own (siting, sensor).
    """

    region: float
    length_km: float
    place: float


#: Quantities of the open air. Soil and greenhouses are their own climate: never interpolated.
SPREADS: Mapping[str, Spread] = {
    "air_temperature": Spread(2.0, 50.0, 0.8),
    "relative_humidity": Spread(12.0, 50.0, 5.0),
    "precipitation_amount": Spread(1.0, 15.0, 0.5),
    "wind_speed": Spread(1.2, 30.0, 0.8),
    "shortwave_irradiance": Spread(120.0, 40.0, 50.0),
}


@dataclass(frozen=True)
class Interpolated:
    """Values at places: ``values`` (hour, place) and ``error`` (hour, place), its standard error.

    Both are NaN where no station that reports is near enough. ``nearest_km`` (place,) is the
    distance to the nearest station of all [km], infinite without any.
    """

    values: Array
    error: Array
    nearest_km: Array


def covariance(apart: Array, spread: Spread) -> Array:
    """Covariance between two places, in the quantity's unit squared, without their own spread.

    Parameters
    ----------
    apart
        Distances, any shape [km].
    spread
        How the quantity varies; its length is in [km].
    """
    free = FREE_MEAN * (spread.region**2 + spread.place**2)
    near: Array = np.exp(-0.5 * (apart / spread.length_km) ** 2)
    return free + spread.region**2 * near


class Kriging:
    """A quantity's stations and the places that they speak for.

    A value does not depend, to the last bit, on which other hours or places are asked for:
    weighted values are added up station by station. ``spots`` are the targets' places, each once,
    and ``spot_of`` (target,) tells which of them is each target's.

    Parameters
    ----------
    quantity
        One of `SPREADS`.
    stations, targets
        Places on the plane [km], as `plane_km` gives them, shapes (station, 2), (target, 2).
    range_km
        A target farther than this from every reporting station gets no value [km].
    spread
        Default: that of `SPREADS`.
    """

    def __init__(
        self,
        quantity: str,
        stations: Array,
        targets: Array,
        range_km: float = RANGE_KM,
        spread: Spread | None = None,
    ) -> None:
        self.quantity = quantity
        self.stations = stations
        # many fields of a village stand at one place, and so do many stations
        self.spots, self.spot_of = np.unique(targets, axis=0, return_inverse=True)
        self._places, self._place_of = np.unique(stations, axis=0, return_inverse=True)
        self._spread = spread or SPREADS[quantity]
        self._range_km = range_km
        self._apart = distances_km(self._places, self.spots)
        self._solved: dict[bytes, tuple[Array, Array]] = {}
        # whom each spot asked last, and their weights: its very nearest, and any others
        self._asked = np.full((2, len(self.spots), NEIGHBOURS), -1)
        self._weights = np.empty(self._asked.shape)

    @property
    def nearest_km(self) -> Array:
        """Distance (target,) to the nearest station of all [km]; infinite without any."""
        if not len(self.stations):
            return np.full(len(self.spot_of), np.inf)
        nearest: Array = self._apart.min(axis=0)[self.spot_of]
        return nearest

    def values(self, values: Array) -> Array:
        """Values (hour, target) of what stations measured, in the quantity's unit.

        Parameters
        ----------
        values
            (hour, station) in the quantity's unit, NaN where a station does not report.
        """
        values = self._sound(values)
        found = np.full((len(values), len(self.spots)), np.nan)
        for hours, reporting, near in self._patterns(values):
            if len(reporting) > NEIGHBOURS:
                given = values[hours]
                for part in _parts(len(near)):
                    here = near[part]
                    found[np.ix_(hours, here)] = self._local_mean(given, reporting, here)
            else:
                given = values[np.ix_(hours, reporting)]
                found[np.ix_(hours, near)] = self._mean(given, reporting, near)
        low, high = PLAUSIBLE[self.quantity]
        clipped: Array = np.clip(found, low, high)[:, self.spot_of]
        return clipped

    def errors(self, values: Array) -> Array:
        """Standard error (hour, target) of `values`, in the quantity's unit.

        Parameters
        ----------
        values
            (hour, station) in the quantity's unit, NaN where a station does not report.
        """
        values = self._sound(values)
        found = np.full((len(values), len(self.spots)), np.nan)
        spread = self._spread
        own = covariance(np.zeros(1), spread) + spread.place**2
        for hours, reporting, near in self._patterns(values):
            if len(reporting) > NEIGHBOURS:
                known = np.empty(len(near))
                for part in _parts(len(near)):
                    stations = self._neighbours(reporting, near[part])
                    weights, across = self._local(stations, near[part])
                    known[part] = (weights * across).sum(axis=1)
            else:
                lower, _ = self._solve(reporting)
                across = covariance(self._apart[np.ix_(self._place_of[reporting], near)], spread)
                known = np.square(solve_triangular(lower, across, lower=True)).sum(axis=0)
            found[np.ix_(hours, near)] = np.sqrt(np.maximum(own - known, 0.0))
        return found[:, self.spot_of]

    def _sound(self, values: Array) -> Array:
        """Values without those that are far from all around them (`models.weather.outliers`)."""
        odd = wild(self.quantity, values, self.stations, min(self._range_km, RANGE_KM))
        return np.where(odd, np.nan, values) if odd.any() else values

    def _patterns(
        self, values: Array
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]]:
        """Hours in which the same stations report, these stations, and the places near them."""
        patterns: dict[bytes, list[int]] = {}
        for hour, there in enumerate(~np.isnan(values)):
            patterns.setdefault(there.tobytes(), []).append(hour)
        within = self._apart <= self._range_km
        for pattern, hours in patterns.items():
            reporting = np.flatnonzero(np.frombuffer(pattern, np.bool_))
            near = np.flatnonzero(within[np.unique(self._place_of[reporting])].any(axis=0))
            if len(near):
                yield np.array(hours), reporting, near

    def _solve(self, reporting: NDArray[np.intp]) -> tuple[Array, Array]:
        """Cholesky factor and inverse of the covariance among stations."""
        key = reporting.tobytes()
        if key not in self._solved:
            if len(self._solved) >= _KEPT:
                del self._solved[next(iter(self._solved))]
            places = self.stations[reporting]
            among = covariance(distances_km(places, places), self._spread)
            among += self._spread.place**2 * np.eye(len(reporting))
            with _LIBRARIES.limit(limits=1, user_api="blas"):
                lower = cholesky(among, lower=True)
                inverse = cho_solve((lower, True), np.eye(len(reporting)))
            self._solved[key] = lower, inverse
        return self._solved[key]

    def _mean(self, values: Array, reporting: NDArray[np.intp], near: NDArray[np.intp]) -> Array:
        """Mean (hour, place) of hours in which all of these stations report."""
        level = _added_up(values) / len(reporting)
        _, inverse = self._solve(reporting)
        weights = np.zeros_like(values)
        for value, row in zip((values - level[:, None]).T, inverse, strict=True):
            weights += value[:, None] * row
        mean = np.zeros((len(values), len(near)))
        part = np.empty_like(mean)
        across = covariance(self._apart[np.ix_(self._place_of[reporting], near)], self._spread)
        for weight, station in zip(weights.T, across, strict=True):
            mean += np.multiply(weight[:, None], station, out=part)
        return mean + level[:, None]

    @cached_property
    def _shared(self) -> Array:
        """Covariance among the stations' places (place, place), without their own spread."""
        return covariance(distances_km(self._places, self._places), self._spread)

    @cached_property
    def _candidates(self) -> NDArray[np.intp]:
        """The nearest stations of each spot (spot, candidate), nearest first."""
        apart = self._apart.T[:, self._place_of]
        count = min(_CANDIDATES, apart.shape[1])
        found = np.sort(np.argpartition(apart, count - 1, axis=1)[:, :count], axis=1)
        order = np.argsort(np.take_along_axis(apart, found, axis=1), axis=1, kind="stable")
        return np.take_along_axis(found, order, axis=1)

    def _neighbours(self, reporting: NDArray[np.intp], near: NDArray[np.intp]) -> NDArray[np.intp]:
        """The nearest stations that report, of each of these spots (spot, `NEIGHBOURS`)."""
        reports = np.zeros(len(self.stations), dtype=np.bool_)
        reports[reporting] = True
        candidates = self._candidates[near]
        there = reports[candidates]
        # those that report go to the front, in their order
        first = np.argsort(~there, axis=1, kind="stable")[:, :NEIGHBOURS]
        found = np.take_along_axis(candidates, first, axis=1)
        for spot in np.flatnonzero(there.sum(axis=1) < NEIGHBOURS):
            apart = self._apart[self._place_of[reporting], near[spot]]
            order = np.argsort(apart, kind="stable")
            found[spot] = reporting[order[:NEIGHBOURS]]
        return found

    def _local(self, stations: NDArray[np.intp], near: NDArray[np.intp]) -> tuple[Array, Array]:
        """Weights of each spot's stations and their covariance with it (spot, `NEIGHBOURS`)."""
        places = self._place_of[stations]
        among = self._shared[places[:, :, None], places[:, None, :]]
        among += self._spread.place**2 * np.eye(NEIGHBOURS)
        across = covariance(self._apart[places, near[:, None]], self._spread)
        with _LIBRARIES.limit(limits=1, user_api="blas"):
            weights = np.linalg.solve(among, across[:, :, None])[:, :, 0].astype(np.float64)
        return weights, across

    def _weights_of(self, stations: NDArray[np.intp], near: NDArray[np.intp]) -> Array:
        """Weights of each spot's stations (spot, `NEIGHBOURS`); worked out where they are new.

        Of thousands of stations some fall silent every day, but few of those around a spot.
        """
        others = (stations != self._candidates[near, :NEIGHBOURS]).any(axis=1).astype(np.intp)
        new = (stations != self._asked[others, near]).any(axis=1)
        if new.any():
            weights, _ = self._local(stations[new], near[new])
            self._asked[others[new], near[new]] = stations[new]
            self._weights[others[new], near[new]] = weights
        found: Array = self._weights[others, near]
        return found

    def _local_mean(
        self, values: Array, reporting: NDArray[np.intp], near: NDArray[np.intp]
    ) -> Array:
        """Mean (hour, place) from the nearest stations, of hours in which the same ones report."""
        stations = self._neighbours(reporting, near)
        weights = self._weights_of(stations, near)
        given = np.ascontiguousarray(values.T)
        level = np.zeros((len(near), len(values)))
        for column in stations.T:
            level += given[column]
        level /= NEIGHBOURS
        mean = np.zeros_like(level)
        for column, weight in zip(stations.T, weights.T, strict=True):
            mean += (given[column] - level) * weight[:, None]
        return (mean + level).T


def _parts(count: int) -> Iterator[slice]:
    """Slices of `count` spots, so that the covariances of all are never held at once."""
    return (slice(start, start + _SPOTS) for start in range(0, count, _SPOTS))


def _added_up(values: Array) -> Array:
    """Sum over stations (hour,), one after the other."""
    total = np.zeros(len(values))
    for column in values.T:
        total += column
    return total


def interpolate(
    quantity: str,
    values: Array,
    stations: Array,
    targets: Array,
    *,
    range_km: float = RANGE_KM,
    spread: Spread | None = None,
) -> Interpolated:
    """Values of a quantity at other places, hour by hour, and their standard errors.

    Parameters
    ----------
    quantity
        One of `SPREADS`.
    values
        (hour, station) in the quantity's unit, NaN where a station does not report.
    stations, targets, range_km, spread
        As for `Kriging` [km].
    """
    places = Kriging(quantity, stations, targets, range_km, spread)
    return Interpolated(places.values(values), places.errors(values), places.nearest_km)
