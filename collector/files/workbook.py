"""Workbooks that people fill in: read with bounds, every fault named by its sheet and cell.

A file is what somebody sends. It may be no workbook, or one that grows without end when it is
unpacked; so its parts are counted and measured before anything is read, and rows are read one by
one. A formula, a merged cell or an error of the program is no value: it is named and not guessed.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, TypeVar
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from field_configs.events import event
from field_configs.words import LANGUAGES, Words
from models.sheets.header import column_names, plain
from models.sheets.refused import CellError, Refusals, SheetError

#: What a workbook of forms holds at most: rows of a sheet, columns, parts, bytes when unpacked.
MOST_ROWS, MOST_COLUMNS, MOST_PARTS, MOST_BYTES = 5000, 40, 300, 60_000_000
#: A part that shrank to less than this share of its bytes was not typed by anybody.
LEAST_SHARE, SMALL = 1 / 200, 1_000_000
_BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OverflowError,
    RuntimeError,
)
_OLD = b"\xd0\xcf\x11\xe0"
Value = TypeVar("Value")


@dataclass(frozen=True)
class Form:
    """A sheet to fill in: its id (words: ``onboarding.sheet.<id>``) and its columns."""

    id: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]

    def names(self) -> list[str]:
        """Return what the sheet is called, in each language."""
        return [Words.load(each).text(f"onboarding.sheet.{self.id}") for each in LANGUAGES]


class Line:
    """A row of a form: its cells as text, and where each stands.

    Parameters
    ----------
    sheet : str
    number : int
        Of the row, from 1 on.
    cells : mapping
        Text by column.
    letters, shown : mapping
        The letter of each column, and what its head says.
    wrong : Refusals
        Faults go there.
    """

    def __init__(
        self,
        sheet: str,
        number: int,
        cells: Mapping[str, str],
        letters: Mapping[str, str],
        shown: Mapping[str, str],
        wrong: Refusals,
    ) -> None:
        self.sheet, self.number, self.cells = sheet, number, cells
        self._letters, self._shown, self._wrong = letters, shown, wrong
        self.sound = True

    def at(self, column: str) -> str:
        """Return where a cell stands, such as ``村庄!C7``."""
        return f"{self.sheet}!{self._letters.get(column, 'A')}{self.number}"

    def text(self, column: str) -> str:
        """Return a cell's text; '' where it is empty."""
        return self.cells.get(column, "")

    def read(self, column: str, parse: Callable[[str, str], Value], otherwise: Value) -> Value:
        """Read a cell by its text and its column's head; what is wrong is noted, never raised."""
        try:
            return parse(self.text(column), self._shown.get(column, column))
        except CellError as error:
            self.refuse(column, error)
            return otherwise

    def refuse(self, column: str, error: CellError) -> None:
        """Note what is wrong with a cell."""
        self.sound = False
        self._wrong.add(self.at(column), error.event, self.text(column))


def read_forms(data: bytes, name: str, forms: Sequence[Form], wrong: Refusals) -> Lines:
    """Read the sheets of a workbook; what is wrong with single cells goes to `wrong`.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        Its name, for messages.
    forms : sequence of Form
        The sheets that it may have.
    wrong : Refusals
        Faults of sheets and cells go there.

    Returns
    -------
    dict of str to list of Line
        The lines that are filled in, by the id of their form.

    Raises
    ------
    SheetError
        When the file as a whole is no workbook that can be read.
    """
    _prove(data, name)
    found: Lines = {form.id: [] for form in forms}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and lists that openpyxl does not keep
            book = load_workbook(io.BytesIO(data), read_only=True)
            try:
                _read_sheets(book, data, forms, found, wrong)
            finally:
                book.close()
    except _BROKEN as error:
        raise SheetError(name, event("workbook_broken", what=type(error).__name__)) from error
    if not any(found.values()) and not len(wrong):
        raise SheetError(name, event("workbook_empty"))
    return found


Lines = dict[str, list[Line]]


