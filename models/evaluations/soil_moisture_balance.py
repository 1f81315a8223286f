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
from models.water import balance
from models.water.coefficients import Crops, basal_by_days, course
from models.water.ground import ground_of
from models.water.measured import Ranges, observe, ranges_of
from models.water.measured_capacity import Plateaus, plateaus
from models.water.measured_correction import Correction
from models.water.measured_layers import thickness
from models.water.needs import lengths_of, need_of
from models.water.soils import soil_of
from models.weather.dataset import Array
from models.weather.reference_evapotranspiration import USUAL_WIND, daily

#: FAO-56 table 19, the middle of its ranges; fractions [m3 m-3].
SOIL = soil_of("silt_loam").middle
CAPACITY, WILTING = SOIL.capacity, SOIL.wilting
#: FAO-56 table 22, winter wheat: deepest roots [m].
ROOTS = 1.8
#: Latitude [degree] and altitude [m] of the farm.
LATITUDE, ALTITUDE = 46.78, 790.0
#: Day of the year on which wheat is sown, and days until its harvest in August [d]; unverified.
SOWN, SEASON = 274.0, 305.0


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

    Winter wheat is sown each October on roots that reach down all the time, since what it leaves in
    the soil waits there for the next; its lengths are stretched to the farm's season.

    Parameters
    ----------
    farm : Farm
    correct : Correction
        Keeps what the balance said before and after.
    """
    sites = len(farm.names)
    shape = len(farm.days), sites

    def over(values: Array) -> Array:
        return np.repeat(values[:, None], sites, axis=1)

    need = need_of("winter_wheat")
    lengths = np.repeat(np.array(lengths_of(need, SEASON))[:, None], sites, axis=1)
    numbers = (*need.kcb, need.first_height, need.height, ROOTS, ROOTS, need.p, need.kcb[0])
    ini, mid, end, low, high, first, root, p, least = (np.full(sites, one) for one in numbers)
    crops = Crops(ini, mid, end, lengths, low, high, first, root, p, least)
    age = (np.asarray(farm.days.dayofyear, np.float64) - SOWN) % 365.25
    weather = daily(
        filled(farm.lowest), filled(farm.highest), farm.days.dayofyear, LATITUDE, ALTITUDE
    )
    made = course(
        crops,
        over(basal_by_days(crops, age[:, None])[:, 0]),
        USUAL_WIND,
        over(weather.least_humidity),
    )
    ground = ground_of([SOIL] * sites)
    balance.run(
        ground,
        made,
        crops.p,
        over(weather.eto),
        over(np.nan_to_num(farm.rain)),
        np.zeros(shape),
        np.ones(shape),
        balance.begin(ground, root),
        correct=correct,
        keep=("depletion",),
    )


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
