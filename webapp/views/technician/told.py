"""What a node was told and what it answered, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.store.network.node_commands import NodeCommand, NodeRefused
from collector.store.network.nodes import Channel
from firmware.wire import quantities
from webapp.language.formats import local_time
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.risks import quantity_name, upper_first
from webapp.views.measures import where
from webapp.views.technician.node_facts import amount
from webapp.views.technician.reasons import reason

WORDS = {
    "send": lazy_gettext("measure and send now"),
    "selftest": lazy_gettext("ask all sensors"),
    "config": lazy_gettext("change the configuration"),
    "key": lazy_gettext("change the key"),
    "update": lazy_gettext("update its program"),
}
RESULTS = {
    "done": (lazy_gettext("done"), "no_risk"),
    "trial": (lazy_gettext("being tried"), "medium"),
    "undone": (lazy_gettext("could not report with it and went back"), "high"),
    "refused": (lazy_gettext("refused"), "high"),
    "expired": (lazy_gettext("came too late"), "medium"),
    "cut": (lazy_gettext("power went in the middle"), "high"),
}
#: Why a node did not take a message.
REASONS = {
    "seal": lazy_gettext("not sealed for it"),
    "epoch": lazy_gettext("sealed under another key"),
    "form": lazy_gettext("not in the form of a command"),
    "long": lazy_gettext("too long"),
    "replayed": lazy_gettext("sent again"),
    "no_time": lazy_gettext("it did not know the time yet"),
    "on_trial": lazy_gettext("it was trying a configuration"),
}


@dataclass(frozen=True)
class ShownCommand:
    """A command: what, by whom and when, what became of it and the status it has the colour of."""

    what: str
    who: str
    made: datetime
    result: str
    tone: str
    found: Sequence[str]


def show_commands(
    given: Sequence[NodeCommand], channels: Sequence[Channel], at: datetime
) -> list[ShownCommand]:
    """Show commands to a node, in their order; `channels` name what a self-test asked."""
    return [_show(each, {one.channel: one for one in channels}, at) for each in given]


def _show(given: NodeCommand, channels: Mapping[int, Channel], at: datetime) -> ShownCommand:
    what = str(WORDS.get(given.word, given.word))
    if given.word == "update":
        what += gettext(": ") + str(given.shown.get("version", "?"))
    elif given.shown:
        what += gettext(": ") + ", ".join(f"{k} {v}" for k, v in given.shown.items())
    if given.result is not None:
        text, tone = RESULTS[given.result]
        result = str(text)
        if isinstance(given.more, str):
            result += gettext(": ") + reason(given.more)
    elif given.expires <= at:
        result, tone = str(gettext("never answered")), "high"
    elif given.sent is None:
        result, tone = str(gettext("waits to be sent")), "cannot_say"
    else:
        result = str(gettext("sent %(time)s, no answer yet", time=local_time(given.sent, at)))
        tone = "cannot_say"
    found = []
    if given.word == "selftest" and isinstance(given.more, list):
        found = [text for each in given.more if (text := _tested(each, channels))]
    return ShownCommand(upper_first(what), given.made_by, given.made, result, tone, found)


def _tested(row: object, channels: Mapping[int, Channel]) -> str:
    """What one channel said in a self-test; '' for what no node says."""
    if not isinstance(row, list) or len(row) < 2 or row[0] not in channels:
        return ""
    channel = channels[row[0]]
    name = f"{quantity_name(channel.quantity)} {where(channel.height_m)}".strip()
    if not isinstance(row[1], int):
        return f"{name}{gettext(': ')}{gettext('no value')}"
    value = row[1] / quantities.by_name(channel.quantity).scale
    return f"{name}{gettext(': ')}{amount(channel.quantity, value)}"


def show_refused(given: Sequence[NodeRefused]) -> list[tuple[str, int, datetime]]:
    """Show what a node did not take: the reason in words, how many, and when it said so."""
    return [(str(REASONS.get(e.reason, e.reason)), e.count, e.received) for e in given]