def _prove(data: bytes, name: str) -> None:
    """Look at what is packed before anything is unpacked.

    Raises
    ------
    SheetError
    """
    if data.startswith(_OLD):
        raise SheetError(name, event("workbook_old"))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
    except _BROKEN:
        raise SheetError(name, event("workbook_none")) from None
    if "xl/workbook.xml" not in {each.filename for each in parts}:
        raise SheetError(name, event("workbook_none"))
    total = sum(each.file_size for each in parts)
    swollen = any(
        each.file_size > SMALL and each.compress_size < each.file_size * LEAST_SHARE
        for each in parts
    )
    if len(parts) > MOST_PARTS or total > MOST_BYTES or swollen:
        raise SheetError(name, event("workbook_swollen", most=MOST_BYTES // 1_000_000))


def _read_sheets(
    book: Any, data: bytes, forms: Sequence[Form], found: Lines, wrong: Refusals
) -> None:
    named = {plain(name): form for form in forms for name in form.names()}
    helps = {plain(Words.load(each).text("onboarding.sheet.help")) for each in LANGUAGES}
    seen: dict[str, str] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for sheet in book.worksheets:
            form = named.get(plain(sheet.title))
            if form is None:
                if plain(sheet.title) not in helps:
                    names = ", ".join(form.names()[0] for form in forms)
                    wrong.add(sheet.title, event("workbook_sheet", sheets=names))
                continue
            if form.id in seen:
                other = seen[form.id]
                wrong.add(sheet.title, event("workbook_sheet_twice", other=other))
                continue
            seen[form.id] = sheet.title
            merged = list(_merged(packed, sheet))
            for area in merged[:20]:
                wrong.add(f"{sheet.title}!{area}", event("workbook_merged"))
            if not merged:
                _read_sheet(sheet, form, found[form.id], wrong)


def _merged(packed: zipfile.ZipFile, sheet: Any) -> Iterator[str]:
    """Yield the merged areas of a sheet, which reading row by row does not tell."""
    mark, rest = b"<mergeCell ", b""
    with packed.open(sheet._worksheet_path.lstrip("/")) as part:
        while block := part.read(1 << 16):
            pieces = (rest + block).split(mark)
            for piece in pieces[1:-1]:
                yield _reference(piece)
            # The last piece may go on in the next block.
            rest = pieces[-1][-200:] if len(pieces) == 1 else mark + pieces[-1][:200]
            if len(pieces) > 1 and b">" in pieces[-1]:
                yield _reference(pieces[-1])
                rest = pieces[-1][-200:]


def _reference(piece: bytes) -> str:
    return piece.partition(b'ref="')[2].partition(b'"')[0].decode("ascii", "replace")[:30]


def _read_sheet(sheet: Any, form: Form, lines: list[Line], wrong: Refusals) -> None:
    letters: dict[str, str] = {}
    shown: dict[str, str] = {}
    meant = {each: name for name, all_ in column_names(form.columns).items() for each in all_}
    rows = sheet.iter_rows(max_col=MOST_COLUMNS)
    head = next(rows, ())
    for place, cell in enumerate(head, start=1):
        text = _text(cell.value)
        letter = get_column_letter(place)
        column = meant.get(plain(text.partition("(")[0].partition("（")[0]))
        if not text:
            continue
        if column is None:
            wrong.add(f"{sheet.title}!{letter}1", event("workbook_column", column=text))
        elif column in letters:
            wrong.add(f"{sheet.title}!{letter}1", event("column_twice", column=text))
        else:
            letters[column], shown[column] = letter, text
    lacking = [name for name in form.needed if name not in letters]
    if lacking:
        words = Words.load(LANGUAGES[0])
        names = ", ".join(words.text(f"column.name.{name}") for name in lacking)
        wrong.add(f"{sheet.title}!A1", event("workbook_column_missing", columns=names))
        return
    places = {place: column for column in letters for place in [_place(letters[column])]}
    for number, row in enumerate(rows, start=2):
        texts = {places[at]: row[at] for at in places if at < len(row)}
        line = Line(sheet.title, number, {}, letters, shown, wrong)
        cells = {column: _cell(line, column, cell) for column, cell in texts.items()}
        if not any(cells.values()) and line.sound:
            continue
        line.cells = cells
        if len(lines) == MOST_ROWS:
            wrong.add(f"{sheet.title}!A{number}", event("workbook_rows", most=MOST_ROWS))
            lines.clear()
            return
        lines.append(line)


def _place(letter: str) -> int:
    place = 0
    for each in letter:
        place = place * 26 + ord(each) - 64
    return place - 1


def _cell(line: Line, column: str, cell: Any) -> str:
    if cell.data_type == "f":
        line.refuse(column, CellError(event("workbook_formula")))
        return ""
    if cell.data_type == "e":
        line.refuse(column, CellError(event("workbook_error", value=str(cell.value))))
        return ""
    return _text(cell.value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()
