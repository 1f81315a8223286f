"""From windows to a status: one hazard, one crop, one local day, many sites.

When hours are missing, the hazard runs in two tracks: the features as bad for the crop as the
gaps allow, and as good. Equal status on both: that is the status. Both at least medium: the
lower. Otherwise: cannot say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.crops.season import CropSeasons, SeasonDay
from models.risk.hazard import CANNOT_SAY, MEDIUM, NO_RISK, OUT_OF_SEASON, Evaluation, Hazard
from models.risk.window import Windows
from models.weather.dataset import Array

#: Factor on the certainty when a growth stage is estimated, and when gaps left the two tracks
#: apart without changing the status; provisional.
ESTIMATED_STAGE, GAPS = 0.85, 0.8


@dataclass
class Track:
    """Carried values of one hazard and crop in the worst and in the best case."""

    worst: dict[str, Array]
    best: dict[str, Array]


@dataclass(frozen=True)
class Result:
    """Answers of one hazard for one crop on one closed local day; arrays over ``index``.

    ``index`` are the columns of the crop's sites in the fold's arrays. ``score`` is what is
    surely reached (the best-case track), ``worst`` what the missing hours leave possible. Where
    the answer is "cannot say", drivers on which the two tracks differ are NaN.
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


def judge(
    hazard: Hazard,
    seasons: CropSeasons,
    season: SeasonDay,
    track: Track,
    windows: Windows,
    measured: NDArray[np.bool_] | None,
) -> Result:
    """Move a hazard's track on by one day and answer for that day.

    Parameters
    ----------
    hazard, seasons, season
        What to judge, for which crop's sites, on which day.
    track
        Carried values; moved on in place.
    windows
        Of the crop's sites, as of the day (days, site), in the features' units.
    measured
        (site,) where leaf wetness is measured; None for nowhere.
    """
    one = windows.best is windows.worst and track.best is track.worst
    track.worst, worst = _run(hazard, track.worst, windows.worst, season, windows.sound)
    if one:
        track.best, best = track.worst, worst
    else:
        track.best, best = _run(hazard, track.best, windows.best, season, windows.sound)
        if all(np.array_equal(track.best[k], v, equal_nan=True) for k, v in track.worst.items()):
            track.best = track.worst
    status, apart = _decide(hazard, season, worst.score, best.score)
    certainty = _certainty_of(hazard, season, best, measured)
    certainty[apart] *= GAPS
    unknown = status == CANNOT_SAY
    certainty[unknown] = 0.0
    rows = slice(seasons.count)
    return Result(
        hazard,
        season.crop,
        season.date,
        seasons.index[rows],
        status[rows],
        best.score[rows],
        worst.score[rows],
        certainty[rows],
        {name: values[rows] for name, values in _known_drivers(unknown, worst, best).items()},
        season,
    )


def _known_drivers(
    unknown: NDArray[np.bool_], worst: Evaluation, best: Evaluation
) -> Mapping[str, Array]:
    """The best case's drivers, NaN where nothing can be said and the two cases differ."""
    if worst is best or not unknown.any():
        return best.drivers
    return {
        name: np.where(unknown & (worst.drivers[name] != values), np.nan, values)
        for name, values in best.drivers.items()
    }


def _certainty_of(
    hazard: Hazard, season: SeasonDay, best: Evaluation, measured: NDArray[np.bool_] | None
) -> Array:
    """Certainty (site,) before gaps: the product of the stated factors."""
    sure = hazard.certainty
    estimated = any(use.feature.estimated for use in hazard.uses.values())
    if estimated:
        sure *= hazard.estimated_certainty
    if best.certainty is None and not (estimated and measured is not None):
        return np.where(season.observed, sure, sure * ESTIMATED_STAGE)
    certainty = np.full(len(season.bbch), sure)
    if estimated and measured is not None:
        certainty[measured] = hazard.certainty
    if best.certainty is not None:
        certainty *= best.certainty
    certainty[~season.observed] *= ESTIMATED_STAGE
    return certainty


def _run(
    hazard: Hazard,
    carried: Mapping[str, Array],
    window: Mapping[str, Array],
    season: SeasonDay,
    sound: bool,
) -> tuple[dict[str, Array], Evaluation]:
    """One track of one hazard: carried values moved on, and the answer; unknown stays unknown."""
    moved = dict(hazard.step(carried, window, season))
    given = hazard.evaluate(window, moved, season)
    score = given.score
    entering = [window[alias] for alias, use in hazard.uses.items() if use.effect != "shown"]
    for values in ([] if sound else entering) + list(moved.values()):
        unknown = np.isnan(values.sum(axis=0) if values.ndim > 1 else values)
        if unknown.any():
            score = np.where(unknown, np.nan, score)
    return moved, Evaluation(score, given.drivers, given.certainty)


def _decide(
    hazard: Hazard, season: SeasonDay, worst: Array, best: Array
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Status codes, and where the two cases lie apart.

    Out of season is decided by the stage and the month alone. A crop whose stage may or may not be
    in the window, because temperatures were missing or the stage is unknown, is "cannot say".

    Parameters
    ----------
    hazard, season
        The class limits and the stages that count; the stage of the day.
    worst, best
        Scores (site,) of the two cases, in the hazard's own unit.
    """
    sure = _classes(hazard, best)
    if worst is best:
        status, apart = sure, np.zeros(len(sure), dtype=bool)
    else:
        apart = ~((worst == best) | (np.isnan(worst) & np.isnan(best)))
        feared = _classes(hazard, worst)
        agree = (feared == sure) | ((sure >= MEDIUM) & (feared >= MEDIUM))
        status = np.where(agree, sure, np.uint8(CANNOT_SAY))
    inside, _, possible = within(hazard, season)
    if not inside.all():
        status = np.where(inside, status, np.uint8(CANNOT_SAY))
        status = np.where(possible, status, np.uint8(OUT_OF_SEASON))
    return status, apart


def within(
    hazard: Hazard, season: SeasonDay
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Where (site,) the growth stage is taken to be one that the hazard asks about, is, may be.

    In a month in which it does not ask, it is nowhere.

    Parameters
    ----------
    hazard
        Its first and last stage count, both included.
    season
        Stage and bounds (site,), BBCH. A stage that is unknown is within when the hazard
        asks about every stage that it may be.
    """
    first, last = hazard.crops[season.crop]
    if not hazard.months[0] <= season.date.month <= hazard.months[1]:
        none = np.zeros(len(season.bbch), dtype=bool)
        return none, none, none
    inside = (season.bbch >= first) & (season.bbch <= last)
    if season.bbch_low is season.bbch_high and inside.all():
        return inside, inside, inside
    sure = (season.bbch_low >= first) & (season.bbch_high <= last)
    possible = (season.bbch_high >= first) & (season.bbch_low <= last)
    return inside | sure, sure, possible


def _classes(hazard: Hazard, score: Array) -> NDArray[np.uint8]:
    """Status codes of scores by the hazard's limits; NaN is "cannot say"."""
    status = (score >= hazard.medium).astype(np.uint8)
    status += score >= hazard.high
    status += np.uint8(NO_RISK)
    status[np.isnan(score)] = CANNOT_SAY
    return status
