"""The one way in which risk is computed: hours go in, a closed local day gives answers.

A `Fold` holds the hours of yesterday and of the open day, windows of daily features, carried
values and thermal time, for all sites at once. Hours may come one at a time (the hourly job) or
days at a time (a season's batch): the same code runs when a local day (UTC+8) closes, so both
give the same bits. A fold can be saved and gone on with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.crops import phenology
from models.crops.phenology import Growth
from models.crops.season import Active, CropSeasons, SeasonDay, Seasons
from models.risk.features import DayHours, Feature, spanned
from models.risk.hazard import Hazard
from models.risk.judge import Result, Track, judge
from models.risk.window import Ring, Windows
from models.weather.dataset import Array, stamp_of
from models.weather.local_days import LOCAL, local_day, midnight
from models.weather.meteo import WET_RH

T = TypeVar("T", bound=np.generic)
Times: TypeAlias = NDArray[np.datetime64]
HOURS = 24
MODEL_VERSION = "1"


class FoldError(ValueError):
    """Hours that do not continue the fold."""


@dataclass
class Plot:
    """One crop's seasons, the facts of the day, and its thermal time."""

    seasons: CropSeasons
    active: Active
    growth: Growth
    everywhere: bool


@dataclass
class Fold:
    """The state of all hazards at all sites on the open local day ``day``.

    ``last`` is the newest hour (site,) in which each quantity was measured, NaT for never.
    """

    sites: tuple[str, ...]
    quantities: tuple[str, ...]
    hazards: tuple[Hazard, ...]
    features: tuple[Feature, ...]
    day: date
    filled: int
    today: dict[str, Array]
    yesterday: dict[str, Array]
    rings: dict[str, Ring]
    plots: dict[str, Plot]
    tracks: dict[tuple[str, str], Track]
    last: dict[str, Times]
    wetness_measured: NDArray[np.bool_] | None = None
    wet_threshold: Array | None = None
    normals: tuple[float, ...] = phenology.NORMALS
    before: DayHours | None = None

    @property
    def next_hour(self) -> datetime:
        """Start of the first hour not yet given (aware, UTC)."""
        return midnight(self.day) + timedelta(hours=self.filled)


def width_of(sites: Sequence[str]) -> int:
    """Columns of the arrays: the sites, but at least two.

    NumPy adds up a single column in another order than several; with two columns of the same
    site its answer has the same bits as among ten thousand.

    Parameters
    ----------
    sites
        Site ids; the width is their number, at least 2.
    """
    return max(2, len(sites))


def features_of(hazards: Sequence[Hazard]) -> dict[str, tuple[Feature, int]]:
    """Every feature the hazards use, by name, with the longest window asked of it [d].

    Parameters
    ----------
    hazards
        Hazards whose ``uses`` are gathered; ``days`` is the length of their windows [d].
    """
    found: dict[str, tuple[Feature, int]] = {}
    for hazard in hazards:
        for use in hazard.uses.values():
            feature, depth = found.get(use.feature.name, (use.feature, 0))
            if feature != use.feature:
                raise ValueError(
                    f'hazard {hazard.id}: feature "{feature.name}" is declared '
                    f"differently by another hazard; give it a name of its own"
                )
            found[feature.name] = (feature, max(depth, hazard.days))
    return found


