"""Weather from CSV of any length in one pass: the same judgement as of a table, in small memory.

Lines are read once, and go on in spools (`collector.files.spool`): first by the place that they
name, since most is judged place by place; then by time, since neighbours are compared hour by
hour; then to the database. What is judged of a whole column is counted on the way. Memory holds
what one place or some days of all places have, never the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from collector.files import judging, quality
from collector.files.counted import Column, Later, Lines
from collector.files.given import Given
from collector.files.judging import RAIN, WARMTH
from collector.files.places import Places
from collector.files.spool import HELD, Spool
from collector.files.table import HOUR_S, Table
from collector.files.weather_csv import open_csv, settle
from collector.store.measured.weather import Block
from collector.store.postgres.db import Connection
from field_configs.events import Event
from models.sheets.refused import Refusals, SheetError
from models.sheets.units import MATERIAL
from models.weather.counter import amounts
from models.weather.dataset import Array, settled

#: Lines that are taken at once.
LINES = 20_000
#: Neighbours are compared over so many hours at most.
_BLOCK_H = 31 * 24
#: Share of the time that is gone when a step begins: reading, judging, comparing, the database's
#: own work; about what a million lines take.
STEPS = (0.0, 0.4, 0.5, 0.65)

Progress = Callable[[float], None]


def _kind(quantities: list[str]) -> np.dtype[np.void]:
    """Return the type of a spool's rows: each quantity has a value and quality bits."""
    plain = [("line", "i4"), ("place", "i4"), ("time", "i8"), ("issued", "i8")]
    values = [(name, "f8") for name in quantities]
    return np.dtype([*plain, *values, *((f"{name} qc", "i2") for name in quantities)])


