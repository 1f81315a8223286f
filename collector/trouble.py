"""Saying of a lasting trouble that it lasts, without filling the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

SAY_AGAIN_SECONDS = (5.0, 15.0, 60.0, 300.0)


class Trouble:
    """Says what is wrong at once when it is new, else again after longer and longer pauses."""

    def __init__(
        self, log: logging.Logger, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.log = log
        self.monotonic = monotonic
        self.over()

    def over(self) -> None:
        """Forget what was said."""
        self._said, self._times, self._not_before = "", 0, 0.0

    def say(self, level: int, text: str) -> None:
        """Log a line, unless the same one was logged a short while ago."""
        now = self.monotonic()
        if text != self._said:
            self.over()
        elif now < self._not_before:
            return
        self.log.log(level, "%s", text)
        pause = SAY_AGAIN_SECONDS[min(self._times, len(SAY_AGAIN_SECONDS) - 1)]
        self._said, self._times, self._not_before = text, self._times + 1, now + pause
