"""What a node says of its outputs, in words: why it is off or refused, alarms."""

from __future__ import annotations

from math import ceil

from collector.store.control.output_orders import OutputOrder
from webapp.language.i18n import gettext, lazy_gettext, ngettext

#: Why it is off, as in "off: its time was over".
OFF = {
    "lease": lazy_gettext("its time was over"),
    "command": lazy_gettext("somebody switched it off"),
    "all_off": lazy_gettext("everything was switched off"),
    "rule": lazy_gettext("its rule switched it off"),
    "limit": lazy_gettext("wind, frost or another limit forbids it"),
    "order": lazy_gettext("what it must be behind went off"),
    "no_proof": lazy_gettext("nothing showed that it works"),
    "fault": lazy_gettext("its switch failed"),
    "boot": lazy_gettext("the node started anew, which switches everything off"),
}
REFUSED = {
    "unknown": lazy_gettext("it has no such output"),
    "boot": lazy_gettext("it had started anew since"),
    "late": lazy_gettext("it came too late"),
    "ahead": lazy_gettext("it was dated too far ahead"),
    "repeated": lazy_gettext("it had this order before"),
    "longest": lazy_gettext("it would be on for too long in one go"),
    "rest": lazy_gettext("it must be off for longer first"),
    "day": lazy_gettext("it was on for as long as it may be in 24 hours"),
    "order": lazy_gettext("what it must be behind is not on for as long"),
    "limit": lazy_gettext("wind, frost or another limit forbids it, or cannot be measured"),
    "fault": lazy_gettext("its switch failed"),
    "flash": lazy_gettext("it could not write the order down"),
}
ALARMS = {
    "no_proof": lazy_gettext("nothing showed that it works: it was switched off"),
    "unproven": lazy_gettext("it went off before anything showed that it works"),
    "off_flow": lazy_gettext("it is off, and what it moves goes on: look at it"),
    "backward": lazy_gettext("its meter counts backward"),
    "stuck": lazy_gettext("it cannot be switched off: close it by hand"),
}
#: What an order asked for, and how far it is.
ACTS = {
    "on": lazy_gettext("switch on"),
    "off": lazy_gettext("switch off"),
    "all_off": lazy_gettext("everything off"),
    "auto": lazy_gettext("back to automatic"),
}
ORDERS = {
    "waiting": lazy_gettext("Waits to be sent: the node is asked first where it stands."),
    "sent": lazy_gettext("Sent; the node has not answered yet."),
    "lapsed": lazy_gettext("Never sent: the node was not heard in time. Nothing was switched."),
    "not_known": lazy_gettext(
        "Sent, and no answer came: whether it was done is not known. What was on ends by itself."
    ),
    "withdrawn": lazy_gettext("A newer order took its place."),
    "accepted": lazy_gettext("The node took it."),
    "on": lazy_gettext("It went on."),
    "proven": lazy_gettext("It went on, and was seen to work."),
    "alarm": lazy_gettext("The node gave alarm."),
    "off": lazy_gettext("Done: it is off."),
    "unheard": lazy_gettext("It must be over by now; the node said nothing of its end."),
}
TONES = {
    "waiting": "cannot_say",
    "sent": "cannot_say",
    "lapsed": "medium",
    "not_known": "medium",
    "refused": "medium",
    "alarm": "high",
    "unheard": "medium",
    "on": "no_risk",
    "proven": "no_risk",
}
DAYS = {
    1: lazy_gettext("Monday"),
    2: lazy_gettext("Tuesday"),
    3: lazy_gettext("Wednesday"),
    4: lazy_gettext("Thursday"),
    5: lazy_gettext("Friday"),
    6: lazy_gettext("Saturday"),
    7: lazy_gettext("Sunday"),
}


def span(seconds: int) -> str:
    """Write a span [s] in whole minutes, rounded up; hours where it is whole hours."""
    minutes = ceil(seconds / 60)
    if minutes >= 120 and minutes % 60 == 0:
        return ngettext("%(num)d hour", "%(num)d hours", minutes // 60)
    return ngettext("%(num)d minute", "%(num)d minutes", minutes)


def what(order: OutputOrder) -> str:
    """Say what an order asked for."""
    act = ACTS[order.act]
    return for_time(act, order.seconds) if order.seconds else str(act)


def for_time(act: object, seconds: int) -> str:
    """Say that something is to be done for a time [s]."""
    return str(gettext("%(act)s for %(time)s", act=act, time=span(seconds)))


def order_text(word: str, reason: str | None) -> str:
    """Say how far an order is, by the word for it."""
    if word == "refused":
        why = REFUSED.get(reason or "", reason or "")
        return str(gettext("The node refused it: %(why)s.", why=why))
    return str(ORDERS[word])


def by_text(order: OutputOrder) -> str:
    """Say who gave an order."""
    if order.source == "schedule":
        return str(gettext("a schedule of %(who)s", who=order.made_by))
    if order.source == "sequence":
        return str(gettext("a watering of %(who)s", who=order.made_by))
    return order.made_by


def itself(by: int) -> str:
    """Say which part of a node acted by itself: -n is its n-th rule."""
    if by < 0:
        return str(gettext("rule %(number)s of the node", number=-by))
    return str(gettext("the node itself"))
