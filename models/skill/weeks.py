"""Weeks as blocks: pairs of one week share its weather, so they are left out and drawn together."""

from __future__ import annotations

import numpy as np

from models.skill.scores import ScoreError, block_bootstrap
from models.weather.dataset import Array

#: Climatology is of so many weeks before and after.
CLIMATE_WEEKS = 6
#: Fewer weeks give no interval.
LEAST_WEEKS = 4
#: Against a reference of yes and no that errs less in sum there is no skill: a ratio to next to
#: nothing tells nothing. Provisional: chosen here, about ten wrong answers.
LEAST_WRONG = 10.0


def around_weeks(weeks: Array) -> Array:
    """Sums over the `CLIMATE_WEEKS` weeks before and after each, without itself.

    Parameters
    ----------
    weeks
        Sums of whole weeks without gaps between (week, column), in any unit.
    """
    upto = np.concatenate([np.zeros((1, weeks.shape[1])), np.cumsum(weeks, axis=0)])
    number = np.arange(len(weeks))
    low = np.maximum(number - CLIMATE_WEEKS, 0)
    high = np.minimum(number + CLIMATE_WEEKS + 1, len(weeks))
    found: Array = upto[high] - upto[low] - weeks
    return found


def skill_of_weeks(
    weeks: Array, least: float = 0.0
) -> tuple[float | None, float | None, float | None]:
    """Skill against the better reference, and its interval when weeks are drawn again.

    Parameters
    ----------
    weeks
        Of each week the number of pairs, and the sums of the scores of the forecast, of persistence
        and of climatology on them (week, 4).
    least
        None is given where the better reference's score is less in sum; of yes and no
        `LEAST_WRONG`.
    """
    if not len(weeks):
        return None, None, None
    ours, *others = weeks.sum(axis=0)[1:].tolist()
    better = 2 if others[0] <= others[1] else 3
    if not weeks[:, better].sum() or min(others) < least:
        return None, None, None
    skill = 1.0 - ours / min(others)
    if len(weeks) < LEAST_WEEKS:
        return skill, None, None
    try:
        found = block_bootstrap(
            _share, [weeks[:, 1], weeks[:, better]], np.arange(len(weeks)), draws=500
        )
    except ScoreError:
        return skill, None, None
    return skill, found.low, found.high


def _share(ours: Array, theirs: Array) -> float:
    if not theirs.sum():
        raise ScoreError("the reference is perfect: skill against it is not defined")
    return float(1.0 - ours.sum() / theirs.sum())
