"""The crop's coefficients day by day: basal coefficient, its upper limit, cover, height, roots.

All of it follows from the crop and the weather alone, not from the soil's water, and is therefore
computed at once for all days and fields before the balance walks over the days.

References
----------
Allen et al. 1998, FAO Irrigation and Drainage Paper 56, eq. 66, 70, 72, 76; roots grow with Kcb
(Annex 8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.weather.dataset import Array


@dataclass(frozen=True)
class Crops:
    """The crops of fields, arrays (field,).

    ``ini``, ``mid``, ``end`` are Kcb; ``lengths`` (4, field) of the stages [d]; heights and roots
    at first and at most [m]; ``p`` share used without stress; ``least`` Kc of bare dry soil.
    """

    ini: Array
    mid: Array
    end: Array
    lengths: Array
    first_height: Array
    height: Array
    first_root: Array
    root: Array
    p: Array
    least: Array


@dataclass(frozen=True)
class Course:
    """Coefficients of days and fields, arrays (day, field): Kcb, Kcmax, cover, roots [m]."""

    basal: Array
    highest: Array
    cover: Array
    height: Array
    root: Array


def basal_by_days(crops: Crops, age: ArrayLike) -> Array:
    """Kcb by days since sowing (day, field); eq. 66.

    Parameters
    ----------
    crops
        Of the fields.
    age
        Days since sowing (day, field) [d]; before sowing the first value holds.
    """
    days = np.asarray(age, dtype=np.float64)
    first, growing, middle, late = crops.lengths
    grown = np.clip((days - first) / growing, 0.0, 1.0)
    gone = np.clip((days - first - growing - middle) / late, 0.0, 1.0)
    return np.asarray(crops.ini + (crops.mid - crops.ini) * grown + (crops.end - crops.mid) * gone)


def basal_by_stage(bbch: Array, marks: tuple[float, ...], kcb: tuple[float, ...]) -> Array:
    """Kcb by the growth stage; NaN where the stage is unknown.

    Parameters
    ----------
    bbch
        Growth stage, any shape (BBCH).
    marks
        Stage of 10 % cover, full cover, first ripening and harvest (BBCH).
    kcb
        Values at the start, in mid-season and at harvest.
    """
    start, mid, end = kcb
    return np.interp(bbch, marks, (start, mid, mid, end))


def adjusted(kcb: ArrayLike, height: ArrayLike, wind: ArrayLike, rhmin: ArrayLike) -> Array:
    """Kcb of mid-season or harvest for a climate other than the table's; eq. 70.

    Parameters
    ----------
    kcb
        Table's value; one below 0.45 stays.
    height
        Mean height of the crop in the stage [m].
    wind, rhmin
        Means of the stage: wind at 2 m [m s-1], least relative humidity [%].
    """
    table = np.asarray(kcb, dtype=np.float64)
    more = _climate(wind, rhmin) * (np.asarray(height, dtype=np.float64) / 3) ** 0.3
    return np.where(table >= 0.45, table + more, table)


def _climate(wind: ArrayLike, rhmin: ArrayLike) -> Array:
    u2, rh = np.clip(wind, 1.0, 6.0), np.clip(rhmin, 20.0, 80.0)
    return np.asarray(0.04 * (u2 - 2.0) - 0.004 * (rh - 45.0))


def observed_onward(basal: Array, observed: Array) -> Array:
    """Kcb with what was observed put in, and carried on by the curve's own steps in growth.

    Parameters
    ----------
    basal
        Curve (day, field), in units of Kc.
    observed
        Observed values (day, field); NaN where none.

    Notes
    -----
    While the curve neither rises nor falls an observation holds for its day alone.
    """
    out = basal.copy()
    steps = np.diff(basal, axis=0, prepend=basal[:1])
    for day in range(len(out)):
        if day:
            moving = np.abs(steps[day]) > 1e-12
            out[day] = np.where(moving, out[day - 1] + steps[day], basal[day])
        out[day] = np.where(np.isnan(observed[day]), out[day], observed[day])
    return out


def course(
    crops: Crops,
    curve: Array,
    wind: ArrayLike,
    rhmin: ArrayLike,
    *,
    basal: Array | None = None,
    height: Array | None = None,
    cover: Array | None = None,
    alfalfa: bool = False,
) -> Course:
    """Coefficients of all days and fields.

    Parameters
    ----------
    crops
        Of the fields.
    curve
        Values of Kcb (day, field) as the crop's table has it: roots follow it.
    wind, rhmin
        At 2 m [m s-1], least relative humidity [%]; any shape that fits (day, field).
    basal
        Values of Kcb (day, field) with what was observed; the curve without.
    height, cover
        Observed height [m] and share of ground covered (day, field); NaN where none.
    alfalfa
        Whether reference evapotranspiration and coefficients are of tall alfalfa, not grass:
        the upper limit is then 1.0 (ASCE 2005, as coded in pyfao56).
    """
    kcb = curve if basal is None else basal
    rise = crops.mid - crops.ini
    tall = np.maximum(crops.first_height + (crops.height - crops.first_height)
                      * (kcb - crops.ini) / rise, 0.001)  # fmt: skip
    tall[0] = np.maximum(tall[0], crops.first_height)
    tall = _highest_so_far(tall, height)
    deep = np.maximum(crops.first_root + (crops.root - crops.first_root)
                      * (curve - crops.ini) / rise, crops.first_root)  # fmt: skip
    root = np.maximum.accumulate(np.maximum(deep, 0.001), axis=0)
    energy = 1.0 if alfalfa else 1.2 + _climate(wind, rhmin) * (tall / 3) ** 0.3
    highest = np.maximum(energy, kcb + 0.05)
    share = np.maximum((kcb - crops.least) / (highest - crops.least), 0.0)
    covered = np.clip(share ** (1 + 0.5 * tall), 0.0, 0.99)
    if cover is not None:
        covered = np.where(np.isnan(cover), covered, np.clip(cover, 0.0, 0.99))
    return Course(kcb, highest, covered, tall, root)


def _highest_so_far(tall: Array, observed: Array | None) -> Array:
    if observed is None or np.isnan(observed).all():
        return np.maximum.accumulate(tall, axis=0)
    out = tall.copy()
    for day in range(len(out)):
        if day:
            out[day] = np.maximum(out[day], out[day - 1])
        out[day] = np.where(np.isnan(observed[day]), out[day], observed[day])
    return out
