"""What goes wrong with an emulated modem, drawn with a seed so that it goes wrong again."""

from __future__ import annotations

import random
from collections import Counter

#: Of the codes of A chapter 15 and M chapter 4 as link_nbiot names them, some of each kind.
CODES = (3, 30, 50, 60, 100, 305, 8503, 8509)
KINDS = ("drop", "delay", "garble", "error", "lost", "reset")


class Faults:
    """A fault for each command with the chance `rate`; `seconds` is a delay's and a loss's length.

    `done` counts what was done.
    """

    def __init__(
        self, seed: int, rate: float, kinds: tuple[str, ...] = KINDS, seconds: float = 0.2
    ) -> None:
        self.chance = random.Random(seed)
        self.rate = rate
        self.kinds = kinds
        self.seconds = seconds
        self.garbling = False
        self.left: list[str] = []
        self.done: Counter[str] = Counter()

    def next(self, line: str) -> str | int | None:
        """What happens to the command `line`: a kind, an error's code, or nothing."""
        if self.chance.random() >= self.rate:
            return None
        if not self.left:  # each kind once before any comes again
            self.left = self.chance.sample(self.kinds, len(self.kinds))
        kind = self.left.pop()
        self.done[kind] += 1
        if kind == "error":
            return self.chance.choice(CODES)
        self.garbling = self.garbling or kind == "garble"
        return kind

    def garble(self, data: bytes) -> bytes:
        """Change a byte of the next that is said, where that was drawn."""
        if not self.garbling:
            return data
        self.garbling = False
        place = self.chance.randrange(len(data))
        return data[:place] + bytes((self.chance.randrange(256),)) + data[place + 1 :]
