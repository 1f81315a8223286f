"""Devices of other makers: what each serves, whether it is heard, what of it was not taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, request

from collector.store.network import device_list
from collector.store.network.device_list import Listed, Served
from collector.store.network.external_devices import networks
from models.weather.local_days import local_day
from webapp.accounts.access import needs, reaches_area, scope
from webapp.app.database import connection, now
from webapp.language.events import refusal_name
from webapp.language.i18n import gettext, ngettext
from webapp.language.risks import quantity_name
from webapp.language.words import pick
from webapp.views.measures import where
from webapp.views.technician.upkeep import STATES, TONES

bp = Blueprint("external_devices", __name__)
SHOWN, MOST_PAGES = 50, 1000
#: Refusals of so many days are told, today among them.
DAYS = 7
#: Names of the makers and standards themselves, which no language translates.
FORMS = {
    "senml": "SenML",
    "thingsboard": "ThingsBoard JSON",
    "chirpstack": "LoRaWAN, ChirpStack",
    "things-stack": "LoRaWAN, The Things Stack",
}


@dataclass(frozen=True)
class ShownValue:
    """What a value stands for, in words."""

    name: str
    what: str
    placement: str
    place: str
    village: str
    said: str


@dataclass(frozen=True)
class ShownDevice:
    """A device in words; `refused` holds why and how often."""

    device: Listed
    tone: str
    state: str
    speaks: str
    values: list[ShownValue]
    refused: list[tuple[str, int]]


def _value(one: Served) -> ShownValue:
    unit = one.unit or str(gettext("our own unit"))
    if one.factor != 1.0:
        unit = f"{one.factor:g} × {unit}"
    if one.counter is not None:
        unit += str(gettext(", counts up"))
    field, village = pick(one.field_zh, one.field_en), pick(one.village_zh, one.village_en)
    what = f"{quantity_name(one.quantity)} {where(one.height_m)}".strip()
    return ShownValue(one.name, what, one.placement, f"{village} · {field}", one.village, unit)


def _speaks(one: Listed) -> str:
    """The standard of the newest message, else what it was enrolled for."""
    kind = one.form or one.network_kind
    if kind is not None:
        return FORMS.get(kind, kind)
    return str(gettext("SenML or ThingsBoard JSON"))


def _shown(one: Listed) -> ShownDevice:
    state = one.state(now())
    refused = [(refusal_name(each.reason), each.count) for each in one.refused]
    values = [_value(each) for each in one.serves]
    return ShownDevice(one, TONES[state], str(STATES[state]), _speaks(one), values, refused)


@bp.get("/devices")
@needs("network", reads="network_seen")
def page() -> str:
    """List the devices that serve places of the reader's part of the tree."""
    conn, within = connection(), scope("network")
    asked = request.args.get("page", "1")
    number = int(asked) if re.fullmatch(r"[0-9]{1,4}", asked) else 1
    number = min(max(number, 1), MOST_PAGES)
    since = local_day(now()) - timedelta(days=DAYS)
    found = device_list.listed(conn, within, since, SHOWN + 1, (number - 1) * SHOWN)
    return render_template(
        "technician/external_devices.html",
        rows=[_shown(each) for each in found[:SHOWN]],
        # a network server tells of devices anywhere
        networks=networks(conn) if reaches_area(within, "") else [],
        forms=FORMS,
        days=ngettext("the last day", "the last %(num)d days", DAYS),
        page=number,
        more=len(found) > SHOWN,
    )
