"""Fields as the water account knows them, their seasons as arrays, and the balance followed.

Each field is followed three times: in the soil of its texture that holds least (dry side), in the
middle and in the one that holds most (wet side), so that what nobody knows of the soil is an
interval of depletion. A day without weather widens it: on the wet side it may have rained until
the soil was full, on the dry side it did not rain; beyond `LONGEST_GAP` days in a row nobody can
say what dried, and the dry side is empty. The two come together again when rain or watering fills
both, or when measured moisture says where the depletion is. While they are farther apart than
`BLIND` of the available water, nothing is said of the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from models.water.balance import Balance, Correct, begin, run
from models.water.coefficients import Course, Crops, basal_by_days, basal_by_stage, course
from models.water.ground import Ground, ground_of
from models.water.needs import lengths_of, need_of
from models.water.refused import WaterError
from models.water.soils import SoilRange, soil_of
from models.water.wetting import Method, method_of
from models.weather.dataset import Array

#: Days running without weather that are bridged [d]; unverified.
LONGEST_GAP = 3
#: Difference of wet and dry side, as a share of the available water, from which on a gap in the
#: weather makes the answer unknown; unverified.
BLIND = 0.5
DRY, MIDDLE, WET = range(3)
#: Columns of the balance that are kept of each side.
KEPT = ("depletion", "available", "readily", "ks_end", "actual", "evaporation", "percolation")


@dataclass(frozen=True)
class Field:
    """A field and its crop: ``mu`` area in 亩 (667 m2); ``harvest`` as expected, if known.

    ``texture`` None: unknown, between ``bounds`` if these are given. ``moisture`` of the soil on
    the first day, as a share of the available water (0 to 1). ``allocation`` [m3] of the season.
    """

    name: str
    crop: str
    sown: date
    mu: float
    method: str
    texture: str | None = None
    bounds: tuple[str, str] | None = None
    harvest: date | None = None
    moisture: float = 1.0
    allocation: float | None = None


@dataclass(frozen=True)
class Weather:
    """Weather of days from ``first`` on, arrays (day, field); NaN where it is not known.

    ``eto`` and ``rain`` [mm], ``wind`` at 2 m [m s-1], ``rhmin`` least relative humidity [%].
    """

    first: date
    eto: Array
    rain: Array
    wind: Array
    rhmin: Array


@dataclass(frozen=True)
class Followed:
    """What became of fields: a `Balance` for each side, and where nothing can be said.

    ``grounds`` are the soils of each side; ``blind`` and ``unknown`` (day, field): no answer, and
    days running that had no weather; ``course`` the coefficients.
    """

    fields: tuple[Field, ...]
    first: date
    sides: tuple[Balance, Balance, Balance]
    grounds: tuple[Ground, Ground, Ground]
    course: Course
    blind: NDArray[np.bool_]
    unknown: NDArray[np.intp]


def checked(fields: Sequence[Field]) -> tuple[list[SoilRange], list[Method]]:
    """Soils and ways of irrigation of fields.

    Parameters
    ----------
    fields
        As given.

    Raises
    ------
    WaterError
        What is unknown, negative or crosses, with the field's name.
    """
    for each in fields:
        need_of(each.crop, f"field {each.name}")
        if not each.mu > 0:
            raise WaterError(
                f"field {each.name}: area of {each.mu:g} 亩: give an area above 0, or leave it out"
            )
        if each.harvest is not None and each.harvest <= each.sown:
            raise WaterError(
                f"field {each.name}: harvest {each.harvest} is not after sowing {each.sown}; "
                "swap them"
            )
        if not 0 <= each.moisture <= 1:
            raise WaterError(
                f"field {each.name}: moisture {each.moisture:g} is no share of the available "
                "water; give 0 to 1"
            )
        if each.allocation is not None and not each.allocation >= 0:
            raise WaterError(
                f"field {each.name}: allocation of {each.allocation:g} m3: give 0 or more"
            )
    soils = [soil_of(f.texture, f"field {f.name}", f.bounds) for f in fields]
    return soils, [method_of(f.method, f"field {f.name}") for f in fields]


def crops_of(fields: Sequence[Field]) -> Crops:
    """The crops of fields as arrays.

    Parameters
    ----------
    fields
        As given; their seasons stretch the lengths of stages [d].
    """
    rows, lengths = [], []
    for each in fields:
        need = need_of(each.crop, f"field {each.name}")
        days = None if each.harvest is None else (each.harvest - each.sown).days
        lengths.append(lengths_of(need, days, f"field {each.name}"))
        rows.append((*need.kcb, need.first_height, need.height, need.first_root, need.roots[0],
                     need.p))  # fmt: skip
    ini, mid, end, low, high, shallow, deep, p = np.array(rows).T
    least = np.minimum(ini, 0.15)
    return Crops(ini, mid, end, np.array(lengths).T, low, high, shallow, deep, p, least)


def course_of(
    fields: Sequence[Field], crops: Crops, weather: Weather, bbch: Array | None = None
) -> Course:
    """Coefficients of fields over the days of some weather.

    Parameters
    ----------
    fields, crops
        As given, and as arrays.
    weather
        Its first day and number of days count; missing wind is 2 m/s, missing humidity 45 %.
    bbch
        Growth stages (day, field); NaN, or None, where unknown: then days since sowing.
    """
    days = np.arange(len(weather.eto))[:, None]
    begun = np.array([(f.sown - weather.first).days for f in fields])
    curve = basal_by_days(crops, days - begun)
    if bbch is not None:
        needs = [need_of(f.crop) for f in fields]
        staged = np.column_stack(
            [basal_by_stage(bbch[:, i], n.stages, n.kcb) for i, n in enumerate(needs)]
        )
        curve = np.where(np.isnan(staged), curve, staged)
    wind, rhmin = np.nan_to_num(weather.wind, nan=2.0), np.nan_to_num(weather.rhmin, nan=45.0)
    return course(crops, curve, wind, rhmin)


def bridged(values: Array) -> Array:
    """Days filled between neighbours, beyond the ends with the nearest one; else 0.

    Parameters
    ----------
    values
        Amounts (day, field) [mm].
    """
    out = values.copy()
    days = np.arange(len(values))
    for column in out.T:
        there = ~np.isnan(column)
        column[:] = np.interp(days, days[there], column[there]) if there.any() else 0.0
    return out


def runs_of(missing: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Days running, up to each day, that are missing (day, field) [d].

    Parameters
    ----------
    missing
        Whether a day is (day, field).
    """
    count = np.zeros(missing.shape, dtype=np.intp)
    for day in range(len(missing)):
        count[day] = np.where(missing[day], (count[day - 1] if day else 0) + 1, 0)
    return count


