"""What became of a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.sheets.refused import Refused


@dataclass(frozen=True)
class Named:
    """Lines of a kind: how many there are, and the first of them by name."""

    total: int = 0
    first: tuple[Refused, ...] = ()

    @classmethod
    def all(cls, lines: Sequence[Refused]) -> Named:
        """Name every line."""
        return cls(len(lines), tuple(lines))

    def plain(self) -> list[dict[str, Any]]:
        """Return the named ones for JSON."""
        return [
            {
                "origin": one.origin,
                "reason": str(one.event),
                "event": one.event.kind,
                "params": dict(one.event.params),
                "text": one.text,
            }
            for one in self.first
        ]


def in_order(lines: Iterable[Refused]) -> tuple[Refused, ...]:
    """Put lines of one file in their order."""
    return tuple(sorted(lines, key=lambda line: int(line.origin.rpartition(":")[2])))


@dataclass(frozen=True)
class Imported:
    """What became of a file.

    Attributes
    ----------
    new : int
        Lines that brought something new.
    corrected : Named
        Lines that say something else than was kept, and are in force now.
    same : Named
        Lines that were there already.
    refused : Named
        Lines and cells that were refused.
    notes : tuple of Refused
        What else one should know of how the file was read.
    """

    new: int
    corrected: Named = field(default_factory=Named)
    same: Named = field(default_factory=Named)
    refused: Named = field(default_factory=Named)
    notes: tuple[Refused, ...] = ()
