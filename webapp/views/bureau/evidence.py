"""What a decision rests on, in words: reason, readings, forecast, stages, models that disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from collector.store.bureau.desk import Answered, Coming, Evidence, Measured
from models.risk.hazard import HIGH, MEDIUM, NO_RISK, STATUS
from models.weather.local_days import day_ended
from webapp.language.formats import local_day, local_time, number, short
from webapp.language.i18n import gettext, ngettext
from webapp.language.risks import (
    certainty_label,
    hazard_name,
    quantity_name,
    reason_text,
    status_label,
    unit_name,
)
from webapp.views.village.advice import ShownAdvice, show_advice

#: Statuses of a model that has an opinion.
JUDGED = (NO_RISK, MEDIUM, HIGH)
#: The forecast is shown so many days ahead.
DAYS = 7


@dataclass(frozen=True)
class ModelSays:
    """What one model says of the fields, in words; `apart` where it differs from the verdict."""

    name: str
    says: str
    apart: bool


@dataclass(frozen=True)
class ShownEvidence:
    """The grounds of a decision in words."""

    status: str
    reason: str
    certainty: str
    advice: ShownAdvice | None
    stages: str
    models: Sequence[ModelSays]
    readings: Sequence[tuple[str, str, str]]
    coming: Sequence[tuple[str, str]]


def _counted(rows: Sequence[tuple[int, int]]) -> str:
    parts = [
        gettext("%(level)s in %(num)d", level=status_label(STATUS[status]), num=fields)
        for status, fields in rows
    ]
    return str(gettext("; ")).join(str(part) for part in parts)


def _models(answers: Sequence[Answered], verdict: str) -> list[ModelSays]:
    """What each model says; those behind a verdict that say otherwise are marked.

    Who cannot say, or is out of season, does not disagree.
    """
    said, of_most = [], {}
    for hazard, group in groupby(answers, key=lambda each: each.hazard):
        rows = list(group)
        of_most[hazard] = max(rows, key=lambda each: each.fields).status
        said.append((hazard, _counted([(each.status, each.fields) for each in rows])))
    said.sort(key=lambda each: each[0] != verdict)
    return [
        ModelSays(
            hazard_name(hazard),
            text,
            of_most[hazard] in JUDGED and of_most[hazard] != of_most.get(verdict),
        )
        for hazard, text in said
    ]


def _stages(answers: Sequence[Answered], verdict: str) -> str:
    of = [each for each in answers if each.hazard == verdict and each.first_stage is not None]
    if not of:
        return str(gettext("not known"))
    low = min(each.first_stage for each in of if each.first_stage is not None)
    high = max(each.last_stage for each in of if each.last_stage is not None)
    fields, observed = sum(each.fields for each in of), sum(each.observed for each in of)
    if low == high:
        return str(
            gettext(
                "BBCH %(stage)s; observed in %(observed)d of %(num)d fields",
                stage=number(low, 0),
                observed=observed,
                num=fields,
            )
        )
    return str(
        gettext(
            "BBCH %(low)s to %(high)s; observed in %(observed)d of %(num)d fields",
            low=number(low, 0),
            high=number(high, 0),
            observed=observed,
            num=fields,
        )
    )


def _reading(one: Measured, at: datetime) -> tuple[str, str, str]:
    name = quantity_name(one.quantity)
    if one.height_m is not None:
        name = str(gettext("%(quantity)s, %(height)s m", quantity=name, height=short(one.height_m)))
    digits = 2 if abs(one.high) < 1 else 1
    low, mean, high = (number(each, digits) for each in (one.low, one.mean, one.high))
    unit = unit_name(one.quantity)
    if low == high:
        value = f"{mean} {unit}"
    else:
        value = gettext(
            "%(mean)s %(unit)s (%(low)s to %(high)s)", mean=mean, unit=unit, low=low, high=high
        )
    seen = ngettext(
        "%(num)d sensor, newest %(time)s",
        "%(num)d sensors, newest %(time)s",
        one.count,
        time=local_time(one.newest, at),
    )
    return name, str(value), str(seen)


def _coming(rows: Sequence[Coming]) -> list[tuple[str, str]]:
    found = []
    for time, group in groupby(rows, key=lambda each: each.time):
        warned = [(e.status, e.fields) for e in group if e.status in (MEDIUM, HIGH)]
        text = _counted(warned) if warned else str(gettext("no warning"))
        found.append((local_day(day_ended(time), weekday=True), text))
    return found[:DAYS]


def show_evidence(evidence: Evidence, at: datetime) -> ShownEvidence:
    """Word what a decision rests on.

    Parameters
    ----------
    evidence
        Of the store.
    at
        Now, aware.
    """
    best = evidence.gravest
    verdict = best.hazard if best else ""
    return ShownEvidence(
        status=STATUS[best.status] if best else "",
        reason=reason_text(best.hazard, best.status, best.reason_params) if best else "",
        certainty=certainty_label(best.certainty) if best else "",
        advice=show_advice(best, at) if best else None,
        stages=_stages(evidence.answers, verdict),
        models=_models(evidence.answers, verdict),
        readings=[_reading(each, at) for each in evidence.readings],
        coming=_coming(evidence.coming),
    )
