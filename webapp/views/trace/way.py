"""The way of a thing in plain words: what was done, when, in which county, by whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from collector.store.trace.told import (
    CLEARED,
    LOST,
    RECALLED,
    UNFIT,
    Story,
    ToldStep,
)
from field_configs.business_steps import step_named, step_of
from models.weather.local_days import local_day
from webapp.language.formats import full_day
from webapp.language.formats import local_day as month_day
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.words import pick, word

#: Longest text of somebody else's that is shown, in characters.
MOST_TEXT = 24
#: Digits in a row that may be somebody's number.
NUMBER = re.compile(r"\d(?:[\s-]?\d){6,}")
#: So many steps are shown; of more, the first and the last.
MOST_SHOWN = 16
#: What is done before there is anything to harvest.
BEFORE_HARVEST = (step_of("sowing"), step_of("treating"))
STEP_NAMES = {
    "accepting": lazy_gettext("taken over"),
    "arriving": lazy_gettext("arrived"),
    "assembling": lazy_gettext("put together"),
    "collecting": lazy_gettext("collected"),
    "commissioning": lazy_gettext("entered as a lot or a piece"),
    "consigning": lazy_gettext("handed over for sale"),
    "creating_class_instance": lazy_gettext("made into a new lot"),
    "cycle_counting": lazy_gettext("counted"),
    "decommissioning": lazy_gettext("taken out of the books"),
    "departing": lazy_gettext("left"),
    "destroying": lazy_gettext("destroyed"),
    "disassembling": lazy_gettext("taken apart"),
    "dispensing": lazy_gettext("handed out"),
    "encoding": lazy_gettext("given a code"),
    "entering_exiting": lazy_gettext("moved in or out"),
    "holding": lazy_gettext("kept back"),
    "inspecting": lazy_gettext("inspected"),
    "loading": lazy_gettext("loaded"),
    "packing": lazy_gettext("packed"),
    "picking": lazy_gettext("picked out"),
    "receiving": lazy_gettext("received"),
    "removing": lazy_gettext("taken out"),
    "repackaging": lazy_gettext("packed anew"),
    "retail_selling": lazy_gettext("sold in a shop"),
    "sampling": lazy_gettext("sampled"),
    "shipping": lazy_gettext("sent off"),
    "staging_outbound": lazy_gettext("made ready to be sent"),
    "stock_taking": lazy_gettext("counted"),
    "stocking": lazy_gettext("put on the shelf"),
    "storing": lazy_gettext("put into store"),
    "transporting": lazy_gettext("carried"),
    "unloading": lazy_gettext("unloaded"),
    "unpacking": lazy_gettext("unpacked"),
    "void_shipping": lazy_gettext("sending was called off"),
}
OF_TYPES = {
    "AggregationEvent": lazy_gettext("put together"),
    "TransformationEvent": lazy_gettext("made into a new lot"),
}
TOLD_OF = {
    "expired": lazy_gettext("%(who)s says: its time is over."),
    "damaged": lazy_gettext("%(who)s says: it is damaged."),
    "destroyed": lazy_gettext("%(who)s says: it was destroyed. What you hold should not be there."),
    "stolen": lazy_gettext("%(who)s says: it was stolen."),
}


def bounded(text: str, most: int = MOST_TEXT) -> str:
    """Make somebody else's text fit to be shown: short, on one line, without numbers of people.

    Parameters
    ----------
    text
        As they wrote it; it is escaped where it is put on a page.
    most
        Characters at most.
    """
    plain = NUMBER.sub("…", "".join(c if c.isprintable() else " " for c in text))
    plain = " ".join(plain.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def who_of(party: str, name: str) -> str:
    """Name who told something: a registered party, or that it was a person."""
    if party.startswith("person-"):
        return str(gettext("a person registered here"))
    return bounded(name)


def day_text(day: date | datetime, now: datetime) -> str:
    """Write a local day, with its year where that is not this one."""
    local = local_day(day) if isinstance(day, datetime) else day
    return month_day(local) if local.year == local_day(now).year else full_day(local)


@dataclass(frozen=True)
class ShownStep:
    """A step as the page shows it; `early` where it was told for a day before the harvest.

    ``field`` is whether it belongs there: somebody sowed or treated a crop.
    """

    time: datetime
    day: str
    what: str
    own_words: bool
    where: str
    who: str
    early: bool
    field: bool


def _what(step: ToldStep) -> tuple[str, bool]:
    """What was done, and whether in the party's own words."""
    if step.biz_step in STEP_NAMES:
        return str(STEP_NAMES[step.biz_step]), False
    ours = step_named(step.biz_step) if step.biz_step else None
    if ours is not None:
        return word(f"business_step.{ours}"), False
    if step.biz_step and re.search(r"[:/]", step.biz_step):
        return bounded(re.split(r"[:/#]", step.biz_step.rstrip("/"))[-1]), True
    if step.type == "AggregationEvent" and step.action == "DELETE":
        return str(gettext("taken out")), False
    return str(OF_TYPES.get(step.type, gettext("something else was done"))), False


def way_of(
    story: Story, now: datetime, harvested: date | None
) -> tuple[list[ShownStep], list[ShownStep]]:
    """Return the first steps of the way, and where there are too many, the last ones apart."""
    shown: list[ShownStep] = []
    for step in story.steps:
        what, own = _what(step)
        early = harvested is not None and local_day(step.time) < harvested
        new = ShownStep(
            step.time,
            day_text(step.time, now),
            what,
            own,
            pick(step.county_zh or "", step.county_en or ""),
            who_of(step.party, step.party_name),
            early and step.biz_step not in BEFORE_HARVEST,
            step.biz_step in BEFORE_HARVEST,
        )
        alike = shown and (shown[-1].day, shown[-1].what, shown[-1].who, shown[-1].where)
        if step.ours and alike != (new.day, new.what, new.who, new.where):
            shown.append(new)
    if len(shown) <= MOST_SHOWN:
        return shown, []
    return shown[: MOST_SHOWN // 2], shown[-MOST_SHOWN // 2 :]


def _lasting(story: Story, word: str) -> dict[str, str]:
    """Who says that something is so and has not taken it back: names by party."""
    said: dict[str, str] = {}
    for step in story.steps:
        if step.disposition == word or word in step.set:
            said[step.party] = who_of(step.party, step.party_name)
        elif word in step.unset or CLEARED in (step.disposition, *step.set):
            said.pop(step.party, None)
    return said


def told_against(story: Story) -> list[str]:
    """What parties of the chain say against eating it, the gravest first."""
    found = [
        str(
            gettext(
                "Recalled, says %(who)s. Do not eat it; bring it back to where you bought it.",
                who=who,
            )
        )
        for who in _lasting(story, RECALLED).values()
    ]
    found += [
        str(gettext("%(who)s says: it does not meet what is asked of it.", who=who))
        for who in _lasting(story, UNFIT).values()
    ]
    own = Story((), tuple(s for s in story.steps if s.direct and s.ours), (), (), many=False)
    for lost in LOST:
        found += [str(TOLD_OF[lost]) % {"who": who} for who in _lasting(own, lost).values()]
    return found
