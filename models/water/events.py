"""Rain and watering seen in measured soil moisture, and how much water entered.

A step of a series has risen when it stands above its value one day before by more than the least
rise and twice the series' usual daily swing, which is the sensor's temperature. Comparing with the
same hour of the day before takes that swing out, and makes hourly and daily series one case. Steps
that have risen and follow one another in any series of a field are one wetting: it began at the
first, and lasts until one day after the last. A gap is bridged for up to three days; a wetting
after it says so, since nobody knows when in the gap it was.

What entered is the sum over layers of rise times thickness, from the lowest value of the day before
to the highest in the wetting. It is the least that entered: what crops took and what drained on
while it rose is not in it.

A wetting is ``rain`` where three times the rain of its time and the three days before explain what
entered; ``watering`` where they do not; ``thaw`` where the soil was frozen just before; ``unknown``
where there is no record of rain, or a gap in it. Watering in the days of a rain is seen only where
it was much more than the rain.

References
----------
Own rule; the least rise of 0.02 m3 m-3 as in `models.weather.consistency`, unverified. ISMN flag
D04 (Dorigo et al. 2013, doi:10.2136/vzj2012.0097) looks for the same rises to doubt them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.water.measured import DAY_ERROR
from models.water.measured_layers import MeasuredError, checked_depths, thickness
from models.weather.dataset import Array

Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]

#: Least rise in a day that is a wetting [m3 m-3]; unverified.
LEAST_RISE = 0.02
#: Or this many usual daily swings; unverified.
SWINGS = 2.0
#: Longest gap over which a rise is seen [d].
LONGEST_GAP = 3
#: Days that rain takes to a probe, and the water of a wetting to below the roots [d]; unverified.
ARRIVES = 3
#: Days before a rise in which a frost makes it a thaw [d]; unverified.
THAWS = 3
#: A rise below this is noise [m3 m-3]: twice what changes in a probe from day to day.
NOISE = 2 * DAY_ERROR
#: Rain may show at a probe as so many times its amount: water gathers, a probe stands for a thick
#: layer, and the gauge is elsewhere; unverified.
EXPLAINS = 3.0
KINDS = ("rain", "watering", "thaw", "unknown")
RAIN, WATERING, THAW, UNKNOWN = range(len(KINDS))


@dataclass(frozen=True)
class Wettings:
    """Wettings of fields, one entry each, ordered by field and time.

    ``field``; ``begin`` and ``end`` first and last step that had risen; ``since`` the step at the
    latest before it: earlier than the one before ``begin`` where a gap lies between; ``entered``
    water that entered, at least [mm]; ``rain`` that fell meanwhile [mm], nan without a record;
    ``watered`` [mm] what rain does not explain, at least, nan where nobody can say; ``kind`` as in
    `KINDS`; ``below`` share of what entered that went below the roots (0 to 1), nan where no
    probe lies there.
    """

    field: Indices
    begin: Indices
    end: Indices
    since: Indices
    entered: Array
    rain: Array
    watered: Array
    kind: NDArray[np.uint8]
    below: Array

    def __len__(self) -> int:
        """Count the wettings."""
        return len(self.field)


def daily_swing(values: Array, steps: int) -> Array:
    """Usual difference of highest and lowest value of a day, once its trend is out (series,).

    In the unit of ``values``; 0 for daily series, nan where no day and the begin of the next are
    whole.

    Parameters
    ----------
    values
        (time, series...) in any unit, whole days, nan where missing.
    steps
        Number of steps in a day.
    """
    if steps == 1:
        return np.zeros(values.shape[1:])
    days = len(values) // steps
    by_day = values[: days * steps].reshape(days, steps, *values.shape[1:])
    slope = (by_day[1:, :1] - by_day[:-1, :1]) / steps
    ramp = np.arange(steps).reshape(1, steps, *(1,) * (values.ndim - 1))
    flat = by_day[:-1] - slope * ramp
    return _median(flat.max(axis=1) - flat.min(axis=1))


def _median(values: Array) -> Array:
    """Median over the first axis without its nan; nan where there is nothing else."""
    ordered = np.sort(values, axis=0)
    count = (~np.isnan(values)).sum(axis=0)
    last = max(len(values) - 1, 0)
    low = np.minimum(np.maximum(count - 1, 0) // 2, last)[None]
    high = np.minimum(count // 2, last)[None]
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    middle = np.take_along_axis(ordered, low, 0) + np.take_along_axis(ordered, high, 0)
    return np.asarray(middle[0] / 2)


def filled(values: Array, longest: int) -> tuple[Array, Indices]:
    """Values with gaps bridged by the last one, in the same unit, and the step each comes from.

    Parameters
    ----------
    values
        (time, series...) in any unit, nan where missing.
    longest
        Number of missing steps that are bridged.
    """
    steps = np.arange(len(values)).reshape(-1, *(1,) * (values.ndim - 1))
    source = np.maximum.accumulate(np.where(np.isnan(values), -1, steps), axis=0)
    old = (source < 0) | (steps - source > longest)
    bridged = np.take_along_axis(values, np.maximum(source, 0), axis=0)
    return np.where(old, np.nan, bridged), np.where(old, -1, source)


def rises(moisture: Array, steps: int, least: float = LEAST_RISE) -> tuple[Flags, Indices]:
    """Whether each step has risen, and from which earlier step.

    Parameters
    ----------
    moisture
        (time, series...) [m3 m-3], nan where missing.
    steps
        Number of steps in a day.
    least
        Least rise in a day [m3 m-3].
    """
    bridged, source = filled(moisture, LONGEST_GAP * steps)
    before = np.full_like(moisture, np.nan)
    came = np.full(moisture.shape, -1, np.intp)
    before[steps:], came[steps:] = bridged[:-steps], source[:-steps]
    limit = np.fmax(least, SWINGS * daily_swing(moisture, steps))
    return np.nan_to_num(moisture - before, nan=-1.0) > limit, came


def wettings(
    moisture: Array,
    depths: ArrayLike,
    roots: ArrayLike,
    *,
    steps: int = 1,
    rain: Array | None = None,
    temperature: Array | None = None,
    percolation: Array | None = None,
    least: float = LEAST_RISE,
) -> Wettings:
    """Find the wettings of fields.

    Parameters
    ----------
    moisture
        (time, field, probe) [m3 m-3] in equal steps, nan where missing.
    depths
        Of the probes, as for `checked_depths` [m].
    roots
        Depth of the roots (field,) [m].
    steps
        Number of steps in a day: 24 of hourly values, 1 of daily ones.
    rain
        Rain of each step (time, field) [mm], nan where unknown; none without a record.
    temperature
        Lowest of the soil in each step (time, field) [degC].
    percolation
        What the balance lets drain below the roots in each step (time, field) [mm]; it tells the
        share below the roots where no probe lies there.
    least
        Least rise in a day [m3 m-3].

    Raises
    ------
    MeasuredError
        As for `checked_depths`; values above 1 are a percentage.
    """
    count, fields, _ = moisture.shape
    at = checked_depths(depths, fields)
    if (moisture > 1.0).any():
        raise MeasuredError(
            f"soil moisture of {np.nanmax(moisture):g} is no fraction: give m3 m-3, "
            "per cent divided by 100"
        )
    rooted = np.broadcast_to(np.asarray(roots, np.float64), (fields,))
    inside = at < rooted[:, None]
    risen, came = rises(moisture, steps, least)
    seen: Flags = np.asarray((risen & inside).any(axis=-1))
    begin, end, field = _runs(seen, steps)
    origin = np.where(risen & inside, came, count)[begin, field].min(axis=-1)
    since = np.minimum(np.where(origin == count, begin - 1, origin), begin - 1)
    if steps > 1:
        # The step from which a rise is measured lies a day back; a whole day before it is no gap.
        since = np.where(begin - since <= steps, begin - 1, since)
    layers = thickness(at)
    low = np.maximum(np.minimum(since, begin - steps), 0)
    base = _extreme(moisture, field, low, begin - 1, np.fmin)
    late = np.minimum(end + steps, count - 1)
    arrived = np.minimum(end + ARRIVES * steps, count - 1)
    rise = _extreme(moisture, field, begin, late, np.fmax) - base
    deep = _extreme(moisture, field, begin, arrived, np.fmax) - base
    above, under = inside[field], (at >= rooted[:, None])[field]
    shallow = _gained(rise, layers[field], above)
    lost = _gained(deep, layers[field], under)
    knows = (under & ~np.isnan(deep)).any(axis=-1)
    entered = shallow + lost
    below = np.divide(lost, entered, out=np.full(len(field), np.nan), where=knows & (entered > 0))
    if percolation is not None:
        drained = _sums(percolation, field, begin, arrived)
        told = np.divide(drained, entered, out=np.full(len(field), np.nan), where=entered > 0)
        below = np.where(np.isnan(below), np.clip(told, 0.0, 1.0), below)
    fell = np.full(len(field), np.nan)
    if rain is not None:
        fell = _sums(rain, field, np.maximum(begin - ARRIVES * steps, 0), late)
    watered = np.where(entered > EXPLAINS * fell, entered - fell, 0.0)
    watered = np.where(np.isnan(fell), np.nan, watered)
    kind = np.where(np.isnan(fell), UNKNOWN, np.where(watered > 0, WATERING, RAIN))
    if temperature is not None:
        cold = np.maximum(begin - THAWS * steps, 0)
        coldest = _extreme(temperature[..., None], field, cold, begin, np.fmin)[..., 0]
        kind = np.where(coldest < 0, THAW, kind)
        watered = np.where(coldest < 0, np.nan, watered)
    return Wettings(field, begin, end, since, entered, fell, watered, kind.astype(np.uint8), below)


def _gained(rise: Array, layers: Array, counted: Flags) -> Array:
    """Water of the layers that count and rose by more than noise [mm]."""
    return np.asarray(np.where(counted & (rise > NOISE), rise * layers, 0.0).sum(axis=-1))


def _runs(seen: Flags, steps: int) -> tuple[Indices, Indices, Indices]:
    """First and last steps and fields of runs; those less than a day apart are one."""
    at = np.arange(len(seen))[:, None]
    behind = np.maximum.accumulate(np.where(seen, at, -steps), axis=0)
    ahead = np.minimum.accumulate(np.where(seen, at, len(seen) + steps)[::-1], axis=0)[::-1]
    padded = np.zeros((len(seen) + 2, seen.shape[1]), np.int8)
    padded[1:-1] = seen | (ahead - behind <= steps)
    turn = np.diff(padded, axis=0).T
    field, begin = np.nonzero(turn == 1)
    _, stop = np.nonzero(turn == -1)
    return begin, stop - 1, field


def _extreme(values: Array, field: Indices, first: Indices, last: Indices, pick: np.ufunc) -> Array:
    """Lowest or highest value of each wetting from its first to its last step."""
    longest = int((last - first).max(initial=0)) + 1
    found = values[first, field]
    for step in range(1, longest):
        found = pick(found, values[np.minimum(first + step, last), field])
    return np.asarray(found)


def _sums(values: Array, field: Indices, first: Indices, last: Indices) -> Array:
    """Sum of each wetting from its first to its last step; nan where a value is missing."""
    total = np.zeros((len(values) + 1, values.shape[1]))
    np.cumsum(np.nan_to_num(values), axis=0, out=total[1:])
    gaps = np.zeros(total.shape)
    np.cumsum(np.isnan(values), axis=0, out=gaps[1:])
    missing = gaps[last + 1, field] - gaps[first, field]
    return np.where(missing > 0, np.nan, total[last + 1, field] - total[first, field])
