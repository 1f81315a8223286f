"""Weather between stations: hourly values at other places, each with its standard error.

A Gaussian process over the ground (scikit-learn) with a free mean, which is ordinary kriging:
what the stations share is the hour's level, what they differ by fades with distance. All hours
in which the same stations report are computed at once. Weather is interpolated, never a status.
A place too far from every station that reports gets no value. A value far from all around it
(`models.weather.outliers`) is left out before.

The spreads are provisional: they need a network of stations in the region to be fitted to. What
they are worth is told by `leave_one_out`, which hides each station in turn.

References
----------
Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, chapter 2 (ISBN 026218253X).
Cressie 1993, Statistics for Spatial Data, section 3.2 (doi:10.1002/9781119115151).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Kernel, WhiteKernel

from models.weather.dataset import PLAUSIBLE, Array
from models.weather.distances import distances_km
from models.weather.outliers import wild

#: Beyond this distance to the nearest reporting station nothing is said [km]; provisional, set in
#: the store as ``interpolation.range_km``.
RANGE_KM = 30.0
#: The hour's mean is left free: its prior variance is this many times the rest.
FREE_MEAN = 1e3
_CHUNK = 2000


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
class Field:
    """Values at places: ``values`` (hour, place) and ``error`` (hour, place), its standard error.

    Both are NaN where no station that reports is near enough. ``nearest_km`` (place,) is the
    distance to the nearest station of all [km], infinite without any.
    """

    values: Array
    error: Array
    nearest_km: Array


@dataclass(frozen=True)
class LeftOut:
    """How well a station is told by the others.

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


def kernel_of(spread: Spread) -> Kernel:
    """Covariance of a quantity over the ground, in its unit squared (distances in km).

    Parameters
    ----------
    spread
        How a quantity varies; its length is in [km].
    """
    region, place = spread.region**2, spread.place**2
    return (
        ConstantKernel(FREE_MEAN * (region + place), "fixed")
        + ConstantKernel(region, "fixed") * RBF(spread.length_km, "fixed")
        + WhiteKernel(place, "fixed")
    )


def interpolate(
    quantity: str,
    values: Array,
    stations: Array,
    targets: Array,
    *,
    range_km: float = RANGE_KM,
    spread: Spread | None = None,
) -> Field:
    """Values of a quantity at other places, hour by hour.

    Parameters
    ----------
    quantity
        One of `SPREADS`.
    values
        (hour, station) in the quantity's unit, NaN where a station does not report.
    stations, targets
        Places on the plane [km], as `plane_km` gives them, shapes (station, 2), (target, 2).
    range_km
        A target farther than this from every reporting station gets no value [km].
    spread
        Default: that of `SPREADS`.
    """
    kernel = kernel_of(spread or SPREADS[quantity])
    apart = distances_km(targets, stations)
    odd = wild(quantity, values, distances_km(stations, stations), min(range_km, RANGE_KM))
    values = np.where(odd, np.nan, values)
    shape = (len(values), len(targets))
    found, error = np.full(shape, np.nan), np.full(shape, np.nan)
    there = ~np.isnan(values)
    patterns, which = np.unique(there, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        near = pattern.any() and (apart[:, pattern] <= range_km).any(axis=1)
        if not np.any(near):
            continue
        hours = np.flatnonzero(which == number)
        mean, deviation = _told(
            kernel, stations[pattern], values[np.ix_(hours, pattern)], targets[near]
        )
        found[np.ix_(hours, near)] = mean
        error[np.ix_(hours, near)] = deviation
    low, high = PLAUSIBLE[quantity]
    nearest = apart.min(axis=1) if apart.shape[1] else np.full(len(targets), np.inf)
    return Field(np.clip(found, low, high), error, nearest)


def _told(kernel: Kernel, stations: Array, values: Array, targets: Array) -> tuple[Array, Array]:
    """Mean (hour, target) and standard error (target,) of hours in which all stations report.

    The process gives each station's weight; the weighted values are added up station by station,
    so that an hour has the same bits alone as among thousands.
    """
    process = GaussianProcessRegressor(kernel, alpha=1e-10, optimizer=None)
    process.fit(stations, np.eye(len(stations)))
    parts = [
        process.predict(targets[i : i + _CHUNK], return_std=True)
        for i in range(0, len(targets), _CHUNK)
    ]
    weights = np.concatenate([m.reshape(len(m), -1) for m, _ in parts])
    deviation = np.concatenate([d.reshape(len(d), -1)[:, 0] for _, d in parts])
    columns = [np.ascontiguousarray(column) for column in values.T]
    level = sum(columns, np.zeros(len(values))) / len(columns)
    mean = np.zeros((len(values), len(targets)))
    for column, weight in zip(columns, weights.T, strict=True):
        mean += (column - level)[:, None] * weight
    return mean + level[:, None], deviation


def leave_one_out(
    quantity: str,
    values: Array,
    stations: Array,
    *,
    range_km: float = np.inf,
    spread: Spread | None = None,
) -> list[LeftOut]:
    """Tell each station from the others, and set it against what it measured.

    Parameters
    ----------
    quantity, values, stations, range_km, spread
        As for `interpolate` [the quantity's unit, km].

    Returns
    -------
    list of LeftOut
        One per station that could be told in at least one hour.
    """
    found = []
    for station in range(len(stations)):
        others = np.arange(len(stations)) != station
        told = interpolate(
            quantity,
            values[:, others],
            stations[others],
            stations[station : station + 1],
            range_km=range_km,
            spread=spread,
        )
        miss = told.values[:, 0] - values[:, station]
        hours = ~np.isnan(miss)
        if not hours.any():
            continue
        error = told.error[hours, 0]
        copied = nearest_values(values[:, others], stations[others], stations[station])
        found.append(
            LeftOut(
                station,
                int(hours.sum()),
                float(told.nearest_km[0]),
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
        Values (hour, station) in their unit, NaN where missing [as in the vocabulary].
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
        Errors, any shape, in any unit [any].
    """
    return float(np.sqrt((miss**2).mean()))
