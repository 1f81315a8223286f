"""Weather from files: forecasts and other stations' observations, as CSV or IPM Decisions JSON.

CSV columns, in any order: ``place`` (a village's or field's id, or the name of a station or grid
point, then with ``longitude`` and ``latitude``), ``time`` (start of the hour, with its zone),
any quantities of the vocabulary in their units (``air_temperature`` in degC ...), and for a
forecast ``issued``. UTF-8. An empty cell is a value that is not there.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from collector.files.scouting import Imported, LineError, ScoutingFileError, decode
from collector.store import ledger, registry, weather
from collector.store.db import Connection
from collector.store.ledger import Refused
from collector.store.weather import Kind, WeatherValue
from firmware.wire.quantities import QUANTITIES, by_name, nearest
from models.exchange import ipmd_weather
from models.weather.dataset import MOVED

HOUR = timedelta(hours=1)
#: No forecast tells more than this, and an hour so long before its issue was not forecast.
LONGEST, LEAST = timedelta(days=16), timedelta(days=1)
NEEDED = ("place", "time")
PLAIN = (*NEEDED, "issued", "longitude", "latitude")
Position = tuple[float, float]


class WeatherFileError(ValueError):
    """Nothing of a file can be taken in."""


@dataclass(frozen=True)
class Given:
    """What the command says about a file: its kind, whose it is, when it was issued, its place."""

    kind: Kind
    source: str
    now: datetime
    issued: datetime | None = None
    place: str | None = None


@dataclass(frozen=True)
class Parsed:
    """Values of a file, the positions of their places, and what was refused.

    `origins` names the place in the file of each line that values refer to.
    """

    values: tuple[WeatherValue, ...]
    positions: Mapping[str, Position]
    origins: Mapping[int, str]
    refused: tuple[Refused, ...]


def import_weather(conn: Connection, path: Path, given: Given) -> Imported:
    """Take a file of weather in; what is refused is named, kept and passed over.

    Parameters
    ----------
    conn : Connection
    path : Path
        ``.json`` is read as IPM Decisions weather, anything else as CSV.
    given : Given

    Raises
    ------
    WeatherFileError
        When nothing of the file can be taken in.
    """
    parse = parse_json if path.suffix.lower() == ".json" else parse_csv
    try:
        text = decode(path.read_bytes(), path.name)
    except ScoutingFileError as error:
        raise WeatherFileError(str(error)) from None
    parsed = parse(text, path.name, given, known_places(conn))
    put = weather.put_values(
        conn, given.kind, given.source, parsed.positions, parsed.values, given.now
    )
    refused = list(parsed.refused)
    for line, against in put.contradicting.items():
        reason = (
            f"{against.quantity} {against.value:g} contradicts {against.there:g}, which is there "
            f"for the same place and hour and stays; mend one, or import it under another --source"
        )
        refused.append(Refused(parsed.origins[line], reason, ""))
    ledger.put_refused(conn, given.kind, refused, given.now)
    lines = {value.line for value in parsed.values}
    there = sorted(lines - put.new - set(put.contradicting))
    same = tuple(Refused(parsed.origins[n], "the same values are there already", "") for n in there)
    return Imported(len(put.new), same, tuple(refused))


def known_places(conn: Connection) -> dict[str, Position]:
    """Return the position of every village, field and place of weather, by id."""
    villages = {v.id: (v.longitude, v.latitude) for v in registry.villages(conn)}
    fields = {f.id: villages[f.village] for f in registry.fields(conn)}
    return weather.places(conn) | villages | fields


def parse_csv(text: str, name: str, given: Given, known: Mapping[str, Position]) -> Parsed:
    """Parse weather; a broken line is refused with its place and reason, the rest goes on.

    Raises
    ------
    WeatherFileError
        When the first line does not name the needed columns, or one that does not exist.
    """
    lines = text.splitlines()
    header = _header(lines[0] if lines else "", name)
    positions = dict(known)
    values: list[WeatherValue] = []
    refused: list[Refused] = []
    for number, raw in enumerate(lines[1:], start=2):
        if not raw.strip():
            continue
        try:
            found = list(_values(_row(raw, header), number, given, positions))
            if not found:
                raise LineError("no value in it; fill in a quantity, or leave the line out")
            values.extend(found)
        except LineError as error:
            refused.append(Refused(f"{name}:{number}", str(error), raw.replace("\0", "\\0")))
    origins = {value.line: f"{name}:{value.line}" for value in values}
    return Parsed(tuple(values), positions, origins, tuple(refused))


def _header(line: str, name: str) -> list[str]:
    header = [cell.strip().lower() for cell in next(csv.reader([line]), [])]
    quantities = [row.name for row in QUANTITIES]
    missing = [column for column in NEEDED if column not in header]
    if missing:
        raise WeatherFileError(
            f"{name}:1: no column {', '.join(missing)}; the first line names the columns"
        )
    for column in header:
        if column not in (*PLAIN, *quantities):
            raise WeatherFileError(
                f'{name}:1: unknown quantity "{column}"{_hint(column, quantities)}'
            )
        if header.count(column) > 1:
            raise WeatherFileError(f'{name}:1: column "{column}" comes twice; leave one out')
    if not set(header) & set(quantities):
        raise WeatherFileError(f"{name}:1: no quantity; add a column such as air_temperature")
    return header


def _hint(word: str, words: Sequence[str]) -> str:
    near = nearest(word, words) if words else None
    return f' (did you mean "{near}"?)' if near else ""


def _row(raw: str, header: Sequence[str]) -> dict[str, str]:
    try:
        cells = next(csv.reader([raw], strict=True))
    except csv.Error as error:
        raise LineError(f"not CSV ({error}); close quotes") from None
    if len(cells) != len(header):
        raise LineError(
            f"{len(cells)} cells under {len(header)} columns; give a dot as the decimal sign, "
            "and leave a cell empty where there is no value"
        )
    return dict(zip(header, (cell.strip() for cell in cells), strict=True))


def _values(
    row: Mapping[str, str], line: int, given: Given, positions: dict[str, Position]
) -> Iterator[WeatherValue]:
    time = _moment(row["time"], "time")
    issued = _moment(row["issued"], "issued") if row.get("issued") else given.issued
    issued = check_times(time, issued, given)
    place = _place(row, positions)
    for row_of in QUANTITIES:
        text = row.get(row_of.name, "")
        if text:
            value = check_value(row_of.name, _number(text, row_of.name))
            yield WeatherValue(line, place, row_of.name, time, issued, value)


def _moment(text: str, what: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LineError(f'{what} "{text}" is no time; write 2016-05-01T08:00+08:00') from None
    if moment.tzinfo is None:
        raise LineError(f'{what} "{text}" has no time zone; write 2016-05-01T08:00+08:00, or Z')
    return moment.astimezone(UTC)


def check_times(time: datetime, issued: datetime | None, given: Given) -> datetime:
    """Return when a value was issued: the end of its hour where it was observed.

    Raises
    ------
    LineError
        When the times cannot be: not a whole hour, an observation of the future, a forecast
        that is not made yet or does not reach so far.
    """
    if time.timestamp() % 3600:
        raise LineError(f"time {time.isoformat()} is not the start of an hour; give hourly values")
    if given.kind == "observed":
        if time + HOUR > given.now:
            raise LineError(
                f"time {time.isoformat()} is not over yet (now {given.now.isoformat()}); "
                "what is not measured yet is imported with --kind forecast"
            )
        return time + HOUR
    issued = issued or given.now
    if issued > given.now:
        raise LineError(
            f"issued {issued.isoformat()} lies in the future (now {given.now.isoformat()})"
        )
    if not -LEAST <= time - issued <= LONGEST:
        raise LineError(
            f"time {time.isoformat()} lies outside what a forecast issued {issued.isoformat()} "
            f"tells (from {LEAST.days} d before to {LONGEST.days} d after); mend one of them"
        )
    return issued


def _place(row: Mapping[str, str], positions: dict[str, Position]) -> str:
    place, texts = row["place"], (row.get("longitude", ""), row.get("latitude", ""))
    if not place:
        raise LineError("no place; give a village's id or a station's name")
    if not all(texts):
        if place not in positions:
            raise LineError(
                f'unknown place "{place}"{_hint(place, sorted(positions))}; give a village\'s or '
                "field's id, or longitude and latitude too"
            )
        return place
    longitude, latitude = _number(texts[0], "longitude"), _number(texts[1], "latitude")
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise LineError(f"longitude {longitude:g}, latitude {latitude:g}: no place on Earth")
    there = positions.setdefault(place, (longitude, latitude))
    if max(abs(there[0] - longitude), abs(there[1] - latitude)) > MOVED:
        raise LineError(
            f"{place} stands at {there[0]:g}, {there[1]:g}, not at {longitude:g}, {latitude:g}; "
            "a station that moved gets a new name"
        )
    return place


def _number(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise LineError(f'{what} "{text}" is no number; leave the cell empty where there is none')
    return value


def check_value(quantity: str, value: float) -> float:
    """Return a value that its quantity can have.

    Raises
    ------
    LineError
        When it is outside the vocabulary's range.
    """
    row = by_name(quantity)
    if not row.low <= value <= row.high:
        raise LineError(
            f"{quantity} {value:g} {row.unit} is out of range ({row.low:g} to {row.high:g}); "
            "check the unit, or leave the cell empty"
        )
    return value


def parse_json(text: str, name: str, given: Given, known: Mapping[str, Position]) -> Parsed:
    """Parse a weather document of IPM Decisions; a broken value is refused, the rest goes on.

    Raises
    ------
    WeatherFileError
        When it is no such document.
    """
    try:
        document = ipmd_weather.parse_weather(text)
    except ipmd_weather.IpmWeatherError as error:
        raise WeatherFileError(f"{name}: {error}") from None
    positions, sites = dict(known), []
    for i, location in enumerate(document.locations):
        site = given.place or f"{location.longitude:.4f},{location.latitude:.4f}"
        where = (location.longitude, location.latitude)
        there = positions.setdefault(site, where)
        if i and given.place:
            raise WeatherFileError(
                f"{name}: {len(document.locations)} places in it, so --place can name none of "
                "them; leave it out"
            )
        if given.place is None and there != where:
            raise WeatherFileError(f"{name}: locationWeatherData[{i}]: {site} stands elsewhere")
        sites.append(site)
    refused = [
        Refused(
            f"{name}: weatherParameters",
            f"parameter {code} has no quantity in the vocabulary; it is left out",
            str(code),
        )
        for code in ipmd_weather.unknown(document.parameters)
    ]
    values, origins = _json_values(document, sites, name, given, refused)
    return Parsed(tuple(values), positions, origins, tuple(refused))


def _json_values(
    document: ipmd_weather.Weather,
    sites: Sequence[str],
    name: str,
    given: Given,
    refused: list[Refused],
) -> tuple[list[WeatherValue], dict[int, str]]:
    columns = ipmd_weather.chosen(document.parameters)
    values: list[WeatherValue] = []
    origins: dict[int, str] = {}
    for number, (site, location) in enumerate(zip(sites, document.locations, strict=True)):
        for hour, row in enumerate(location.data):
            line = number * document.hours + hour
            time = document.start + hour * HOUR
            origins[line] = f"{name}: locationWeatherData[{number}].data[{hour}]"
            try:
                issued = check_times(time, given.issued, given)
            except LineError as error:
                refused.append(Refused(origins[line], str(error), ""))
                continue
            for quantity, parameter in columns.items():
                column = document.parameters.index(parameter.code)
                if math.isnan(row[column]):
                    continue
                qc = max(document.qc[column], ipmd_weather.UNTESTED)
                try:
                    value = check_value(quantity, float(row[column]) * parameter.factor)
                except LineError as error:
                    refused.append(Refused(f"{origins[line]}[{column}]", str(error), ""))
                    continue
                values.append(WeatherValue(line, site, quantity, time, issued, value, qc))
    return values, origins
