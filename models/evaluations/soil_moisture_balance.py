"""The balance at the sites of a farm, left alone and corrected by what the probes measured.

Nothing is fitted: the soil is the texture's, the weather the station's, the crop winter wheat. Of
the site judged the correction uses what its probes had measured until the evening before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluations.soil_moisture_farm import Farm
from models.water.measured import Ranges, observe, ranges_of
from models.water.measured_capacity import Plateaus, plateaus
from models.water.measured_correction import Correction
from models.water.measured_layers import thickness
from models.weather.dataset import Array

#: FAO-56 table 19, silt loam: the middle of its ranges [m3 m-3].
CAPACITY, WILTING = 0.29, 0.15
#: FAO-56 table 22, winter wheat: deepest roots [m].
ROOTS = 1.8
#: Latitude of the farm [degree].
LATITUDE = 46.78


@dataclass(frozen=True)
class Told:
    """What the balance says of each day before its probes are read.

    ``free`` moisture by the balance alone, the same at all depths (day, site) [m3 m-3]; ``level``
    by the corrected balance (day, site, depth), each probe in its own range; ``moved`` what was
    measured the evening before, moved by what the corrected balance says of the day; ``own`` number
    of probes that had a range of their own in the end.
    """

    free: Array
    level: Array
    moved: Array
    own: int


def reference_evapotranspiration(farm: Farm) -> Array:
    """Hargreaves' reference evapotranspiration (FAO-56 eq. 52, radiation eq. 21) [mm] by day.

    Parameters
    ----------
    farm : Farm
    """
    high, low = filled(farm.highest), filled(farm.lowest)
    day = np.asarray(farm.days.dayofyear, np.float64)
    latitude = np.radians(LATITUDE)
    distance = 1 + 0.033 * np.cos(2 * np.pi * day / 365)
    declination = 0.409 * np.sin(2 * np.pi * day / 365 - 1.39)
    sunset = np.arccos(-np.tan(latitude) * np.tan(declination))
    height = sunset * np.sin(latitude) * np.sin(declination)
    height += np.cos(latitude) * np.cos(declination) * np.sin(sunset)
    radiation = 24 * 60 / np.pi * 0.0820 * distance * height
    warm = 0.0023 * ((high + low) / 2 + 17.8) * np.sqrt(np.maximum(high - low, 0.0))
    return np.asarray(np.maximum(warm * 0.408 * radiation, 0.0))


def filled(values: Array) -> Array:
    """Values with their gaps filled in a straight line, in their unit.

    Parameters
    ----------
    values
        By day, in any unit.
    """
    steps = np.arange(len(values))
    known = ~np.isnan(values)
    return np.asarray(np.interp(steps, steps[known], values[known]))


def ranges_by_day(moisture: Array) -> Ranges:
    """Range of each probe on each day, from what it had measured until then.

    Parameters
    ----------
    moisture
        (day, site, depth) [m3 m-3].
    """
    flat = moisture.reshape(len(moisture), -1)
    median, number = known_plateaus(plateaus(flat), flat.shape)
    lowest = np.fmin.accumulate(flat, axis=0)
    texture = np.full(flat.shape, CAPACITY), np.full(flat.shape, WILTING)
    found = ranges_of(*texture, median, number, lowest)
    shape = moisture.shape
    return Ranges(
        found.capacity.reshape(shape),
        found.wilting.reshape(shape),
        found.error.reshape(shape),
        found.own.reshape(shape),
    )


def known_plateaus(found: Plateaus, shape: tuple[int, int]) -> tuple[Array, NDArray[np.int64]]:
    """Median of the plateaus known on each day [m3 m-3], and their number (day, series).

    A plateau is known one day after it, when drainage is seen to be slow.

    Parameters
    ----------
    found : Plateaus
        Of daily series.
    shape
        Days and series.
    """
    median = np.full(shape, np.nan)
    number = np.zeros(shape, np.int64)
    for series in np.unique(found.series):
        own = found.series == series
        steps, values = found.step[own], found.value[own]
        for count in range(1, len(steps) + 1):
            since = steps[count - 1] + 1
            median[since:, series] = np.median(values[:count])
            number[since:, series] = count
    return median, number


def spread_out(
    change: Array, moisture: Array, capacity: Array, weights: Array, layers: Array
) -> Array:
    """Moisture of each depth after a change of the root zone's depletion [m3 m-3].

    Water that comes fills layers to their capacity from the top; what is used is taken as the
    roots are.

    Parameters
    ----------
    change
        Of depletion (day, site) [mm].
    moisture, capacity
        (day, site, depth) [m3 m-3].
    weights
        Share of the roots (day, site, depth).
    layers
        Thickness (site, depth) [mm].
    """
    used = np.maximum(change, 0.0)[..., None] * weights / layers
    room = np.maximum(np.nan_to_num(capacity - moisture), 0.0) * layers
    before = np.cumsum(room, axis=-1) - room
    water = np.maximum(-change, 0.0)[..., None]
    taken = np.clip(water - before, 0.0, room) / layers
    return np.asarray(moisture - used + taken)


def run(farm: Farm, correct: Correction) -> None:
    """Run the balance over all days and sites, each day closed by the correction.

    Parameters
    ----------
    farm : Farm
    correct : Correction
        Keeps what the balance said before and after.
    """
    sites = len(farm.names)
    available = np.full(sites, 1000.0 * (CAPACITY - WILTING) * ROOTS)
    use = reference_evapotranspiration(farm) * crop_coefficient(farm)
    rain = np.nan_to_num(farm.rain)
    depletion = np.zeros(sites)
    for day in range(len(farm.days)):
        stress = np.clip((available - depletion) / (0.45 * available), 0.0, 1.0)
        depletion = np.clip(depletion + stress * use[day] - rain[day], 0.0, available)
        depletion = correct(day, depletion, available)


def crop_coefficient(farm: Farm) -> Array:
    """Of winter wheat (FAO-56 table 12) by day; dates by the seasons of the farm, unverified.

    Parameters
    ----------
    farm : Farm
    """
    at = np.array([1, 75, 120, 181, 212, 273, 305, 366])
    value = np.array([0.7, 0.7, 1.15, 1.15, 0.25, 0.25, 0.7, 0.7])
    return np.asarray(np.interp(np.asarray(farm.days.dayofyear, np.float64), at, value))


def told_by_balance(farm: Farm) -> Told:
    """What the balance says of each day, from the evening before and the day's weather.

    Parameters
    ----------
    farm : Farm
    """
    days, sites, _ = farm.moisture.shape
    ranges = ranges_by_day(farm.moisture)
    roots = np.full(sites, ROOTS)
    observed = observe(farm.moisture, farm.depths, roots, ranges)
    rain = np.repeat(np.nan_to_num(farm.rain)[:, None], sites, axis=1)
    correct = Correction(observed, water=rain)
    run(farm, correct)
    alone = Correction(observe(np.full_like(farm.moisture, np.nan), farm.depths, roots, ranges))
    run(farm, alone)
    available = 1000.0 * (CAPACITY - WILTING) * ROOTS
    layers = thickness(np.broadcast_to(farm.depths, (sites, len(farm.depths))), ROOTS)
    known = farm.moisture[:-1], ranges.capacity[:-1], observed.weights[:-1]
    moved = np.full(farm.moisture.shape, np.nan)
    moved[1:] = spread_out(correct.before[1:] - correct.after[:-1], *known, layers)
    level = np.full(farm.moisture.shape, np.nan)
    width = (ranges.capacity - ranges.wilting)[:-1]
    level[1:] = ranges.capacity[:-1] - (correct.before[1:] / available)[..., None] * width
    return Told(
        free=CAPACITY - alone.before / available * (CAPACITY - WILTING),
        level=level,
        moved=moved,
        own=int(ranges.own[-1].sum()),
    )


def from_few_probes(farm: Farm, kept: Sequence[int]) -> dict[str, float]:
    """Errors of the depletion told the evening before [mm], where only some probes are seen.

    Held against the depletion by all probes, on days that have them all: of the balance alone, of
    the corrected one, of the seen probes alone on the day itself, and the error that is claimed.

    Parameters
    ----------
    farm : Farm
    kept : sequence of int
        Indices of the depths that are seen.
    """
    days, sites, depths = farm.moisture.shape
    ranges = ranges_by_day(farm.moisture)
    roots = np.full(sites, ROOTS)
    seen = np.full((days, sites, depths), np.nan)
    seen[..., list(kept)] = farm.moisture[..., list(kept)]
    rain = np.repeat(np.nan_to_num(farm.rain)[:, None], sites, axis=1)
    every, few, none = (
        observe(values, farm.depths, roots, ranges)
        for values in (farm.moisture, seen, np.full_like(seen, np.nan))
    )
    correct, alone = Correction(few, water=rain), Correction(none)
    run(farm, correct)
    run(farm, alone)
    available = 1000.0 * (CAPACITY - WILTING) * ROOTS
    whole = ~np.isnan(farm.moisture).any(axis=-1)
    true = every.share[whole] * available

    def rmse(told: Array) -> float:
        return float(np.sqrt(((told[whole] - true) ** 2).mean()))

    return {
        "days": int(whole.sum()),
        "free": rmse(alone.before),
        "corrected": rmse(correct.before),
        "probes": rmse(few.share * available),
        "claimed": float(np.sqrt((correct.error[whole] ** 2).mean())),
    }
