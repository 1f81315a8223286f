"""What a node had come to when its power was cut.

The story (``tests/micropython/cuts/story.py``) leaves marks between the operations of its flash:

| mark | means |
|---|---|
| boot, n | the boot n has its number |
| sampling, boot, seq, t, values; sampled, ... | one sample goes to the log; it is there |
| frame, boot, seq, samples | all samples of a frame that is to be written |
| appending, boot, seq, digest; safe, ... | the frame goes to the outbox; it is there |
| acking, frames, watermark | the server has these: they may go, and may stay until then |
| giving up, boot, first, last; lost, ... | these are given up, because flash is full |
| command, n, word; acted | a command is heard; what it wants begins to be done |
| record, n, result, starts | what came of command n is written down |
| trying, n, period; tried | a configuration, told by its period, goes on trial; it is |
| keeping; kept; undoing; undone | it becomes the one; it is given up |
| full | from here on flash is full of other things |
| load | the loader begins |
| offering, n | the update n is told of |
| noting, text; noted | ``/slot`` is replaced; it is |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

FIRST_CONFIG = 600

Sample = tuple[int, int, int]  # boot, uptime [s], checksum of the values
Name = tuple[int, int]  # boot and number of a frame


@dataclass
class Books:
    """All marks so far."""

    boot: int = 0
    samples: dict[Name, set[Sample]] = field(default_factory=dict)
    frames: dict[tuple[int, int, str], set[Sample]] = field(default_factory=dict)
    known: set[Sample] = field(default_factory=set)
    safe: set[Sample] = field(default_factory=set)
    whole: dict[Name, str] = field(default_factory=dict)
    full: bool = False
    config: int = FIRST_CONFIG
    trial: int = 0
    trial_number: int = 0
    stage: str = "plain"
    starts: int = 0
    command: int = 0
    number: int = 0
    texts: list[str] = field(default_factory=lambda: ["a"])
    programs: dict[str, int] = field(default_factory=lambda: {"a": 1})
    loads: int = 0
    newest: int = 0
    fetched: int = 0
    offered: int = 0

    def mark(self, word: str, *what: Any) -> None:
        """Take a mark in."""
        getattr(self, "on_" + word.replace(" ", "_"))(*what)

    def on_begins(self) -> None:
        """The story begins."""

    def on_full(self) -> None:
        self.full = True

    def on_boot(self, boot: int) -> None:
        self.boot = boot

    def on_sampling(self, boot: int, seq: int, t: int, values: int) -> None:
        self.known.add((boot, t, values))
        self.samples.setdefault((boot, seq), set()).add((boot, t, values))

    def on_sampled(self, boot: int, seq: int, t: int, values: int) -> None:
        self.safe.add((boot, t, values))

    def on_frame(self, boot: int, seq: int, samples: list[list[int]]) -> None:
        rows = {(boot, t, values) for t, values in samples}
        self.known |= rows
        self.samples[boot, seq] = rows

    def on_appending(self, boot: int, seq: int, digest: str) -> None:
        self.frames[boot, seq, digest] = self.samples[boot, seq]

    def on_safe(self, boot: int, seq: int, digest: str) -> None:
        if (boot, seq) in self.samples:  # else it is lost already
            self.safe |= self.samples[boot, seq]
            self.whole[boot, seq] = digest

    def on_acking(self, frames: list[list[int]], watermark: None) -> None:
        for boot, seq in frames:
            self._free(boot, seq, seq)

    def on_giving_up(self, boot: int, first: int, last: int) -> None:
        self._free(boot, first, last)

    def on_lost(self, boot: int, first: int, last: int) -> None:
        self._free(boot, first, last)

    def _free(self, boot: int, first: int, last: int) -> None:
        for seq in range(first, last + 1):
            self.safe -= self.samples.pop((boot, seq), set())

    def on_command(self, number: int, word: str) -> None:
        self.command = number

    def on_load(self) -> None:
        self.loads += 1

    def on_offering(self, program: int) -> None:
        self.offered = program

    def on_noting(self, text: str, program: int) -> None:
        self.texts.append(text)
        if text[1:2] in ("a", "b"):
            self.loads = 0
            self.programs[text[1]] = program
        if text[1:2] == "+":
            self.newest = program
        if text[1:2] == ">":
            self.fetched = program

    def on_noted(self) -> None:
        del self.texts[0]

    def on_acted(self) -> None:
        self.number = self.command

    def on_record(self, number: int, result: str, starts: int) -> None:
        self.number, self.starts = number, starts

    def on_trying(self, number: int, config: int) -> None:
        self.stage, self.trial, self.trial_number, self.starts = "trying", config, number, 0

    def on_tried(self) -> None:
        self.stage = "trial"

    def on_keeping(self) -> None:
        self.stage = "keeping"

    def on_kept(self) -> None:
        self.stage, self.config = "plain", self.trial

    def on_undoing(self) -> None:
        self.stage = "undoing"

    def on_undone(self) -> None:
        self.stage = "plain"
