"""What could not be taken in: where it stood, why, and how it read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from field_configs.events import Event

#: So many are named one by one; the others are counted. A file of a million broken lines must
#: not fill memory and database with them.
MOST_NAMED = 1000
#: So much of a line is kept [characters].
MOST_TEXT = 500


@dataclass(frozen=True)
class Refused:
    """A file, line or cell that could not be taken in.

    Attributes
    ----------
    origin : str
        Where it stood: the file's name, with the line's number where it was a line.
    event : Event
        Why; its words stand in ``field_configs/words/<language>/events/files.toml``.
    text : str
        The line itself, shortened and without what cannot be shown.
    """

    origin: str
    event: Event
    text: str = ""

    def __str__(self) -> str:
        """Return it in English, for the command line."""
        return f"{self.origin}: {self.event}"


class SheetError(ValueError):
    """Nothing of a file can be taken in; `refused` says where and why."""

    def __init__(self, origin: str, why: Event) -> None:
        self.refused = Refused(origin, why)
        super().__init__(origin, why)

    def __str__(self) -> str:
        return str(self.refused)


class CellError(ValueError):
    """A cell or a line cannot be taken in; `event` says why."""

    def __init__(self, why: Event) -> None:
        self.event = why
        super().__init__(why)

    def __str__(self) -> str:
        return str(self.event)


class Refusals:
    """Refused lines and cells of one file: all are counted, the first are named.

    Parameters
    ----------
    name : str
        The file's name, for the origin of each.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.named: list[Refused] = []
        self._total = 0

    def add(self, place: int | str, why: Event, text: str = "") -> None:
        """Note one, by the number of its line or its place in a document."""
        self._total += 1
        if len(self.named) < MOST_NAMED:
            between = ":" if isinstance(place, int) else ": "
            self.named.append(Refused(f"{self.name}{between}{place}", why, shown(text)))

    def extend(self, more: Iterable[Refused], total: int) -> None:
        """Note others, of which there are so many and these are the first."""
        self._total += total
        self.named += islice(more, MOST_NAMED - len(self.named))

    def __len__(self) -> int:
        return self._total

    def __iter__(self) -> Iterator[Refused]:
        """Go through those that are named, in the order of their lines."""
        return iter(sorted(self.named, key=_line))


def _line(refused: Refused) -> int:
    number = refused.origin.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0


def shown(text: str) -> str:
    """Make a text fit to be kept and shown: no NUL characters, and no longer than `MOST_TEXT`.

    Parameters
    ----------
    text : str
        As it was read.
    """
    short = text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"
    return short.replace("\0", "\\0")


def file_name(path: Path) -> str:
    """Return a file's name as text that can be shown and kept, whatever bytes it is made of.

    Parameters
    ----------
    path : Path
        The file.
    """
    return path.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