def start(
    sites: Sequence[str],
    hazards: Sequence[Hazard],
    seasons: Seasons,
    first_hour: datetime,
    *,
    wetness_measured: NDArray[np.bool_] | None = None,
    wet_threshold: Array | None = None,
    normals: tuple[float, ...] = phenology.NORMALS,
) -> Fold:
    """An empty fold whose open day is the local day of ``first_hour``.

    Parameters
    ----------
    sites
        Site (field) ids; every array is in this order.
    hazards, seasons
        What to compute, and what is grown.
    first_hour
        Aware start of the first hour to be given; earlier hours of its day count as missing.
    wetness_measured
        (site,) True where a leaf wetness sensor is fitted.
    wet_threshold
        (site,) relative humidity [%] at which leaves count as wet, where a placement has its own;
        NaN: that of the rule.
    normals
        Monthly mean temperatures [degC] for days without data.
    """
    day, clock = local_day(first_hour), first_hour.astimezone(LOCAL).hour
    wanted = features_of(hazards)
    names = {q for feature, _ in wanted.values() for q in feature.inputs} | {"air_temperature"}
    if wetness_measured is not None:
        names.add("leaf_wetness_duration")
    if wet_threshold is not None:
        wet_threshold = np.where(np.isnan(wet_threshold), WET_RH, wet_threshold)
    width = width_of(sites)
    plots: dict[str, Plot] = {}
    for crop in sorted({c for h in hazards for c in h.crops} & set(seasons.crops)):
        grown = seasons.of_crop(crop, sites)
        if grown.count:
            active = grown.at(day)
            growth = phenology.begin(grown, active, day, normals)
            plots[crop] = Plot(grown, active, growth, grown.count == width)
    tracks = {}
    for hazard in hazards:
        for crop in hazard.crops:
            if crop in plots:
                rows = len(plots[crop].seasons.index)
                values = {k: np.full(rows, v) for k, v in hazard.carry.items()}
                tracks[hazard.id, crop] = Track(values, values)
    return Fold(
        tuple(sites),
        tuple(sorted(names)),
        tuple(hazards),
        tuple(feature for feature, _ in wanted.values()),
        day,
        clock,
        {},
        {},
        {name: Ring(depth, width) for name, (_, depth) in wanted.items()},
        plots,
        tracks,
        {name: np.full(width, np.datetime64("NaT", "h")) for name in names},
        _widened(wetness_measured, width),
        _widened(wet_threshold, width),
        normals,
    )


def _widened(values: NDArray[T] | None, width: int) -> NDArray[T] | None:
    """Facts of the sites, for all columns."""
    return None if values is None else np.broadcast_to(values, (width,))


def feed(fold: Fold, hours: Mapping[str, Array]) -> list[Result]:
    """Give the next hours, at most to the end of the open day; a closed day gives results.

    Parameters
    ----------
    fold
        Moved on in place.
    hours
        Quantity -> values (hour, site) in the quantity's unit [for instance degC], NaN where
        missing. A quantity that is not there counts as missing.

    Raises
    ------
    FoldError
        If the blocks differ in shape, or reach beyond the open day.
    """
    shapes = {values.shape for values in hours.values()}
    if len(shapes) != 1:
        raise FoldError(f"hours of {fold.day}: blocks of different shapes {sorted(shapes)}")
    count, sites = shapes.pop()
    width = width_of(fold.sites)
    if sites != len(fold.sites) or fold.filled + count > HOURS:
        raise FoldError(
            f"hours of {fold.day}: {count} hours of {sites} sites given, but the open day has "
            f"room for {HOURS - fold.filled} hours of {len(fold.sites)} sites"
        )
    first = fold.next_hour
    for quantity in fold.quantities:
        given = hours.get(quantity)
        if given is None:
            continue
        whole = given.shape == (HOURS, width) and given.dtype == np.float64
        # NumPy adds hours up in another order where they lie next to each other in memory.
        if whole and given.flags.c_contiguous:
            fold.today[quantity] = given
        else:
            if quantity not in fold.today:
                fold.today[quantity] = np.full((HOURS, width), np.nan)
            fold.today[quantity][fold.filled : fold.filled + count] = given
        fold.last[quantity] = newest(given, first, fold.last[quantity])
    fold.filled += count
    return _close_day(fold) if fold.filled == HOURS else []


