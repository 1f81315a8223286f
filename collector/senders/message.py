"""A text message, and what a sender says became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from collector.store.messages import FAILED, SENT, UNKNOWN

#: Templates by name, with their parameters in the order in which gateways number them. A gateway
#: sends only what it has approved: a fixed text with places for parameters.
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "sign_in_code": ("code", "minutes"),
    "advice": ("text",),
    "advice_reminder": ("hazard", "village"),
    "advice_withdrawn": ("hazard", "village"),
    "cold_limit_near": ("product", "shipment", "minutes"),
    "cold_limit_broken": ("product", "shipment"),
    "cold_unheard": ("product", "shipment", "minutes"),
    "recall": ("text",),
}
#: Parameters that are longer than others: an officer's own words, so that the message with its
#: signature is one of 70 letters. Whether a gateway takes so long a one is unverified.
LONGER: Mapping[str, int] = {"text": 60}


@dataclass(frozen=True)
class Message:
    """A text message.

    Attributes
    ----------
    to : str
        Number as it is kept: +86 and eleven digits.
    template : str
        One of `TEMPLATES`.
    params : mapping of str to str
        What the template needs, in its order.
    signature : str
        Who writes, as the gateway has approved it.
    language : str
    text : str
        The whole text, for senders that need it.
    key : UUID
        The same at every attempt: whoever gets it twice sends it once.
    """

    to: str
    template: str
    params: Mapping[str, str]
    signature: str
    language: str
    text: str
    key: UUID


@dataclass(frozen=True)
class Outcome:
    """What became of a message: see `collector.store.messages` for the states."""

    state: str
    reference: str | None = None
    error: str | None = None

    @classmethod
    def sent(cls, reference: str | None = None) -> Outcome:
        """The provider took it."""
        return cls(SENT, reference)

    @classmethod
    def failed(cls, error: str) -> Outcome:
        """It did not go out."""
        return cls(FAILED, None, error)

    @classmethod
    def unknown(cls, error: str) -> Outcome:
        """It may have gone out."""
        return cls(UNKNOWN, None, error)


class Sender(Protocol):
    """A way by which text messages go out."""

    way: str

    def send(self, message: Message) -> Outcome:
        """Send a message; what goes wrong is in the outcome, nothing is raised."""
        ...
