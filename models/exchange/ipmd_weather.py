"""Weather as IPM Decisions exchanges it: JSON in and out, with quality bits.

Parameter codes are those of its draft list of weather parameters (version 2); hours are labelled
by their start. Codes are kept as they came, so that a document that is read and written again
says the same; `to_dataset` and `from_dataset` translate between codes and the vocabulary of
``firmware.wire.quantities`` by the one table `PARAMETERS`.

References
----------
IPM Decisions formats, weather_parameters_draft_v2 and weather_data_standard_example.
Allen et al. 1998, FAO Irrigation and Drainage Paper 56, equation 47 (wind at 10 m to 2 m).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from models.weather.dataset import Array, dataset, moment_of
from models.weather.quality import MISSING

HOUR_S = 3600
#: QC of IPM Decisions: -1 and 0 say that nothing was tested.
UNTESTED = 0


class Parameter(NamedTuple):
    """A weather parameter: code, quantity of the vocabulary, height [m], factor to its unit."""

    code: int
    quantity: str
    height_m: float
    factor: float
    name: str


_TO_2_M = 4.87 / math.log(67.8 * 10 - 5.42)

#: For each quantity the one that is written comes first: what is read from, in order of preference.
PARAMETERS = (
    Parameter(1002, "air_temperature", 2, 1, "Mean air temperature at 2m"),
    Parameter(1001, "air_temperature", 2, 1, "Instantaneous air temperature at 2m"),
    Parameter(3002, "relative_humidity", 2, 1, "Mean RH at 2m"),
    Parameter(3001, "relative_humidity", 2, 1, "Instantaneous RH at 2m"),
    Parameter(2001, "precipitation_amount", 1, 1, "Precipitation"),
    Parameter(4003, "wind_speed", 2, 1, "Mean wind speed at 2m"),
    Parameter(4002, "wind_speed", 2, 1, "Instantaneous wind speed at 2m"),
    Parameter(4013, "wind_speed", 10, _TO_2_M, "Mean wind speed at 10m"),
    Parameter(4012, "wind_speed", 10, _TO_2_M, "Instantaneous wind speed at 10m"),
    Parameter(4001, "wind_from_direction", 2, 1, "Wind direction at 2m"),
    Parameter(4011, "wind_from_direction", 10, 1, "Wind direction at 10m"),
    Parameter(5001, "shortwave_irradiance", 2, 1, "Solar radiation (Q0)"),
    Parameter(3101, "leaf_wetness_duration", 2, 1, "Leaf wetness in 2m (minutes/hour)"),
    Parameter(1112, "soil_temperature", -0.10, 1, "Mean temperature at -10cm"),
    Parameter(1111, "soil_temperature", -0.10, 1, "Instantaneous temperature at -10cm"),
    Parameter(1122, "soil_temperature", -0.20, 1, "Mean temperature at -20cm"),
    Parameter(1121, "soil_temperature", -0.20, 1, "Instantaneous temperature at -20cm"),
)
_BY_CODE = {parameter.code: parameter for parameter in PARAMETERS}


class IpmWeatherError(ValueError):
    """A weather document cannot be read; says where in it and how to mend it."""


@dataclass(frozen=True)
class Location:
    """Hours of one place: values (hour, parameter) with NaN for none, in the codes' units."""

    longitude: float
    latitude: float
    altitude: float | None
    data: Array


@dataclass(frozen=True)
class Weather:
    """A weather document. ``qc`` has one bitmask per parameter, as IPM Decisions defines it."""

    start: datetime
    parameters: tuple[int, ...]
    qc: tuple[int, ...]
    locations: tuple[Location, ...]

    @property
    def hours(self) -> int:
        """Number of hours [h]."""
        return len(self.locations[0].data) if self.locations else 0


