"""Answers of Open-Meteo (forecast and archive) as hours of our quantities, in our units.

Only what an answer says itself is believed: its units (``hourly_units``), its kind of time
(``unixtime`` or ``iso8601`` with ``utc_offset_seconds``), its position. A unit that is stated and
known is converted, one that is not costs its variable: nothing is stored that might be wrong.

Temperature, humidity and wind are those of the moment that an hour of the answer names, and stand
for the hour that begins with it, as the instantaneous parameters of IPM Decisions do; rain and
radiation are sum and mean of the hour before, so that they belong to the hour that began earlier.

References
----------
Open-Meteo, Weather Forecast API, "API Documentation" and "Hourly Parameter Definition"
(open-meteo.com/en/docs); its description in OpenAPI, openapi/forecast.yml and
openapi/historical-weather.yml of the repository open-meteo/open-meteo.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from field_configs.events import Event, event
from models.sheets.refused import CellError
from models.sheets.units import Stated, stated
from models.weather.dataset import Array
from models.weather.distances import distances_km, plane_km

HOUR_S = 3600
#: No forecast or archive of one request is longer [h]: 92 days back and 16 ahead, or a year.
MOST_HOURS = 366 * 24
#: The middle of a grid cell may lie so far from what was asked [km]: cells of 25 km, and of the
#: next ones the one on land; unverified.
MOST_KM = 50.0


class Variable(NamedTuple):
    """A variable: its name there, our quantity, its height, whether it is of the hour before."""

    name: str
    quantity: str
    height: str
    before: bool


VARIABLES = (
    Variable("temperature_2m", "air_temperature", "2 m", False),
    Variable("relative_humidity_2m", "relative_humidity", "2 m", False),
    Variable("precipitation", "precipitation_amount", "", True),
    Variable("wind_speed_10m", "wind_speed", "10 m", False),
    Variable("shortwave_radiation", "shortwave_irradiance", "", True),
)
#: How they write units that a sheet writes otherwise.
_UNITS = {"mp/h": "mph"}


class AnswerError(ValueError):
    """An answer cannot be used: `event` says why."""

    def __init__(self, why: Event) -> None:
        self.event = why
        super().__init__(why)

    def __str__(self) -> str:
        return str(self.event)


class RefusedError(AnswerError):
    """They refuse the request; `reason` is what they say."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(event("provider_says", reason=reason))


@dataclass(frozen=True)
class Hours:
    """Hours of one asked place: quantity to starts of hours [s since 1970 UTC] and values.

    Values are in the quantity's unit, NaN where there is none; `number` is the place's in the
    request.
    """

    number: int
    values: Mapping[str, tuple[NDArray[np.int64], Array]]


@dataclass(frozen=True)
class Answer:
    """What an answer holds, and what of it was left out: where, and why."""

    places: tuple[Hours, ...]
    faults: tuple[tuple[str, Event], ...] = ()


def parse_answer(body: bytes, asked: Sequence[tuple[float, float]]) -> Answer:
    """Read an answer to a request for places.

    Parameters
    ----------
    body
        JSON: an object for one place, a list of them for several.
    asked
        Longitude and latitude of each place [degree], in the order of the request.

    Raises
    ------
    RefusedError
        When they say so (``{"error": true, "reason": …}``).
    AnswerError
        When it is no such answer, or one for other places.
    """
    document = _loaded(body)
    if isinstance(document, dict) and document.get("error"):
        raise RefusedError(_shown(document.get("reason")))
    listed = document if isinstance(document, list) else [document]
    if len(listed) != len(asked):
        raise AnswerError(event("provider_count", count=len(listed), asked=len(asked)))
    places: list[Hours] = []
    faults: list[tuple[str, Event]] = []
    for number, (one, position) in enumerate(zip(listed, asked, strict=True)):
        try:
            places.append(_place(one, number, position, faults))
        except AnswerError as error:
            faults.append((f"[{number}]", error.event))
    return Answer(tuple(places), tuple(faults))


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        text = body[:64].decode("utf-8", "replace").lstrip()
        reason = "HTML" if text.startswith("<") else " ".join(str(error).split())[:120]
        raise AnswerError(event("provider_no_json", reason=reason)) from None


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return "".join(c for c in text if c.isprintable())[:200]


