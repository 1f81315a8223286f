"""What a node had come to when its power was cut, and what must therefore be found on its flash.

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
| noting, text; noted | ``/slot`` is replaced; it is |
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

FIRST_CONFIG = 600
MOST_TRIES = 3
#: Blocks: what the outbox spares (firmware/node/outbox.py), and one for each file of a start.
NEARLY_FULL = 11 + 5

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

    def faults(self, found: dict[str, Any]) -> list[str]:
        """Return what is wrong with what a node made of its flash."""
        if "error" in found:
            return [f"does not start: {found['error']}"]
        starts = [start for start in found["starts"] if "boot" in start]
        return [
            *self._wrong_starts(starts),
            *self._wrong_frames(found, starts),
            *self._wrong_slots(found["starts"]),
        ]

    def _wrong_starts(self, starts: list[dict[str, Any]]) -> list[str]:
        wrong = []
        boots = [self.boot] + [start["boot"] for start in starts]
        if boots != sorted(set(boots)):
            wrong.append(f"a boot number is used twice: {boots}")
        for start in starts:
            if start["record"][0] < self.number:
                wrong.append(f"command {self.number} would be done again")
            for kind, detail in start["events"]:
                may_be = start["free"] < NEARLY_FULL if kind == "lost" else self.full
                if kind in ("fault", "lost") and not may_be:
                    wrong.append(f"{kind}: {detail}")
        if [kind for kind, detail in starts[1]["events"] if kind == "boot" and detail[1]]:
            wrong.append("a torn record is told of twice")
        first, last = starts[0], starts[-1]
        if (first["config"], first["trial"]) not in self._configs():
            wrong.append(f"runs by {first['config']}, on trial: {first['trial']}; {self.stage}")
        if last["trial"] or sum(start["trial"] for start in starts) > MOST_TRIES:
            wrong.append("a trial does not end")
        number, result = last["record"]
        if self.trial and number == self.trial_number:
            old = self.config if self.stage != "plain" else None
            right = {"done": (self.trial, None), "undone": (old, None), "trial": (self.trial,)}
            if self.stage != "plain" and last["config"] not in right.get(result, ()):
                wrong.append(f"{result} is said of command {number}, runs by {last['config']}")
        told = [detail for start in starts for kind, detail in start["events"] if kind == "answer"]
        if first["trial"] and [row[:2] for row in told] != [[number, "undone"]]:
            wrong.append(f"the end of a trial is not told once: {told}")
        return wrong

    def _configs(self) -> set[tuple[int, bool]]:
        old, new, kept = (self.config, False), (self.trial, True), (self.trial, False)
        may_end = self.starts >= MOST_TRIES - 1
        return {
            "plain": {old},
            "trying": {old, new},
            "trial": {old, new} if may_end else {new},
            "keeping": {new, kept},
            "undoing": {new, old},
        }[self.stage]

    def _wrong_slots(self, starts: list[dict[str, Any]]) -> list[str]:
        first, wrong = starts[0], []
        if "text" not in first:
            return []
        for start in starts:
            right = self.fetched if "kept" in start else self.programs.get(start["runs"])
            if start["program"] != right:
                wrong.append(f"slot {start['runs']} runs, and holds {start['program']}")
            if start["text"][1:2] == ">" and not start["fetching"]:
                wrong.append("an update that was begun is not fetched any more")
            if start["newest"] < self.newest:
                wrong.append(f"update {self.newest} was kept, {start['newest']} is known")
        text = first["text"]
        if text[:2] not in [known[:2] for known in self.texts]:
            wrong.append(f"slot: {text!r} is there, must be of {self.texts}")
        is_tried = text[1:2] in ("a", "b")
        if is_tried and self.loads <= MOST_TRIES - 1 and first["runs"] != text[1]:
            wrong.append(f"slot: {text}, is not tried")
        if is_tried and self.loads > MOST_TRIES and first["runs"] != text[0]:
            wrong.append(f"slot: {text}, is tried again")
        last = next(start for start in reversed(starts) if "boot" in start)
        if last["on_trial"] or last["runs"] != text[0]:
            wrong.append("the trial of an update does not end")
        told = {
            (number, state)
            for start in starts
            for kind, (number, state, *_) in start.get("events", ())
            if kind == "update" and state != "fetching"
        }
        if is_tried and told != {(self.programs[text[1]], "undone")}:
            wrong.append(f"the end of an update is not told: {told}")
        kept = [start for start in starts if "kept" in start]
        for start in kept:
            if start["kept"] != start["runs"] + "+" or start["runs"] == text[0]:
                wrong.append(f"an update fetched to its end is not kept: {start}")
        return wrong

    def _wrong_frames(self, found: dict[str, Any], starts: list[dict[str, Any]]) -> list[str]:
        wrong = []
        written = {
            (boot, seq, digest): {(boot, t, values) for t, values in samples}
            for boot, seq, digest, samples in found["written"]
        }
        lost = {
            (detail[0], seq)
            for start in starts
            for kind, detail in start["events"]
            if kind == "lost"
            for seq in range(detail[1], detail[2] + 1)
        }
        spared = {sample for name in lost for sample in self.samples.get(name, ())}
        for start in starts:
            names = Counter((boot, seq) for boot, seq, _ in start["frames"])
            wrong += [f"frame {name} comes twice" for name, count in names.items() if count > 1]
            there: Counter[Sample] = Counter()
            for boot, seq, digest in start["frames"]:
                samples = self.frames.get((boot, seq, digest), written.get((boot, seq, digest)))
                if samples is None:
                    wrong.append(f"frame {boot, seq} was never written so")
                    continue
                if self.whole.get((boot, seq), digest) != digest:
                    wrong.append(f"the number {boot, seq} was given to two frames")
                there.update(samples)
            wrong += [f"sample {s} comes twice" for s, count in there.items() if count > 1]
            wrong += [f"sample {s} is gone" for s in self.safe - there.keys() - spared]
            wrong += [
                f"sample {s} was never taken"
                for s in there.keys() - self.known
                if s[0] <= self.boot
            ]
        own = {name[:2] for name in written} - lost
        last = {(boot, seq) for boot, seq, _ in starts[-1]["frames"]}
        wrong += [f"frame {name} of after the start is gone" for name in own - last]
        return wrong
