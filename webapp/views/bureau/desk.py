"""The desk in words: states, acts, colours, trends, places, and where the reader may act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from collector.permissions import Grant, Place
from collector.store.bureau import decisions
from collector.store.bureau.decisions import Decision, NotNow, Overtaken
from collector.store.bureau.desk import LastTime, PlaceRow, Row, Skill
from models.advice.colours import COLOURS
from models.risk.hazard import STATUS
from models.weather.local_days import local_day
from webapp.language.colours import colour_name
from webapp.language.formats import full_day, local_time, short
from webapp.language.i18n import gettext, lazy_gettext, ngettext
from webapp.language.risks import hazard_name, upper_first
from webapp.language.words import name_of, pick
from webapp.views.crops import crop_types
from webapp.views.village.fields import MU

#: All that is public without a decision of the desk.
OUT = "out"
STATES = {
    "draft": lazy_gettext("draft"),
    "reviewed": lazy_gettext("reviewed"),
    "published": lazy_gettext("published"),
    "updated": lazy_gettext("updated"),
    "held": lazy_gettext("held"),
    "rejected": lazy_gettext("rejected"),
    "cancelled": lazy_gettext("cancelled"),
    "closed": lazy_gettext("closed"),
    OUT: lazy_gettext("public without a decision"),
}
ACTS = {
    "review": lazy_gettext("Mark as reviewed"),
    "edit": lazy_gettext("Save the words"),
    "publish": lazy_gettext("Publish"),
    "update": lazy_gettext("Publish what is new"),
    "hold": lazy_gettext("Hold back"),
    "reject": lazy_gettext("Reject"),
    "reopen": lazy_gettext("Open again"),
    "cancel": lazy_gettext("Cancel"),
    "close": lazy_gettext("Close"),
}
DONE = {
    "review": lazy_gettext("reviewed"),
    "edit": lazy_gettext("words changed"),
    "publish": lazy_gettext("published"),
    "update": lazy_gettext("updated"),
    "hold": lazy_gettext("held back"),
    "reject": lazy_gettext("rejected"),
    "reopen": lazy_gettext("opened again"),
    "cancel": lazy_gettext("cancelled"),
    "close": lazy_gettext("closed"),
}


@dataclass(frozen=True)
class ShownRow:
    """A row of the desk in words; `may` where the reader may decide on the whole place."""

    row: Row
    hazard: str
    crop: str
    place: str
    county: str
    colour: str | None
    colour_name: str
    level: str
    state: str
    state_name: str
    note: str
    by: str
    area: str
    trend: str
    skill: str
    last: str
    may: bool

    @property
    def value(self) -> str:
        """What a form sends for this row: its key and the version that was seen."""
        return "|".join((*self.row.key, str(self.row.version)))


def crop_name(crop: str) -> str:
    """The name of a crop; its id where this release does not know it."""
    known = crop_types().get(crop)
    return upper_first(name_of(known)) if known else crop


def place_of(row: Row | PlaceRow) -> str:
    """The name of a township, or what is said of villages without one."""
    name = pick(row.township_zh, row.township_en)
    return name or str(gettext("villages without a township"))


def trend_text(now: int, before: int | None) -> str:
    """Say how the number of fields goes."""
    if before is None:
        return str(gettext("not counted then"))
    if now == before:
        return str(gettext("as 3 days ago"))
    up = gettext("▲ %(more)d more than 3 days ago", more=now - before)
    return str(
        up if now > before else gettext("▼ %(less)d fewer than 3 days ago", less=before - now)
    )


def skill_text(found: Skill | None) -> str:
    """Say how the model stood against reports in the county."""
    if found is None or not found.cases:
        return str(gettext("no reports to judge it by"))
    return str(
        gettext(
            "%(hits)d of %(seen)d found were warned of, %(false)d false alarms",
            hits=found.hits,
            seen=found.hits + found.misses,
            false=found.false_alarms,
        )
    )


def last_text(last: LastTime | None) -> str:
    """Say what was done the last time."""
    if last is None:
        return str(gettext("nothing yet"))
    return str(
        gettext(
            "%(did)s by %(name)s, %(time)s",
            did=DONE[last.act],
            name=last.name,
            time=local_time(last.at),
        )
    )


def state_of(row: Row) -> str:
    """The state of a row: what is all public without a decision is no draft."""
    return OUT if row.decision is None and not row.drafts else row.state


def note_of(row: Row, at: datetime) -> str:
    """Say what asks for an officer although somebody decided already."""
    state = state_of(row)
    if state == "held" and row.held_until is not None:
        if local_day(at) > row.held_until:
            return str(gettext("the hold is over"))
        return str(gettext("until %(day)s", day=full_day(row.held_until)))
    if state in (decisions.PUBLISHED, decisions.UPDATED) and row.drafts:
        return str(ngettext("%(num)d field is new", "%(num)d fields are new", row.drafts))
    return ""


def waits(row: Row, today: date) -> bool:
    """Whether a row waits for an officer."""
    if row.state == decisions.HELD:
        return row.held_until is not None and today > row.held_until
    return bool(row.drafts) and row.state not in (decisions.REJECTED, decisions.CANCELLED)


def area_of(row: Row) -> str:
    """Write how much land a row is about; nothing where no area is known."""
    return "" if row.area_ha is None else str(gettext("%(mu)s mu", mu=short(row.area_ha * MU)))


def show_row(
    row: Row,
    colour: str | None,
    skill: Skill | None,
    last: LastTime | None,
    may_release: list[Grant],
    at: datetime,
) -> ShownRow:
    """Word a row; only for those that the page shows."""
    state = state_of(row)
    return ShownRow(
        row=row,
        hazard=hazard_name(row.hazard),
        crop=crop_name(row.crop),
        place=place_of(row),
        county=pick(row.county_zh, row.county_en),
        colour=colour,
        colour_name=colour_name(colour),
        level=STATUS[row.status],
        state=state,
        state_name=str(STATES[state]),
        note=note_of(row, at),
        by=row.changed_by or "",
        area=area_of(row),
        trend=trend_text(row.fields, row.fields_before),
        skill=skill_text(skill),
        last=last_text(last),
        may=state != OUT and reaches_place(may_release, row.place, row.county),
    )


def reaches_place(grants: list[Grant], place: str, county: str) -> bool:
    """Whether grants reach all of a township, or of a county's villages without one."""
    whole = Place("", None if place == county else place, county)
    return any(whole.within(grant) for grant in grants)


