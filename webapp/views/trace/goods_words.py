"""Goods on their way in words: steps, and what is wrong with a code or stands against a step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from collector.store.goods.handling import GoodsError
from field_configs.business_steps import step_named
from models.trace.goods import BOX, LOT, PALLET, STEPS, THING
from models.trace.scanned import ScanError
from webapp.language.formats import full_day
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.risks import upper_first
from webapp.language.words import word
from webapp.views.trace.shown import kg

STEP_NAMES = {
    "pack": lazy_gettext("Pack into boxes"),
    "onto": lazy_gettext("Put on a pallet"),
    "off": lazy_gettext("Take off the pallet"),
    "cool_in": lazy_gettext("Into the cold room"),
    "cool_out": lazy_gettext("Out of the cold room"),
    "store": lazy_gettext("Store"),
    "load": lazy_gettext("Load into a vehicle"),
    "depart": lazy_gettext("Depart"),
    "transport": lazy_gettext("On the way"),
    "receive": lazy_gettext("Receive"),
    "unpack": lazy_gettext("Unpack"),
    "sell": lazy_gettext("Sell"),
    "destroy": lazy_gettext("Destroy"),
    "begin": lazy_gettext("Code given"),
}
KIND_NAMES = {
    LOT: lazy_gettext("Lot"),
    BOX: lazy_gettext("Box"),
    PALLET: lazy_gettext("Pallet"),
    THING: lazy_gettext("Packed goods"),
}
#: Steps that others tell of, by the vocabulary's word.
_OTHERS = {
    "commissioning": lazy_gettext("Code given"),
    "shipping": lazy_gettext("Shipped"),
    "arriving": lazy_gettext("Arrived"),
    "inspecting": lazy_gettext("Inspected"),
    "holding": lazy_gettext("Held"),
}


def step_name(step: str, biz_step: str | None) -> str:
    """Name a step: one of ours, or by the vocabulary's word; that word where we have none."""
    if step in STEP_NAMES:
        return str(STEP_NAMES[step])
    if biz_step in _OTHERS:
        return str(_OTHERS[biz_step])
    same = next((each.id for each in STEPS.values() if each.biz_step == biz_step), None)
    if same is not None:
        return str(STEP_NAMES[same])
    known = step_named(biz_step) if biz_step else None
    return upper_first(word(f"business_step.{known}")) if known else biz_step or "—"


def scan_problem(error: ScanError) -> str:
    """Say what is wrong with a code, where, and the mend."""
    said: dict[str, Callable[[], str]] = {
        "nothing": lambda: gettext("Scan or type a code."),
        "long": lambda: gettext(
            "This is longer than any code (%(most)s characters): scan one code at a time.",
            **error.given,
        ),
        "digit": lambda: gettext(
            "%(key)s: the check digit, digit %(place)s, is %(is_)s and must be %(right)s. A digit "
            "was read wrongly: scan again.",
            **error.given,
        ),
        "character": lambda: gettext(
            "%(code)s: its last character does not fit those before it. One of them is wrong: read "
            "again.",
            **error.given,
        ),
        "letter": lambda: gettext(
            "%(code)s: character %(place)s, “%(is_)s”, cannot stand there: read it again.",
            **error.given,
        ),
        "length": lambda: gettext(
            "%(code)s has %(has)s characters and must have %(wanted)s: read it again.",
            **error.given,
        ),
        "product": lambda: gettext(
            "%(key)s says what product it is, and not which lot or box: scan the code with the lot "
            "number, or that of the box.",
            **error.given,
        ),
        "place": lambda: gettext(
            "%(code)s names a place or a firm: scan the code of the goods.", **error.given
        ),
        "broken": lambda: gettext(
            "%(code)s begins like a GS1 code and is not whole: scan again.", **error.given
        ),
        "unknown": lambda: gettext(
            "%(code)s is no code of a lot, certificate, box or pallet: scan another on the goods.",
            **error.given,
        ),
    }
    return str(said[error.why]())


def refusal(error: GoodsError) -> str:
    """Say why a step cannot be done, and what to do."""
    given = dict(error.given)
    if isinstance(given.get("at"), datetime):
        given["at"] = full_day(given["at"])  # type: ignore[arg-type]
    for name in ("left", "asked"):
        if name in given:
            given[name] = kg(float(str(given[name])))
    said: dict[str, Callable[[], str]] = {
        "held": lambda: gettext(
            "Not done: an inspector holds the lot %(lot)s. Keep these goods apart and ask your "
            "station; they go on when it is freed.",
            **given,
        ),
        "recalled": lambda: gettext(
            "Not done: %(lot)s is recalled. Keep these goods apart, do not sell them, and "
            "ask your station how they are destroyed.",
            **given,
        ),
        "destroyed": lambda: gettext(
            "Not done: %(party)s told on %(at)s that this was destroyed. If it stands before you, "
            "tell the station and scan nothing more of it.",
            **given,
        ),
        "sold": lambda: gettext(
            "Not done: %(party)s sold this on %(at)s. If it came back, receive it first.", **given
        ),
        "future": lambda: gettext("This time is still to come: look at the clock of the phone."),
        "old": lambda: gettext(
            "This is longer ago than %(days)s days: it cannot be told from here any more.", **given
        ),
        "only_lots": lambda: gettext("Only a lot is packed into boxes: scan the code of the lot."),
        "only_units": lambda: gettext(
            "This is done with boxes and pallets: pack the lot first, then scan a box."
        ),
        "not_yours": lambda: gettext(
            "%(lot)s is another's lot: enter what you bought of it as a lot of yours first.",
            **given,
        ),
        "weight": lambda: gettext("Say how many kilograms of the lot."),
        "more": lambda: gettext(
            "%(left)s of %(lot)s are not packed, sold or destroyed yet, and %(asked)s were asked "
            "for: take less.",
            **given,
        ),
        "no_pallet": lambda: gettext("This is a lot and no pallet: scan the code of the pallet."),
        "itself": lambda: gettext("A box or pallet cannot go on itself, or on what is in it."),
        "on_other": lambda: gettext("It is on %(code)s: take it off there first.", **given),
        "on_none": lambda: gettext(
            "By what you can see it is on no pallet: receive it first, or scan another box."
        ),
    }
    return str(said[error.why]())
