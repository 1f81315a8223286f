"""The skill ledger: what was said of a field against what was seen there, and what follows.

A case is one field's report, or several within one matching window, set against the gravest
answer that had been given for that field. Answers issued on or after the local day of the report
never count, so nothing is matched with hindsight. A hazard is validated in a county when its
Brier skill there is surely above climatology on enough cases (`Rules`); ``docs/ledger.md`` says
why each choice was made.

References
----------
Brier, G. W. (1950). Monthly Weather Review 78, 1-3 (score); the reference is the sample's own
base rate, which no constant forecast can beat.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from models.hazard import HIGH, MEDIUM, NO_RISK
from models.ledger_rules import Rules
from models.skill import Interval, ScoreError, block_bootstrap, brier_skill, contingency

Array = NDArray[np.float64]

LOCAL = timezone(timedelta(hours=8))
ANSWERED, UNANSWERED, TREATED, OTHER_VERSION = "answered", "unanswered", "treated", "other_version"
#: Earlier cases that a status needs before it is given a frequency, and the weight, in cases, of
#: the base rate in that frequency; provisional.
LEAST_EARLIER, PRIOR = 10, 2.0
DRAWS = 1000


@dataclass(frozen=True)
class Report:
    """What somebody saw in a field on a local day, with the field's county and season.

    ``season`` is the year in which the crop was sown. ``found`` tells whether the hazard's event
    was there; ``treated`` whether the crop had been treated against it before.
    """

    site: str
    crop: str
    hazard: str
    county: str
    season: int
    date: date
    found: bool
    treated: bool = False


@dataclass(frozen=True)
class Issued:
    """An answer as it was issued: ``time`` is the end of the local day it is for."""

    site: str
    crop: str
    hazard: str
    time: datetime
    issued: datetime
    status: int
    score: float
    model_version: str


@dataclass(frozen=True)
class Case:
    """A report set against the gravest answer of its window; ``status`` is None without one."""

    report: Report
    outcome: str
    status: int | None = None
    score: float = math.nan


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


def day_start(day: date) -> datetime:
    """Begin of a local day (UTC+8).

    Parameters
    ----------
    day
        Local date [d].

    Returns
    -------
    datetime
        Aware, UTC.
    """
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC)


def episodes(reports: Iterable[Report], length: int) -> list[Report]:
    """Merge reports of one field that are no independent cases.

    Parameters
    ----------
    reports
        Of any fields and hazards of one kind.
    length
        Reports at most this long after the first belong to it [d].

    Returns
    -------
    list of Report
        One per episode: the first that found something, else the first; treated if any was.
    """
    found: list[Report] = []

    def place(report: Report) -> tuple[str, str, str, int]:
        return report.site, report.crop, report.hazard, report.season

    ordered = sorted(reports, key=lambda r: (*place(r), r.date, not r.found))
    for _, group in groupby(ordered, key=place):
        members: list[list[Report]] = []
        for report in group:
            if members and (report.date - members[-1][0].date).days <= length:
                members[-1].append(report)
            else:
                members.append([report])
        for episode in members:
            first = next((r for r in episode if r.found), episode[0])
            treated = any(r.treated for r in episode)
            found.append(
                Report(*(getattr(first, name) for name in _PLAIN), first.found, treated)
            )
    return found


_PLAIN = ("site", "crop", "hazard", "county", "season", "date")


def match(
    reports: Iterable[Report],
    issued: Iterable[Issued],
    kinds: Mapping[str, str],
    versions: Mapping[str, str],
    rules: Rules,
) -> list[Case]:
    """Set each report against the gravest answer of its matching window.

    Parameters
    ----------
    reports
        Reports of hazards that ``kinds`` holds; others are left out.
    issued
        Answers, each as often as it was issued. Of a day the last one before the report counts.
    kinds
        Hazard -> "disease", "pest" or "weather".
    versions
        Hazard -> the model version in force; evidence for another version is set aside.
    rules
        Matching windows by kind [d].

    Returns
    -------
    list of Case
        One per episode, by hazard, county, season and date.
    """
    said: dict[tuple[str, str, str], list[Issued]] = {}
    for answer in issued:
        said.setdefault((answer.site, answer.crop, answer.hazard), []).append(answer)
    cases = []
    for kind in sorted(set(kinds.values())):
        first, last = rules.window(kind)
        of_kind = [r for r in reports if kinds.get(r.hazard) == kind]
        for report in episodes(of_kind, last - first):
            answers = said.get((report.site, report.crop, report.hazard), [])
            window = in_window(answers, report.date, first, last)
            cases.append(judge(report, window, versions[report.hazard]))
    key = ("hazard", "county", "season", "date", "site", "crop")
    return sorted(cases, key=lambda c: tuple(getattr(c.report, name) for name in key))


def in_window(answers: Iterable[Issued], seen: date, first: int, last: int) -> list[Issued]:
    """Answers that count for a report: one per day, the last issued before the day of the report.

    Parameters
    ----------
    answers
        Of the report's field, crop and hazard.
    seen
        Local day of the report.
    first, last
        From the end of the answered day to the day of the report, both included [d].
    """
    begin = day_start(seen)
    newest: dict[datetime, Issued] = {}
    for answer in sorted(answers, key=lambda a: a.issued):
        lead = (begin - answer.time) / timedelta(days=1)
        if first <= lead <= last and answer.issued < begin:
            newest[answer.time] = answer
    return list(newest.values())


def judge(report: Report, answers: Sequence[Issued], version: str) -> Case:
    """Make the case of a report and the answers in its window.

    Parameters
    ----------
    report
        What was seen.
    answers
        As `in_window` gives them; "cannot say" and "out of season" are no forecast.
    version
        Model version in force [-].
    """
    forecasts = [a for a in answers if a.status in (NO_RISK, MEDIUM, HIGH)]
    current = [a for a in forecasts if a.model_version == version]
    if forecasts and not current:
        return Case(report, OTHER_VERSION)
    if not current:
        return Case(report, UNANSWERED)
    gravest = max(current, key=lambda a: (a.status, -math.inf if math.isnan(a.score) else a.score))
    # What a treatment kept away can no longer be seen: no proof against the forecast.
    outcome = TREATED if report.treated and not report.found else ANSWERED
    return Case(report, outcome, gravest.status, gravest.score)


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
    array, shape (n,) [1]
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
        The level of the interval [1].
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


def row_of(
    empty: LedgerRow, cases: Sequence[Case], probability: Array, rules: Rules
) -> LedgerRow:
    """Fill one row of the ledger.

    Parameters
    ----------
    empty
        Tells hazard, county and season.
    cases
        Those of the row.
    probability
        Of its answered cases, in order [1].
    rules
        The level of the interval [1].
    """
    answered = [c for c in cases if c.outcome == ANSWERED]
    values = {name: getattr(empty, name) for name in ("hazard", "county", "season")}
    counts = {
        name: sum(c.outcome == name for c in cases) for name in (UNANSWERED, TREATED, OTHER_VERSION)
    }
    observed = np.array([c.report.found for c in answered], float)
    if answered:
        said = np.array([c.status in (MEDIUM, HIGH) for c in answered], float)
        table = contingency(observed, said)
        names = ("hits", "misses", "false_alarms", "correct_negatives")
        counts |= {name: getattr(table, name) for name in names}
    scored = np.isfinite(probability)
    reports = [c.report for c, keep in zip(answered, scored, strict=True) if keep]
    seasons = [r.season for r in reports]
    # Fields of one season share its weather; within a season, those of one week.
    blocks = seasons if empty.season is None else [_week(r.date) for r in reports]
    score, why = interval(observed[scored], probability[scored], blocks, rules.level)
    return LedgerRow(
        **values,
        model_version=empty.model_version,
        cases=len(answered),
        **counts,
        scored=len(reports),
        seasons=len(set(seasons)),
        brier_skill=None if score is None or math.isnan(score.estimate) else score.estimate,
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
        Shape (n,) [1].
    blocks
        Label of each case's block.
    level
        Coverage of the interval [1].

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
        The thresholds in force: cases, seasons and bound [1].

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
