"""Lots and certificates in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from collector.store.lots import certificates, lots
from collector.store.lots.certificates import Certificate
from collector.store.lots.lots import BOUGHT, HARVEST, MERGE, SPLIT, Lot
from field_configs.events import Event
from field_configs.schema import Produce
from models.trace.certificate import CONTROL, ENTRUSTED_TEST, HELD, RECALLED, SELF_TEST, Verdict
from webapp.app.database import connection
from webapp.language.events import event_text
from webapp.language.formats import full_day, number
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.risks import upper_first
from webapp.language.words import has_word, pick, word
from webapp.views.crops import crop_types

GROUND_NAMES = {
    CONTROL: lazy_gettext("controls of quality and safety are in order"),
    SELF_TEST: lazy_gettext("tested by ourselves, in order"),
    ENTRUSTED_TEST: lazy_gettext("tested by a laboratory, in order"),
}
ISSUER_NAMES = {
    "household": lazy_gettext("farming household"),
    "cooperative": lazy_gettext("cooperative"),
    "enterprise": lazy_gettext("enterprise"),
    "buyer": lazy_gettext("buyer"),
}
KIND_NAMES = {
    HARVEST: lazy_gettext("harvested"),
    SPLIT: lazy_gettext("part of another lot"),
    MERGE: lazy_gettext("put together"),
    BOUGHT: lazy_gettext("bought"),
}
STATE_NAMES = {HELD: lazy_gettext("held by an inspector"), RECALLED: lazy_gettext("recalled")}
VALID, VOID = "valid", "void"


def all_produce() -> dict[str, Produce]:
    """What is sold of the crops of this release, by id."""
    return {each.id: each for crop in crop_types().values() for each in crop.produce}


def produce_name(produce: str) -> str:
    """Name a produce; its id where only another release knows it."""
    key = f"produce.{produce}"
    return upper_first(word(key)) if has_word(key) else produce


def kg(weight: float) -> str:
    """Write a weight with as many decimals as it has."""
    digits = next((n for n in (0, 1, 2) if abs(weight - round(weight, n)) < 1e-6), 3)
    return str(gettext("%(weight)s kg", weight=number(weight, digits)))


def reasons_text(reasons: Sequence[Event]) -> list[str]:
    """Say each reason, and what to do, in the reader's language."""
    return [event_text(each) for each in reasons]


def standing(lot: Lot, found: Verdict) -> list[Event]:
    """What stands against a lot's certificate: that all of it was sold by one is no fault.

    One that was issued because of a test needs that test still, and for all that was used.
    """
    if not lot.certificate:
        return list(found.against)
    left = [each for each in found.against if each.kind != "certificate_nothing_left"]
    issued = certificates.find(connection(), lot.certificate)
    if issued is not None and issued.grounds != CONTROL:
        left += found.of_grounds[issued.grounds]
    return left


def lot_line(lot: Lot) -> str:
    """Say in one line what a lot is."""
    name = KIND_NAMES[lot.kind] if lot.field_name is None else lot.field_name
    return " · ".join([kg(lot.weight_kg), full_day(lot.day), str(name)])


def places_text(places: Sequence[Mapping[str, str]]) -> str:
    """Name where something grew, to the township."""
    named = [
        each["said"]
        or pick(
            each["county_zh"] + each["township_zh"],
            ", ".join(part for part in (each["township_en"], each["county_en"]) if part),
        )
        for each in places
    ]
    return str(gettext("; ")).join(dict.fromkeys(name for name in named if name))


def masked(contact: str) -> str:
    """Leave of a number what tells it from another, and not what it is called by."""
    digits = "".join(each for each in contact if each.isdigit())
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 11 else "****"


@dataclass(frozen=True)
class ShownCertificate:
    """A certificate as pages show it; `state` is 'valid', 'void', 'held' or 'recalled'."""

    number: str
    state: str
    produce: str
    weight: str
    place: str
    harvested: str
    issuer: str
    issuer_kind: str
    contact: str
    grounds: str
    statement: str
    kind: str
    issued: Any
    lot: str
    void_reason: str
    void_at: Any
    set_aside: bool


def show_certificate(found: Certificate) -> ShownCertificate:
    """Word a certificate, and look up whether it is good still."""
    content = found.content
    trouble = certificates.trouble(connection(), found.lot)
    state = VOID if found.void is not None else trouble or VALID
    return ShownCertificate(
        number=found.number,
        state=state,
        produce=produce_name(content["produce"]),
        weight=kg(found.weight_kg),
        place=places_text(content["places"]),
        harvested=str(gettext("; ")).join(
            full_day(date.fromisoformat(day)) for day in content["harvested"]
        ),
        issuer=content["issuer"]["name"],
        issuer_kind=str(ISSUER_NAMES[content["issuer"]["kind"]]),
        contact=content["issuer"]["contact"],
        grounds=str(GROUND_NAMES[found.grounds]),
        statement=content["statement"],
        kind=content["kind"],
        issued=found.issued,
        lot=found.lot,
        void_reason=found.void.reason if found.void else "",
        void_at=found.void.at if found.void else None,
        set_aside=bool(content["set_aside"]),
    )


def parts_of(lot: Lot) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What a lot was made of, and what it went into: codes and weights."""
    rows = lots.parts(connection(), lot.code)
    made_of = [(parent, kg(weight)) for child, parent, weight in rows if child == lot.code]
    went_into = [(child, kg(weight)) for child, parent, weight in rows if parent == lot.code]
    return made_of, went_into
