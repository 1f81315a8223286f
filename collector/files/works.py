"""Field works from CSV: sprays and irrigations, every line taken in or named with what to mend.

Columns, in any order and in either language: ``field`` (地块), ``work`` (农事: spray or irrigation,
打药 or 浇水) and ``date`` (日期, local) are needed; ``product`` (药剂), ``target`` (防治对象),
``amount_mm`` (水量毫米, of an irrigation), ``done`` (yes/no; no takes a record back), ``observer``
and ``note`` may be left out. Fields are named by their id or their name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from math import isnan
from pathlib import Path

from collector.files.imported import Imported, Named, in_order
from collector.files.places import known_places
from collector.store.advice import ledger, works
from collector.store.advice.works import IRRIGATION, KINDS, FieldWork
from collector.store.network import registry
from collector.store.postgres.db import Connection
from field_configs.events import event
from field_configs.words import LANGUAGES, Words
from models.sheets import cells
from models.sheets.header import find_columns, unknown_columns
from models.sheets.lines import Sheet
from models.sheets.refused import CellError, Refusals
from models.weather.local_days import local_day

NEEDED = ("field", "work", "date")
COLUMNS = (*NEEDED, "product", "target", "amount", "done", "observer", "note")
#: More water than this at a time was not meant [mm]; provisional.
MOST_MM = 300.0


@dataclass(frozen=True)
class Known:
    """What a record may name: fields by id or name. `today` is the local date."""

    fields: frozenset[str]
    today: date
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Parsed:
    """Works of a file, and the lines that were refused."""

    works: tuple[FieldWork, ...]
    refused: Refusals


def import_works(conn: Connection, path: Path, at: datetime) -> Imported:
    """Take a file of field works in; what is refused is kept.

    Parameters
    ----------
    conn : Connection
    path : Path
    at : datetime
        Now, aware.

    Raises
    ------
    SheetError
        When nothing of the file can be taken in.
    """
    fields = frozenset(each.id for each in registry.fields(conn))
    names = {name: id_ for name, id_ in known_places(conn).names.items() if id_ in fields}
    parsed = parse_works(path, Known(fields, local_day(at), names))
    kept = works.put(conn, parsed.works, at)
    refused = (*parsed.refused, *kept.contradicting)
    ledger.put_refused(conn, "works", refused, at)
    return Imported(
        kept.new,
        Named.all(kept.corrected),
        Named.all(kept.same),
        Named(len(parsed.refused) + len(kept.contradicting), in_order(refused)),
    )


def parse_works(path: Path, known: Known) -> Parsed:
    """Parse works; a broken line is refused with its place and reason, the rest goes on.

    Parameters
    ----------
    path : Path
        The file, its first line the names of the columns.
    known : Known
        What records may name.

    Raises
    ------
    SheetError
        When the first line does not name the needed columns, or no line follows.
    """
    sheet = Sheet(path)
    refused = Refusals(sheet.name)
    header = find_columns(sheet, COLUMNS, NEEDED)
    for why in unknown_columns(header, COLUMNS):
        refused.add(sheet.number, why, ", ".join(sheet.header))
    kinds = {cells.name(Words.load(each).text(f"work.{k}")): k for each in LANGUAGES for k in KINDS}
    found: list[FieldWork] = []
    for record in sheet.records(refused):
        row = {column: record.cells[at].strip() for column, at in header.place.items()}
        try:
            found.append(_work(row, f"{sheet.name}:{record.number}", known, kinds))
        except CellError as error:
            refused.add(record.number, error.event, record.raw)
    return Parsed(tuple(found), refused)


def _work(row: Mapping[str, str], origin: str, known: Known, kinds: Mapping[str, str]) -> FieldWork:
    kind = cells.known_id(row["work"], "work", KINDS, kinds)
    return FieldWork(
        field=cells.known_id(row["field"], "field", known.fields, known.names),
        kind=kind,
        date=cells.day(row["date"], "date", known.today),
        recorded_by=cells.new_name(row.get("observer", ""), "observer"),
        done=cells.yes(row.get("done", "") or "yes", "done"),
        product=cells.new_name(row.get("product", ""), "product"),
        target=cells.new_name(row.get("target", ""), "target"),
        amount_mm=_amount(row.get("amount", ""), kind),
        note=cells.note(row.get("note", ""), "note"),
        origin=origin,
    )


def _amount(text: str, kind: str) -> float | None:
    value = cells.number(text, "amount")
    if isnan(value):
        return None
    if kind != IRRIGATION:
        raise CellError(event("work_amount", value=text))
    if not 0 < value <= MOST_MM:
        raise CellError(event("work_water", value=text, most=f"{MOST_MM:g}"))
    return value
