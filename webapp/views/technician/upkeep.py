"""What is wrong with nodes, and what was done about it, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from collector.store.items import Item, Note
from collector.store.network.nodes import GRAVE, Listed, Past
from webapp.language.events import event_name, event_text
from webapp.language.formats import local_time, number
from webapp.language.i18n import gettext, lazy_gettext, ngettext
from webapp.language.risks import quantity_name
from webapp.language.words import pick
from webapp.views.measures import digits_of, scale_of, shown_unit

STATES = {
    "silent": lazy_gettext("silent"),
    "never": lazy_gettext("never heard"),
    "late": lazy_gettext("late"),
    "works": lazy_gettext("works"),
    "out": lazy_gettext("out of service"),
    "revoked": lazy_gettext("revoked"),
    "retired": lazy_gettext("retired"),
    "not_enrolled": lazy_gettext("not enrolled"),
}
TONES = {
    "silent": "high",
    "never": "cannot_say",
    "late": "medium",
    "works": "no_risk",
    "revoked": "out_of_season",
    "retired": "out_of_season",
    "not_enrolled": "out_of_season",
    "out": "out_of_season",
}
#: What a list can be filtered by, in the order of urgency.
CAUSES = {
    "state.silent": lazy_gettext("no frame for a day"),
    "battery_falling": lazy_gettext("battery falling"),
    "state.never": lazy_gettext("never heard"),
    "silent_placement": lazy_gettext("probe without values"),
    "frozen_sensor": lazy_gettext("probe frozen"),
    "unlike_neighbours": lazy_gettext("differs from neighbours"),
    "sensor_drifts": lazy_gettext("drifts away from neighbours"),
    "sensor_stands": lazy_gettext("hardly moves"),
    "humidity_saturated": lazy_gettext("humidity probe wet"),
    "dew_point_unlike": lazy_gettext("dew point unlike neighbours"),
    "node_refused": lazy_gettext("messages refused"),
    "node_fault": lazy_gettext("fault reported"),
    "frames_missing": lazy_gettext("frames missing"),
    "state.late": lazy_gettext("late"),
}
WORK = {
    "signed_off": lazy_gettext("Signed off"),
    "replaced": lazy_gettext("Replaced by another node"),
    "replaces": lazy_gettext("Took over from another node"),
    "probe_replaced": lazy_gettext("Probe replaced"),
    "moved": lazy_gettext("Moved"),
    "retired": lazy_gettext("Retired"),
    "revoked": lazy_gettext("Revoked"),
}


def tone_of(node: Listed) -> str:
    """The status whose colour and shape a node has in a list."""
    if node.state in ("out", "never", "silent"):
        return TONES[node.state]
    if node.urgency >= GRAVE:
        return "high"
    return "medium" if node.urgency else "no_risk"


def silence(state: str, last_seen: datetime | None, now: datetime) -> str:
    """Say how long a node has not been heard; '' where it was."""
    if state == "never":
        return str(gettext("no frame since it was enrolled"))
    if state in ("silent", "late") and last_seen is not None:
        return str(gettext("no frame since %(time)s", time=local_time(last_seen, now)))
    return ""


def _measured(params: Mapping[str, object], key: str) -> tuple[str, str]:
    quantity, value = str(params["quantity"]), params[key]
    assert isinstance(value, int | float)
    shown = number(value * scale_of(quantity), digits_of(quantity))
    return quantity_name(quantity), f"{shown} {shown_unit(quantity)}".strip()


def cause(item: Item) -> str:
    """Say in a few words what an item is about; the kind's name where it lacks what that needs."""
    params, kind = dict(item.event.params), item.event.kind
    try:
        if kind == "battery_falling":
            return str(
                ngettext(
                    "battery falling %(num)d night, now %(volts)s V",
                    "battery falling %(num)d nights, now %(volts)s V",
                    int(str(params["nights"])),
                    volts=number(float(str(params["now"])), 2),
                )
            )
        if kind == "frozen_sensor":
            name, value = _measured(params, "value")
            return str(gettext("%(quantity)s frozen at %(value)s", quantity=name, value=value))
        if kind == "unlike_neighbours":
            (name, value), (_, around) = _measured(params, "value"), _measured(params, "around")
            return str(
                gettext(
                    "%(quantity)s differs from neighbours: %(value)s, around it %(around)s",
                    quantity=name,
                    value=value,
                    around=around,
                )
            )
        if kind == "silent_placement":
            return str(gettext("probe %(placement)s gives no value", placement=params["placement"]))
    except (KeyError, ValueError, AssertionError):
        pass  # kept by another release
    return event_name(kind)


@dataclass(frozen=True)
class Row:
    """A node in the list, in the reader's language."""

    number: int
    id: str
    village: str
    place: str
    tone: str
    state: str
    state_tone: str
    last_seen: datetime | None
    causes: list[str]
    given: list[str]
    surveyed: bool


def rows_of(
    nodes: Iterable[Listed], items: dict[str, list[Item]], now: datetime, first: int = 1
) -> list[Row]:
    """Describe nodes for the list, numbered from `first` on."""
    found = []
    for place, node in enumerate(nodes, first):
        quiet = silence(node.state, node.last_seen, now)
        own = [cause(item) for item in items.get(node.id, []) if item.event.kind != "silent_node"]
        found.append(
            Row(
                number=place,
                id=node.id,
                village=pick(node.village_zh, node.village_en),
                place=pick(node.county_zh, node.county_en),
                tone=tone_of(node),
                state=str(STATES[node.state]),
                state_tone=TONES[node.state],
                last_seen=node.last_seen,
                causes=[each for each in (quiet, *own) if each],
                given=list(
                    dict.fromkeys(e.assigned_to for e in items.get(node.id, []) if e.assigned_to)
                ),
                surveyed=node.surveyed,
            )
        )
    return found


@dataclass(frozen=True)
class ShownItem:
    """An item of a node with what was written about it."""

    item: Item
    name: str
    text: str
    notes: list[Note]


def show_items(found: Iterable[Item], notes: dict[int, list[Note]]) -> list[ShownItem]:
    """Describe items for a node's page."""
    return [
        ShownItem(each, event_name(each.event.kind), event_text(each.event), notes.get(each.id, []))
        for each in found
    ]


def past_text(past: Past) -> str:
    """Say what somebody did with a node."""
    detail = past.detail
    if past.kind == "replaced":
        return str(gettext("Replaced by node %(node)s", node=detail.get("by", "?")))
    if past.kind == "replaces":
        return str(gettext("Took over from node %(node)s", node=detail.get("node", "?")))
    if past.kind == "moved":
        places = {"before": detail.get("from", "?"), "after": detail.get("to", "?")}
        return str(gettext("Moved from %(before)s to %(after)s", **places))
    if past.kind == "probe_replaced":
        names = [quantity_name(str(each)) for each in _listed(detail.get("quantities"))]
        return str(gettext("Probe replaced: %(names)s", names=", ".join(names)))
    return str(WORK.get(past.kind, past.kind))


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
