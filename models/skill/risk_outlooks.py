"""How well outlooks of risk did, by lead day.

Lead day k of an outlook is the k-th local day that begins when it is issued or later: as for
weather (`models.skill.outlooks`). What is said of the day that runs already is not judged; of each
lead day the newest outlook counts.

Said and came are classes of a field on a day: no risk 0, medium 1, high 2. What came is the same
hazard computed from the hours that were measured: agreement with it tells what the forecast of the
weather cost, not whether the disease was in the field. What people saw there is judged apart
(`SeenRow`). A pair needs a class on both sides; "cannot say" is counted beside, "out of season" is
none.

=====================  ==========================================================================
bias, mae              mean of class said minus class that came, of its absolute value
table                  a warning is medium or high: hits, misses, false alarms, right negatives
reliability            how often a warning was right after all where this class was said
score                  Brier score of yes and no, on pairs that have both references
persistence            what the last local day was that was over at issue: k + 1 days before
climatology            share of days with a warning at that field, in six weeks before and after;
                       the week itself is left out; from `LEAST_DAYS` days on
skill, low, high       1 - score / score of the better of both; whole weeks are drawn again; none
                       where that one errs less than `LEAST_WRONG` times
same_pairs             pairs of fields and days that every lead day has, and the score on these
                       alone: what may be compared from lead day to lead day
chance_bias, _mae      of hazards whose score is a probability: said minus computed from what came
=====================  ==========================================================================

References
----------
As `models.skill.outlooks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK
from models.skill.matching import ANSWERED, OTHER_VERSION, TREATED, UNANSWERED, Case
from models.skill.scores import Contingency, ScoreError, brier_score, contingency
from models.skill.weeks import LEAST_WRONG, around_weeks, skill_of_weeks
from models.weather.dataset import Array
from models.weather.local_days import local_day, midnight

#: Where there is no answer at all.
ABSENT = 255
WARNINGS = (MEDIUM, HIGH)
#: Days that climatology needs around a week.
LEAST_DAYS = 28
_WEEK = 7

Classes = NDArray[np.uint8]


def next_day(issued: datetime) -> date:
    """The local day that is lead day 1 of an outlook: the first that begins at issue or later.

    Parameters
    ----------
    issued
        Aware.
    """
    day = local_day(issued)
    return day if midnight(day) == issued else day + timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """What was said of a hazard, and what came, by local day and column (a field and crop).

    Attributes
    ----------
    hazard
        Its id.
    first
        Local day of the first row, in days since 1970.
    came
        Codes of status (day, column), `ABSENT` where there is none.
    said
        Lead day -> the same.
    came_chance, said_chance
        Where the score is a probability (day, column), 0..1, NaN where there is none.
    """

    hazard: str
    first: int
    came: Classes
    said: Mapping[int, Classes]
    came_chance: Array | None = None
    said_chance: Mapping[int, Array] | None = None


@dataclass(frozen=True)
class ClassSaid:
    """How often a class was said, and how often a warning was right then."""

    status: int
    pairs: int
    warned: int


@dataclass(frozen=True)
class RiskOutlookRow:
    """How well outlooks of a hazard did at a lead day; figures as the module says.

    ``fields`` counts fields and crops, ``pairs`` fields on days, ``days`` and ``weeks`` those they
    come from; `first` and `last` in days since 1970. ``unanswered``: came a class, said was
    "cannot say"; ``unmeasured``: the other way round.
    """

    hazard: str
    lead: int
    fields: int
    pairs: int
    days: int
    weeks: int
    first: int
    last: int
    bias: float
    mae: float
    table: Contingency
    reliability: tuple[ClassSaid, ...]
    unanswered: int
    unmeasured: int
    common: int
    score: float | None
    persistence: float | None
    climatology: float | None
    skill: float | None
    low: float | None
    high: float | None
    same_pairs: int
    same_score: float | None
    chance_pairs: int = 0
    chance_bias: float | None = None
    chance_mae: float | None = None


@dataclass(frozen=True)
class SeenRow:
    """Outlooks of a hazard at a lead day against what people saw in the field.

    ``score`` is the Brier score of yes and no, ``base`` that of the cases' own base rate, which no
    constant forecast can beat. Set aside: ``unanswered``, ``treated``, ``other_version``.
    """

    hazard: str
    lead: int
    cases: int
    fields: int
    seasons: int
    table: Contingency
    reliability: tuple[ClassSaid, ...]
    score: float | None
    base: float | None
    unanswered: int
    treated: int
    other_version: int


def answered(classes: Classes) -> NDArray[np.bool_]:
    """Where a class is no risk, medium or high; `classes` are codes of status, or `ABSENT`.

    Parameters
    ----------
    classes
        Codes of status.
    """
    return (classes >= NO_RISK) & (classes <= HIGH)


def account(kept: Kept) -> list[RiskOutlookRow]:
    """The account of a hazard, by lead day; nothing of lead days without a pair.

    Parameters
    ----------
    kept
        What was said and what came.
    """
    came = answered(kept.came)
    warned = np.where(came, kept.came >= MEDIUM, np.nan)
    usual = climatology(warned, kept.first)
    pairs = {lead: answered(said) & came for lead, said in sorted(kept.said.items())}
    same = np.logical_and.reduce(list(pairs.values())) if pairs else came
    found = []
    for lead, there in pairs.items():
        if there.any():
            last = np.full_like(warned, np.nan)
            last[lead + 1 :] = warned[: -lead - 1]
            found.append(_row(kept, lead, there, same, (warned, last, usual)))
    return found


def climatology(warned: Array, first: int) -> Array:
    """Share of days with a warning in the weeks around, of each column.

    Parameters
    ----------
    warned
        Yes and no as 0..1, NaN where it is not known (day, column).
    first
        Local day of the first row, in days since 1970.

    Returns
    -------
    array
        Of the same shape; NaN where fewer than `LEAST_DAYS` days are known.
    """
    if not warned.size:
        return np.full_like(warned, np.nan)
    week = (first + np.arange(len(warned))) // _WEEK
    week -= week[0]
    begins = np.searchsorted(week, np.arange(week[-1] + 1))
    known = ~np.isnan(warned)
    total, days = (
        around_weeks(np.add.reduceat(each, begins, axis=0))
        for each in (np.where(known, warned, 0.0), known.astype(np.float64))
    )
    share = np.full_like(total, np.nan)
    np.divide(total, days, out=share, where=days >= LEAST_DAYS)
    return share[week]


def _row(
    kept: Kept,
    lead: int,
    there: NDArray[np.bool_],
    same: NDArray[np.bool_],
    known: tuple[Array, Array, Array],
) -> RiskOutlookRow:
    warned, last, usual = known
    codes = kept.said[lead]
    said, seen = codes[there].astype(int), kept.came[there].astype(int)
    alarm = np.where(codes >= MEDIUM, 1.0, 0.0)
    days = kept.first + np.flatnonzero(there.any(axis=1))
    both = there & ~np.isnan(last) & ~np.isnan(usual)
    squares = [(each - warned) ** 2 for each in (alarm, last, usual)]
    weeks = _by_weeks((kept.first + np.arange(len(codes))) // _WEEK, both, squares)
    common, *sums = weeks.sum(axis=0).tolist()
    score, persistence, usually = (each / common if common else None for each in sums)
    alike = squares[0][same]
    return RiskOutlookRow(
        kept.hazard,
        lead,
        int(there.any(axis=0).sum()),
        len(said),
        len(days),
        len(np.unique(days // _WEEK)),
        int(days[0]),
        int(days[-1]),
        float((said - seen).mean()),
        float(np.abs(said - seen).mean()),
        contingency(seen >= MEDIUM, said >= MEDIUM),
        tuple(_classes(said, seen >= MEDIUM)),
        int(((codes == CANNOT_SAY) & ~np.isnan(warned)).sum()),
        int((answered(codes) & (kept.came == CANNOT_SAY)).sum()),
        int(common),
        score,
        persistence,
        usually,
        *skill_of_weeks(weeks[weeks[:, 0] > 0], LEAST_WRONG),
        len(alike),
        float(alike.mean()) if len(alike) else None,
        *_chances(kept, lead, there),
    )


def _by_weeks(week: NDArray[np.int64], both: NDArray[np.bool_], squares: Sequence[Array]) -> Array:
    """Of each week the number of pairs and the sum of each score (week, 1 + scores)."""
    rows = [both.sum(axis=1), *(np.where(both, each, 0.0).sum(axis=1) for each in squares)]
    begins = np.flatnonzero(np.diff(week, prepend=week[0] - 1))
    found: Array = np.add.reduceat(np.stack(rows, axis=1).astype(np.float64), begins, axis=0)
    return found


def _classes(said: NDArray[np.int64], warned: NDArray[np.bool_]) -> Iterator[ClassSaid]:
    for status in (NO_RISK, MEDIUM, HIGH):
        here = said == status
        if here.any():
            yield ClassSaid(status, int(here.sum()), int(warned[here].sum()))


def _chances(
    kept: Kept, lead: int, there: NDArray[np.bool_]
) -> tuple[int, float | None, float | None]:
    if kept.said_chance is None or kept.came_chance is None or lead not in kept.said_chance:
        return 0, None, None
    miss = (kept.said_chance[lead] - kept.came_chance)[there]
    miss = miss[~np.isnan(miss)]
    if not len(miss):
        return 0, None, None
    return len(miss), float(miss.mean()), float(np.abs(miss).mean())


def seen_account(cases: Sequence[Case], lead: int) -> list[SeenRow]:
    """The account against what people saw, by hazard.

    Parameters
    ----------
    cases
        As `models.skill.matching.match` gives them for the outlooks of this lead day.
    lead
        Lead day, from 1.
    """
    found = []
    for hazard in sorted({case.report.hazard for case in cases}):
        of = [case for case in cases if case.report.hazard == hazard]
        judged = [case for case in of if case.outcome == ANSWERED]
        was = np.array([case.report.found for case in judged], float)
        said = np.array([case.status for case in judged], int)
        found.append(
            SeenRow(
                hazard,
                lead,
                len(judged),
                len({case.report.site for case in judged}),
                len({case.report.season for case in judged}),
                contingency(was, said >= MEDIUM) if judged else Contingency(0, 0, 0, 0),
                tuple(_classes(said, was == 1.0)),
                _brier(was, (said >= MEDIUM).astype(float)),
                _brier(was, np.full(len(was), was.mean() if judged else 0.0)),
                *(
                    sum(case.outcome == outcome for case in of)
                    for outcome in (UNANSWERED, TREATED, OTHER_VERSION)
                ),
            )
        )
    return found


def _brier(was: Array, said: Array) -> float | None:
    try:
        return brier_score(was, said)
    except ScoreError:
        return None
