"""Outputs as a page shows them: on, off or not known, what is left, by whom, what was proven."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from collector.control.boards import acting_boards
from collector.control.giving import NotHeard, ask_heard
from collector.control.shown import OutputNow, state_of
from collector.store.control import output_orders
from collector.store.control.output_states import NodeNow
from collector.store.postgres.db import Connection
from field_configs.acting import BoardOutput
from firmware.wire.quantities import by_name
from webapp.language.formats import local_time, short
from webapp.language.i18n import gettext
from webapp.language.risks import quantity_name
from webapp.language.words import pick, word
from webapp.views.control.words import ALARMS, OFF, TONES, by_text, itself, order_text, span
from webapp.views.control.words import what as what_of
from webapp.views.measures import shown_unit

#: For how long one is offered to switch on [min]; the first is chosen.
MINUTES = (10, 5, 20, 30, 60, 120, 240, 480)


@dataclass(frozen=True)
class ShownOutput:
    """One output; `tone` is the status whose colour and shape its state has."""

    number: int
    name: str
    kind: str
    tone: str
    state: str
    left: str
    by: str
    mode: str
    said: datetime | None
    proof: str
    alarms: tuple[str, ...]
    pending: str
    pending_tone: str
    limits: tuple[str, ...]
    is_on: bool | None
    automatic: bool
    choices: tuple[tuple[int, str], ...]


def name_of(output: BoardOutput) -> str:
    """The name of an output in the reader's language."""
    return pick(output.zh, output.en)


def place_of(node: NodeNow) -> str:
    """The name of the place of a node, in the reader's language."""
    return pick(node.field_zh, node.field_en)


def show(conn: Connection, found: Iterable[OutputNow], at: datetime) -> list[ShownOutput]:
    """Describe outputs for a page that is made at a time."""
    found = list(found)
    orders = output_orders.find(conn, {each.by for each in found if each.by > 0})
    return [_shown(each, orders, at) for each in found]


def _shown(
    each: OutputNow, orders: dict[int, output_orders.OutputOrder], at: datetime
) -> ShownOutput:
    tone, state = _state(each)
    by = ""
    if each.is_on is not None and each.since is not None:
        order = orders.get(each.by)
        by = by_text(order) if order else "" if each.by > 0 else itself(each.by)
    left = ""
    if each.is_on and each.left_s is not None:
        left = str(gettext("at most %(time)s more", time=span(each.left_s)))
    pending, pending_tone = _pending(each, at)
    return ShownOutput(
        number=each.output.number,
        name=name_of(each.output),
        kind=word(f"output_kind.{each.output.kind}"),
        tone=tone,
        state=state,
        left=left,
        by=by,
        mode=_mode(each.hold),
        said=each.said,
        proof=_proof(each),
        alarms=tuple(str(ALARMS.get(word, word)) for word in each.alarms),
        pending=pending,
        pending_tone=pending_tone,
        limits=limits(each),
        is_on=each.is_on,
        automatic=each.hold is False,
        choices=choices(each.output),
    )


def _state(each: OutputNow) -> tuple[str, str]:
    if each.is_on:
        return "no_risk", str(gettext("is on"))
    if each.is_on is None:
        if each.reason == "lease":
            return "cannot_say", str(gettext("not known: its time is over, the node is silent"))
        return "cannot_say", str(gettext("not known: the node has said nothing of it"))
    if each.reason in OFF:
        return "out_of_season", str(gettext("off: %(why)s", why=OFF[each.reason]))
    return "out_of_season", str(gettext("is off"))


def _mode(hold: bool | None) -> str:
    if hold is None:
        return str(gettext("not known"))
    if hold:
        return str(gettext("by hand: rules leave it alone"))
    return str(gettext("automatic: its rules may switch it"))


def _proof(each: OutputNow) -> str:
    if each.proof == "proof":
        return str(gettext("seen to work: %(channel)s", channel=_channel(each)))
    if each.proof is not None:
        return str(ALARMS.get(each.proof, each.proof))
    if each.is_on:
        return str(gettext("not seen to work yet; %(channel)s will show", channel=_channel(each)))
    return ""


def _channel(each: OutputNow) -> str:
    channels = acting_boards()[each.node.board].channels
    return next(quantity_name(c.quantity) for c in channels if c.number == each.output.proof)


def _pending(each: OutputNow, at: datetime) -> tuple[str, str]:
    """How far the newest order is, where the state does not tell it."""
    order = each.order
    if order is None or order.result in ("accepted", "withdrawn"):
        return "", ""
    word = state_of(order, (), at)
    told = {"what": what_of(order), "who": by_text(order), "time": local_time(order.made, at)}
    said = gettext("%(what)s (%(who)s, %(time)s):", **told)
    return f"{said} {order_text(word, order.reason)}", TONES.get(word, "cannot_say")


def limits(each: OutputNow) -> tuple[str, ...]:
    """Say what an output may at most, and what else its node holds to."""
    output = each.output
    said = [
        gettext("On for %(time)s at most in one go.", time=span(output.longest_s)),
        gettext("On for %(time)s at most in 24 hours.", time=span(output.day_s)),
    ]
    if each.used_s:
        used = gettext("It was on for %(time)s of that when it last said so.", time=_span(each))
        said.append(used)
    if output.rest_s:
        said.append(gettext("Off for %(time)s between.", time=span(output.rest_s)))
    behind = acting_boards()[each.node.board].outputs
    names = [name_of(other) for other in behind if other.number in output.behind]
    if names:
        said.append(gettext("Only while this is on: %(names)s.", names=gettext(", ").join(names)))
    for forbidden in output.raw.get("forbidden", ()):
        said += _forbidden(each, *forbidden)
    return tuple(str(one) for one in said)


def _forbidden(each: OutputNow, channel: int, low: int, high: int) -> list[str]:
    """Say below and above which value of a channel an output must be off, as they travel."""
    channels = acting_boards()[each.node.board].channels
    quantity = next(c.quantity for c in channels if c.number == channel)
    row = by_name(quantity)
    told = {"quantity": quantity_name(quantity)}
    said = []
    if low / row.scale > row.low:
        told["value"] = f"{short(low / row.scale)} {shown_unit(quantity)}"
        said.append(gettext("Not while this is below %(value)s: %(quantity)s.", **told))
    if high / row.scale < row.high:
        told["value"] = f"{short(high / row.scale)} {shown_unit(quantity)}"
        said.append(gettext("Not while this is above %(value)s: %(quantity)s.", **told))
    return [str(one) for one in said]


def _span(each: OutputNow) -> str:
    return span(each.used_s or 0)


def choices(output: BoardOutput) -> tuple[tuple[int, str], ...]:
    """Minutes that one is offered, the first chosen; never more than the output may."""
    found = [each for each in MINUTES if each * 60 <= output.longest_s]
    if not found:
        found = [max(1, output.longest_s // 60)]
    return tuple((each, span(each * 60)) for each in found)


def silent(node: NodeNow, at: datetime) -> str:
    """Say since when a node is not heard so that it cannot be switched on; '' where it is."""
    try:
        ask_heard(node, at)
    except NotHeard:
        last = max((each for each in (node.received, node.last_seen) if each), default=None)
        if last is None:
            return str(gettext("The node was never heard: it cannot be switched on."))
        return str(
            gettext(
                "The node is not heard since %(time)s: it cannot be switched on. What is on ends "
                "by itself.",
                time=local_time(last, at),
            )
        )
    return ""
