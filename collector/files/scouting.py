"""Scouting reports and answers from CSV: every line is taken in, or named with what to mend.

Columns, in any order: ``field``, ``hazard``, ``date`` (YYYY-MM-DD, local) and ``found`` (yes/no,
是/否, 1/0) are needed; ``crop``, ``treated`` (yes/no), ``severity`` (per cent), ``source``
(scouting or answer), ``observer`` and ``note`` may be left out. UTF-8.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from collector.store import ledger, registry
from collector.store.db import Connection
from collector.store.ledger import Refused, ScoutingReport
from field_configs.load import load
from field_configs.schema import Season
from firmware.wire.quantities import nearest
from models.hazards.catalogue import catalogue
from models.risk.hazard import Hazard
from models.weather.local_days import local_day

NEEDED = ("field", "hazard", "date", "found")
COLUMNS = (*NEEDED, "crop", "treated", "severity", "source", "observer", "note")
YES, NO = ("yes", "y", "true", "1", "是", "有"), ("no", "n", "false", "0", "否", "无")
SOURCES = ("scouting", "answer")


class ScoutingFileError(ValueError):
    """Nothing of a file can be taken in."""


class LineError(ValueError):
    """A line cannot be taken in."""


@dataclass(frozen=True)
class Known:
    """What a report may name: fields, hazards, what was sown, and how long crops stand at most.

    `today` is the local date; a report cannot be of a later one.
    """

    fields: frozenset[str]
    hazards: Mapping[str, Hazard]
    seasons: Sequence[Season]
    longest_days: Mapping[str, int]
    today: date


@dataclass(frozen=True)
class Parsed:
    """Reports of a file, and the lines that were refused."""

    reports: tuple[ScoutingReport, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True)
class Imported:
    """What became of a file: lines taken in, lines that were there already, lines refused."""

    new: int
    same: tuple[Refused, ...]
    refused: tuple[Refused, ...]


def import_scouting(conn: Connection, path: Path, at: datetime) -> Imported:
    """Take a file of reports in and reckon the skill ledger anew; refused lines are kept too.

    Parameters
    ----------
    conn : Connection
    path : Path
    at : datetime
        Now, aware.

    Raises
    ------
    ScoutingFileError
        When nothing of the file can be taken in.
    """
    crops = load(site=None).crops
    known = Known(
        frozenset(field.id for field in registry.fields(conn)),
        catalogue(),
        [season for season in registry.seasons(conn) if season.crop in crops],
        {crop.id: crop.longest_days for crop in crops.values()},
        local_day(at),
    )
    parsed = parse_scouting(decode(path.read_bytes(), path.name), path.name, known)
    kept = ledger.put_reports(conn, parsed.reports, at)
    refused = sorted((*parsed.refused, *kept.contradicting), key=_line)
    ledger.put_refused(conn, "scouting", refused, at)
    ledger.update(conn, catalogue(), at)
    return Imported(kept.new, kept.same, tuple(refused))


def _line(refused: Refused) -> int:
    return int(refused.origin.rpartition(":")[2])


def decode(content: bytes, name: str) -> str:
    """Turn a file's bytes into text.

    Raises
    ------
    ScoutingFileError
        When it is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ScoutingFileError(
            f'{name}:{line}: not UTF-8; save it again as "CSV UTF-8" (Excel: Save as)'
        ) from None


def parse_scouting(text: str, name: str, known: Known) -> Parsed:
    """Parse reports; a broken line is refused with its place and reason, the rest goes on.

    Parameters
    ----------
    text : str
        Text of the file, its first line the names of the columns.
    name : str
        Name of the file, for messages.
    known : Known
        What reports may name.

    Raises
    ------
    ScoutingFileError
        When the first line does not name the needed columns, or one that does not exist.
    """
    lines = _lines(text)
    first = next(lines, None)
    if first is None:
        raise ScoutingFileError(f"{name}:1: empty; its first line names {', '.join(NEEDED)}")
    header = _header(first[1], name)
    reports, refused = [], []
    for number, cells, raw, broken in lines:
        origin = f"{name}:{number}"
        try:
            if broken:
                raise LineError(broken)
            reports.append(_report(_row(cells, header), origin, known))
        except LineError as error:
            refused.append(Refused(origin, str(error), raw.replace("\0", "\\0")))
    return Parsed(tuple(reports), tuple(refused))


