"""Weather as IPM Decisions exchanges it: JSON in and out, with quality bits.

Parameter codes are those of its draft list of weather parameters (version 2); hours are labelled
by their start. Codes are kept as they came, so that a document that is read and written again
says the same; `values_of` and `from_dataset` translate between codes and the vocabulary of
``firmware.wire.quantities`` by the one table `models.exchange.ipmd_parameters`.

References
----------
IPM Decisions formats, weather_data_standard_example.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from field_configs.events import Event, event
from models.exchange.ipmd_parameters import PARAMETERS, chosen
from models.sheets import cells
from models.sheets.refused import CellError
from models.weather.dataset import Array, moment_of

HOUR_S = 3600
#: QC of IPM Decisions: -1 and 0 say that nothing was tested, 1 and 2 what was, 4 and more that a
#: test failed; a value with such a bit is not sound.
UNTESTED, TESTED, ALL = 0, 1 | 2, 255
UNSOUND = ALL & ~TESTED


class IpmWeatherError(ValueError):
    """A weather document cannot be read: `where` in it, and why (`event`)."""

    def __init__(self, where: str, why: Event) -> None:
        self.where, self.event = where, why
        super().__init__(where, why)

    def __str__(self) -> str:
        return f"{self.where}: {self.event}"


@dataclass(frozen=True)
class Location:
    """Hours of one place: values (hour, parameter) with NaN for none, in the codes' units.

    ``qc`` has one bitmask per parameter for this place alone, beside that of the document;
    ``number`` is its place in the document.
    """

    longitude: float
    latitude: float
    altitude: float | None
    data: Array
    qc: tuple[int, ...] = ()
    number: int = 0


@dataclass(frozen=True)
class Weather:
    """A weather document. ``qc`` has one bitmask per parameter, as IPM Decisions defines it.

    ``faults`` are the places, rows and values that were left out: where, and why.
    """

    start: datetime
    parameters: tuple[int, ...]
    qc: tuple[int, ...]
    locations: tuple[Location, ...]
    faults: tuple[tuple[str, Event], ...] = ()

    @property
    def hours(self) -> int:
        """Number of hours [h]."""
        return len(self.locations[0].data) if self.locations else 0


def parse_weather(text: str) -> Weather:
    """Read a weather document; a place, row or value that is broken costs itself only.

    Parameters
    ----------
    text
        JSON as in the weather data standard of IPM Decisions; hourly, values in the units of
        its parameters [for instance degC].

    Raises
    ------
    IpmWeatherError
        When it is not such a document, or no place of it can be read.
    """
    document = _loaded(text)
    start = _time(_need(document, "timeStart", "document"), "timeStart")
    end = _time(_need(document, "timeEnd", "document"), "timeEnd")
    interval = _need(document, "interval", "document")
    if interval != HOUR_S:
        raise IpmWeatherError("interval", event("json_interval", value=_shown(interval)))
    parameters = _codes(_need(document, "weatherParameters", "document"))
    if end < start:
        raise IpmWeatherError("timeEnd", event("json_end_first", end=end, start=start))
    hours = (end - start) // timedelta(hours=1) + 1
    qc = _bits(document.get("QC"), len(parameters), "QC")
    places = _need(document, "locationWeatherData", "document")
    if not isinstance(places, list) or not places:
        raise IpmWeatherError("locationWeatherData", event("json_no_place"))
    faults: list[tuple[str, Event]] = []
    found: list[Location] = []
    broken: list[IpmWeatherError] = []
    for i, place in enumerate(places):
        try:
            found.append(_location(place, i, hours, len(parameters), faults))
        except IpmWeatherError as error:
            broken.append(error)
            faults.append((error.where, error.event))
    if not found:
        raise broken[0]
    return Weather(start, parameters, qc, tuple(found), tuple(faults))


def _loaded(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise IpmWeatherError(
            f"line {error.lineno}", event("json_broken", reason=error.msg)
        ) from None
    except RecursionError:
        raise IpmWeatherError("document", event("json_deep")) from None
    except ValueError as error:
        # whole numbers of thousands of digits
        raise IpmWeatherError("document", event("json_broken", reason=str(error))) from None
    if not isinstance(document, dict):
        raise IpmWeatherError("document", event("json_no_object"))
    return document


def _need(value: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in value:
        raise IpmWeatherError(where, event("json_no_key", key=key))
    return value[key]


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else text[:60] + "…"


def _time(value: object, where: str) -> datetime:
    try:
        text = value if isinstance(value, str) else _shown(value)
        seconds, assumed = cells.moment(text, "time")
    except CellError as error:
        raise IpmWeatherError(where, error.event) from None
    if assumed:
        raise IpmWeatherError(where, event("cell_no_zone", column="time", value=str(value)))
    moment = datetime.fromtimestamp(seconds, UTC)
    if seconds % HOUR_S:
        raise IpmWeatherError(where, event("time_no_hour", time=moment))
    return moment


def _codes(codes: object) -> tuple[int, ...]:
    if not isinstance(codes, list) or not codes or not all(type(c) is int for c in codes):
        raise IpmWeatherError("weatherParameters", event("json_codes"))
    if len(set(codes)) < len(codes):
        raise IpmWeatherError("weatherParameters", event("json_code_twice"))
    return tuple(codes)


def _bits(qc: object, count: int, where: str) -> tuple[int, ...]:
    if qc is None:
        return (UNTESTED,) * count
    if not isinstance(qc, list) or len(qc) != count or not all(type(b) is int for b in qc):
        raise IpmWeatherError(where, event("json_qc", count=count))
    return tuple(qc)


def _location(
    place: object, number: int, hours: int, width: int, faults: list[tuple[str, Event]]
) -> Location:
    where = f"locationWeatherData[{number}]"
    if not isinstance(place, dict):
        raise IpmWeatherError(where, event("json_no_location"))
    rows = _need(place, "data", where)
    if not isinstance(rows, list) or len(rows) != hours:
        count = len(rows) if isinstance(rows, list) else 0
        raise IpmWeatherError(f"{where}.data", event("json_rows", count=count, hours=hours))
    data = np.full((hours, width), np.nan)
    for hour, row in enumerate(rows):
        at = f"{where}.data[{hour}]"
        if not isinstance(row, list) or len(row) != width:
            faults.append((at, event("json_row", width=width)))
            continue
        for column, value in enumerate(row):
            try:
                data[hour, column] = _value(value)
            except CellError as error:
                faults.append((f"{at}[{column}]", error.event))
    return Location(
        _degrees(_need(place, "longitude", where), f"{where}.longitude", 180),
        _degrees(_need(place, "latitude", where), f"{where}.latitude", 90),
        _altitude(place.get("altitude")),
        data,
        _bits(place.get("qc", place.get("QC")), width, f"{where}.qc"),
        number,
    )


def _value(value: object) -> float:
    if value is None:
        return math.nan
    if isinstance(value, str):
        return cells.number(value, "value")
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isinf(number):
            return number
    raise CellError(event("cell_no_number", column="value", value=_shown(value)))


def _altitude(value: object) -> float | None:
    """Altitude [m]; it may be left out, and what is no height is none."""
    try:
        found = _value(value)
    except CellError:
        return None
    return None if math.isnan(found) else found


def _degrees(value: object, where: str, limit: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= limit:
        raise IpmWeatherError(where, event("json_degrees", value=_shown(value), limit=limit))
    return float(value)


def write_weather(weather: Weather) -> str:
    """Return the JSON text of a weather document; NaN becomes null.

    Parameters
    ----------
    weather
        Hours of places, in the units of the standard's parameters [for instance degC].
    """
    end = weather.start + timedelta(hours=weather.hours - 1)
    places = [
        {
            "longitude": place.longitude,
            "latitude": place.latitude,
            "altitude": place.altitude,
            "data": [[None if math.isnan(v) else v for v in row] for row in place.data.tolist()],
            "length": len(place.data),
            "width": len(weather.parameters),
        }
        for place in weather.locations
    ]
    document = {
        "timeStart": f"{weather.start:%Y-%m-%dT%H:%M:%SZ}",
        "timeEnd": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "interval": HOUR_S,
        "weatherParameters": list(weather.parameters),
        "QC": list(weather.qc),
        "locationWeatherData": places,
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False)


def mask_of(weather: Weather, place: Location, code: int) -> int:
    """Quality bits of a parameter at a place: those of the document and of the place.

    Parameters
    ----------
    weather, place
        A document and one of its locations, in the units of its parameters.
    code
        One of its parameters.
    """
    column = weather.parameters.index(code)
    masks = (weather.qc[column], place.qc[column] if place.qc else UNTESTED)
    # -1 says, like 0, that nothing was tested; what is no bit of theirs counts as all of them
    first, second = (min(max(mask, UNTESTED), ALL) for mask in masks)
    return first | second


def values_of(weather: Weather, place: Location) -> dict[str, tuple[Array, NDArray[np.int16]]]:
    """Hours of a place in the vocabulary: of each quantity its values, and their quality bits.

    An hour is read from the preferred parameter that has a sound value for it; where none has,
    from the first that has a value at all, with its bits.

    Parameters
    ----------
    weather
        As `parse_weather` gives it, in the units of its parameters.
    place
        One of its locations.

    Returns
    -------
    dict
        Quantity -> values (hour,) in its unit, NaN where there is none, and bits (hour,).
    """
    found: dict[str, tuple[Array, NDArray[np.int16]]] = {}
    for quantity in chosen(weather.parameters):
        values = np.full(len(place.data), np.nan)
        bits = np.zeros(len(place.data), np.int16)
        mine = [p for p in PARAMETERS if p.quantity == quantity and p.code in weather.parameters]
        masks = {p.code: mask_of(weather, place, p.code) for p in mine}
        # Sound columns first, each kind in the order of preference.
        for parameter in sorted(mine, key=lambda p: masks[p.code] & UNSOUND != 0):
            raw = place.data[:, weather.parameters.index(parameter.code)] * parameter.factor
            free = np.isnan(values) & ~np.isnan(raw)
            values[free], bits[free] = raw[free], masks[parameter.code]
        found[quantity] = values, bits
    return found


def from_dataset(data: xr.Dataset) -> Weather:
    """Translate hourly data into a document, each quantity under its first code.

    Samples that failed a test are left out of our hours: their bits are not those of the values,
    and only what was tested goes out.

    Parameters
    ----------
    data
        As ``models.weather.dataset`` says, without gaps in time, with coordinates ``longitude`` and
        ``latitude`` [degree] and, where they were judged, ``<quantity>_qc``.

    Raises
    ------
    IpmWeatherError
        When it has no hours, or nothing that IPM Decisions has a code for.
    """
    parameters = [p for p in chosen([p.code for p in PARAMETERS]).values() if p.quantity in data]
    if not parameters or not data.sizes["time"]:
        raise IpmWeatherError("nothing to write", event("json_nothing"))
    columns, qc = [], []
    for parameter in parameters:
        values = data[parameter.quantity].values.astype(float)
        bits = data.get(f"{parameter.quantity}_qc")
        tested = UNTESTED if bits is None else int(np.bitwise_or.reduce(bits.values, axis=None))
        columns.append(values)
        qc.append(tested & TESTED)
    cube = np.stack(columns, axis=2)
    start = moment_of(data["time"].values[0])
    return Weather(
        start,
        tuple(p.code for p in parameters),
        tuple(qc),
        tuple(
            Location(float(lon), float(lat), None, cube[:, i])
            for i, (lon, lat) in enumerate(
                zip(data["longitude"].values, data["latitude"].values, strict=True)
            )
        ),
    )
