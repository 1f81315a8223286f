"""What JSON of telemetry has in common that has names and values and no more."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from models.exchange.telemetry.records import (
    MOST_NAME,
    MOST_RECORDS,
    Measured,
    TelemetryError,
)

#: RFC 3339 with any number of digits of a second, as programs in Go write nanoseconds.
MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d{1,12})?([Zz]|[+-]\d{2}:\d{2})"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number(value: Any) -> float | None:
    """Return a value as a finite number; None: it is none.

    Parameters
    ----------
    value : object
        Text is none, whatever it looks like.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Return names and values of an object; what is nested is named with dots, as in a.b or a.0.

    Parameters
    ----------
    values : mapping of str to object
    before : str
        What stands before each name.
    """
    for key, value in values.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            yield from flat(value, f"{name}.")
        elif isinstance(value, list):
            yield from flat({str(place): each for place, each in enumerate(value)}, f"{name}.")
        else:
            yield name, value


def measured(
    values: Mapping[str, Any],
    time: float,
    *,
    relative: bool,
    into: list[Measured],
    left_out: Counter[str],
) -> None:
    """Add the numbers of an object of names and values; count what is no number.

    Parameters
    ----------
    values : mapping of str to object
    time : float
        [s since 1970 UTC], or with `relative` 0.
    relative : bool
        No time was told.
    into : list of Measured
        Takes them.
    left_out : Counter
        Of what is none, by reason.

    Raises
    ------
    TelemetryError
        When there are too many.
    """
    for name, value in flat(values):
        found = number(value)
        if found is None:
            left_out["not_a_number"] += 1
        elif not name.isprintable() or not 0 < len(name) <= MOST_NAME:
            left_out["bad_name"] += 1
        else:
            into.append(Measured(name, time, found, None, relative))
    if len(into) > MOST_RECORDS:
        raise TelemetryError("too_many", f"more than {MOST_RECORDS} values at once")


def moment(text: Any) -> float | None:
    """Return a time of RFC 3339 [s since 1970 UTC]; None where it is none.

    Parameters
    ----------
    text : object
    """
    found = MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    day, clock, part, zone = found.groups()
    zone = "+00:00" if zone in ("Z", "z") else zone
    try:
        whole = datetime.fromisoformat(f"{day}T{clock}{zone}")
        seconds = (whole - _EPOCH) / timedelta(seconds=1)
    except (ValueError, OverflowError):
        return None
    return seconds + float(part or 0)
