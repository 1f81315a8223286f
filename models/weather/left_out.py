"""What interpolation is worth: each station hidden in turn and estimated from the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.weather.dataset import Array
from models.weather.distances import distances_km
from models.weather.interpolate import Spread, interpolate


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
