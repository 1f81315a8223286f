"""Weather from files into the store: forecasts and other stations' observations.

CSV (`collector.files.weather_csv`) or a document of IPM Decisions (`weather_json`); both become
one table, which is judged as a whole, checked like nodes' readings and kept as one delivery.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from collector.files.given import Given
from collector.files.imported import Imported, Named
from collector.files.judging import judge
from collector.files.places import known_places
from collector.files.quality import mark
from collector.files.table import Table
from collector.files.weather_csv import read_csv
from collector.files.weather_json import read_json
from collector.store.advice import ledger
from collector.store.measured import weather
from collector.store.measured.weather import Correction, Put
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from models.sheets.refused import MOST_NAMED, Refusals, Refused, file_name


def is_document(path: Path) -> bool:
    """Tell whether a file is a JSON document, by its name or its first character."""
    if path.suffix.lower() == ".json":
        return True
    with path.open("rb") as stream:
        return stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def import_weather(conn: Connection, path: Path, given: Given) -> Imported:
    """Take a file of weather in; what is refused is named, kept and passed over.

    Parameters
    ----------
    conn : Connection
    path : Path
        A JSON document, or CSV.
    given : Given

    Raises
    ------
    SheetError
        When nothing of the file can be taken in.
    """
    name = file_name(path)
    refusals = Refusals(name)
    places = known_places(conn)
    before = frozenset(places.known)
    table = (read_json if is_document(path) else read_csv)(path, given, places, refusals)
    return keep(conn, table, given, refusals, before)


def keep(
    conn: Connection, table: Table, given: Given, refusals: Refusals, before: frozenset[str]
) -> Imported:
    """Judge a table as a whole, set its quality bits and keep it as one delivery.

    Parameters
    ----------
    conn : Connection
    table : Table
        With values within limits.
    given : Given
    refusals : Refusals
        Of its file or answer; its name is the delivery's.
    before : frozenset of str
        Places that were known before.

    Raises
    ------
    SheetError
        When nothing of it can be taken in.
    """
    name = refusals.name
    judge(table, refusals)
    table.notes += mark(conn, table, name, observed=given.kind == "observed")
    put = weather.put_values(
        conn, given.kind, given.source, table.positions, table.each(), given.now, name
    )
    ledger.put_refused(conn, given.kind, refusals, given.now)
    notes = [Refused(name, why) for why in (*table.notes, *_of_places(table, before))]
    if put.overtaken:
        notes.append(Refused(name, event("forecast_overtaken", count=put.overtaken)))
    return _imported(name, table, put, refusals, notes)


def _of_places(table: Table, before: frozenset[str]) -> Iterator[Event]:
    """Say which stations are new: a name that was mistyped shows there."""
    for place in sorted({table.names[i] for i in set(table.place[table.filled()].tolist())}):
        if place not in before:
            east, north = table.positions[place]
            yield event("station_new", place=place, longitude=east, latitude=north)


def _imported(
    name: str, table: Table, put: Put, refusals: Refusals, notes: list[Refused]
) -> Imported:
    def line(number: int, why: Event) -> Refused:
        place = table.origin(number)
        return Refused(f"{name}{':' if isinstance(place, int) else ': '}{place}", why)

    there = sorted({*put.lines_there, *table.repeats})[:MOST_NAMED]
    return Imported(
        put.new,
        Named(put.corrected, tuple(line(each.line, _correction(each)) for each in put.corrections)),
        Named(put.same + len(table.repeats), tuple(line(n, event("values_there")) for n in there)),
        Named(len(refusals), tuple(refusals)),
        tuple(notes),
    )


def _correction(found: Correction) -> Event:
    return event(
        "value_corrected",
        quantity=found.quantity,
        place=found.place,
        time=found.time,
        value=found.value,
        before=found.before,
        source=found.source,
        received=found.received,
    )
