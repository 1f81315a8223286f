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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

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
#: Texts whose answers are remembered; then it begins anew.
MOST_REMEMBERED = 65_536
_T = TypeVar("_T")


class Where(NamedTuple):
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
            if len(self) >= MOST_REMEMBERED:
                self.clear()
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
    reading = open_csv(path, given, places, refusals)
    for record in reading.sheet.records(refusals):
        reading.take(record)
    table = reading.rows.done([where.name for where in reading.index])
    table.notes += reading.notes
    within_limits(table, reading.columns, refusals)
    if len(table.line):
        _settle(table, list(reading.index), places, refusals)
    return table


def open_csv(path: Path, given: Given, places: Places, refusals: Refusals) -> Reading:
    """Open a sheet of weather and read its first line; its lines are taken one by one.

    Parameters
    ----------
    path, given, places, refusals
        As for `read_csv`.

    Raises
    ------
    SheetError
        When its first line does not name the needed columns.
    """
    sheet = Sheet(path)
    needed = ("time",) if given.place else ("place", "time")
    header = find_columns(sheet, COLUMNS, needed)
    for why in unknown_columns(header, COLUMNS):
        refusals.add(sheet.number, why, ", ".join(sheet.header))
    columns, notes = _quantities(header, refusals, sheet)
    if not columns:
        raise SheetError(f"{sheet.name}:{sheet.number}", _no_quantity(refusals))
    return Reading(sheet, header, columns, notes, given, places, refusals)


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


class Reading:
    """Lines of a sheet on their way into a table.

    Attributes
    ----------
    sheet : Sheet
    columns : dict
        What the first line states of each quantity.
    rows : Rows
        The lines that were taken.
    index : dict
        Places as lines name them, with the number of each.
    """

    def __init__(
        self,
        sheet: Sheet,
        header: Header,
        columns: dict[str, Stated],
        notes: list[Event],
        given: Given,
        places: Places,
        refusals: Refusals,
    ) -> None:
        self.sheet, self.columns, self._notes = sheet, columns, notes
        self.header, self.given, self.places, self.refusals = header, given, places, refusals
        self._at = [(name, header.place[name]) for name in columns]
        self._when = [header.place.get(name) for name in ("time", "issued")]
        self._where = [header.place.get(name) for name in ("place", "longitude", "latitude")]
        self.renew()
        self.comma = sheet.separator != ","
        self.zones = {
            name: cells.zone_stated(header.notes.get(name, ())) for name in ("time", "issued")
        }
        self.assumed = 0
        self.index: dict[Where, int] = {}
        self.place = _Remembered(self._place)
        self.times = _Remembered(self._times)

    def renew(self) -> None:
        """Begin with no lines again; places keep their numbers."""
        self.rows = Rows(list(self.columns))
        self._into = [self.rows.values[name] for name in self.columns]

    @property
    def notes(self) -> list[Event]:
        """What one should know of how the lines were read."""
        assumed = [event("zone_assumed", count=self.assumed)] if self.assumed else []
        return [*self._notes, *assumed]

    def _place(self, word: str, longitude: str, latitude: str) -> int:
        word = word or self.given.place or ""
        position = None
        if longitude and latitude:
            east = cells.number(longitude, "longitude", comma=self.comma)
            north = cells.number(latitude, "latitude", comma=self.comma)
            position = (east, north) if east == east and north == north else None
        where = Where(self.places.find(word, position), position)
        return self.index.setdefault(where, len(self.index))

    def _times(self, time: str, issued: str) -> tuple[int, int, bool]:
        start = cells.moment(time, "time", self.zones["time"])
        said = cells.moment(issued, "issued", self.zones["issued"]).seconds if issued else None
        return start.seconds, self.given.issue_of(start.seconds, said), start.assumed

    def take(self, record: Record) -> None:
        """Take a line into the table, or refuse it, or some of its cells."""
        row = record.cells
        try:
            time, issued, assumed = self.times.of(
                *["" if at is None else row[at].strip() for at in self._when]
            )
            place = self.place.of(*["" if at is None else row[at].strip() for at in self._where])
            found = self._values(record)
        except CellError as error:
            self.refusals.add(record.number, error.event, record.raw)
            return
        self.assumed += assumed
        self.rows.line.append(record.number)
        self.rows.time.append(time)
        self.rows.issued.append(issued)
        self.rows.place.append(place)
        for column, value in zip(self._into, found, strict=True):
            column.append(value)

    def _values(self, record: Record) -> list[float]:
        found, blank = [], True
        for name, at in self._at:
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


def _settle(table: Table, named: list[Where], places: Places, refusals: Refusals) -> None:
    """Give every row its place; a new station stands where most of its sound lines say."""
    settled = settle(named, Counter(table.place[table.filled()].tolist()), places)
    gone = np.zeros(len(table.line), bool)
    for i, why in settled.gone.items():
        for line in table.line[table.place == i].tolist():
            refusals.add(line, why)
        gone |= table.place == i
    table.place = settled.number[table.place]
    table.names, table.positions = settled.names, settled.positions
    table.drop(gone)


class Settled(NamedTuple):
    """Places of a file: names, positions, and the number in names of each place as lines name it.

    `gone` are those of the latter that contradict where their place stands.
    """

    names: list[str]
    positions: dict[str, Position]
    number: NDArray[np.int32]
    gone: dict[int, Event]


def settle(named: list[Where], sound: Mapping[int, int], places: Places) -> Settled:
    """Give every place as lines name it its place; a new station stands where most say.

    Parameters
    ----------
    named : list of Where
        As lines name them.
    sound : mapping
        How many lines with a value name each, by its number.
    places : Places
        The register; new stations are noted there.
    """
    ids = list(dict.fromkeys(where.name for where in named))
    gone: dict[int, Event] = {}
    by_name: dict[str, list[int]] = {}
    for i, where in enumerate(named):
        by_name.setdefault(where.name, []).append(i)
    for name in ids:
        rows = [i for i in by_name.get(name, ()) if sound.get(i)]
        placed = [i for i in rows if named[i].position is not None]
        if name not in places.known and placed:
            most = named[max(placed, key=lambda i: sound[i])].position
            assert most is not None
            places.known[name] = most
        for i in placed:
            try:
                places.find(name, named[i].position)
            except CellError as error:
                gone[i] = error.event
    number = {name: i for i, name in enumerate(ids)}
    return Settled(
        ids,
        {name: places.known[name] for name in ids if name in places.known},
        np.array([number[where.name] for where in named], np.int32),
        gone,
    )
