"""Finds what was done to the audit log: entries against each other, and against known heads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from collector.audit.chain import NOTHING, Entry, digest_of
from collector.audit.heads import Head

#: What may be wrong; ``audit_fault.toml`` in the words says each.
FAULTS = ("missing", "extra", "changed", "unlinked", "rewritten", "cut")


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong: its kind, and the entries among which it is."""

    kind: str
    first: int
    last: int


@dataclass(frozen=True)
class Verdict:
    """What a look at the log found.

    Attributes
    ----------
    entries : int
        Number of entries that were read.
    heads : int
        Number of known heads that agree with the entries.
    covered : int
        Number of the last entry that a known head vouches for; who may write to the database could
        have rewritten or removed later ones.
    fault : Fault or None
    """

    entries: int
    heads: int
    covered: int
    fault: Fault | None


def verify(
    entries: Iterable[Entry], heads: Iterable[Head], first: int = 1, previous: bytes = NOTHING
) -> Verdict:
    """Read the log once, from its first entry on, and stop at the first fault.

    Parameters
    ----------
    entries : iterable of Entry
        By number.
    heads : iterable of Head
        By number; what was known of the log earlier. Read before the entries are.
    first : int
        Number of the entry to begin with.
    previous : bytes
        Digest of the entry before `first`.
    """
    known = iter(heads)
    awaited = next(known, None)
    number, last, agreed, covered = first - 1, previous, 0, first - 1

    def told(kind: str, low: int, high: int) -> Verdict:
        return Verdict(number - first + 1, agreed, covered, Fault(kind, low, high))

    while awaited is not None and awaited.number < first:
        awaited = next(known, None)
    for entry in entries:
        if entry.number > number + 1:
            return told("missing", number + 1, entry.number - 1)
        if entry.number <= number:
            return told("extra", entry.number, entry.number)
        if digest_of(entry) != entry.digest:
            return told("changed", entry.number, entry.number)
        if entry.previous != last:
            return told("unlinked", entry.number, entry.number)
        number, last = entry.number, entry.digest
        while awaited is not None and awaited.number == number:
            if awaited.digest != last:
                return told("rewritten", covered + 1, number)
            agreed, covered = agreed + 1, number
            awaited = next(known, None)
    if awaited is not None:
        return told("cut", number + 1, awaited.number)
    return Verdict(number - first + 1, agreed, covered, None)
