"""Temperatures in events: the standard's own examples, and whatever a stranger may send."""

from __future__ import annotations

from typing import Any

import pytest

from models.coldchain.told import Window
from models.exchange.epcis.sensed import temperatures
from tests.models.exchange.epcis_examples import examples

NOON = "2016-05-08T12:00:00+08:00"
AT = 1462680000.0


def read(**report: Any) -> list[Window]:
    return list(temperatures([{"sensorReport": [{"type": "gs1:Temperature", **report}]}], AT))


def test_a_value_is_one_of_the_moment_of_its_event() -> None:
    assert read(value=4.5, uom="CEL") == [Window(AT, AT, 4.5, 4.5)]


@pytest.mark.parametrize(
    "kind", ["Temperature", "gs1:Temperature", "https://gs1.org/voc/Temperature"]
)
def test_least_and_greatest_are_taken_over_the_time_that_the_sensor_tells(kind: str) -> None:
    report = {"type": kind, "minValue": 1, "maxValue": 6, "meanValue": 3, "uom": "CEL"}
    when = {"startTime": "2016-05-08T10:00:00+08:00", "endTime": NOON}
    element = {"sensorMetadata": when, "sensorReport": [report]}
    assert list(temperatures([element], 0.0)) == [Window(AT - 7200, AT, 1, 6)]


def test_a_report_with_a_time_of_its_own_goes_before_its_sensors() -> None:
    element = {
        "sensorMetadata": {"time": "2016-05-08T10:00:00+08:00"},
        "sensorReport": [{"type": "Temperature", "value": 1, "uom": "CEL", "time": NOON}],
    }
    assert list(temperatures([element], 0.0)) == [Window(AT, AT, 1, 1)]


@pytest.mark.parametrize(
    ("value", "uom", "celsius"), [(41, "FAH", 5.0), (275.15, "KEL", 2.0), (-4, "FAH", -20.0)]
)
def test_other_units_become_degrees_celsius(value: float, uom: str, celsius: float) -> None:
    (found,) = read(value=value, uom=uom)
    assert found.low == pytest.approx(celsius)


@pytest.mark.parametrize(
    "report",
    [
        {"value": 4, "uom": "P1"},
        {"value": 4},
        {"uom": "CEL"},
        {"value": float("nan"), "uom": "CEL"},
        {"value": 4, "uom": "CEL", "exception": "ERROR_CONDITION"},
        {"value": 4, "uom": "CEL", "type": "RelativeHumidity"},
    ],
)
def test_what_is_no_temperature_is_not_read(report: dict[str, Any]) -> None:
    assert read(**report) == []


def test_an_alarm_is_a_reading_all_the_same() -> None:
    assert len(read(value=14, uom="CEL", exception="ALARM_CONDITION")) == 1


def test_the_examples_of_the_standard_are_read() -> None:
    events = [e for doc in examples().values() for e in doc["epcisBody"].get("eventList", ())]
    found = [w for e in events for w in temperatures(e.get("sensorElementList", ()), AT)]
    assert len(found) > 5
    assert all(window.start <= window.end for window in found)