def gravity(colour: str | None) -> int:
    """Where a colour stands among others; none is least."""
    return COLOURS.index(colour) if colour in COLOURS else -1


def action_of(act: str) -> str:
    """The action by which the audit log tells of an act."""
    actions = {"publish": "advice_published", "update": "advice_published"}
    return actions.get(act) or ("advice_withdrawn" if act == "cancel" else "advice_decided")


def read_day(text: str, at: datetime) -> tuple[date | None, str]:
    """Read the last day of a hold, or say what is wrong with it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None, str(gettext("Say until which day it is held back, such as 2026-06-03."))
    if day < local_day(at):
        wrong = gettext(
            "%(day)s is over: the last day of a hold is still to come.", day=full_day(day)
        )
        return None, str(wrong)
    return day, ""


def overtaken_text(error: Overtaken) -> str:
    """Say who was quicker, with what and when."""
    now = error.now
    if now.changed is None:
        return str(gettext("Somebody has closed this meanwhile: look again before you act."))
    return str(
        gettext(
            "%(hazard)s: %(name)s was quicker: it is %(state)s since %(time)s. Look again before "
            "you act.",
            hazard=hazard_name(now.hazard),
            name=now.changed_by,
            state=STATES[now.state],
            time=local_time(now.changed),
        )
    )


def not_now_text(error: NotNow) -> str:
    """Say why an act is not for this state, and what is."""
    now: Decision = error.now
    can = decisions.acts_in(now.state)
    return str(
        gettext(
            "%(hazard)s: it is %(state)s; “%(act)s” cannot be done now. What can be: %(can)s.",
            hazard=hazard_name(now.hazard),
            state=STATES[now.state],
            act=ACTS[error.act],
            can=str(gettext(", ")).join(str(ACTS[each]) for each in can),
        )
    )


def wrong_colours(error: str) -> str:
    """Say that the setting of the colours cannot be read and why; '' where it can."""
    if not error:
        return ""
    return str(
        gettext(
            "The setting desk.colours cannot be read; the colours shipped hold: %(error)s",
            error=error,
        )
    )
