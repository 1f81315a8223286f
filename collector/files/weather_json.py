"""Weather from a document of IPM Decisions (JSON): its places and hours to a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from collector.files.given import Given
from collector.files.judging import within_limits
from collector.files.places import Places, Position
from collector.files.table import HOUR_S, Rows, Table
from field_configs.events import Event, event
from models.exchange import ipmd_weather
from models.exchange.ipmd_parameters import chosen, unknown
from models.exchange.ipmd_weather import IpmWeatherError, Location, Weather
from models.sheets.refused import CellError, Refusals, SheetError
from models.sheets.text import read_text
from models.sheets.units import stated


def read_json(path: Path, given: Given, places: Places, refusals: Refusals) -> Table:
    """Read a weather document; a broken place, row or value is refused, the rest goes on.

    Parameters
    ----------
    path : Path
        The file.
    given : Given
        What was said about it.
    places : Places
        The register.
    refusals : Refusals
        What is refused goes there.

    Raises
    ------
    SheetError
        When it is no such document, or of another place than was said.
    """
    try:
        document = ipmd_weather.parse_weather(read_text(path))
    except IpmWeatherError as error:
        raise SheetError(f"{refusals.name}: {error.where}", error.event) from None
    for where, why in document.faults:
        refusals.add(where, why)
    for code in unknown(document.parameters):
        refusals.add("weatherParameters", event("parameter_unknown", code=code))
    sites = _sites(document, given, places, refusals.name)
    table = _table(document, list(sites), given, refusals)
    table.positions = sites
    table.notes += _unsound(document)
    within_limits(table, {name: stated(name, ()) for name in table.values}, refusals)
    return table


def _sites(document: Weather, given: Given, places: Places, file: str) -> dict[str, Position]:
    """Return id and position of each location, in their order."""
    found: dict[str, Position] = {}
    if given.place is not None and len(document.locations) > 1:
        raise SheetError(file, event("document_places", count=len(document.locations)))
    for location in document.locations:
        position = (location.longitude, location.latitude)
        if given.place is None:
            name = base = places.at(position)
            number = 1
            while name in found:
                # Several fields of a village stand at one position.
                number += 1
                name = f"{base} ({number})"
        else:
            try:
                name = places.for_document(given.place, position, new=given.new)
            except CellError as error:
                raise SheetError(file, error.event) from None
        found[name] = places.known.get(name, position)
    return found


def _unsound(document: Weather) -> Iterator[Event]:
    """Say which parameters failed a test of their maker; they are kept and not used."""
    for code in document.parameters:
        masks = {ipmd_weather.mask_of(document, place, code) for place in document.locations}
        for mask in sorted(mask for mask in masks if mask & ipmd_weather.UNSOUND):
            yield event("parameter_unsound", code=code, qc=mask)


def _table(document: Weather, names: list[str], given: Given, refusals: Refusals) -> Table:
    quantities = list(chosen(document.parameters))
    rows = Rows(quantities)
    bits: dict[str, list[NDArray[np.int16]]] = {q: [] for q in quantities}
    start = int(document.start.timestamp())

    def origin(line: int) -> str:
        number, hour = divmod(line, document.hours)
        return f"locationWeatherData[{document.locations[number].number}].data[{hour}]"

    times = []
    for hour in range(document.hours):
        time = start + hour * HOUR_S
        try:
            times.append((hour, time, given.issue_of(time, None)))
        except CellError as error:
            refusals.add(f"data[{hour}]", error.event)
    hours = [hour for hour, _, _ in times]
    for number, location in enumerate(document.locations):
        for hour, time, issued in times:
            rows.line.append(number * document.hours + hour)
            rows.time.append(time)
            rows.issued.append(issued)
            rows.place.append(number)
        _fill(rows, bits, document, location, hours)
    table = rows.done(names)
    table.origin = origin
    for name in quantities:
        table.qc[name] = np.concatenate(bits[name]) if bits[name] else table.qc[name]
    return table


def _fill(
    rows: Rows,
    bits: dict[str, list[NDArray[np.int16]]],
    document: Weather,
    location: Location,
    hours: list[int],
) -> None:
    for name, (values, qc) in ipmd_weather.values_of(document, location).items():
        rows.values[name].extend(values[hours].tolist())
        bits[name].append(qc[hours])