def newest(hours: Array, first: datetime, before: Times) -> Times:
    """Newest hour (site,) with a value; the one known before where there is none.

    Parameters
    ----------
    hours
        Values (hour, site) in any unit, NaN where missing.
    first
        Aware start of their first hour.
    before
        Newest hour (site,) before them [h].
    """
    start = stamp_of(first).astype("datetime64[h]")
    there = ~np.isnan(hours[-1])
    if there.all():
        return np.full(len(before), start + (len(hours) - 1))
    there = ~np.isnan(hours)
    found = start + (len(hours) - 1 - there[::-1].argmax(axis=0))
    return np.where(there.any(axis=0), found, before)


def _close_day(fold: Fold) -> list[Result]:
    """Close the open day: features, growth, carried values, answers; then open the next."""
    today = _push_features(fold)
    results: list[Result] = []
    for crop, plot in fold.plots.items():
        season = _move_crop(fold, plot, today)
        measured = fold.wetness_measured
        if measured is not None:
            measured = measured[plot.seasons.index]
        for hazard in fold.hazards:
            if crop in hazard.crops:
                windows = _windows_of(fold, hazard, plot)
                track = fold.tracks[hazard.id, crop]
                results.append(judge(hazard, plot.seasons, season, track, windows, measured))
    fold.before, fold.yesterday, fold.today = today, fold.today, {}
    fold.day, fold.filled = fold.day + timedelta(days=1), 0
    return results


def _push_features(fold: Fold) -> DayHours:
    """Compute every feature of the open day once and append it to its ring."""
    today = _calendar_day(fold, fold.day, fold.today)
    if fold.before is None:
        fold.before = _calendar_day(fold, fold.day - timedelta(days=1), fold.yesterday)
    days = {(0, HOURS): today}
    for feature in fold.features:
        if feature.span not in days:
            days[feature.span] = spanned(fold.before, today, feature.span)
        fold.rings[feature.name].push(feature.compute(days[feature.span]))
    return today


def _calendar_day(fold: Fold, day: date, hours: Mapping[str, Array]) -> DayHours:
    """A local day's hours at all sites."""
    shape = (HOURS, width_of(fold.sites))
    return DayHours(day, hours, shape, fold.wetness_measured, fold.wet_threshold)


def _move_crop(fold: Fold, plot: Plot, today: DayHours) -> SeasonDay:
    """Bring the crop's facts and thermal time to the end of the open day."""
    if fold.day in plot.seasons.changes and plot.active.day != fold.day:
        plot.active = plot.seasons.at(fold.day)
        plot.growth = phenology.anchored(plot.growth, plot.seasons, plot.active)
    crop, growth = plot.seasons.crop, plot.growth
    temperature = today.get("air_temperature")
    if temperature.hi is temperature.lo:
        mean = today.total("air_temperature").lo / HOURS
        plot.growth = phenology.grow(growth, crop, mean[plot.seasons.index], fold.day)
    else:
        hours = fold.today.get("air_temperature", np.full(today.shape, np.nan))
        hours = hours.take(plot.seasons.index, axis=1)
        plot.growth = phenology.grow_with_gaps(growth, crop, hours, fold.day, fold.normals)
    return phenology.season_day(plot.seasons, plot.active, plot.growth, fold.day)


def _windows_of(fold: Fold, hazard: Hazard, plot: Plot) -> Windows:
    """The hazard's windows at the crop's sites, in the worst and in the best case."""
    worst: dict[str, Array] = {}
    best: dict[str, Array] = {}
    split, sound = False, True
    for alias, use in hazard.uses.items():
        ring = fold.rings[use.feature.name]
        lo, hi = ring.window(hazard.days)
        if ring.sound < hazard.days and use.effect != "shown":
            sound = False
        if hi is not lo:
            split = True
            if use.effect == "mixed":
                sound = False
                lo = hi = np.where(lo == hi, lo, np.nan)
            elif use.effect == "lowers":
                lo, hi = hi, lo
        if not plot.everywhere:
            same = hi is lo
            lo = lo.take(plot.seasons.index, axis=1)
            hi = lo if same else hi.take(plot.seasons.index, axis=1)
        worst[alias], best[alias] = hi, lo
    return Windows(worst, best if split else worst, sound)