class Streamed:
    """A file of weather on its way from its lines to values that can be kept.

    Parameters
    ----------
    path : Path
    given : Given
    places : Places
        The register; new stations are noted there.
    refusals : Refusals
        What is refused goes there.
    progress : callable, optional
        Is told the share of the work that is done.
    """

    def __init__(
        self,
        path: Path,
        given: Given,
        places: Places,
        refusals: Refusals,
        progress: Progress | None = None,
    ) -> None:
        self.path, self.given, self.places, self.refusals = path, given, places, refusals
        self.told = progress or (lambda share: None)
        self.repeats = Lines()
        self.notes: list[Event] = []
        self.names: list[str] = []
        self.positions: dict[str, tuple[float, float]] = {}
        #: Numbers of the places of which something is kept.
        self.filled: set[int] = set()

    def read(self) -> None:
        """Read the lines; what the file says of each place lies in a spool then.

        Raises
        ------
        SheetError
            When nothing of the file can be taken in.
        """
        self._size = max(1, self.path.stat().st_size)
        self._reading = open_csv(self.path, self.given, self.places, self.refusals)
        self._quantities = list(self._reading.columns)
        self._kind = _kind(self._quantities)
        self._columns = {name: Column() for name in self._quantities}
        self._impossible = {name: Later() for name in self._quantities}
        self._named = Spool(self._kind, self.refusals.name)
        read, count = 0, 0
        for record in self._reading.sheet.records(self.refusals):
            self._reading.take(record)
            read, count = read + len(record.raw) + 1, count + 1
            if count % LINES == 0:
                self._chunk()
                self._tell(0, read / self._size)
        self._chunk()
        self.notes += self._reading.notes

    def close(self) -> None:
        """Let go of the temporary file."""
        if hasattr(self, "_named"):
            self._named.__exit__(None, None, None)

    def _tell(self, step: int, share: float) -> None:
        begin, end = STEPS[step], STEPS[step + 1]
        self.told(begin + (end - begin) * min(1.0, share))

    def _chunk(self) -> None:
        """Bring the lines that were taken to our units and put them into the spool."""
        reading = self._reading
        table = reading.rows.done([])
        reading.renew()
        number: dict[str, int] = {}
        ids = np.array(
            [number.setdefault(where.name, len(number)) for where in reading.index], np.int64
        )
        for name, column in reading.columns.items():
            values = judging.in_our_unit(name, table.values[name], column)
            table.values[name] = values if name == RAIN else self._limited(name, values, table.line)
        if len(table.line):
            self._named.put(ids[table.place], self._rows(table))

    def _rows(self, table: Table) -> NDArray[np.void]:
        rows = np.zeros(len(table.line), self._kind)
        rows["line"], rows["place"] = table.line, table.place
        rows["time"], rows["issued"] = table.time, table.issued
        for name, column in table.values.items():
            rows[name], rows[f"{name} qc"] = column, table.qc[name]
        return rows

    def _limited(self, name: str, values: Array, line: NDArray[np.int32]) -> Array:
        """Take out what a quantity cannot be, and count it."""
        values, bad = settled(name, values)
        self._columns[name].add(name, values, bad)
        for i in np.flatnonzero(bad).tolist():
            why = judging.out_of_range(name, float(values[i]))
            self._impossible[name].add(0, int(line[i]), why)
        values[bad] = np.nan
        return values

    # Rain and places: what is judged by all that names a place in the same way

    def _rain(self, rows: NDArray[np.void], out: set[int] | None) -> dict[int, Event]:
        """Bring rain of a place to hourly amounts; return what counts on though nobody says so.

        `out` are the names, by their numbers, whose rain is left out; None: nobody knows yet.
        """
        found = {}
        column = self._reading.columns[RAIN]
        for where in np.unique(rows["place"]).tolist():
            here = np.flatnonzero((rows["place"] == where) & ~np.isnan(rows[RAIN]))
            here = here[np.lexsort((rows["line"][here], rows["issued"][here], rows["time"][here]))]
            if column.counter:
                rows[RAIN][here] = amounts(rows[RAIN][here], rows["time"][here])
            elif out is None:
                name = list(self._reading.index)[where].name
                if why := judging.counts(name, rows[RAIN][here]):
                    found[where] = why
            elif where in out:
                rows[RAIN][here] = np.nan
        return found

    def judged(self) -> Iterator[Table]:
        """Settle the places and judge each; yield its rows, place by place, in their order.

        Raises
        ------
        SheetError
            When a material share of a column cannot be.
        """
        out, sound = self._first_look()
        whole = settle(list(self._reading.index), sound, self.places)
        self.names = whole.names
        self.positions.update(whole.positions)
        elsewhere, again = Later(), Refusals(self.refusals.name)
        order = {i: n for n, i in enumerate(whole.gone)}
        for _, rows in self._named.each():
            if RAIN in self._columns:
                self._rain(rows, out)
                rows[RAIN], bad = settled(RAIN, rows[RAIN])
                rows[RAIN][bad] = np.nan
            gone = np.isin(rows["place"], list(whole.gone))
            for line, where in zip(
                rows["line"][gone].tolist(), rows["place"][gone].tolist(), strict=True
            ):
                elsewhere.add(order[where], line, whole.gone[where])
            table = self._table(rows[~gone])
            table.place = whole.number[table.place]
            judging.once(table, again)
            self.repeats.add(table.repeats)
            yield table
        elsewhere.into(self.refusals)
        self.refusals.extend(again.named, len(again))

    def _first_look(self) -> tuple[set[int], Counter[int]]:
        """Judge the columns; return whose rain is left out, and how many lines each name has.

        Raises
        ------
        SheetError
            When a material share of a column cannot be.
        """
        sound: Counter[int] = Counter()
        counting: dict[int, Event] = {}
        hours: Counter[int] = Counter()
        first: dict[int, int] = {}
        for _, rows in self._named.each():
            if RAIN in self._columns:
                found = self._rain(rows, None)
                counting |= found
                for where in np.unique(rows["place"]).tolist():
                    here = (rows["place"] == where) & ~np.isnan(rows[RAIN])
                    hours[where] = int(here.sum())
                    if where in found:
                        some = rows[here]
                        begin = np.lexsort((some["line"], some["issued"], some["time"]))[0]
                        first[where] = int(some["line"][begin])
                        rows[RAIN][here] = np.nan
                rows[RAIN] = self._limited(RAIN, rows[RAIN].copy(), rows["line"])
            filled = np.zeros(len(rows), bool)
            for name in self._quantities:
                filled |= ~np.isnan(rows[name])
            sound.update(rows["place"][filled].tolist())
        for name, column in self._columns.items():
            if name == RAIN and counting:
                left = sum(hours[where] for where in counting)
                ordered = sorted(counting)
                if left >= MATERIAL * sum(hours.values()):
                    raise SheetError(self.refusals.name, counting[ordered[0]])
                for where in ordered:
                    self.refusals.add(first[where], counting[where])
            if judging.too_many(column.total, column.bad):
                why = judging.impossible(name, column.bad, column.total, column.unit(name))
                raise SheetError(self.refusals.name, why)
            self._impossible[name].into(self.refusals)
        return set(counting), sound

    def _table(self, rows: NDArray[np.void]) -> Table:
        return Table(
            self.names,
            rows["place"].copy(),
            rows["line"].copy(),
            rows["time"].copy(),
            rows["issued"].copy(),
            {name: rows[name].copy() for name in self._quantities},
            {name: rows[f"{name} qc"].copy() for name in self._quantities},
            self.positions,
        )

    # Places by themselves, then hour by hour

    def blocks(self, conn: Connection) -> Iterator[Block]:
        """Judge what was read, and yield the values with their quality bits.

        Parameters
        ----------
        conn : Connection
            What was measured before and around is looked up there.

        Raises
        ------
        SheetError
            When nothing of the file can be taken in; nothing that was yielded is kept then.
        """
        with ExitStack() as stack:
            by_place = stack.enter_context(Spool(self._kind, self.refusals.name))
            by_time = stack.enter_context(Spool(self._kind, self.refusals.name))
            begin, span = self._into(by_place)
            doubts = quality.Doubts(self.names)
            notes: dict[str, list[Event]] = {name: [] for name in self._quantities}
            width = HOUR_S * _hours_at_once(by_place.count, span)
            before, done = self._before(conn, begin), 0
            for number, rows in by_place.each():
                table = self._table(rows)
                if number in self._warm:
                    table.values[WARMTH][:] = np.nan
                for name in self._quantities if self.given.kind == "observed" else ():
                    notes[name] += quality.alone(table, name, before.get(name))
                by_time.put(table.time // width, self._rows(table))
                done += len(table.line)
                self._tell(1, done / by_place.count)
            yield from self._compared(conn, by_time, doubts)
            for name in self._quantities:
                self.notes += [*notes[name], *doubts.said(name, self.refusals.name)]

    def _into(self, spool: Spool) -> tuple[dict[str, int], int]:
        """Put judged rows into a spool; return where each quantity begins, and the hours in all.

        Temperatures that are higher than ever are taken out where they are few, as `judge` does.
        """
        warm: dict[int, tuple[int, int, Event]] = {}
        total = 0
        begins: dict[str, dict[int, int]] = {name: {} for name in self._quantities}
        first, last = 1 << 60, 0
        for table in self.judged():
            if not len(table.line):
                continue
            number = int(table.place[0])
            first, last = min(first, int(table.time.min())), max(last, int(table.time.max()))
            for name, column in table.values.items():
                there = ~np.isnan(column)
                if there.any():
                    begins[name][number] = int(table.time[there].min())
            for place, rows in table.series(WARMTH) if WARMTH in table.values else ():
                total += len(rows)
                if why := judging.too_warm(table, place, rows):
                    warm[number] = len(rows), int(table.line[rows[0]]), why
            spool.put(table.place.astype(np.int64), self._rows(table))
        self._warm = set(warm)
        ordered = [warm[number] for number in sorted(warm)]
        if ordered and sum(count for count, _, _ in ordered) >= MATERIAL * total:
            raise SheetError(self.refusals.name, ordered[0][2])
        for _, line, why in ordered:
            self.refusals.add(line, why)
        for number in self._warm:
            begins[WARMTH].pop(number, None)
        self._named.__exit__(None, None, None)
        return {name: min(each.values()) for name, each in begins.items() if each}, last - first

    def _before(self, conn: Connection, begin: dict[str, int]) -> dict[str, quality.Before]:
        if self.given.kind != "observed":
            return {}
        found = {name: quality.before_file(conn, name, start) for name, start in begin.items()}
        return {name: each for name, each in found.items() if each is not None}

    def _compared(self, conn: Connection, spool: Spool, doubts: quality.Doubts) -> Iterator[Block]:
        done = 0
        observed = self.given.kind == "observed"
        for _, rows in spool.each():
            table = self._table(rows)
            for name in self._quantities:
                quality.as_neighbours(conn, table, name, observed=observed)
                doubts.add(table, name)
            self.filled |= set(np.unique(table.place[table.filled()]).tolist())
            yield from table.blocks()
            done += len(table.line)
            self._tell(2, done / spool.count)


def _hours_at_once(rows: int, span_s: int) -> int:
    """Return over how many hours neighbours are compared, so that memory holds them."""
    hours = span_s // HOUR_S + 1
    return int(min(_BLOCK_H, max(1, HELD * hours // max(1, rows))))