def _number(value: Any) -> float:
    """Return a number of the answer; NaN where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        found = float(value)
    except OverflowError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def _place(
    one: Any, number: int, position: tuple[float, float], faults: list[tuple[str, Event]]
) -> Hours:
    if not isinstance(one, dict) or not isinstance(one.get("hourly"), dict):
        raise AnswerError(event("provider_no_hours"))
    if one.get("location_id", number) != number:
        raise AnswerError(event("provider_order", number=_shown(one["location_id"])))
    _prove_position(one, position)
    units = one.get("hourly_units")
    units = units if isinstance(units, dict) else {}
    times = _times(one, units)
    values = {}
    for variable in VARIABLES:
        try:
            column = _column(one["hourly"], units, variable, len(times))
        except AnswerError as error:
            faults.append((f"[{number}].hourly.{variable.name}", error.event))
            continue
        if column.odd:
            why = event("provider_values", variable=variable.name, count=column.odd)
            faults.append((f"[{number}].hourly.{variable.name}", why))
        values[variable.quantity] = times - HOUR_S * variable.before, column.values
    return Hours(number, values)


def _prove_position(one: Mapping[str, Any], position: tuple[float, float]) -> None:
    there = _number(one.get("longitude")), _number(one.get("latitude"))
    if not (abs(there[0]) <= 180 and abs(there[1]) <= 90):
        raise AnswerError(event("provider_nowhere"))
    both = plane_km(*np.array([position, there]).T)
    km = float(distances_km(both[:1], both[1:])[0, 0])
    if not km <= MOST_KM:
        raise AnswerError(
            event("provider_elsewhere", longitude=there[0], latitude=there[1], km=round(km))
        )


def _times(one: Mapping[str, Any], units: Mapping[str, Any]) -> NDArray[np.int64]:
    """Return the moments that the answer names [s since 1970 UTC]: whole hours, in order."""
    given = one["hourly"].get("time")
    if not isinstance(given, list) or len(given) > MOST_HOURS:
        raise AnswerError(event("provider_no_hours"))
    kind = units.get("time")
    if kind == "unixtime":
        seconds = [_number(each) for each in given]
    elif kind == "iso8601":
        offset = one.get("utc_offset_seconds")
        if isinstance(offset, bool) or not isinstance(offset, int) or abs(offset) > 86_400:
            raise AnswerError(event("provider_offset", value=_shown(offset)))
        seconds = [_local(each) - offset for each in given]
    else:
        raise AnswerError(event("provider_unit", variable="time", unit=_shown(kind)))
    array = np.array(seconds, float)
    far = np.isnan(array) | (np.abs(array) > 1e11)
    if far.any() or (array % HOUR_S != 0).any() or (np.diff(array) <= 0).any():
        raise AnswerError(event("provider_times"))
    return array.astype(np.int64)


def _local(text: Any) -> float:
    """Return a local time without zone as if it were UTC [s since 1970]; NaN where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return math.nan
    return found.replace(tzinfo=UTC).timestamp() if found.tzinfo is None else math.nan


class _Column(NamedTuple):
    values: Array
    odd: int


def _column(
    hourly: Mapping[str, Any], units: Mapping[str, Any], variable: Variable, hours: int
) -> _Column:
    """Return a variable in our unit, and how many of its values are no numbers."""
    given = hourly.get(variable.name)
    if not isinstance(given, list):
        raise AnswerError(event("provider_lacks", variable=variable.name))
    if len(given) != hours:
        raise AnswerError(
            event("provider_length", variable=variable.name, count=len(given), hours=hours)
        )
    how = _stated(units.get(variable.name), variable)
    raw = np.array([_number(each) for each in given], float)
    odd = int(np.isnan(raw).sum()) - sum(each is None for each in given)
    with np.errstate(over="ignore"):
        values = how.converted(variable.quantity, raw)
    return _Column(np.where(np.isfinite(values), values, np.nan), odd)


def _stated(unit: Any, variable: Variable) -> Stated:
    """Return what the answer says of a variable's unit; what is not known is never guessed."""
    try:
        notes = [_UNITS.get(unit, unit), *filter(None, (variable.height,))]
        if not isinstance(unit, str):
            raise TypeError
        return stated(variable.quantity, notes)
    except (CellError, TypeError):
        why = event("provider_unit", variable=variable.name, unit=_shown(unit))
        raise AnswerError(why) from None
