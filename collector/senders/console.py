"""The sender that sends nothing: it says in the log what would go out."""

from __future__ import annotations

import logging

from collector.phone import mask_phone
from collector.senders.message import Message, Outcome

log = logging.getLogger("nongqing.sms")


class Console:
    """Writes each message to the log, for trying things out; whoever reads the log reads codes."""

    way = "console"

    def send(self, message: Message) -> Outcome:
        """Write a message to the log."""
        # A warning, so that it is seen where nobody has set logging up.
        log.warning("SMS to %s (not sent): %s", mask_phone(message.to), message.text)
        return Outcome.sent()
