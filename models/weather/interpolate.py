"""Weather between stations: hourly values at other places, each with its standard error.

A Gaussian process over the ground with a free mean, which is ordinary kriging:
what the stations share is the hour's level, what they differ by fades with distance. All hours
in which the same stations report are computed at once, and places that coincide once. Weather is
interpolated, never a status. A place too far from every station that reports gets no value. A value
far from all around it (`models.weather.outliers`) is left out before.

The spreads are provisional: they need a network of stations in the region to be fitted to. What
they are worth shows in `leave_one_out`, which hides each station in turn.

References
----------
Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, chapter 2 (ISBN 026218253X).
Cressie 1993, Statistics for Spatial Data, section 3.2 (doi:10.1002/9781119115151).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class LeftOut:
    """How well a station is estimated from the others.

    ``bias``, ``rmse`` and ``standard_error`` (the mean one claimed) are in the quantity's unit;
    ``inside`` is the share of hours within 1.96 standard errors (0.95 if they are right);
    ``nearest_rmse`` is what copying the nearest station would have given.
    """

    station: int
    hours: int
    nearest_km: float
    bias: float
    rmse: float
    standard_error: float
    inside: float
    nearest_rmse: float


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
        # many fields of a village stand at one place
        self.spots, self.spot_of = np.unique(targets, axis=0, return_inverse=True)
        self._spread = spread or SPREADS[quantity]
        self._range_km = range_km
        self._apart = distances_km(stations, self.spots)
        self._across = covariance(self._apart, self._spread)
        among = covariance(distances_km(stations, stations), self._spread)
        self._among = among + self._spread.place**2 * np.eye(len(stations))
        self._solved: dict[bytes, tuple[Array, Array]] = {}

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
            lower, _ = self._solve(reporting)
            across = self._across[np.ix_(reporting, near)]
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
        patterns, which = np.unique(~np.isnan(values), axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            reporting = np.flatnonzero(pattern)
            near = np.flatnonzero((self._apart[reporting] <= self._range_km).any(axis=0))
            if len(near):
                yield np.flatnonzero(which.ravel() == number), reporting, near

    def _solve(self, reporting: NDArray[np.intp]) -> tuple[Array, Array]:
        """Cholesky factor and inverse of the covariance among stations."""
        key = reporting.tobytes()
        if key not in self._solved:
            if len(self._solved) >= _KEPT:
                del self._solved[next(iter(self._solved))]
            with _LIBRARIES.limit(limits=1, user_api="blas"):
                lower = cholesky(self._among[np.ix_(reporting, reporting)], lower=True)
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
        across = self._across[np.ix_(reporting, near)]
        for weight, station in zip(weights.T, across, strict=True):
            mean += np.multiply(weight[:, None], station, out=part)
        return mean + level[:, None]


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


def leave_one_out(
    quantity: str,
    values: Array,
    stations: Array,
    *,
    range_km: float = np.inf,
    spread: Spread | None = None,
) -> list[LeftOut]:
    """Estimate each station from the others, and set that against what it measured.

    Parameters
    ----------
    quantity, values, stations, range_km, spread
        As for `interpolate`.

    Returns
    -------
    list of LeftOut
        One per station that could be estimated in at least one hour.
    """
    found = []
    for station in range(len(stations)):
        others = np.arange(len(stations)) != station
        estimate = interpolate(
            quantity,
            values[:, others],
            stations[others],
            stations[station : station + 1],
            range_km=range_km,
            spread=spread,
        )
        miss = estimate.values[:, 0] - values[:, station]
        hours = ~np.isnan(miss)
        if not hours.any():
            continue
        error = estimate.error[hours, 0]
        copied = nearest_values(values[:, others], stations[others], stations[station])
        found.append(
            LeftOut(
                station,
                int(hours.sum()),
                float(estimate.nearest_km[0]),
                float(miss[hours].mean()),
                root_mean_square(miss[hours]),
                float(error.mean()),
                float((np.abs(miss[hours]) <= 1.96 * error).mean()),
                root_mean_square((copied - values[:, station])[hours]),
            )
        )
    return found


def nearest_values(values: Array, stations: Array, target: Array) -> Array:
    """Values (hour,) of the nearest station that reports, in their unit; places in km.

    Parameters
    ----------
    values
        Values (hour, station) in the quantity's unit, NaN where missing.
    stations, target
        Places on the plane (station, 2) and (2,) [km].
    """
    order = np.argsort(distances_km(target[None, :], stations)[0], kind="stable")
    sorted_values = values[:, order]
    first = (~np.isnan(sorted_values)).argmax(axis=1)
    copied: Array = sorted_values[np.arange(len(values)), first]
    return copied


def root_mean_square(miss: NDArray[np.float64]) -> float:
    """Root of the mean square of errors, in their unit.

    Parameters
    ----------
    miss
        Errors, any shape, in any unit.
    """
    return float(np.sqrt((miss**2).mean()))
