"""Fields that people keep themselves, in words: what grows there, and when it may be harvested."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collector.store.advice.village import Grown
from collector.store.advice.works import IRRIGATION, SPRAY, FieldWork
from collector.store.network.own_fields import OwnField
from field_configs.schema import Field
from webapp.language.formats import full_day, local_day, number, short
from webapp.language.i18n import gettext, lazy_gettext, ngettext
from webapp.language.risks import upper_first
from webapp.language.words import pick, word
from webapp.views.crops import crop_types
from webapp.views.village.fields import MU, crop_name

SOIL_NAMES = {
    "sand": lazy_gettext("sandy"),
    "loam": lazy_gettext("loam"),
    "clay": lazy_gettext("clay"),
}


@dataclass(frozen=True)
class Waiting:
    """A safety interval that runs: nothing may be harvested before `until`."""

    text: str
    until: date


@dataclass(frozen=True)
class ShownWork:
    """One line of the diary; `entry` is empty where it came from a file."""

    entry: str
    day: str
    kind: str
    detail: str
    who: str


def as_field(own: OwnField) -> Field:
    """The field as the models and notices know one."""
    return Field(own.id, own.village, own.name, own.name, own.kind, own.area_ha)


def grown_of(own: OwnField) -> Grown | None:
    """What was sown there last."""
    if own.crop is None or own.sown is None:
        return None
    return Grown(own.crop, own.sown, own.harvested)


def line_of(own: OwnField, today: date) -> str:
    """Village, crop, area and day of sowing in one line."""
    parts = [pick(own.village_zh, own.village_en)]
    parts.append(upper_first(crop_name(grown_of(own), crop_types(), today)))
    if own.area_ha is not None:
        parts.append(str(gettext("%(mu)s mu", mu=short(own.area_ha * MU))))
    if own.sown is not None and own.harvested is None:
        parts.append(str(gettext("sown on %(day)s", day=local_day(own.sown))))
    return " · ".join(part for part in parts if part)


def waiting_of(works: Sequence[FieldWork], today: date) -> list[Waiting]:
    """Safety intervals that run on a local day, the longest first.

    Parameters
    ----------
    works
        Of the field, in force.
    today
        Local day.
    """
    found = []
    for work in works:
        if work.kind != SPRAY or not work.interval_d:
            continue
        until = work.date + timedelta(days=work.interval_d)
        left = (until - today).days
        if left > 0 and work.date <= today:
            days = ngettext("%(num)d day left", "%(num)d days left", left)
            text = gettext(
                "%(product)s, sprayed on %(day)s: do not harvest before %(until)s (%(left)s).",
                product=work.product or word("work.spray"),
                day=local_day(work.date),
                until=local_day(until),
                left=days,
            )
            found.append(Waiting(str(text), until))
    return sorted(found, key=lambda each: each.until, reverse=True)


def _detail(work: FieldWork) -> str:
    parts = [work.product, work.target, work.dose]
    if work.kind == IRRIGATION and work.amount_mm is not None:
        parts.append(str(gettext("%(amount)s mm", amount=number(work.amount_mm, 0))))
    if work.area_ha is not None:
        parts.append(str(gettext("on %(mu)s mu", mu=short(work.area_ha * MU))))
    if work.interval_d is not None:
        parts.append(str(gettext("safety interval %(days)s d", days=work.interval_d)))
    parts.append(work.note)
    return str(gettext("; ")).join(part for part in parts if part)


def show_diary(works: Sequence[FieldWork]) -> list[ShownWork]:
    """Word the works of a field, in their order."""
    return [
        ShownWork(
            entry=work.entry,
            day=full_day(work.date),
            kind=upper_first(word(f"work.{work.kind}")),
            detail=_detail(work),
            who=work.recorded_by,
        )
        for work in works
    ]
