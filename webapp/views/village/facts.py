"""What an answer rests on: the lines under "why" on the village page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from collector.store.measured.field_weather import FieldWeather
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.hazard import NO_RISK, STATUS
from models.weather.local_days import day_ended
from webapp.language.formats import local_day, local_time, number
from webapp.language.i18n import gettext
from webapp.language.risks import (
    hazard_name,
    missing_names,
    quantity_name,
    reason_of,
    unit_name,
    upper_first,
)
from webapp.language.words import has_word, word
from webapp.views.village.advice import ShownAdvice, spraying_limits
from webapp.views.village.cards import cards_of, stage_words
from webapp.views.village.outlook import Ahead


@dataclass(frozen=True)
class Fact:
    """A line of what an answer rests on; `url` leads to more about it."""

    name: str
    text: str
    url: str = ""


def model_facts(status: RiskStatus) -> list[Fact]:
    """What a model saw, up to when, and where it is from."""
    facts = []
    for key, value in status.drivers.items():
        label = f"hazard.{status.hazard}.driver.{key}"
        if not math.isnan(value) and has_word(label):
            facts.append(Fact(upper_first(word(label)), number(value, 1)))
    if status.missing:
        names = missing_names(status.missing) or word("reason.missing_stage")
        facts.append(Fact(str(gettext("Missing hours in")), names))
    last_day = local_day(day_ended(status.time))
    facts.append(Fact(str(gettext("Computed up to")), last_day))
    hazard = catalogue().get(status.hazard)
    if hazard is not None:
        facts.append(Fact(str(gettext("Source")), "; ".join(hazard.references)))
    facts.append(Fact(str(gettext("Model")), f"{status.hazard} {status.model_version}"))
    for card in cards_of(status.hazard):
        url = url_for("card.one", card_id=card.id)
        facts.append(Fact(str(gettext("Model card")), stage_words(card.stage), url))
    return facts


def origin_facts(status: RiskStatus, origins: Sequence[FieldWeather]) -> list[Fact]:
    """Which inputs of an answer come from stations around the field, and how sure they are."""
    hazard = catalogue().get(status.hazard)
    reads = {each.quantity for each in hazard.inputs} if hazard else set()
    facts = []
    for each in origins:
        if each.site != status.site or each.quantity not in reads or each.standard_error is None:
            continue
        text = word(
            "reason.neighbours",
            km=number(each.nearest_km, 0),
            error=number(each.standard_error, 1),
            unit=unit_name(each.quantity),
        )
        facts.append(Fact(quantity_name(each.quantity), text))
    return facts


def advice_facts(advice: ShownAdvice | None, ahead: Ahead | None) -> list[Fact]:
    """What the days ahead and the hours fit for spraying rest on."""
    facts = []
    if ahead is not None:
        facts.append(Fact(str(gettext("Weather forecast of")), local_time(ahead.made)))
    if advice is not None and advice.spraying is not None and advice.spraying.known:
        facts.append(Fact(*spraying_limits()))
    return facts


def member_facts(worst: RiskStatus, of_crop: Sequence[RiskStatus]) -> list[Fact]:
    """What each model of a verdict said at the field where the verdict is gravest."""
    hazard = catalogue().get(worst.hazard)
    members = hazard.members if hazard else ()
    said = {each.hazard: each for each in of_crop if each.site == worst.site}
    facts = []
    for member in members:
        if member in said:
            text = reason_of(said[member])
            if said[member].status != NO_RISK:  # of nothing found no level is said
                label = upper_first(word(f"status.{STATUS[said[member].status]}"))
                text = str(gettext("%(level)s. %(reason)s", level=label, reason=text))
            facts.append(Fact(hazard_name(member), text))
    return facts
