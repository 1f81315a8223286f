"""Rows to CSV and XLSX, a row at a time, with a dictionary of the columns.

A spreadsheet program takes a text that begins with one of ``= + - @`` for a formula and runs it. So
such a text is written as text: in XLSX by the cell's type, in CSV behind an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from field_configs.words import Words
from models.weather.local_days import LOCAL

#: Makes spreadsheet programs read the file as UTF-8.
MARK = "\ufeff"
#: What a sheet of XLSX holds at most, its first line among it, and a cell [characters].
MOST_ROWS, MOST_TEXT = 1_048_576, 32_767
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDEST = 60


@dataclass(frozen=True)
class Column:
    """A column: its name, the same in all languages, and the unit as people write it.

    Its meaning stands in the words as ``export.column.<name>``.
    """

    name: str
    unit: str = ""


@dataclass(frozen=True)
class Dictionary:
    """What the columns of a table mean, in one language: name, meaning, unit and source of each."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    sheet: str
    notes: tuple[str, ...] = ()


def dictionary(table: str, columns: Sequence[Column], language: str) -> Dictionary:
    """Describe the columns of a table.

    Parameters
    ----------
    table : str
        Names its title and source in the words: ``export.<table>.title`` and ``.source``.
    columns : sequence of Column
    language : str
        One of `field_configs.words.LANGUAGES`.
    """
    words = Words.load(language)
    head = tuple(words.text(f"export.dictionary.{x}") for x in ("name", "meaning", "unit", "from"))
    source = words.text(f"export.{table}.source")
    rows = [
        (each.name, words.text(f"export.column.{each.name}"), each.unit, source) for each in columns
    ]
    notes = words.text("export.dictionary.times"), words.text("export.dictionary.empty")
    return Dictionary(head, rows, words.text("export.dictionary.title"), notes)


def as_text(value: object) -> str:
    """Write a value as people read it in CSV: local times, plain numbers, lists with semicolons."""
    if value is None or value != value:  # NaN
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return str(value)


def guarded(value: object) -> str:
    """Return a value for CSV that no spreadsheet program takes for a formula."""
    text = as_text(value)
    is_text = isinstance(value, str | list | tuple)
    return f"'{text}" if is_text and text.startswith(_FORMULA) else text


def _lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    line = io.StringIO(newline="")
    writer = csv.writer(line, lineterminator="\r\n")
    for row in rows:
        writer.writerow([guarded(value) for value in row])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def write_csv(file: IO[bytes], columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> int:
    """Write a table as CSV in UTF-8 and return how many rows it has."""
    file.write(MARK.encode())
    count = -1
    for line in _lines(_with_head([each.name for each in columns], rows)):
        file.write(line.encode())
        count += 1
    return count


def write_dictionary(file: IO[bytes], words: Dictionary) -> None:
    """Write the dictionary of a table as CSV."""
    file.write(MARK.encode())
    for line in _lines(_with_head(words.head, words.rows)):
        file.write(line.encode())


def _with_head(
    head: Sequence[object], rows: Iterable[Sequence[object]]
) -> Iterator[Sequence[object]]:
    yield head
    yield from rows


def _cell(sheet: Any, value: object, font: Font | None = None) -> Any:
    if isinstance(value, bool):
        value = int(value)
    if value is None or value != value:
        return None
    if isinstance(value, int | float) or (
        isinstance(value, date) and not isinstance(value, datetime)
    ):
        plain: object = value
    elif isinstance(value, datetime):
        plain = value.astimezone(LOCAL).replace(tzinfo=None)
    else:
        plain = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", as_text(value))[:MOST_TEXT]
    cell = WriteOnlyCell(sheet, value=plain)
    if isinstance(plain, str):
        cell.data_type = "s"  # "=1+1" is a text of four letters and no formula
        cell.quotePrefix = plain.startswith(_FORMULA)
    if font is not None:
        cell.font = font
    return cell


def _add(book: Any, title: str, head: Sequence[str], widths: Sequence[int]) -> Any:
    sheet = book.create_sheet(title)
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, each, Font(bold=True)) for each in head])
    return sheet


def write_xlsx(
    file: IO[bytes],
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
    words: Dictionary,
    most: int = MOST_ROWS,
) -> int:
    """Write a table as XLSX, a row at a time, and return how many rows it has.

    A table that is longer than a sheet goes on in a further one. The last sheet says what the
    columns mean.

    Parameters
    ----------
    file : file
        Open for writing bytes.
    title : str
        Of the sheet.
    columns : sequence of Column
    rows : iterable
    words : Dictionary
    most : int
        Lines of a sheet at most.
    """
    book = Workbook(write_only=True)
    try:
        count = _fill(book, title, columns, rows, words, most)
        book.save(file)
    except BaseException:
        _forget(book)
        raise
    return count


def _fill(
    book: Any,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
    words: Dictionary,
    most: int,
) -> int:
    head = [each.name for each in columns]
    widths = [max(12, len(each) + 2) for each in head]
    sheet, lines, count, number = _add(book, title, head, widths), 1, 0, 1
    for row in rows:
        if lines == most:
            number += 1
            sheet, lines = _add(book, f"{title} {number}", head, widths), 1
        sheet.append([_cell(sheet, value) for value in row])
        lines, count = lines + 1, count + 1
    said = _add(book, words.sheet, words.head, [24, _WIDEST, 16, _WIDEST])
    for entry in words.rows:
        said.append([_cell(said, value) for value in entry])
    for note in words.notes:
        said.append([_cell(said, note)])
    return count


def _forget(book: Any) -> None:
    """Remove the sheets that wait on the disk to be packed; openpyxl would at its end alone."""
    for sheet in book.worksheets:
        with suppress(OSError, ValueError):  # it is gone already
            sheet._writer.cleanup()
