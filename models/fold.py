"""The one way in which risk is computed: hours go in, a closed local day gives answers.

A `Fold` holds the hours of yesterday and of the open day, windows of daily features, carried
values and thermal time, for all sites at once. Hours may come one at a time (the hourly job) or
days at a time (a season's batch): the same code runs when a local day (UTC+8) closes, so both
give the same bits. A fold can be saved and gone on with.

When hours are missing, every hazard runs in two tracks: the features as bad for the crop as the
gaps allow, and as good. Equal status on both: that is the status. Otherwise: cannot say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

from models import phenology
from models.features import Array, Day, Feature, Range
from models.hazard import CANNOT_SAY, MEDIUM, NO_RISK, OUT_OF_SEASON, Answer, Hazard
from models.phenology import Growth
from models.season import Active, CropSeasons, SeasonDay, Seasons

LOCAL = timezone(timedelta(hours=8))
HOURS = 24
MODEL_VERSION = "1"
#: Factor on the certainty when a growth stage is estimated, and when gaps left the two tracks
#: apart without changing the status; provisional.
ESTIMATED_STAGE, GAPS = 0.85, 0.8


class FoldError(ValueError):
    """Hours that do not continue the fold."""


class Ring:
    """The last ``depth`` days of one feature, as bounds; windows are views, oldest day first."""

    def __init__(self, depth: int, sites: int) -> None:
        self.depth = depth
        self.end = depth
        self.lo: Array = np.full((3 * depth, sites), np.nan)
        self.hi: Array | None = None

    def push(self, day: Range) -> None:
        """Append one day (arrays of sites)."""
        if self.end == self.lo.shape[0]:
            for rows in (self.lo, self.hi):
                if rows is not None:
                    rows[: self.depth] = rows[-self.depth :]
            self.end = self.depth
        if day.hi is not day.lo and self.hi is None:
            self.hi = self.lo.copy()
        self.lo[self.end] = day.lo
        if self.hi is not None:
            self.hi[self.end] = day.hi
        self.end += 1
        if self.hi is not None and np.array_equal(
            self.lo[self.end - self.depth : self.end],
            self.hi[self.end - self.depth : self.end],
            equal_nan=True,
        ):
            self.hi = None

    def window(self, days: int) -> Range:
        """The last ``days`` days, (days, site)."""
        cut = slice(self.end - days, self.end)
        lo = self.lo[cut]
        return Range(lo, lo if self.hi is None else self.hi[cut])


@dataclass
class Track:
    """Carried values of one hazard and crop in the worst and in the best case."""

    worst: dict[str, Array]
    best: dict[str, Array]


@dataclass(frozen=True)
class Result:
    """Answers of one hazard for one crop on one closed local day; arrays over ``index``.

    ``index`` are the places of the crop's sites among the fold's sites. ``score`` is what is
    surely reached (the best-case track), ``worst`` what the missing hours leave possible.
    """

    hazard: Hazard
    crop: str
    date: date
    index: NDArray[np.intp]
    status: NDArray[np.uint8]
    score: Array
    worst: Array
    certainty: Array
    drivers: Mapping[str, Array]
    season: SeasonDay


@dataclass
class Plot:
    """One crop's seasons, the facts of the day, and its thermal time."""

    seasons: CropSeasons
    active: Active
    growth: Growth
    everywhere: bool


@dataclass
class Fold:
    """The state of all hazards at all sites on the open local day ``day``."""

    sites: tuple[str, ...]
    quantities: tuple[str, ...]
    hazards: tuple[Hazard, ...]
    day: date
    filled: int
    today: dict[str, Array]
    yesterday: dict[str, Array]
    rings: dict[str, Ring]
    plots: dict[str, Plot]
    tracks: dict[tuple[str, str], Track]
    wetness_measured: NDArray[np.bool_] | None = None
    wet_threshold: Array | None = None
    normals: tuple[float, ...] = field(default=phenology.NORMALS)

    @property
    def next_hour(self) -> datetime:
        """Start of the first hour not yet given (aware, UTC)."""
        start = datetime.combine(self.day, datetime.min.time(), LOCAL)
        return (start + timedelta(hours=self.filled)).astimezone(UTC)


def local_day(hour: datetime) -> tuple[date, int]:
    """Local day (UTC+8) and clock hour of an hour given by its aware start."""
    local = hour.astimezone(LOCAL)
    return local.date(), local.hour


