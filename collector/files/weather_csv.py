"""Weather from CSV: lines to a table of hours.

Columns, in any order and in either language: ``place`` (a village's or field's id or name, or the
name of a station or grid point, then with ``longitude`` and ``latitude``), ``time`` (start of the
hour), quantities of the vocabulary, and for a forecast ``issued``. A unit, the height of the wind
or "counter" may stand in brackets behind a quantity: ``wind_speed (km/h) (10 m)``.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from collector.files.given import Given
from collector.files.judging import within_limits
from collector.files.places import Places, Position
from collector.files.table import Rows, Table
from field_configs.events import Event, event
from firmware.wire.quantities import QUANTITIES
from models.sheets import cells
from models.sheets.header import Header, find_columns, unknown_columns
from models.sheets.lines import Record, Sheet
from models.sheets.refused import CellError, Refusals, SheetError
from models.sheets.units import WIND_HEIGHT, Stated, stated

NAMES = tuple(row.name for row in QUANTITIES)
COLUMNS = ("place", "time", "issued", "longitude", "latitude", *NAMES)
#: A number that needs no second look; longer ones might be infinite.
_PLAIN = re.compile(r"\s*[+-]?\d{1,15}(?:\.\d{0,20})?\s*", re.ASCII)
_T = TypeVar("_T")


class _Where(NamedTuple):
    """A place as lines name it: its id, and the position they give for it."""

    name: str
    position: Position | None


class _Remembered(dict[tuple[str, ...], _T | Event]):
    """Answers that are worked out once for each text; why one is refused is an answer, too."""

    def __init__(self, work_out: Callable[..., _T]) -> None:
        super().__init__()
        self.work_out = work_out

    def of(self, *texts: str) -> _T:
        found = self.get(texts)
        if found is None:
            try:
                found = self.work_out(*texts)
            except CellError as error:
                found = error.event
            self[texts] = found
        if isinstance(found, Event):
            raise CellError(found)
        return found


def read_csv(path: Path, given: Given, places: Places, refusals: Refusals) -> Table:
    """Read a sheet of weather; a broken line or cell is refused, the rest goes on.

    Parameters
    ----------
    path : Path
        The file.
    given : Given
        What was said about it.
    places : Places
        The register; new stations are noted there.
    refusals : Refusals
        What is refused goes there.

    Raises
    ------
    SheetError
        When its first line does not name the needed columns, no line follows, or a material share
        of a column cannot be.
    """
    sheet = Sheet(path)
    needed = ("time",) if given.place else ("place", "time")
    header = find_columns(sheet, COLUMNS, needed)
    for why in unknown_columns(header, COLUMNS):
        refusals.add(sheet.number, why, ", ".join(sheet.header))
    columns, notes = _quantities(header, refusals, sheet)
    if not columns:
        raise SheetError(f"{sheet.name}:{sheet.number}", _no_quantity(refusals))
    reading = _Reading(sheet, header, list(columns), given, places, refusals)
    for record in sheet.records(refusals):
        reading.take(record)
    table = reading.done(notes)
    within_limits(table, columns, refusals)
    if len(table.line):
        _settle(table, list(reading.index), places, refusals)
    return table


def _quantities(
    header: Header, refusals: Refusals, sheet: Sheet
) -> tuple[dict[str, Stated], list[Event]]:
    """Return the columns of values that can be read, and what is assumed of them."""
    columns, notes = {}, []
    for name in (name for name in NAMES if name in header.place):
        try:
            columns[name] = stated(name, header.notes[name])
        except CellError as error:
            refusals.add(sheet.number, error.event, sheet.header[header.place[name]])
            continue
        if name == "wind_speed" and columns[name].height_m is None:
            notes.append(event("wind_height_assumed", height=WIND_HEIGHT))
    return columns, notes


def _no_quantity(refusals: Refusals) -> Event:
    """Say that no column of values is there; what is wrong with the first one that might be."""
    return next(iter(refusals)).event if len(refusals) else event("sheet_no_quantity")


class _Reading:
    """Lines of a sheet on their way into a table."""

    def __init__(
        self,
        sheet: Sheet,
        header: Header,
        quantities: list[str],
        given: Given,
        places: Places,
        refusals: Refusals,
    ) -> None:
        self.rows = Rows(quantities)
        self.columns = [(name, header.place[name], self.rows.values[name]) for name in quantities]
        self.header, self.given, self.places, self.refusals = header, given, places, refusals
        self.comma = sheet.separator != ","
        self.assumed = 0
        self.index: dict[_Where, int] = {}
        self.place = _Remembered(self._place)
        self.times = _Remembered(self._times)

    def _cell(self, record: Record, column: str) -> str:
        at = self.header.place.get(column)
        return "" if at is None else record.cells[at].strip()

    def _place(self, word: str, longitude: str, latitude: str) -> int:
        position = None
        if longitude and latitude:
            east = cells.number(longitude, "longitude", comma=self.comma)
            north = cells.number(latitude, "latitude", comma=self.comma)
            position = (east, north) if east == east and north == north else None
        where = _Where(self.places.find(word, position), position)
        return self.index.setdefault(where, len(self.index))

    def _times(self, time: str, issued: str) -> tuple[int, int, bool]:
        start = cells.moment(time, "time")
        said = cells.moment(issued, "issued").seconds if issued else None
        return start.seconds, self.given.issue_of(start.seconds, said), start.assumed

    def take(self, record: Record) -> None:
        """Take a line into the table, or refuse it, or some of its cells."""
        try:
            time, issued, assumed = self.times.of(
                self._cell(record, "time"), self._cell(record, "issued")
            )
            word = self._cell(record, "place") or self.given.place or ""
            place = self.place.of(
                word, self._cell(record, "longitude"), self._cell(record, "latitude")
            )
            found = self._values(record)
        except CellError as error:
            self.refusals.add(record.number, error.event, record.raw)
            return
        self.assumed += assumed
        self.rows.line.append(record.number)
        self.rows.time.append(time)
        self.rows.issued.append(issued)
        self.rows.place.append(place)
        for (_, _, column), value in zip(self.columns, found, strict=True):
            column.append(value)

    def _values(self, record: Record) -> list[float]:
        found, blank = [], True
        for name, at, _ in self.columns:
            text = record.cells[at]
            if _PLAIN.fullmatch(text):
                found.append(float(text))
                blank = False
            elif not text.strip():
                found.append(math.nan)
            else:
                found.append(self._value(text, name, record))
                blank = False
        if blank:
            raise CellError(event("line_no_value"))
        return found

    def _value(self, text: str, name: str, record: Record) -> float:
        if name == "precipitation_amount" and cells.narrow(text).casefold() in cells.TRACE:
            return cells.TRACE_NUMBERS[0]
        try:
            return cells.number(text, name, comma=self.comma)
        except CellError as error:
            self.refusals.add(record.number, error.event, record.raw)
            return math.nan

    def done(self, notes: list[Event]) -> Table:
        """Return the table as it was read; its places are those that lines name."""
        table = self.rows.done([where.name for where in self.index])
        table.notes += notes
        if self.assumed:
            table.notes.append(event("zone_assumed", count=self.assumed))
        return table


def _settle(table: Table, named: list[_Where], places: Places, refusals: Refusals) -> None:
    """Give every row its place; a new station stands where most of its sound lines say."""
    sound = Counter(table.place[table.filled()].tolist())
    ids = list(dict.fromkeys(where.name for where in named))
    gone = np.zeros(len(table.line), bool)
    for name in ids:
        rows = [i for i, where in enumerate(named) if where.name == name and sound[i]]
        placed = [i for i in rows if named[i].position is not None]
        if name not in places.known and placed:
            most = named[max(placed, key=sound.__getitem__)].position
            assert most is not None
            places.known[name] = most
        for i in placed:
            try:
                places.find(name, named[i].position)
            except CellError as error:
                for line in table.line[table.place == i].tolist():
                    refusals.add(line, error.event)
                gone |= table.place == i
    number = {name: i for i, name in enumerate(ids)}
    table.place = np.array([number[where.name] for where in named], np.int32)[table.place]
    table.names = ids
    table.positions = {name: places.known[name] for name in ids if name in places.known}
    table.drop(gone)
