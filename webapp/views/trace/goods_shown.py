"""A lot, box or pallet as its page shows it to a party, and labels of boxes and pallets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request, url_for
from markupsafe import Markup

from collector.store.goods import goods, units
from collector.store.goods.goods import Goods, Told
from collector.store.goods.handling import step_of
from collector.store.goods.units import Unit
from collector.store.lots import certificates
from collector.store.lots.lot_facts import led_to
from collector.store.trace.parties import Party
from models.trace.goods import LOT, SOLD, STEPS
from webapp.app.database import connection, this_app
from webapp.language.formats import full_day, local_time
from webapp.language.i18n import gettext
from webapp.views.crops import crop_types
from webapp.views.technician.qr import qr_svg
from webapp.views.trace.goods_words import KIND_NAMES, STEP_NAMES, step_name
from webapp.views.trace.shown import (
    STATE_NAMES,
    kg,
    places_text,
    produce_name,
    show_certificate,
)

#: A page shows so many events and so many things, the newest first; a phone shows no more.
MOST_EVENTS, MOST_THINGS = 20, 40


@dataclass(frozen=True)
class ShownStep:
    """An event of a thing: what, when, who told it, where by the reader's names."""

    name: str
    time: datetime
    party: str
    place: str
    more: str


@dataclass(frozen=True)
class Label:
    """A label: its code, the address it holds as a picture, and what stands beside it."""

    code: str
    picture: Markup
    lines: tuple[str, ...]


def show(party: Party, found: Goods, person: int) -> dict[str, Any]:
    """Put together what a party may see of something, and the steps that make sense.

    Whoever has not told anything of a thing sees whether it may go on, and nothing else.
    """
    conn = connection()
    mine = found.lot is not None and found.lot.whose == person
    handled = bool(goods.handles(conn, party.id, [found.uri]))
    trouble, over = goods.trouble(conn, found.uri), goods.ended(conn, found.uri)
    content = goods.inside(conn, [found.uri])[found.uri] if handled else None
    events = goods.told(conn, [found.uri])[found.uri] if handled else []
    on = goods.parent(conn, found.uri) if handled else None
    inside = goods.named(conn, [*content.things[:MOST_THINGS], *content.lots]) if content else []
    weights = content.lots if content else {}
    return {
        "goods": found,
        "kind": KIND_NAMES[found.kind],
        "is_lot": found.kind == LOT,
        "facts": _facts(party, found, mine),
        "certificate": _certificate(found),
        "trouble": trouble,
        "state": STATE_NAMES[trouble.state] if trouble is not None else "",
        "over": over,
        "sold": over is not None and over.disposition == SOLD,
        "handled": handled,
        "inside": [(each.code, _what(each), weights.get(each.uri)) for each in inside],
        "count": len(content.things) if content else 0,
        "on": goods.named(conn, [on])[0].code if on else "",
        "steps": _steps(found, mine, trouble is not None, over, bool(content), bool(on)),
        "events": _events(party, events),
        "kg": kg,
    }


def _what(found: Goods) -> str:
    name = str(KIND_NAMES[found.kind])
    return f"{name} · {produce_name(found.lot.produce)}" if found.lot is not None else name


def _facts(party: Party, found: Goods, mine: bool) -> list[tuple[str, str]]:
    """Name and value of what is known of a lot; of another's only what its certificate tells."""
    lot = found.lot
    if lot is None:
        return []
    facts = [(gettext("Product"), produce_name(lot.produce)), (gettext("Day"), full_day(lot.day))]
    if mine or lot.certificate is not None:
        led = led_to(connection(), lot.code, crop_types())
        place = places_text([vars(each) for each in led.places])
        facts.append((gettext("Where it grew"), place or "—"))
    if mine:
        left = goods.left(connection(), party.id, lot)
        facts.append((gettext("Weight"), kg(lot.weight_kg)))
        facts.append((gettext("Not packed, sold or destroyed yet"), kg(max(left, 0.0))))
    return [(str(name), value) for name, value in facts]


def _certificate(found: Goods) -> Any:
    """The certificate in force for a lot, as its public page shows it; None where none is."""
    if found.lot is None or found.lot.certificate is None:
        return None
    kept = certificates.find(connection(), found.lot.certificate)
    return show_certificate(kept) if kept is not None else None


def _steps(
    found: Goods, mine: bool, trouble: bool, over: Told | None, full: bool, on: bool
) -> list[tuple[str, str]]:
    """Steps that can be done with something now."""
    if over is not None:
        return [("receive", str(STEP_NAMES["receive"]))] if over.disposition == SOLD else []
    sense = {"pack": mine or found.lot is None, "onto": not on, "off": on, "unpack": full}
    return [
        (step.id, str(STEP_NAMES[step.id]))
        for step in STEPS.values()
        if found.kind in step.on and (step.safe or not trouble) and sense.get(step.id, True)
    ]


def _events(party: Party, events: Sequence[Told]) -> list[ShownStep]:
    names = {each.uri: each.name for each in units.places(connection(), party.id)}
    shown = []
    for each in reversed(events[-MOST_EVENTS:]):
        own = {name: text for name, text in each.document.items() if name.startswith("nongqing:")}
        said = [own.get(f"nongqing:{name}", "") for name in ("vehicle", "reason", "note")]
        shown.append(
            ShownStep(
                step_name(step_of(each.document), each.biz_step),
                each.time,
                each.party_name,
                names.get(each.place or "", ""),
                " · ".join(text for text in said if text),
            )
        )
    return shown


def address_of(code: str) -> str:
    """The address that a label holds; of an SSCC it is a Digital Link on this host."""
    settings = this_app().settings
    home = (settings.url if settings else None) or request.host_url.rstrip("/")
    if code.isdecimal():
        return home + url_for("goods.shipping_unit", sscc=code)
    return home + url_for("goods.one", goods_code=code)


def labels(made: Sequence[Unit]) -> list[Label]:
    """Make the labels of boxes or pallets: a code to scan, the same to read, and what is in it."""
    inside = goods.inside(connection(), [each.uri for each in made])
    lots = {uri for content in inside.values() for uri in content.lots}
    named = {each.uri: each for each in goods.named(connection(), sorted(lots))}
    found = []
    for each in made:
        lines = [str(KIND_NAMES[each.kind])]
        for uri, weight in inside[each.uri].lots.items():
            lot = named[uri].lot
            what = produce_name(lot.produce) if lot is not None else ""
            lines += [" ".join(part for part in (what, kg(weight)) if part), named[uri].code]
        lines.append(local_time(each.made))
        picture = qr_svg(address_of(each.code), gettext("Code %(code)s", code=each.code))
        found.append(Label(each.code, picture, tuple(lines)))
    return found