def _lines(text: str) -> Iterator[tuple[int, list[str], str, str]]:
    """Yield where each record begins, its cells, its text, and what is broken about it."""
    kept = io.StringIO(text, newline="").readlines()
    start, begin = 0, 0
    reader = csv.reader(kept, strict=True)
    while True:
        cells, broken = [], ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            broken = f"not CSV ({error}); close quotes, and double a quote inside a cell"
        end = start + reader.line_num
        if broken:
            # An open quote swallows the lines that follow: they are read again on their own.
            end = start = begin + 1
            reader = csv.reader((kept[i] for i in range(start, len(kept))), strict=True)
        raw = "".join(kept[begin:end]).rstrip("\r\n")
        if broken or any(cell.strip() for cell in cells):
            yield begin + 1, cells, raw, broken
        begin = end


def _header(cells: Sequence[str], name: str) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    for column in header:
        if column not in COLUMNS:
            raise ScoutingFileError(
                f'{name}:1: unknown column "{column}"{_hint(column, COLUMNS)}; columns: '
                f"{', '.join(COLUMNS)}"
            )
        if header.count(column) > 1:
            raise ScoutingFileError(f'{name}:1: column "{column}" comes twice; leave one out')
    missing = [column for column in NEEDED if column not in header]
    if missing:
        raise ScoutingFileError(
            f"{name}:1: no column {', '.join(missing)}; the first line names the columns"
        )
    return header


def _hint(word: str, words: Sequence[str]) -> str:
    near = nearest(word, words) if words else None
    return f' (did you mean "{near}"?)' if near else ""


def _row(cells: Sequence[str], header: Sequence[str]) -> dict[str, str]:
    if len(cells) != len(header):
        raise LineError(
            f"{len(cells)} cells under {len(header)} columns; quote a cell that holds a comma"
        )
    if any("\0" in cell for cell in cells):
        raise LineError("holds a NUL character; take it out")
    return dict(zip(header, (cell.strip() for cell in cells), strict=True))


def _report(row: Mapping[str, str], origin: str, known: Known) -> ScoutingReport:
    site = _one_of(row["field"], "field", sorted(known.fields))
    hazard = _one_of(row["hazard"], "hazard", sorted(known.hazards))
    day = _day(row["date"], known.today)
    season = _season(site, row.get("crop", ""), day, known.hazards[hazard], known)
    source = row.get("source", "") or SOURCES[0]
    return ScoutingReport(
        site=site,
        crop=season.crop,
        hazard=hazard,
        season=season.sown.year,
        date=day,
        found=_yes(row["found"], "found"),
        treated=_yes(row.get("treated", "") or NO[0], "treated"),
        severity=_severity(row.get("severity", "")),
        source=_one_of(source, "source", SOURCES),
        observer=row.get("observer", ""),
        note=row.get("note", ""),
        origin=origin,
    )


def _one_of(word: str, what: str, words: Sequence[str]) -> str:
    if word not in words:
        raise LineError(f'unknown {what} "{word}"{_hint(word, words)}')
    return word


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise LineError(f'date "{text}" is no day; write it as 2016-05-08') from None
    if day > today:
        raise LineError(f"date {day} lies in the future (today is {today}); mend the date")
    return day


def _yes(text: str, what: str) -> bool:
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise LineError(f'{what} "{text}" is neither yes nor no; write yes or no (是 or 否)')


def _severity(text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        raise LineError(f'severity "{text}" is no number; give per cent, or leave it out') from None
    if not 0 <= value <= 100:
        raise LineError(f"severity {text} is not within 0..100 per cent; mend it")
    return value


def _season(site: str, crop: str, day: date, hazard: Hazard, known: Known) -> Season:
    """Find what stood in the field on that day and can have the hazard."""
    crops = sorted(hazard.crops)
    if crop and crop not in crops:
        raise LineError(
            f'{hazard.id} is no hazard of "{crop}"{_hint(crop, crops)}; it is one of '
            f"{', '.join(crops)}"
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
        raise LineError(
            f"field {site} had no {crop or ' or '.join(crops)} on {day}; enter what was sown "
            "(nongqing sites import), then import this line again"
        )
    return max(standing, key=lambda s: s.sown)