def _need(value: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in value:
        raise IpmWeatherError(f'{where}: no "{key}"; add it')
    return value[key]


def _time(text: object, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise IpmWeatherError(f'{where}: "{text}" is no time with zone; write 2020-03-06T10:00:00Z')
    if moment.timestamp() % HOUR_S:
        raise IpmWeatherError(f'{where}: "{text}" is not the start of an hour; give hourly values')
    return moment.astimezone(UTC)


def parse_weather(text: str) -> Weather:
    """Read a weather document.

    Parameters
    ----------
    text
        JSON as in the weather data standard of IPM Decisions; hourly, values in the units of
        its parameters [for instance degC].

    Raises
    ------
    IpmWeatherError
        When it is not such a document; the message names the place in it.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise IpmWeatherError(f"line {error.lineno}: not JSON ({error.msg}); mend it") from None
    if not isinstance(document, dict):
        raise IpmWeatherError("not a weather document: its outermost part is no object {...}")
    start = _time(_need(document, "timeStart", "document"), "timeStart")
    end = _time(_need(document, "timeEnd", "document"), "timeEnd")
    interval = _need(document, "interval", "document")
    if interval != HOUR_S:
        raise IpmWeatherError(f"interval: {interval} s; only hourly values (3600) are taken")
    parameters = _codes(_need(document, "weatherParameters", "document"))
    hours = int((end - start).total_seconds()) // HOUR_S + 1
    if hours < 1:
        raise IpmWeatherError(f"timeEnd: {end} lies before timeStart {start}; swap them")
    places = _need(document, "locationWeatherData", "document")
    if not isinstance(places, list) or not places:
        raise IpmWeatherError("locationWeatherData: no place in it; add one")
    return Weather(
        start,
        parameters,
        _bits(document.get("QC"), len(parameters)),
        tuple(
            _location(place, f"locationWeatherData[{i}]", hours, len(parameters))
            for i, place in enumerate(places)
        ),
    )


def _codes(codes: object) -> tuple[int, ...]:
    if not isinstance(codes, list) or not codes or not all(type(c) is int for c in codes):
        raise IpmWeatherError("weatherParameters: give a list of codes such as [1002, 3002, 2001]")
    if len(set(codes)) < len(codes):
        raise IpmWeatherError("weatherParameters: a code comes twice; leave one out")
    return tuple(codes)


def _bits(qc: object, count: int) -> tuple[int, ...]:
    if qc is None:
        return (UNTESTED,) * count
    if not isinstance(qc, list) or len(qc) != count or not all(type(b) is int for b in qc):
        raise IpmWeatherError(f"QC: give one whole number for each of the {count} parameters")
    return tuple(qc)


def _location(place: object, where: str, hours: int, width: int) -> Location:
    if not isinstance(place, dict):
        raise IpmWeatherError(f"{where}: no object with longitude, latitude and data")
    rows = _need(place, "data", where)
    if not isinstance(rows, list) or len(rows) != hours:
        count = len(rows) if isinstance(rows, list) else "no"
        raise IpmWeatherError(
            f"{where}.data: {count} rows, but timeStart to timeEnd are {hours} hours; fit them"
        )
    data = np.full((hours, width), np.nan)
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != width:
            raise IpmWeatherError(f"{where}.data[{number}]: not {width} values in a row")
        for column, value in enumerate(row):
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int | float)
            ):
                raise IpmWeatherError(
                    f"{where}.data[{number}][{column}]: {json.dumps(value)} is no number; "
                    "write null where there is none"
                )
            data[number, column] = np.nan if value is None else value
    altitude = place.get("altitude")
    return Location(
        _degrees(_need(place, "longitude", where), f"{where}.longitude", 180),
        _degrees(_need(place, "latitude", where), f"{where}.latitude", 90),
        None if altitude is None else float(altitude),
        data,
    )


def _degrees(value: object, where: str, limit: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= limit:
        raise IpmWeatherError(f"{where}: {value!r} is not within -{limit}..{limit} degrees")
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


def chosen(codes: Sequence[int]) -> dict[str, Parameter]:
    """Return which of the codes each quantity is read from, the preferred one.

    Parameters
    ----------
    codes
        Parameter codes of the standard [1].
    """
    found: dict[str, Parameter] = {}
    for parameter in PARAMETERS:
        if parameter.code in codes:
            found.setdefault(parameter.quantity, parameter)
    return found


def unknown(codes: Sequence[int]) -> tuple[int, ...]:
    """Return the codes that the vocabulary has no quantity for; they are left out.

    Parameters
    ----------
    codes
        Parameter codes of the standard [1].
    """
    return tuple(code for code in codes if code not in _BY_CODE)


def to_dataset(weather: Weather, sites: Sequence[str]) -> xr.Dataset:
    """Translate a document into the vocabulary.

    Parameters
    ----------
    weather
        As `parse_weather` gives it.
    sites
        Id of each location, in order.

    Returns
    -------
    Dataset
        As ``models.weather.dataset`` says, in the vocabulary's units; ``<quantity>_qc``
        (time, site) holds the parameter's bits, and 128 where a value is missing; coordinates
        ``longitude`` and ``latitude`` [degree].
    """
    times = [weather.start + timedelta(hours=h) for h in range(weather.hours)]
    values: dict[str, Array] = {}
    bits: dict[str, Any] = {}
    for quantity, parameter in chosen(weather.parameters).items():
        column = weather.parameters.index(parameter.code)
        raw = np.stack([place.data[:, column] for place in weather.locations], axis=1)
        values[quantity] = raw if parameter.factor == 1 else raw * parameter.factor
        tested = max(weather.qc[column], UNTESTED)
        qc = np.where(np.isnan(raw), tested | MISSING, tested).astype(np.int16)
        bits[quantity] = qc
    return dataset(
        times,
        sites,
        values,
        qc=bits,
        longitude=("site", np.array([p.longitude for p in weather.locations])),
        latitude=("site", np.array([p.latitude for p in weather.locations])),
    )


def from_dataset(data: xr.Dataset) -> Weather:
    """Translate hourly data into a document, each quantity under its first code.

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
        raise IpmWeatherError("nothing to write: no hours, or no quantity with a parameter code")
    columns, qc = [], []
    for parameter in parameters:
        columns.append(data[parameter.quantity].values.astype(float))
        bits = data.get(f"{parameter.quantity}_qc")
        qc.append(UNTESTED if bits is None else int(np.bitwise_or.reduce(bits.values, axis=None)))
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
