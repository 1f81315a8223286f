"""The sender that sends nothing: it writes into a file what would go out."""

from __future__ import annotations

import logging
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from collector.phone import mask_phone
from collector.senders.message import Message, Outcome

log = logging.getLogger("nongqing.sms")
FILE = "sms.txt"
MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Console:
    """Writes each message into a file of mode 0600, for trying things out.

    The log says only that there is one: logs are read by many and kept for long, and a message may
    hold a code that signs its reader in.

    Attributes
    ----------
    path : Path
        Of the file; it begins anew when it is full.
    """

    path: Path
    way = "console"

    def send(self, message: Message) -> Outcome:
        """Write a message into the file."""
        masked, at = mask_phone(message.to), datetime.now(UTC)
        line = f"{at:%Y-%m-%d %H:%M:%S}Z {masked} {message.text}\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, flags, 0o600)
            with open(descriptor, "ab") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return Outcome.failed(f"{self.path}: is no file")
                os.fchmod(descriptor, 0o600)
                if file.tell() > MOST_BYTES:
                    file.truncate(0)
                file.write(line.encode())
        except OSError as error:
            return Outcome.failed(f"{self.path}: cannot be written ({error.strerror})")
        # A warning, so that it is seen where nobody has set logging up.
        log.warning("SMS to %s (not sent): its text is in %s", masked, self.path)
        return Outcome.sent()
