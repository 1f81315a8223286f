"""Weather from files into the store: forecasts and other stations' observations.

CSV (`collector.files.weather_csv`) or a document of IPM Decisions (`weather_json`); both become
one table, which is judged as a whole, checked like nodes' readings and kept as one delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np

from collector.files.counted import Lines
from collector.files.given import Given
from collector.files.imported import Imported, Named
from collector.files.judging import judge
from collector.files.places import Position, known_places
from collector.files.quality import mark
from collector.files.streamed import Progress, Streamed
from collector.files.table import Table
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


def import_weather(
    conn: Connection, path: Path, given: Given, progress: Progress | None = None
) -> Imported:
    """Take a file of weather in; what is refused is named, kept and passed over.

    Parameters
    ----------
    conn : Connection
    path : Path
        A JSON document, or CSV.
    given : Given
    progress : callable, optional
        Is told the share of the work that is done; of a document nothing.

    Raises
    ------
    SheetError
        When nothing of the file can be taken in.
    """
    refusals = Refusals(file_name(path))
    places = known_places(conn)
    before = frozenset(places.known)
    if is_document(path):
        return keep(conn, read_json(path, given, places, refusals), given, refusals, before)
    with closing(Streamed(path, given, places, refusals, progress)) as streamed:
        streamed.read()
        return _keep_streamed(conn, streamed, given, refusals, before)


def _keep_streamed(
    conn: Connection, streamed: Streamed, given: Given, refusals: Refusals, before: frozenset[str]
) -> Imported:
    where, blocks = streamed.positions, streamed.blocks(conn)
    put = weather.put_blocks(
        conn, given.kind, given.source, where, blocks, given.now, refusals.name
    )
    streamed.told(1.0)
    names = {streamed.names[number] for number in streamed.filled}
    notes = [*streamed.notes, *_of_places(names, where, before)]
    return _imported(conn, given, put, refusals, notes, streamed.repeats)


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
    judge(table, refusals)
    table.notes += mark(conn, table, refusals.name, observed=given.kind == "observed")
    where, blocks = table.positions, table.blocks()
    put = weather.put_blocks(
        conn, given.kind, given.source, where, blocks, given.now, refusals.name
    )
    names = {table.names[i] for i in np.unique(table.place[table.filled()]).tolist()}
    notes = [*table.notes, *_of_places(names, where, before)]
    repeats = Lines()
    repeats.add(table.repeats)
    return _imported(conn, given, put, refusals, notes, repeats, table.origin)


def _of_places(
    names: Iterable[str], positions: Mapping[str, Position], before: frozenset[str]
) -> Iterator[Event]:
    """Say which stations are new: a name that was mistyped shows there."""
    for place in sorted(names):
        if place not in before:
            east, north = positions[place]
            yield event("station_new", place=place, longitude=east, latitude=north)


def _imported(
    conn: Connection,
    given: Given,
    put: Put,
    refusals: Refusals,
    notes: list[Event],
    repeats: Lines,
    origin: Callable[[int], int | str] = int,
) -> Imported:
    name = refusals.name
    ledger.put_refused(conn, given.kind, refusals, given.now)
    if put.overtaken:
        notes.append(event("forecast_overtaken", count=put.overtaken))

    def line(number: int, why: Event) -> Refused:
        place = origin(number)
        return Refused(f"{name}{':' if isinstance(place, int) else ': '}{place}", why)

    there = sorted({*put.lines_there, *repeats.least})[:MOST_NAMED]
    return Imported(
        put.new,
        Named(put.corrected, tuple(line(each.line, _correction(each)) for each in put.corrections)),
        Named(put.same + repeats.total, tuple(line(n, event("values_there")) for n in there)),
        Named(len(refusals), tuple(refusals)),
        tuple(Refused(name, why) for why in notes),
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