def follow(
    fields: Sequence[Field],
    weather: Weather,
    watered: Array,
    *,
    bbch: Array | None = None,
    corrections: Sequence[Correct | None] = (None, None, None),
    keep: tuple[str, ...] = KEPT,
) -> Followed:
    """Follow the water of fields over the days of some weather.

    Parameters
    ----------
    fields
        As given.
    weather
        Measured days, and the days ahead after them if wanted.
    watered
        Net irrigation (day, field) [mm].
    bbch
        Growth stages (day, field), where known.
    corrections
        Hooks of the dry, middle and wet side, each with a state of its own.
    keep
        Columns of the balance that are kept; advice needs `KEPT`.

    Raises
    ------
    WaterError
        If something of a field is impossible, or the arrays do not fit it.
    """
    soils, methods = checked(fields)
    wanted = (len(weather.eto), len(fields))
    for name, each in (("watered", watered), ("rain", weather.rain), ("eto", weather.eto)):
        if each.shape != wanted:
            raise WaterError(
                f"{name} has {each.shape[0]} days of {each.shape[-1]} fields, the weather "
                f"{wanted[0]} of {wanted[1]}: give one row a day, one column a field"
            )
    crops = crops_of(fields)
    made = course_of(fields, crops, weather, bbch)
    missing = np.isnan(weather.eto) | np.isnan(weather.rain)
    unknown = runs_of(missing)
    eto, rain = bridged(weather.eto), np.nan_to_num(weather.rain, nan=0.0)
    wetted = np.broadcast_to(np.array([m.fw for m in methods]), wanted)
    shaded = np.array([m.shaded for m in methods])
    sides, grounds = [], []
    share = np.array([f.moisture for f in fields])
    for side in (DRY, MIDDLE, WET):
        ground = ground_of([s.members[side] for s in soils], crops.root)
        theta = ground.wilting + share * (ground.capacity - ground.wilting)
        hook = _Gaps(side, unknown, corrections[side])
        start = begin(ground, made.root[0], theta)
        sides.append(run(ground, made, crops.p, eto, rain, watered, wetted, start,
                         correct=hook, shaded=shaded, keep=keep))  # fmt: skip
        grounds.append(ground)
    dry, middle, wet = sides
    gap = dry["depletion"] / dry["available"] - wet["depletion"] / wet["available"]
    seen = np.maximum.accumulate(missing, axis=0)
    blind = seen & (gap > BLIND) | (unknown > LONGEST_GAP)
    return Followed(tuple(fields), weather.first, (dry, middle, wet),
                    (grounds[0], grounds[1], grounds[2]), made, blind, unknown)  # fmt: skip


@dataclass
class _Gaps:
    """What days without weather do to a side, before what was measured has its say."""

    side: int
    unknown: NDArray[np.intp]
    then: Correct | None

    def __call__(self, day: int, depletion: Array, available: Array) -> Array:
        runs = self.unknown[day]
        if self.side == WET:
            depletion = np.where(runs > 0, 0.0, depletion)
        elif self.side == DRY:
            depletion = np.where(runs > LONGEST_GAP, available, depletion)
        return depletion if self.then is None else self.then(day, depletion, available)


def day_of(followed: Followed, index: int) -> date:
    """Date of a day of a balance.

    Parameters
    ----------
    followed
        The balance.
    index
        Number of the day from its first.
    """
    return followed.first + timedelta(days=index)
