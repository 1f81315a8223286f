"""Growth stage of a crop: from the newest observation, else from sowing, onward by degree-days.

Thermal time is the daily mean temperature above the crop's base, capped at its upper
temperature; the stage is read off the crop's table (``field_configs/crops``) by linear
interpolation between BBCH stages. An observation moves the thermal time to its stage's value
in the table. Everything that is not an observation of the last `OBSERVED_FOR` days is marked
"estimated"; the tables are no better than their own ``verified`` column says.

A winter crop is held back by cold it still needs and by short days (``slowing.py``).

Where temperatures are missing, climate normals stand in and the stage gets bounds.

A crop whose table has no degree-days is only known by what somebody saw: an observation holds
for `OBSERVED_FOR` days, and after it (or without one) the stage is unknown: NaN, with the last
observation, or the table's first stage, as its lower and the table's last stage as its upper
bound. Before sowing, after harvest and after the crop's longest season there is no stage at all:
NaN, bounds included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from field_configs.schema import Crop
from models.crops.season import Active, CropSeasons, FloatArray, SeasonDay
from models.crops.slowing import chilled, pace

#: Days for which an observed stage is still called observed [d]; provisional.
OBSERVED_FOR = 10
#: A missing day may differ from the normal by this much [degC d], a missing hour of a day by
#: `HOUR_WEIGHT` times its part of that (the day's own swing comes on top), and a long run of
#: missing days altogether by the larger of `RUN_SPREAD` [degC d] and `SHARE` of what was bridged;
#: provisional.
DAY_SPREAD, HOUR_WEIGHT, RUN_SPREAD, SHARE = 15.0, 2.0, 100.0, 0.1

#: Mean temperature of the months January..December [degC]: the mean of average high and low at
#: Shangqiu, Henan, 1971-2000 (as published by Weather China), the stand-in for Puyang until a
#: deployment passes its own normals.
NORMALS: tuple[float, ...] = (
    0.6, 3.25, 8.15, 15.1, 20.55, 25.55, 27.4, 26.35, 21.6, 15.85, 8.6, 2.75,
)  # fmt: skip


@dataclass(frozen=True)
class Growth:
    """Thermal time of one crop at its sites; arrays (site,).

    ``thermal`` [degC d], ``bridged`` [degC d] the part of it taken from normals, ``gap`` [d]
    how many days that was (of a day in part, hours weigh more), ``cold`` [d] the cold days since
    sowing, up to those the crop needs.
    """

    thermal: FloatArray
    bridged: FloatArray
    gap: FloatArray
    cold: FloatArray


def normal_temperature(day: date, normals: tuple[float, ...] = NORMALS) -> float:
    """Climate-normal mean temperature of a day [degC], linear between mid-months.

    Parameters
    ----------
    day
        Local day.
    normals
        Twelve monthly means [degC].
    """
    month, into = day.month - 1, (day.day - 15) / 30.4
    other = (month + (1 if into >= 0 else -1)) % 12
    share = min(abs(into), 1.0)
    return normals[month] * (1 - share) + normals[other] * share


def thermal_of(mean: FloatArray | float, crop: Crop) -> FloatArray:
    """Thermal time of a day [degC d] from its mean temperature [degC].

    Parameters
    ----------
    mean
        Mean temperature of a day, any shape [degC].
    crop
        Its base and upper temperature count [degC].
    """
    upper = np.inf if crop.upper_c is None else crop.upper_c
    return np.maximum(np.minimum(np.asarray(mean, dtype=np.float64), upper) - crop.base_c, 0.0)


@cache
def stage_table(crop: Crop) -> tuple[FloatArray, FloatArray]:
    """Thermal time [degC d] and BBCH of the crop's stages that have a thermal time, ascending.

    Parameters
    ----------
    crop
        Its stages; those without a thermal time [degC d] are left out.
    """
    rows = sorted({(s.degree_days, s.bbch) for s in crop.stages if s.degree_days is not None})
    if not rows or rows[0][0] > 0:
        rows.insert(0, (0.0, 0))
    table = np.array(rows, dtype=np.float64)
    return table[:, 0], table[:, 1]


def is_timed(crop: Crop) -> bool:
    """Whether the crop's stages can be derived from thermal time at all.

    Parameters
    ----------
    crop
        Its stage table must have at least two thermal times [degC d].
    """
    return len(stage_table(crop)[0]) > 1


def stage_at(thermal: FloatArray, crop: Crop) -> FloatArray:
    """BBCH stage at a thermal time; NaN stays NaN, and so is all of a crop without a table.

    Parameters
    ----------
    thermal
        Thermal time since sowing, any shape [degC d].
    crop
        The crop with its stage table.
    """
    if not is_timed(crop):
        return np.full(np.shape(thermal), np.nan)
    return np.interp(thermal, *stage_table(crop))


def thermal_at(bbch: FloatArray, crop: Crop) -> FloatArray:
    """Thermal time since sowing [degC d] at which the table reaches a BBCH stage.

    Parameters
    ----------
    bbch
        Stage, any shape.
    crop
        The crop with its stage table.
    """
    degree_days, stages = stage_table(crop)
    first = np.searchsorted(stages, bbch, side="left").clip(0, len(stages) - 1)
    exact = stages[first] == bbch
    return np.where(exact, degree_days[first], np.interp(bbch, stages, degree_days))


@cache
def held_between(crop: Crop) -> tuple[float, float]:
    """Thermal time [degC d] from which on and up to which a crop is held back (``slowing.py``).

    Parameters
    ----------
    crop
        The crop with its stage table.
    """
    if crop.slowed is None:
        return 0.0, 0.0
    edges = np.array([crop.slowed.from_bbch, crop.slowed.to_bbch], dtype=np.float64)
    first, last = thermal_at(edges, crop).tolist()
    return first, last


def begin(
    seasons: CropSeasons, active: Active, day: date, normals: tuple[float, ...] = NORMALS
) -> Growth:
    """Thermal time on the morning of ``day``, bridged by normals from the anchor to that day.

    Parameters
    ----------
    seasons
        The crop and its sites.
    active
        The facts known on the day (site,).
    day
        Local day; thermal time is counted up to its morning.
    normals
        Twelve monthly means [degC].
    """
    crop, anchor, today = seasons.crop, active.anchor, day.toordinal()
    started = np.where(np.isnan(anchor), np.nan, 0.0)
    bridged, cold = started, started.copy()
    at_anchor = thermal_at(np.nan_to_num(active.anchor_bbch), crop)
    first = today if np.isnan(active.sown).all() else int(np.nanmin(active.sown))
    for past in range(first, today):
        that = date.fromordinal(past)
        normal, counts = normal_temperature(that, normals), anchor <= past
        if counts.any():
            share = pace(crop, at_anchor + bridged, held_between(crop), cold, that)
            bridged = bridged + np.where(counts, thermal_of(normal, crop) * share, 0.0)
        cold = np.where(active.sown <= past, chilled(crop, cold, normal), cold)
    return Growth(
        at_anchor + bridged,
        np.nan_to_num(bridged),
        np.nan_to_num(today - anchor),
        np.nan_to_num(cold),
    )


def anchored(growth: Growth, seasons: CropSeasons, active: Active) -> Growth:
    """Set thermal time at the sites whose season began or was observed on this day.

    Parameters
    ----------
    growth
        Thermal time before (site,) [degC d].
    seasons
        The crop and its sites.
    active
        The facts known on the day (site,).
    """
    today = active.anchor == active.day.toordinal()
    if not today.any():
        return growth
    stage = np.where(today, active.anchor_bbch, 0.0)
    return Growth(
        np.where(today, thermal_at(stage, seasons.crop), growth.thermal),
        np.where(today, 0.0, growth.bridged),
        np.where(today, 0.0, growth.gap),
        np.where(active.sown == active.day.toordinal(), 0.0, growth.cold),
    )


def grow(growth: Growth, crop: Crop, mean: FloatArray, day: date) -> Growth:
    """Add one complete day of a mean temperature (site,) [degC].

    Parameters
    ----------
    growth
        Thermal time on the morning of the day (site,) [degC d].
    crop
        Its base and upper temperature count.
    mean
        Mean temperature of the day (site,) [degC].
    day
        Local day, for its length.
    """
    share = pace(crop, growth.thermal, held_between(crop), growth.cold, day)
    return replace(
        growth,
        thermal=growth.thermal + thermal_of(mean, crop) * share,
        cold=chilled(crop, growth.cold, mean),
    )


def grow_with_gaps(
    growth: Growth,
    crop: Crop,
    temperature: FloatArray,
    day: date,
    normals: tuple[float, ...] = NORMALS,
) -> Growth:
    """Add one day with missing hours.

    Parameters
    ----------
    growth
        Thermal time on the morning of the day.
    crop
        Whose base and ceiling temperatures count.
    temperature
        Hourly air temperature (24, site) [degC], NaN where missing.
    day
        Local day, for the normal that stands in for missing hours.
    normals
        Twelve monthly means [degC].
    """
    hours = temperature.shape[0]
    there = ~np.isnan(temperature)
    missing = 1.0 - there.sum(axis=0) / hours
    normal = normal_temperature(day, normals)
    partial = np.where(there, temperature, normal).sum(axis=0) / hours
    share = pace(crop, growth.thermal, held_between(crop), growth.cold, day)
    return Growth(
        growth.thermal + thermal_of(partial, crop) * share,
        growth.bridged + missing * (thermal_of(normal, crop) * share),
        growth.gap + np.minimum(HOUR_WEIGHT * missing, 1.0),
        chilled(crop, growth.cold, partial),
    )


def season_day(seasons: CropSeasons, active: Active, growth: Growth, day: date) -> SeasonDay:
    """The stage and the season facts at the end of a local day.

    Parameters
    ----------
    seasons
        The crop and its sites.
    active
        The facts known on the day (site,).
    growth
        Thermal time at the end of the day (site,) [degC d].
    day
        Local day.
    """
    today, crop = day.toordinal(), seasons.crop
    fresh = active.observed & (today - active.anchor <= OBSERVED_FOR)
    stage, low, high = (
        stage_by_heat(crop, growth) if is_timed(crop) else stage_by_eye(crop, active, fresh)
    )
    after_sowing = today - active.sown
    over = active.ended | (after_sowing > crop.longest_days)
    if over.any():
        stage, low, high = (np.where(over, np.nan, s) for s in (stage, low, high))
    return SeasonDay(
        crop=crop.id,
        date=day,
        bbch=stage,
        bbch_low=low,
        bbch_high=high,
        observed=fresh,
        after_sowing=after_sowing,
        since_flowering=today - active.flowering,
        resistance=active.resistance,
        previous_crop=active.previous_crop,
        since_spray=today - active.sprayed,
    )


def stage_by_heat(crop: Crop, growth: Growth) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Stage, its lower and its upper bound (site,) by thermal time; NaN before sowing.

    Parameters
    ----------
    crop
        A crop whose stages have thermal times.
    growth
        Thermal time, and how much of it was taken from normals [degC d].
    """
    stage = stage_at(growth.thermal, crop)
    if not growth.gap.any():
        return stage, stage, stage
    spread = np.minimum(DAY_SPREAD * growth.gap, np.maximum(RUN_SPREAD, SHARE * growth.bridged))
    return stage, stage_at(growth.thermal - spread, crop), stage_at(growth.thermal + spread, crop)


def stage_by_eye(
    crop: Crop, active: Active, fresh: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Stage, its lower and its upper bound (site,) from observations alone.

    Parameters
    ----------
    crop
        A crop without thermal times.
    active
        Its newest observations, BBCH; NaN before sowing.
    fresh
        (site,) where the newest observation still holds.
    """
    seen = active.anchor_bbch
    stages = [stage.bbch for stage in crop.stages]
    stage = np.where(fresh, seen, np.nan)
    low = np.maximum(seen, min(stages))
    high = np.where(fresh, seen, np.maximum(seen, max(stages)))
    return stage, np.where(fresh, seen, low), high
