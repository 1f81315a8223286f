"""The skill ledger: how often what was said came true, and what follows.

A hazard is validated in a county when its Brier skill there is surely above climatology on
enough cases (`Rules`); ``docs/ledger.md`` says why each choice was made.

References
----------
Brier, G. W. (1950). Monthly Weather Review 78, 1-3 (score); the reference is the sample's own
base rate, which no constant forecast can beat.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from models.risk.hazard import HIGH, MEDIUM
from models.skill.matching import ANSWERED, OTHER_VERSION, TREATED, UNANSWERED, Case
from models.skill.rules import Rules
from models.skill.scores import (
    Contingency,
    Interval,
    ScoreError,
    block_bootstrap,
    brier_skill,
    contingency,
)

Array = NDArray[np.float64]

#: Earlier cases that a status needs before it is given a frequency, and the weight, in cases, of
#: the base rate in that frequency; provisional.
LEAST_EARLIER, PRIOR = 10, 2.0
DRAWS = 1000


@dataclass(frozen=True)
class LedgerRow:
    """The account of a hazard in a county, of one season or (None) of all.

    ``cases`` counts answered cases, of which ``scored`` have a probability, from ``seasons``
    seasons. ``brier_skill`` and its bounds are None where they are not defined; ``why`` then is
    "no_scores", "one_outcome", "one_block" or "few_events", else empty.
    """

    hazard: str
    county: str
    season: int | None
    model_version: str
    cases: int = 0
    unanswered: int = 0
    treated: int = 0
    other_version: int = 0
    hits: int = 0
    misses: int = 0
    false_alarms: int = 0
    correct_negatives: int = 0
    scored: int = 0
    seasons: int = 0
    brier_skill: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = "no_scores"


def probabilities(cases: Sequence[Case], scores_are: bool) -> Array:
    """Probability that each case's forecast stood for.

    A score that is a probability stands for itself. Any other status stands for the frequency
    with which the same status came true in earlier seasons, drawn towards their base rate; never
    for anything of its own or a later season.

    Parameters
    ----------
    cases
        Answered cases of one hazard, all counties.
    scores_are
        Whether the hazard's score is a probability.

    Returns
    -------
    array, shape (n,)
        NaN where there is no probability, for instance in the first season.
    """
    if scores_are:
        return np.array([c.score if 0.0 <= c.score <= 1.0 else np.nan for c in cases], float)
    season = np.array([c.report.season for c in cases])
    status = np.array([c.status for c in cases])
    found = np.array([c.report.found for c in cases], float)
    result = np.full(len(cases), np.nan)
    for row in range(len(cases)):
        earlier = season < season[row]
        if int(earlier.sum()) < LEAST_EARLIER:
            continue
        base = float(found[earlier].mean())
        same = earlier & (status == status[row])
        result[row] = (found[same].sum() + PRIOR * base) / (same.sum() + PRIOR)
    return result


def account(
    cases: Sequence[Case],
    probability: Mapping[str, bool],
    versions: Mapping[str, str],
    rules: Rules,
) -> list[LedgerRow]:
    """The ledger: per hazard and county the row of all seasons, then one per season.

    Parameters
    ----------
    cases
        As `match` gives them.
    probability
        Hazard -> whether its score is a probability.
    versions
        Hazard -> model version in force.
    rules
        The level of the interval.
    """
    rows = []
    for hazard, found in groupby(cases, key=lambda c: c.report.hazard):
        group = list(found)
        answered = [c for c in group if c.outcome == ANSWERED]
        chance = dict(
            zip(map(id, answered), probabilities(answered, probability[hazard]), strict=True)
        )
        for county in sorted({c.report.county for c in group}):
            here = [c for c in group if c.report.county == county]
            seasons: list[int | None] = [None, *sorted({c.report.season for c in here})]
            for season in seasons:
                of = [c for c in here if season in (None, c.report.season)]
                p = np.array([chance[id(c)] for c in of if c.outcome == ANSWERED], float)
                empty = LedgerRow(hazard, county, season, versions[hazard])
                rows.append(row_of(empty, of, p, rules))
    return rows


def row_of(empty: LedgerRow, cases: Sequence[Case], probability: Array, rules: Rules) -> LedgerRow:
    """Fill one row of the ledger.

    Parameters
    ----------
    empty
        Tells hazard, county and season.
    cases
        Those of the row.
    probability
        Of its answered cases, in order.
    rules
        The level of the interval.
    """
    answered = [c for c in cases if c.outcome == ANSWERED]
    observed = np.array([c.report.found for c in answered], float)
    said = np.array([c.status in (MEDIUM, HIGH) for c in answered], float)
    table = contingency(observed, said) if answered else Contingency(0, 0, 0, 0)
    scored = np.isfinite(probability)
    reports = [c.report for c, keep in zip(answered, scored, strict=True) if keep]
    seasons = [r.season for r in reports]
    # Fields of one season share its weather; within a season, those of one week.
    blocks = seasons if empty.season is None else [_week(r.date) for r in reports]
    score, why = interval(observed[scored], probability[scored], blocks, rules.level)
    return replace(
        empty,
        cases=len(answered),
        unanswered=sum(c.outcome == UNANSWERED for c in cases),
        treated=sum(c.outcome == TREATED for c in cases),
        other_version=sum(c.outcome == OTHER_VERSION for c in cases),
        hits=table.hits,
        misses=table.misses,
        false_alarms=table.false_alarms,
        correct_negatives=table.correct_negatives,
        scored=len(reports),
        seasons=len(set(seasons)),
        brier_skill=None if score is None else score.estimate,
        low=None if score is None or math.isnan(score.low) else score.low,
        high=None if score is None or math.isnan(score.high) else score.high,
        why=why,
    )


def _week(day: date) -> int:
    return day.toordinal() // 7


def _skill(observed: Array, probability: Array) -> float:
    return brier_skill(observed, probability, float(observed.mean()))


def interval(
    observed: Array, probability: Array, blocks: Sequence[int], level: float
) -> tuple[Interval | None, str]:
    """Brier skill against the cases' own base rate, with its block-bootstrap interval.

    Parameters
    ----------
    observed, probability
        Shape (n,).
    blocks
        Label of each case's block.
    level
        Coverage of the interval.

    Returns
    -------
    Interval or None, str
        Bounds are NaN where only the skill is defined; then and for None the reason.
    """
    if not len(observed):
        return None, "no_scores"
    try:
        estimate = _skill(observed, probability)
    except ScoreError:
        return None, "one_outcome"
    if len(set(blocks)) < 2:
        return Interval(estimate, math.nan, math.nan), "one_block"
    try:
        arrays = (observed, probability)
        return block_bootstrap(_skill, arrays, blocks, draws=DRAWS, level=level), ""
    except ScoreError:
        return Interval(estimate, math.nan, math.nan), "few_events"


def shortfalls(row: LedgerRow, rules: Rules) -> tuple[str, ...]:
    """What a hazard lacks to count as validated in a county; nothing when it is.

    Parameters
    ----------
    row
        The row of all seasons.
    rules
        The thresholds in force: cases, seasons and bound.

    Returns
    -------
    tuple of str
        Of "cases", "seasons", "interval" and "bound".
    """
    lacks = []
    if row.scored < rules.least_cases:
        lacks.append("cases")
    if row.seasons < rules.least_seasons:
        lacks.append("seasons")
    if row.low is None:
        lacks.append("interval")
    elif not row.low > rules.lower_bound:
        lacks.append("bound")
    return tuple(lacks)
