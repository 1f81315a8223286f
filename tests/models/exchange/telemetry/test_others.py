"""ThingsBoard's JSON and uplinks of network servers to plain values; units; counters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from firmware.wire.quantities import QUANTITIES, by_name
from models.exchange.telemetry import lorawan, thingsboard
from models.exchange.telemetry.counting import BACK, BEGAN, JUMPED, added
from models.exchange.telemetry.plain import moment
from models.exchange.telemetry.records import MOST_RECORDS, TelemetryError
from models.exchange.telemetry.units import NAMES, conversion, units_of


def values(said: Any) -> list[tuple[str, float, float, bool]]:
    found = thingsboard.decode(json.dumps(said).encode())
    return [(one.name, one.time, one.value, one.relative) for one in found.measured]


def test_the_three_forms_of_thingsboard() -> None:
    assert values({"t": 21, "rh": 60.5}) == [("t", 0, 21, True), ("rh", 0, 60.5, True)]
    timed = {"ts": 1451649600512, "values": {"t": 21, "on": True, "s": "21", "n": None}}
    assert values(timed) == [("t", 1451649600.512, 21, False)]
    assert values([timed, {"t": 5}]) == [("t", 1451649600.512, 21, False), ("t", 0, 5, True)]
    assert values({"ts": "1451649600512", "values": {"t": 21}}) == [
        ("t", 1451649600.512, 21, False)
    ]
    assert values({"values": {"t": 1}}) == [("t", 0, 1, True)]
    assert values({"a": {"b": [1, {"c": 2}]}}) == [("a.b.0", 0, 1, True), ("a.b.1.c", 0, 2, True)]
    found = thingsboard.decode(json.dumps(timed).encode())
    assert dict(found.left_out) == {"not_a_number": 3}


@pytest.mark.parametrize(
    "said",
    [
        [],
        1,
        "x",
        [1],
        {"ts": 1451649600, "values": {"t": 1}},  # seconds
        {"ts": "1451649600", "values": {"t": 1}},
        {"ts": "2016-01-01T12:00:00Z", "values": {"t": 1}},
        {"ts": True, "values": {"t": 1}},
        {"ts": 1451649600512},
        {"ts": 1451649600512, "values": [1]},
    ],
)
def test_what_is_no_telemetry_is_refused(said: Any) -> None:
    with pytest.raises(TelemetryError) as caught:
        values(said)
    assert caught.value.reason == "wrong_shape"


def test_too_many_values_are_refused() -> None:
    with pytest.raises(TelemetryError) as caught:
        values({str(n): n for n in range(MOST_RECORDS + 1)})
    assert caught.value.reason == "too_many"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2020-02-12T15:15:46.805838812Z", 1581520546.805838812),
        ("2022-07-18T09:34:15.775023242+00:00", 1658136855.775023242),
        ("2022-07-18T17:34:15+08:00", 1658136855.0),
        ("2022-07-18T09:34:15z", 1658136855.0),
    ],
)
def test_times_with_nanoseconds_are_read(text: str, seconds: float) -> None:
    assert moment(text) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        None,
        1658136855,
        "",
        "2022-07-18",
        "2022-07-18T09:34:15",  # no zone
        "2022-13-18T09:34:15Z",
        "2020-10-11T22:59:05.-00072Z",  # as gateways once wrote it (helium/sx1302_hal 14)
        "0001-01-01T00:00:00+23:59",
        "２022-07-18T09:34:15Z",
    ],
)
def test_what_is_no_time_is_none(text: Any) -> None:
    assert moment(text) is None or text == "0001-01-01T00:00:00+23:59"


def uplink(**changes: Any) -> bytes:
    said = {"deviceInfo": {"devEui": "0102030405060708"}, "object": {"t": 1}, **changes}
    return json.dumps(said).encode()


def test_counters_that_are_text_are_numbers() -> None:
    found = lorawan.chirpstack(uplink(fCnt="4294967295")).uplink
    assert found is not None
    assert found.counter == 4294967295


@pytest.mark.parametrize(
    "changes",
    [
        {"fCnt": -1},
        {"fCnt": 1 << 32},
        {"fCnt": 1.5},
        {"fCnt": True},
        {"fCnt": "99999999999"},
        {"fCnt": "\u0661"},
        {"devAddr": 5},
        {"deduplicationId": "x" * 101},
        {"data": "x" * 1025},
        {"object": [1]},
        {"deviceInfo": None},
        {"deviceInfo": {"devEui": "01020304050607"}},
    ],
)
def test_an_uplink_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TelemetryError) as caught:
        lorawan.chirpstack(uplink(**changes))
    assert caught.value.reason == "wrong_shape"


def test_what_chirpstack_3_writes_is_named() -> None:
    said = {"devEUI": "AQIDBAUGBwg=", "fCnt": 1, "objectJSON": "{}"}
    with pytest.raises(TelemetryError, match="ChirpStack 3; version 4 is read"):
        lorawan.chirpstack(json.dumps(said).encode())


@pytest.mark.parametrize(
    ("unit", "quantity", "value", "ours"),
    [
        ("", "air_temperature", 21.5, 21.5),
        ("Cel", "air_temperature", 21.5, 21.5),
        ("K", "air_temperature", 273.15, 0.0),
        ("%RH", "relative_humidity", 60, 60),
        ("/", "relative_humidity", 0.6, 60),
        ("/", "soil_moisture", 0.25, 0.25),
        ("/100", "soil_moisture", 25, 0.25),
        ("Pa", "air_pressure", 101325, 1013.25),
        ("hPa", "air_pressure", 1013.25, 1013.25),
        ("km/h", "wind_speed", 36, 10),
        ("rad", "wind_from_direction", 3.141592653589793, 180),
        ("m", "precipitation_amount", 0.0005, 0.5),
        ("S/m", "soil_conductivity", 0.1, 1000),
        ("mV", "battery_voltage", 3600, 3.6),
        ("m3", "water_volume", 2, 2000),
        ("dBW", "signal_strength", -120, -90),
        ("/", "co2_mole_fraction", 0.0004, 400),
        ("s", "leaf_wetness_duration", 90, 1.5),
        ("hPa", "line_pressure", 3000, 300),
    ],
)
def test_units_become_ours(unit: str, quantity: str, value: float, ours: float) -> None:
    slope, intercept = conversion(unit, by_name(quantity)) or (0.0, 0.0)
    assert value * slope + intercept == pytest.approx(ours)


def test_a_unit_of_something_else_is_none() -> None:
    for row in QUANTITIES:
        assert conversion("kg", row) is None
        for unit in NAMES - set(units_of(row)):
            assert conversion(unit, row) is None, (unit, row.name)
    assert conversion("mm", by_name("air_temperature")) is None


def count(before: float | None, now: float, bits: int = 16, most: float = 250.0) -> Any:
    return added(before, now, factor=0.2, bits=bits, most=most)


def test_what_a_counter_adds() -> None:
    assert count(None, 500) == (None, BEGAN)
    assert count(500, 500) == (0.0, "")
    assert count(500, 505) == (pytest.approx(1.0), "")
    assert count(65_534, 3) == (pytest.approx(1.0), "")  # over its end
    assert count(4_294_967_294, 3, bits=32) == (pytest.approx(1.0), "")
    assert count(20_000, 5) == (pytest.approx(1.0), "")  # begun anew
    assert count(20_000, 5, bits=0) == (pytest.approx(1.0), "")
    assert count(20_000, 19_999) == (None, BACK)
    assert count(20_000, 19_999, bits=0) == (None, BACK)
    assert count(500, 40_000) == (None, JUMPED)  # another device
    assert count(60_000, 20_000) == (None, JUMPED)  # another device, and neither of the others