def features_of(hazards: Sequence[Hazard]) -> dict[str, tuple[Feature, int]]:
    """Every feature the hazards use, by name, with the longest window asked of it [d]."""
    found: dict[str, tuple[Feature, int]] = {}
    for hazard in hazards:
        for use in hazard.uses.values():
            feature, depth = found.get(use.feature.name, (use.feature, 0))
            if feature != use.feature:
                raise ValueError(
                    f'models/hazards/{hazard.id}.py: feature "{feature.name}" is declared '
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
        (site,) relative humidity [%] at which leaves count as wet, where a placement has its own.
    normals
        Monthly mean temperatures [degC] for days without data.
    """
    day, clock = local_day(first_hour)
    wanted = features_of(hazards)
    names = {q for feature, _ in wanted.values() for q in feature.inputs} | {"air_temperature"}
    if wetness_measured is not None:
        names.add("leaf_wetness_duration")
    n = len(sites)
    plots: dict[str, Plot] = {}
    for crop in sorted({c for h in hazards for c in h.crops} & set(seasons.crops)):
        grown = seasons.of_crop(crop, sites)
        if grown.rows:
            active = grown.at(day)
            growth = phenology.begin(grown, active, day, normals)
            plots[crop] = Plot(grown, active, growth, len(grown.rows) == n)
    tracks = {}
    for hazard in hazards:
        for crop in hazard.crops:
            if crop in plots:
                rows = len(plots[crop].seasons.rows)
                values = {k: np.full(rows, v) for k, v in hazard.carry.items()}
                tracks[hazard.id, crop] = Track(values, values)
    return Fold(
        tuple(sites),
        tuple(sorted(names)),
        tuple(hazards),
        day,
        clock,
        {q: np.full((HOURS, n), np.nan) for q in names},
        {q: np.full((HOURS, n), np.nan) for q in names},
        {name: Ring(depth, n) for name, (_, depth) in wanted.items()},
        plots,
        tracks,
        wetness_measured,
        wet_threshold,
        normals,
    )


def feed(fold: Fold, hours: Mapping[str, Array]) -> list[Result]:
    """Give the next hours, at most to the end of the open day; a closed day gives results.

    Parameters
    ----------
    fold
        Moved on in place.
    hours
        Quantity -> values (hour, site) in the quantity's unit, NaN where missing. A quantity
        that is not there counts as missing.

    Raises
    ------
    FoldError
        If the blocks differ in shape, or reach beyond the open day.
    """
    shapes = {values.shape for values in hours.values()}
    if len(shapes) != 1:
        raise FoldError(f"hours of {fold.day}: blocks of different shapes {sorted(shapes)}")
    count, sites = shapes.pop()
    if sites != len(fold.sites) or fold.filled + count > HOURS:
        raise FoldError(
            f"hours of {fold.day}: {count} hours of {sites} sites given, but the open day has "
            f"room for {HOURS - fold.filled} hours of {len(fold.sites)} sites"
        )
    for quantity in fold.quantities:
        given = hours.get(quantity)
        if given is None:
            continue
        if count == HOURS and given.dtype == np.float64:
            fold.today[quantity] = given
        else:
            fold.today[quantity][fold.filled : fold.filled + count] = given
    fold.filled += count
    return close_day(fold) if fold.filled == HOURS else []


def close_day(fold: Fold) -> list[Result]:
    """Close the open day: features, growth, carried values, answers; then open the next."""
    push_features(fold)
    results: list[Result] = []
    for crop, plot in fold.plots.items():
        season = move_crop(fold, plot)
        for hazard in fold.hazards:
            if crop in hazard.crops:
                results.append(answer(fold, hazard, crop, plot, season))
    sites = len(fold.sites)
    fold.yesterday = fold.today
    fold.today = {q: np.full((HOURS, sites), np.nan) for q in fold.quantities}
    fold.day, fold.filled = fold.day + timedelta(days=1), 0
    return results


def push_features(fold: Fold) -> None:
    """Compute every feature of the open day once and append it to its ring."""
    days: dict[tuple[int, int], Day] = {}
    for name, (feature, _) in features_of(fold.hazards).items():
        if feature.span not in days:
            days[feature.span] = span_of(fold, feature.span)
        fold.rings[name].push(feature.compute(days[feature.span]))


def span_of(fold: Fold, span: tuple[int, int]) -> Day:
    """The hours from ``span[0]`` to ``span[1]``, counted from the open day's midnight [h]."""
    first, last = span
    hours = {}
    for quantity, today in fold.today.items():
        if first >= 0:
            hours[quantity] = today[first:last]
        else:
            parts = (fold.yesterday[quantity][HOURS + first :], today[:last])
            hours[quantity] = np.concatenate(parts)
    shape = (last - first, len(fold.sites))
    return Day(fold.day, hours, shape, fold.wetness_measured, fold.wet_threshold, first % HOURS)


def move_crop(fold: Fold, plot: Plot) -> SeasonDay:
    """Bring the crop's facts and thermal time to the end of the open day."""
    if fold.day in plot.seasons.changes:
        plot.active = plot.seasons.at(fold.day)
        plot.growth = phenology.anchored(plot.growth, plot.seasons, plot.active)
    temperature = fold.today["air_temperature"]
    if not plot.everywhere:
        temperature = temperature[:, plot.seasons.index]
    crop = plot.seasons.crop
    plot.growth = phenology.grow(plot.growth, crop, temperature, fold.day, fold.normals)
    return phenology.season_day(plot.seasons, plot.active, plot.growth, fold.day)


def windows_of(fold: Fold, hazard: Hazard, plot: Plot) -> tuple[dict[str, Array], dict[str, Array]]:
    """The hazard's windows in the worst and in the best case; one dict twice when complete."""
    worst: dict[str, Array] = {}
    best: dict[str, Array] = {}
    split = False
    for alias, use in hazard.uses.items():
        lo, hi = fold.rings[use.feature.name].window(hazard.days)
        if hi is not lo:
            split = True
            if use.effect == "mixed":
                lo = hi = np.where(lo == hi, lo, np.nan)
            elif use.effect == "lowers":
                lo, hi = hi, lo
        if not plot.everywhere:
            same = hi is lo
            lo = lo[:, plot.seasons.index]
            hi = lo if same else hi[:, plot.seasons.index]
        worst[alias], best[alias] = hi, lo
    return worst, best if split else worst


def answer(fold: Fold, hazard: Hazard, crop: str, plot: Plot, season: SeasonDay) -> Result:
    """The status of one hazard at the sites of one crop on the open day."""
    worst_window, best_window = windows_of(fold, hazard, plot)
    track = fold.tracks[hazard.id, crop]
    one = best_window is worst_window and track.best is track.worst
    track.worst, worst = run(hazard, track.worst, worst_window, season)
    if one:
        track.best, best = track.worst, worst
    else:
        track.best, best = run(hazard, track.best, best_window, season)
        if all(np.array_equal(track.best[k], v, equal_nan=True) for k, v in track.worst.items()):
            track.best = track.worst
    status, apart = decide(hazard, crop, season, worst.score, best.score)
    certainty = np.full(len(status), hazard.certainty)
    if any(use.feature.estimated for use in hazard.uses.values()):
        measured = np.zeros(len(fold.sites), dtype=bool)
        if fold.wetness_measured is not None:
            measured = fold.wetness_measured
        certainty *= np.where(measured[plot.seasons.index], 1.0, hazard.estimated_certainty)
    if best.certainty is not None:
        certainty *= best.certainty
    certainty *= np.where(season.observed, 1.0, ESTIMATED_STAGE)
    certainty[apart] *= GAPS
    certainty[status == CANNOT_SAY] = 0.0
    return Result(
        hazard,
        crop,
        fold.day,
        plot.seasons.index,
        status,
        best.score,
        worst.score,
        certainty,
        best.drivers,
        season,
    )


def run(
    hazard: Hazard,
    carried: Mapping[str, Array],
    window: Mapping[str, Array],
    season: SeasonDay,
) -> tuple[dict[str, Array], Answer]:
    """One track of one hazard: carried values moved on, and the answer; unknown stays unknown."""
    moved = dict(hazard.step(carried, window, season))
    given = hazard.evaluate(window, moved, season)
    score = given.score
    entering = (window[alias] for alias, use in hazard.uses.items() if use.effect != "shown")
    for values in (*entering, *moved.values()):
        unknown = np.isnan(values.sum(axis=0) if values.ndim > 1 else values)
        if unknown.any():
            score = np.where(unknown, np.nan, score)
    return moved, Answer(score, given.drivers, given.certainty)


def decide(
    hazard: Hazard, crop: str, season: SeasonDay, worst: Array, best: Array
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Status codes, and where the two cases lie apart.

    Out of season is decided by the stage alone. A crop whose stage may or may not be in the
    window, because temperatures were missing, is "cannot say".
    """
    first, last = hazard.crops[crop]
    sure = classes(hazard, best)
    if worst is best:
        status, apart = sure, np.zeros(len(sure), dtype=bool)
    else:
        apart = ~((worst == best) | (np.isnan(worst) & np.isnan(best)))
        feared = classes(hazard, worst)
        agree = (feared == sure) | ((sure >= MEDIUM) & (feared >= MEDIUM))
        status = np.where(agree, sure, np.uint8(CANNOT_SAY))
    inside = (season.bbch >= first) & (season.bbch <= last)
    if not inside.all():
        possible = (season.bbch_high >= first) & (season.bbch_low <= last)
        status = np.where(inside, status, np.uint8(CANNOT_SAY))
        status = np.where(possible, status, np.uint8(OUT_OF_SEASON))
    return status, apart


def classes(hazard: Hazard, score: Array) -> NDArray[np.uint8]:
    """Status codes of scores by the hazard's limits; NaN is "cannot say"."""
    status = (score >= hazard.medium).astype(np.uint8)
    status += score >= hazard.high
    status += np.uint8(NO_RISK)
    status[np.isnan(score)] = CANNOT_SAY
    return status
