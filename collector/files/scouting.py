"""Scouting reports and answers from CSV: every line is taken in, or named with what to mend.

Columns, in any order and in either language: ``field`` (地块), ``hazard`` (病虫害), ``date``
(日期, local) and ``found`` (是否发现: yes/no, 是/否, 有/无, 1/0) are needed; ``crop``, ``treated``
(yes/no), ``severity`` (per cent), ``source`` (scouting or answer), ``observer`` and ``note`` may be
left out. Fields, hazards and crops are named by their id or their name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from collector.files.imported import Imported, Named, in_order
from collector.files.places import known_places
from collector.store.advice import ledger
from collector.store.advice.ledger import ScoutingReport
from collector.store.network import registry
from collector.store.postgres.db import Connection
from field_configs.events import event
from field_configs.load import load
from field_configs.reading import nearest
from field_configs.schema import Season
from field_configs.words import LANGUAGES, Words
from models.hazards.catalogue import catalogue
from models.risk.hazard import Hazard
from models.sheets import cells
from models.sheets.header import find_columns, unknown_columns
from models.sheets.lines import Sheet
from models.sheets.refused import CellError, Refusals
from models.weather.local_days import local_day

NEEDED = ("field", "hazard", "date", "found")
COLUMNS = (*NEEDED, "crop", "treated", "severity", "source", "observer", "note")
SOURCES = ("scouting", "answer")


@dataclass(frozen=True)
class Known:
    """What a report may name: fields, hazards, what was sown, and how long crops stand at most.

    `today` is the local date; a report cannot be of a later one. `names` holds other names of
    fields, hazards and crops, each of one alone.
    """

    fields: frozenset[str]
    hazards: Mapping[str, Hazard]
    seasons: Sequence[Season]
    longest_days: Mapping[str, int]
    today: date
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Parsed:
    """Reports of a file, and the lines that were refused."""

    reports: tuple[ScoutingReport, ...]
    refused: Refusals


def import_scouting(conn: Connection, path: Path, at: datetime) -> Imported:
    """Take a file of reports in and bring the skill ledger up to date; what is refused is kept.

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
    known = known_now(conn, at)
    parsed = parse_scouting(path, known)
    kept = ledger.put_reports(conn, parsed.reports, at)
    refused = (*parsed.refused, *kept.contradicting)
    ledger.put_refused(conn, "scouting", refused, at)
    ledger.update(conn, catalogue(), at)
    return Imported(
        kept.new,
        Named.all(kept.corrected),
        Named.all(kept.same),
        Named(len(parsed.refused) + len(kept.contradicting), in_order(refused)),
    )


def known_now(conn: Connection, at: datetime) -> Known:
    """Return what a report may name now (aware)."""
    crops = load(site=None).crops
    fields = frozenset(field.id for field in registry.fields(conn))
    return Known(
        fields,
        catalogue(),
        [season for season in registry.seasons(conn) if season.crop in crops],
        {crop.id: crop.longest_days for crop in crops.values()},
        local_day(at),
        names_of_kinds(catalogue(), crops)
        | {name: id_ for name, id_ in known_places(conn).names.items() if id_ in fields},
    )


def names_of_kinds(hazards: Mapping[str, Hazard], crops: Mapping[str, object]) -> dict[str, str]:
    """Return the id of each name of a hazard or crop in words, where one alone has it."""
    found: dict[str, set[str]] = {}
    for words in map(Words.load, LANGUAGES):
        for id_ in hazards:
            found.setdefault(cells.name(words.text(f"hazard.{id_}.name")), set()).add(id_)
        for id_ in crops:
            found.setdefault(cells.name(words.text(f"crop.{id_}")), set()).add(id_)
    return {name: ids.pop() for name, ids in found.items() if len(ids) == 1}


def parse_scouting(path: Path, known: Known) -> Parsed:
    """Parse reports; a broken line is refused with its place and reason, the rest goes on.

    Parameters
    ----------
    path : Path
        The file, its first line the names of the columns.
    known : Known
        What reports may name.

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
    reports: list[ScoutingReport] = []
    for record in sheet.records(refused):
        row = {column: record.cells[at].strip() for column, at in header.place.items()}
        try:
            reports.append(report_of(row, f"{sheet.name}:{record.number}", known))
        except CellError as error:
            refused.add(record.number, error.event, record.raw)
    return Parsed(tuple(reports), refused)


def report_of(row: Mapping[str, str], origin: str, known: Known) -> ScoutingReport:
    """Read one report.

    Parameters
    ----------
    row : mapping
        Its cells by column.
    origin : str
        Where it stood.
    known : Known
        What it may name.

    Raises
    ------
    CellError
        When it cannot be taken in.
    """
    site = cells.known_id(row["field"], "field", known.fields, known.names)
    hazard = cells.known_id(row["hazard"], "hazard", known.hazards, known.names)
    day = cells.day(row["date"], "date", known.today)
    season = _season(site, row.get("crop", ""), day, known.hazards[hazard], known)
    source = row.get("source", "") or SOURCES[0]
    return ScoutingReport(
        site=site,
        crop=season.crop,
        hazard=hazard,
        season=season.sown.year,
        date=day,
        found=cells.yes(row["found"], "found"),
        treated=cells.yes(row.get("treated", "") or "no", "treated"),
        severity=_severity(row.get("severity", "")),
        source=cells.known_id(source, "source", SOURCES),
        observer=cells.new_name(row.get("observer", ""), "observer"),
        note=cells.note(row.get("note", ""), "note"),
        origin=origin,
    )


def _severity(text: str) -> float | None:
    value = cells.number(cells.narrow(text).removesuffix("%"), "severity")
    if value != value:  # NaN: not given
        return None
    if not 0 <= value <= 100:
        raise CellError(event("cell_no_share", column="severity", value=text))
    return value


def _season(site: str, crop: str, day: date, hazard: Hazard, known: Known) -> Season:
    """Find what stood in the field on that day and can have the hazard."""
    crops = sorted(hazard.crops)
    if crop:
        crop = known.names.get(cells.name(crop), cells.name(crop))
    if crop and crop not in crops:
        raise CellError(
            event(
                "report_other_crop",
                hazard=hazard.id,
                crop=crop,
                crops=", ".join(crops),
                near=nearest(crop, crops),
            )
        )
    standing = [
        s
        for s in known.seasons
        if s.field == site
        and s.crop in crops
        and (not crop or s.crop == crop)
        and s.sown <= day <= (s.harvested or s.sown + timedelta(known.longest_days[s.crop]))
    ]
    if not standing:
        raise CellError(
            event("report_no_crop", field=site, crop=crop or " or ".join(crops), day=str(day))
        )
    return max(standing, key=lambda s: s.sown)
