"""Sensors that drift away from their neighbours, and such that hardly move while these do.

Both are told by days: how far a sensor was, by the median of its hours, from the median of its
neighbours, and how far it swung. A sensor drifts when its last week differs from what was usual
for it by more than its own scatter explains. What drifts more slowly than the time that counts as
usual is not found; limits are unverified (docs/quality.md).

References
----------
The Oklahoma Mesonet tells drift by monthly statistics (its page on quality assurance; Fiebrich et
al. 2010, J. Atmos. Oceanic Technol. 27:1565, not read here) and tests for persistence (Shafer et
al. 2000, J. Atmos. Oceanic Technol. 17:474, as the University of Washington's page on its own
checks describes it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.weather.dataset import Array
from models.weather.nearby import MAD_TO_SD

Flags = NDArray[np.bool_]

#: How much the distance to the neighbours may change, in the quantity's unit.
LEAST_DRIFT: Mapping[str, float] = {
    "air_temperature": 1.5,
    "relative_humidity": 10.0,
    "air_pressure": 1.0,
    "soil_temperature": 2.0,
    "soil_moisture": 0.17,
}
#: Or so many times the scatter of the usual days.
SCATTERS = 4.0
#: Days that count as now, days between that are left out, days that count as usual.
RECENT, BETWEEN, USUAL = 7, 7, 46
#: So many days of each are needed.
FEWEST_RECENT, FEWEST_USUAL = 4, 14
DAYS = RECENT + BETWEEN + USUAL
#: A sensor hardly moves when on each of its last days it swung less than this share of what its
#: neighbours did, and these swung at least so much.
STILL_SHARE, STILL_DAYS = 0.1, 2
LEAST_SWING: Mapping[str, float] = {
    "air_temperature": 5.0,
    "relative_humidity": 20.0,
    "soil_temperature": 3.0,
}


@dataclass(frozen=True)
class Drift:
    """What the days say of each sensor (station,), in the quantity's unit.

    Attributes
    ----------
    drifts : array of bool
    recent, usual, scatter : array
        Distance to the neighbours now and usually, and how much the usual days scatter.
    """

    drifts: Flags
    recent: Array
    usual: Array
    scatter: Array


def _median(values: Array, fewest: int) -> Array:
    """Medians of days; NaN where there are fewer than `fewest`."""
    count = np.isfinite(values).sum(axis=0)
    found = np.full(values.shape[1:], np.nan)
    enough = count >= fewest
    if enough.any():
        found[enough] = np.nanmedian(values[:, enough], axis=0)
    return found


def drift(quantity: str, departures: Array) -> Drift:
    """Judge the last day.

    Parameters
    ----------
    quantity : str
        One without an entry in `LEAST_DRIFT` never drifts.
    departures : array
        (day, station): distance to the neighbours in the quantity's unit, the last `DAYS` days;
        NaN where not known.
    """
    days = departures[-DAYS:]
    recent = _median(days[-RECENT:], FEWEST_RECENT)
    before = days[: -RECENT - BETWEEN]
    usual = _median(before, FEWEST_USUAL)
    scatter = MAD_TO_SD * _median(np.abs(before - usual), FEWEST_USUAL)
    least = LEAST_DRIFT.get(quantity, np.inf)
    with np.errstate(invalid="ignore"):
        drifts = np.abs(recent - usual) > np.maximum(least, SCATTERS * scatter)
    return Drift(drifts, recent, usual, scatter)


def stands(quantity: str, own: Array, near: Array) -> Flags:
    """Mark sensors that hardly moved on their last days.

    Parameters
    ----------
    quantity : str
        One without an entry in `LEAST_SWING` is never marked.
    own, near : array
        (day, station): swing of the sensor and the median of its neighbours', the last days, in
        the quantity's unit.
    """
    least = LEAST_SWING.get(quantity, np.inf)
    days_own, days_near = own[-STILL_DAYS:], near[-STILL_DAYS:]
    with np.errstate(invalid="ignore"):
        still = (days_near >= least) & (days_own < STILL_SHARE * days_near)
    if len(days_own) < STILL_DAYS:
        return np.zeros(own.shape[1], bool)
    found: Flags = np.all(still, axis=0)
    return found
