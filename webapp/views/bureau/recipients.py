"""Who was sent a message of a decision, person by person, in the reader's language."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from collector.phone import mask_phone
from collector.store.bureau.deliveries import Recipient
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.words import pick

#: What the list can be narrowed to, as `collector.store.bureau.deliveries.WHOM`.
WHOM = {
    "": lazy_gettext("Everybody"),
    "missed": lazy_gettext("Not reached"),
    "failed": lazy_gettext("Not gone out"),
}
CHANNELS = {
    "sms": lazy_gettext("text message"),
    "reminder": lazy_gettext("reminder to the agent"),
    "withdrawal": lazy_gettext("word that it is taken back"),
}
STATES = {
    "queued": lazy_gettext("waits to go out"),
    "sending": lazy_gettext("going out"),
    "sent": lazy_gettext("sent"),
    "failed": lazy_gettext("not sent"),
    "unknown": lazy_gettext("may have gone out"),
    "stopped": lazy_gettext("stopped"),
}
TOO_MANY = ("sms_too_many", "sms_too_many_in_all")


@dataclass(frozen=True)
class ShownRecipient:
    """A person and the newest message to them; `value` is what the button sends."""

    name: str
    phone: str
    village: str
    channel: str
    state: str
    bad: bool
    at: datetime
    why: str
    reached: str
    again: int
    value: str


def _why(each: Recipient) -> str:
    """Say why a message did not go out or waits; '' where there is nothing to say."""
    if not each.active:
        return str(gettext("This account is locked."))
    if each.phone is None:
        return str(gettext("No number of theirs is known any more."))
    if each.state == "queued" and each.failure in TOO_MANY:
        return str(gettext("This number has been sent enough for now; it goes out later."))
    if each.state == "queued" and each.failure:
        text = gettext("It was not taken and is tried again. %(said)s", said=each.detail)
        return str(text).strip()
    if each.state == "stopped":
        return str(gettext("It was taken back before it went out."))
    if each.state == "unknown":
        return each.detail or str(gettext("Its sender stopped in between."))
    if each.state == "failed":
        return each.detail or str(gettext("The gateway did not take it."))
    return ""


def _reached(each: Recipient) -> str:
    if each.answered:
        return str(gettext("has answered"))
    return str(gettext("the village has heard")) if each.heard else ""


def show_recipients(
    found: Iterable[Recipient], whole_numbers: Collection[int], *, sends: bool
) -> list[ShownRecipient]:
    """Word the messages.

    Parameters
    ----------
    found
    whole_numbers
        Persons whose number the reader may see whole.
    sends
        Whether messages of the decision go out now.
    """
    return [
        ShownRecipient(
            name=each.name,
            phone=""
            if each.phone is None
            else each.phone
            if each.person in whole_numbers
            else mask_phone(each.phone),
            village=pick(each.zh, each.en),
            channel=str(CHANNELS[each.channel]),
            state=str(STATES[each.state]),
            bad=each.state in ("failed", "unknown", "stopped"),
            at=each.at,
            why=_why(each),
            reached=_reached(each),
            again=each.again,
            value=f"{each.id}-{each.again}" if sends and each.repeatable else "",
        )
        for each in found
    ]
