"""Troubles that others reported of their stores of events, tried here; docs/trace.md lists them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from models.exchange.epcis.identity import event_hash
from models.trace.identifiers import parse
from models.trace.scanned import read
from tests.webapp.api.epcis.conftest import Speaker, event

SENSED: dict[str, Any] = {
    "sensorElementList": [
        {
            "sensorMetadata": {"time": "2016-04-30T09:00:00+08:00"},
            "sensorReport": [{"type": "Temperature", "value": 0.5, "uom": "CEL"}],
        }
    ]
}


def asked(packer: Speaker, name: str, value: str) -> list[dict[str, Any]]:
    return packer.events(f"/events?{name}={quote(value, safe='')}")


def test_an_event_is_found_by_its_id_whatever_stands_in_that(packer: Speaker) -> None:
    """JaewookByun/epcis#74: a query by EQ_eventID found nothing."""
    given = [
        "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8",
        "https://events.example.cn/a?b=c&d=e#f",
        "ni:///sha-256;36abb3a2c0a726de32ac4beafd6b8bc4ba0b1d2de244490312e5cbec7b5ddece?ver=CBV2.0",
    ]
    for number, name in enumerate(given, 1):
        packer.capture(event(number, eventID=name))
    for number, name in enumerate(given, 1):
        assert [one["eventID"] for one in asked(packer, "EQ_eventID", name)] == [name], number
        assert packer.events(f"/events/{quote(name, safe='')}")[0]["eventID"] == name


def test_the_offset_of_an_event_comes_back_as_it_went_in(packer: Speaker) -> None:
    """OriginTrail/dkg#712: eventTimeZoneOffset was stored and not answered."""
    packer.capture(
        event(1, eventTime="2016-04-30T11:00:00.000Z", eventTimeZoneOffset="+02:00"),
        event(2, eventTime="2016-04-30T11:00:00.5-03:00", eventTimeZoneOffset="-03:00"),
    )
    found = {one["eventTime"]: one["eventTimeZoneOffset"] for one in packer.events()}
    assert found == {
        "2016-04-30T11:00:00.000Z": "+02:00",
        "2016-04-30T11:00:00.5-03:00": "-03:00",
    }


def test_a_sensors_time_in_another_zone_makes_no_other_event() -> None:
    """RalphTro/epcis-event-hash-generator#54: times of sensors kept their offset in the hash."""
    here = event(1, **SENSED)
    there = event(1, **SENSED)
    there["sensorElementList"] = [
        {
            "sensorMetadata": {"time": "2016-04-30T01:00:00.000Z"},
            "sensorReport": SENSED["sensorElementList"][0]["sensorReport"],
        }
    ]
    assert event_hash(here, {}) == event_hash(there, {})


def test_things_in_another_order_make_no_other_event() -> None:
    """RalphTro/epcis-event-hash-generator#10: a list in another order changed the hash."""
    things = [f"https://id.gs1.org/01/06901234567892/21/{number}" for number in range(9)]
    one, other = event(1, epcList=things), event(1, epcList=things[::-1])
    assert event_hash(one, {}) == event_hash(other, {})


def test_a_returnable_asset_with_its_nought_is_read() -> None:
    """gs1/GS1DL-resolver-testsuite#20: a GRAI with a check digit and a serial was refused."""
    found = parse("https://id.gs1.org/8003/04007537168421100034022")
    assert found is not None
    assert found.kind == "grai"


def test_a_check_digit_of_nought_is_nought() -> None:
    """fulfilio/pyepc#4: where the sum was a multiple of ten, the check digit became 10."""
    found = parse("urn:epc:id:sgtin:8719139.000574.1")
    assert found is not None
    assert found.key == "08719139005740"


def test_a_lot_in_the_middle_ends_where_its_separator_stands() -> None:
    """phonegap-plugin-barcodescanner#156 and #862: without FNC1 a lot swallowed what follows."""
    found = read("]C1010690123456789210LOT7\x1d3712")
    assert found.value.endswith("/10/LOT7")
