"""What was seen in a field, set against what had been said of it before.

A case is one field's report, or several within one matching window, set against the gravest
answer that had been given for that field. Answers issued on or after the local day of the report
never count, so nothing is matched with hindsight.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from models.risk.hazard import HIGH, MEDIUM, NO_RISK, Hazard
from models.skill.rules import Rules
from models.weather.local_days import midnight

ANSWERED, UNANSWERED, TREATED, OTHER_VERSION = "answered", "unanswered", "treated", "other_version"


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


def of_one_disease(hazards: Mapping[str, Hazard]) -> list[tuple[str, str, str]]:
    """Which hazards a report speaks for: (crop, hazard reported, hazard judged by it).

    People see a disease, not a model: a report of one hazard counts for every hazard of the same
    pest that asks about the crop, itself included.

    Parameters
    ----------
    hazards
        Hazard id -> hazard; those without an EPPO code are alone.
    """
    return [
        (crop, one.id, other.id)
        for one in hazards.values()
        for crop in one.crops
        for other in hazards.values()
        if other is one or (one.eppo and other.eppo == one.eppo and crop in other.crops)
    ]


def for_all_models(
    reports: Iterable[Report], judged: Iterable[tuple[str, str, str]]
) -> list[Report]:
    """Each report once for every hazard that it judges.

    Parameters
    ----------
    reports
        As people gave them; of a hazard that is not judged they are left out.
    judged
        As `of_one_disease` gives them.
    """
    others: dict[tuple[str, str], list[str]] = {}
    for crop, one, other in judged:
        others.setdefault((crop, one), []).append(other)
    return [
        replace(report, hazard=other)
        for report in reports
        for other in others.get((report.crop, report.hazard), ())
    ]


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
            found.append(replace(first, treated=any(r.treated for r in episode)))
    return found


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
            cases.append(case_of(report, window, versions[report.hazard]))
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
    begin = midnight(seen)
    newest: dict[datetime, Issued] = {}
    for answer in sorted(answers, key=lambda a: a.issued):
        lead = (begin - answer.time) / timedelta(days=1)
        if first <= lead <= last and answer.issued < begin:
            newest[answer.time] = answer
    return list(newest.values())


def case_of(report: Report, answers: Sequence[Issued], version: str) -> Case:
    """Make the case of a report and the answers in its window.

    Parameters
    ----------
    report
        What was seen.
    answers
        As `in_window` gives them; "cannot say" and "out of season" are no forecast.
    version
        Model version in force.
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
