"""Lines of text to records of cells: separators, quotes, and what a broken line may cost.

A broken line costs itself and no other: a quote that is never closed does not swallow the lines
after it. A cell over several lines is read where it closes within `MOST_JOINED` lines and none of
the lines in it could be a record of its own.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from field_configs.events import Event, event
from models.sheets.refused import Refusals, SheetError, file_name
from models.sheets.text import Line, read_lines

SEPARATORS = ",;\t，；|"
MOST_JOINED = 50
#: A file of more lines is given in parts: what is read of it is held in memory, some 100 bytes a
#: line. A month of 500 stations has 372,000.
MOST_LINES = 5_000_000
_STATED = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)


@dataclass(frozen=True)
class Record:
    """A record: the number of its first line, its cells, and the line as it stood.

    `broken` says why it has no cells that could be read.
    """

    number: int
    cells: list[str]
    raw: str
    broken: Event | None = None


class Sheet:
    """A file with a first line that names columns, and records below it.

    Parameters
    ----------
    path : Path
        The file.
    fill : bool
        A line with fewer cells than the first one is filled up with empty cells; else it is
        broken, since its last cell may be half of what it was.

    Raises
    ------
    SheetError
        When the file is no text, is empty, or its first line cannot be read.
    """

    def __init__(self, path: Path, *, fill: bool = False) -> None:
        self.name = file_name(path)
        self._fill = fill
        self._lines = read_lines(path)
        self._waiting: deque[Line] = deque()
        first = self._first(path)
        self.number = first.number
        self._head = first.text
        cells, why = self._cells(first.text)
        if why is not None:
            raise SheetError(f"{self.name}:{self.number}", why)
        while cells and not cells[-1].strip():
            cells.pop()
        self.header = [cell.strip() for cell in cells]

    def _first(self, path: Path) -> Line:
        stated = None
        for line in self._lines:
            if line.broken:
                raise SheetError(f"{self.name}:{line.number}", line.broken)
            if found := _STATED.match(line.text):
                stated = found[1]
            elif line.text.strip():
                self.separator = stated or _separator(line.text)
                return line
        raise SheetError(f"{file_name(path)}:1", event("file_empty"))

    def records(self, refusals: Refusals) -> Iterator[Record]:
        """Yield the records that can be read; what is broken goes to the refusals.

        Parameters
        ----------
        refusals : Refusals
            Of the file.

        Raises
        ------
        SheetError
            When no line stands below the first one.
        """
        empty = True
        for record in self:
            empty = False
            if record.broken is None:
                yield record
            else:
                refusals.add(record.number, record.broken, record.raw)
        if empty:
            raise SheetError(f"{self.name}:{self.number}", event("sheet_no_lines"))

    def __iter__(self) -> Iterator[Record]:
        """Yield the records; blank lines and a repeated first line are passed over.

        Raises
        ------
        SheetError
            When there are more than `MOST_LINES`.
        """
        width = len(self.header)
        blank = self.separator + ' "\t'
        while (line := self._next()) is not None:
            if line.number > MOST_LINES:
                raise SheetError(self.name, event("sheet_too_long", most=MOST_LINES))
            if line.broken:
                yield Record(line.number, [], line.text, line.broken)
                continue
            if not line.text.strip(blank) or line.text == self._head:
                continue
            cells, why, raw = self._record(line, width)
            if why is None:
                cells, why = self._fitted(cells, raw, width)
            yield Record(line.number, cells, raw, why)

    def _next(self) -> Line | None:
        return self._waiting.popleft() if self._waiting else next(self._lines, None)

    def _record(self, line: Line, width: int) -> tuple[list[str], Event | None, str]:
        """Read the record that begins with a line, joining lines where a quote is open."""
        cells, why = self._cells(line.text)
        if why is None or not _open(line.text):
            return cells, why, line.text
        text = line.text
        taken: list[Line] = []
        while len(taken) < MOST_JOINED and (following := self._next()) is not None:
            taken.append(following)
            alone, broken = self._cells(following.text)
            if following.broken or (broken is None and width > 1 and len(alone) >= width):
                break
            text = f"{text}\n{following.text}"
            joined, broken = self._cells(text)
            if broken is None and len(joined) == width:
                return joined, None, text
        self._waiting.extendleft(reversed(taken))
        return cells, why, line.text

    def _cells(self, text: str) -> tuple[list[str], Event | None]:
        if '"' not in text:
            return text.split(self.separator), None
        try:
            return next(csv.reader([text], delimiter=self.separator, strict=True)), None
        except csv.Error as error:
            return [], event("line_no_csv", reason=str(error))

    def _fitted(self, cells: list[str], raw: str, width: int) -> tuple[list[str], Event | None]:
        """Bring a record to the width of the first line, or say that it does not fit."""
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            return cells[:width], None
        if len(cells) < width:
            plain, why = self._cells(raw.translate(dict.fromkeys(map(ord, "，；"), self.separator)))
            if why is None and len(plain) == width:
                return plain, None
            if self._fill:
                return cells + [""] * (width - len(cells)), None
        if len(cells) == width:
            return cells, None
        return [], event("line_cells", found=len(cells), wanted=width)


def _separator(text: str) -> str:
    """Find what separates the cells of a first line: what comes most often outside quotes."""
    bare = re.sub(r'"[^"]*"', "", text)
    found = max(SEPARATORS, key=bare.count)
    return found if found in bare else SEPARATORS[0]


def _open(text: str) -> bool:
    """Tell whether a quote of a line is open at its end."""
    return text.count('"') % 2 == 1
