"""What must be found on the flash of a node whose power was cut, by what it had come to."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.faults.cut_books import Books, Name, Sample

MOST_TRIES = 3
#: Blocks that the outbox spares, one of so many (firmware/node/outbox.py), and one for each file
#: that a start writes: with less a node may give up its oldest frames.
SPARED, SPARED_PART, FILES = 9, 12, 5
NOTHING = {"boots": [], "written": [], "given_up": [], "starts": 0}


def faults(books: Books, found: dict[str, Any], *, is_weak: bool = False) -> list[str]:
    """Return what is wrong with what a node made of its flash.

    With `is_weak` the last data written did not hold: what they were of may be missing, if it is
    told of.
    """
    if "error" in found:
        return [f"does not start: {found['error']}"]
    check = Check(books, found, is_weak)
    return [*check.starts_wrong(), *check.frames_wrong(), *check.slots_wrong()]


class Check:
    """One look at a node's flash, beside the books."""

    def __init__(self, books: Books, found: dict[str, Any], is_weak: bool) -> None:
        self.books = books
        self.is_weak = is_weak
        self.all = found["starts"]
        self.starts = [start for start in self.all if "boot" in start]
        self.first, self.last = self.starts[0], self.starts[-1]
        self.before = found.get("before", NOTHING)  # a start whose power was cut, too
        self.written = _frames(found["written"])
        self.torn = sum(detail[1] for kind, detail in self.first["events"] if kind == "boot")
        self.lost: set[Name] = {
            (boot, seq)
            for boot, first, last in [*self._told("lost"), *self.before["given_up"]]
            for seq in range(first, last + 1)
        }

    def _told(self, kind: str) -> list[Any]:
        return [detail for start in self.starts for name, detail in start["events"] if name == kind]

    def starts_wrong(self) -> list[str]:
        """Boots, commands, faults and the configuration."""
        books, wrong = self.books, []
        boots = [max([books.boot, *self.before["boots"]])]
        boots += [start["boot"] for start in self.starts]
        if boots != sorted(set(boots)):
            wrong.append(f"a boot number is used twice: {boots}")
        for start in self.starts:
            if start["record"][0] < books.number:
                wrong.append(f"command {books.number} would be done again")
            spared = SPARED + start["blocks"] // SPARED_PART + FILES
            for kind, detail in start["events"]:
                may_be = books.full
                if kind == "lost":
                    may_be = self.is_weak or start["free"] < spared
                if kind in ("fault", "lost") and not may_be:
                    wrong.append(f"{kind}: {detail}")
        if self.torn and not self.is_weak:
            wrong.append(f"{self.torn} bytes are torn")  # littlefs writes all of them or none
        if [kind for kind, detail in self.starts[1]["events"] if kind == "boot" and detail[1]]:
            wrong.append("a torn record is told of twice")
        return wrong + self._config_wrong()

    def _config_wrong(self) -> list[str]:
        books, wrong, first, last = self.books, [], self.first, self.last
        if (first["config"], first["trial"]) not in self._configs():
            wrong.append(f"runs by {first['config']}, on trial: {first['trial']}; {books.stage}")
        if last["trial"] or sum(start["trial"] for start in self.starts) > MOST_TRIES:
            wrong.append("a trial does not end")
        number, result = last["record"]
        if books.stage != "plain" and number == books.trial_number:
            right = {"done": (books.trial,), "undone": (books.config,), "trial": (books.trial,)}
            if last["config"] not in right.get(result, ()):
                wrong.append(f"{result} is said of command {number}, runs by {last['config']}")
        told = [row[:2] for row in self._told("answer")]
        if first["trial"] and told != [[number, "undone"]]:
            wrong.append(f"the end of a trial is not told once: {told}")
        return wrong

    def _configs(self) -> set[tuple[int, bool]]:
        books = self.books
        old, new, kept = (books.config, False), (books.trial, True), (books.trial, False)
        ended = {old} if books.starts + self.before["starts"] >= MOST_TRIES - 1 else set()
        return {
            "plain": {old},
            "trying": {old, new},
            "trial": {new} | ended,
            "keeping": {new, kept} | (ended if self.before["starts"] else set()),
            "undoing": {new, old},
        }[books.stage]

    def frames_wrong(self) -> list[str]:
        """Frames and samples: each that is safe is there once, none that is none."""
        books, wrong = self.books, []
        written = self.written | _frames(self.before["written"])
        for start in self.starts:
            names = Counter((boot, seq) for boot, seq, _ in start["frames"])
            wrong += [f"frame {name} comes twice" for name, count in names.items() if count > 1]
            there: Counter[Sample] = Counter()
            for boot, seq, digest in start["frames"]:
                samples = books.frames.get((boot, seq, digest), written.get((boot, seq, digest)))
                if samples is None:
                    wrong.append(f"frame {boot, seq} was never written so")
                    continue
                if books.whole.get((boot, seq), digest) != digest:
                    wrong.append(f"the number {boot, seq} was given to two frames")
                there.update(samples)
            wrong += [f"sample {s} comes twice" for s, count in there.items() if count > 1]
            wrong += [f"sample {s} is gone" for s in books.safe - there.keys() - self._spared()]
            wrong += [
                f"sample {s} was never taken"
                for s in there.keys() - books.known
                if s[0] <= books.boot
            ]
        own = {name[:2] for name in self.written} - self.lost
        last = {(boot, seq) for boot, seq, _ in self.last["frames"]}
        wrong += [f"frame {name} of after the start is gone" for name in own - last]
        return wrong

    def _spared(self) -> set[Sample]:
        """Samples that may be gone."""
        books = self.books
        names = set(self.lost)
        if self.is_weak:
            names |= books.samples.keys() - books.whole.keys()  # the log of samples
            if self.torn and books.whole:
                names.add(max(books.whole))
        return {sample for name in names for sample in books.samples.get(name, ())}

    def slots_wrong(self) -> list[str]:
        """Slots and updates."""
        if "text" not in self.first:
            return []
        books, wrong = self.books, []
        for start in self.all:
            right = (books.programs.get(start["runs"]),)
            if "kept" in start:
                right = books.fetched, books.offered
            if start["program"] not in right:
                wrong.append(f"slot {start['runs']} runs, and holds {start['program']}")
            if start["text"][1:2] == ">" and not start["fetching"]:
                wrong.append("an update that was begun is not fetched any more")
            if start["newest"] < books.newest:
                wrong.append(f"update {books.newest} was kept, {start['newest']} is known")
            if "kept" in start and start["kept"] != start["runs"] + "+":
                wrong.append(f"an update fetched to its end is not kept: {start['kept']}")
        return wrong + self._trial_wrong()

    def _trial_wrong(self) -> list[str]:
        books, wrong, text = self.books, [], self.first["text"]
        may_be = {known[:2] for known in books.texts}
        if self.before["starts"]:
            may_be |= {known[0] + "!" for known in may_be if known[1:] in ("a", "b")}
            if books.offered not in (0, books.newest):
                may_be |= {known[0] + more for known in may_be for more in ("", ">")}
        if text[:2] not in may_be:
            wrong.append(f"slot: {text!r} is there, must begin as one of {may_be}")
        loads = books.loads + self.before["starts"]  # the last of each may not have been counted
        is_tried = text[1:2] in ("a", "b")
        if is_tried and loads <= MOST_TRIES - 1 and self.first["runs"] != text[1]:
            wrong.append(f"slot: {text}, is not tried")
        if (
            is_tried
            and loads > MOST_TRIES + bool(self.before["starts"])
            and self.first["runs"] != text[0]
        ):
            wrong.append(f"slot: {text}, is tried again")
        if self.last["on_trial"] or self.last["runs"] != text[0]:
            wrong.append("the trial of an update does not end")
        told = {tuple(row[:2]) for row in self._told("update") if row[1] != "fetching"}
        if is_tried and told != {(books.programs[text[1]], "undone")}:
            wrong.append(f"the end of an update is not told: {told}")
        return wrong


def _frames(rows: list[Any]) -> dict[tuple[int, int, str], set[Sample]]:
    return {
        (boot, seq, digest): {(boot, t, values) for t, values in samples}
        for boot, seq, digest, samples in rows
    }
