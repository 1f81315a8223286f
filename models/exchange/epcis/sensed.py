"""Temperatures that events tell, by the standard's own fields alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from models.coldchain.told import Window
from models.exchange.epcis.looked_up import FieldError, moment
from models.exchange.epcis.vocabulary import bare

TEMPERATURE = "Temperature"
#: From units of UN/ECE Recommendation 20 to degrees Celsius: factor and what is added after.
TO_CELSIUS = {"CEL": (1.0, 0.0), "KEL": (1.0, -273.15), "FAH": (5 / 9, -160 / 9)}


def _span(told: Mapping[str, Any], otherwise: tuple[float, float]) -> tuple[float, float]:
    """The time that a sensor or a report tells: from when to when, or at one moment."""
    try:
        at = {n: moment(told[n]).timestamp() for n in ("time", "startTime", "endTime") if n in told}
    except (FieldError, AttributeError, TypeError):
        return otherwise
    if "startTime" in at or "endTime" in at:
        start = at.get("startTime", at.get("endTime", 0.0))
        return start, at.get("endTime", start)
    return (at["time"], at["time"]) if "time" in at else otherwise


def temperatures(elements: Sequence[Mapping[str, Any]], event_time: float) -> Iterator[Window]:
    """Read the temperatures of an event, one window for each report.

    Parameters
    ----------
    elements : sequence of mapping
        Its ``sensorElementList``, which the schema has accepted.
    event_time : float
        When it happened [s since 1970 UTC]: of reports that tell no time.

    Yields
    ------
    Window
        A report of a broken sensor, without a value, or in a unit that is none of temperature,
        yields nothing.
    """
    for element in elements:
        whole = _span(element.get("sensorMetadata", {}), (event_time, event_time))
        for report in element.get("sensorReport", ()):
            broken = bare("alert", str(report.get("exception", ""))) == "ERROR_CONDITION"
            if broken or bare("measurement", report.get("type", "")) != TEMPERATURE:
                continue
            names = ("minValue", "maxValue", "value", "meanValue")
            values = [float(report[name]) for name in names if name in report]
            values = [each for each in values if isfinite(each)]
            if values and report.get("uom") in TO_CELSIUS:
                factor, added = TO_CELSIUS[report["uom"]]
                low, high = min(values) * factor + added, max(values) * factor + added
                yield Window(*_span(report, whole), low, high)
