"""Telemetry in the JSON of ThingsBoard's device API ("Telemetry upload", MQTT and HTTP).

An object of names and values; one with ``ts`` and ``values``, where ``ts`` is in milliseconds
since 1970 UTC; or an array of either. An object without ``ts`` tells no time. Values that are text
or truth are left out and counted; nested objects are named with dots.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from models.exchange.telemetry.plain import measured, number
from models.exchange.telemetry.reading import read_json
from models.exchange.telemetry.records import (
    MOST_RECORDS,
    Measured,
    Telemetry,
    TelemetryError,
)

#: Before it a time in milliseconds was most likely written in seconds: 5 September 2001 [ms].
LEAST_MS = 10**12
MOST_DIGITS = 16


def decode(data: bytes) -> Telemetry:
    """Decode telemetry.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    TelemetryError
        When nothing of it can be taken.
    """
    said = read_json(data)
    entries = said if isinstance(said, list) else [said]
    if not entries or len(entries) > MOST_RECORDS:
        raise TelemetryError("wrong_shape", f"an array of {len(entries)} entries")
    found: list[Measured] = []
    left_out: Counter[str] = Counter()
    for entry in entries:
        if not isinstance(entry, dict):
            raise TelemetryError("wrong_shape", "telemetry is an object, or an array of objects")
        if "ts" in entry or "values" in entry:
            values, time = entry.get("values"), _seconds(entry)
            if not isinstance(values, dict):
                raise TelemetryError("wrong_shape", '"values" beside "ts" is no object')
            measured(values, time, relative="ts" not in entry, into=found, left_out=left_out)
        else:
            measured(entry, 0.0, relative=True, into=found, left_out=left_out)
    return Telemetry(found, left_out)


def _seconds(entry: dict[str, Any]) -> float:
    if "ts" not in entry:
        return 0.0
    said = entry["ts"]
    if isinstance(said, str) and len(said) <= MOST_DIGITS and said.isascii() and said.isdecimal():
        said = int(said)  # as ThingsBoard takes it, too (thingsboard issue 5714)
    found = number(said)
    if found is None or found < LEAST_MS:
        shown = str(entry["ts"])[:30]
        raise TelemetryError("wrong_shape", f'"ts" {shown}: write milliseconds since 1970')
    return found / 1000
