"""What events are looked up by."""

from __future__ import annotations

from typing import Any

from models.exchange.epcis.fields import extract
from models.exchange.epcis.looked_up import look_up

LOT = "https://id.gs1.org/01/06901234567892/10/L1"
EVENT: dict[str, Any] = {
    "type": "AggregationEvent",
    "eventTime": "2026-05-01T06:30:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "ADD",
    "bizStep": "https://ref.gs1.org/cbv/BizStep-packing",
    "parentID": "urn:epc:id:sscc:4012345.0000000111",
    "childEPCs": ["https://example.org/01/06901234567892/21/1"],
    "childQuantityList": [
        {"epcClass": "urn:epc:class:lgtin:6901234.056789.L1", "quantity": 5, "uom": "KGM"},
        {"epcClass": "https://id.gs1.org/01/06901234567892"},
    ],
    "bizTransactionList": [{"type": "po", "bizTransaction": "https://example.org/po/1"}],
    "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00225"}],
    "sensorElementList": [
        {
            "sensorMetadata": {"deviceID": "urn:epc:id:giai:4000001.111"},
            "sensorReport": [{"type": "Temperature", "booleanValue": True, "stringValue": "x"}],
        }
    ],
}


def test_both_spellings_are_looked_up_as_one() -> None:
    found = extract(EVENT)
    assert found.biz_step == "packing"
    assert found.time.isoformat() == "2026-04-30T22:30:00+00:00"
    assert found.terms == {
        ("parent", "https://id.gs1.org/00/040123450000001112"),
        ("child", "https://id.gs1.org/01/06901234567892/21/1"),
        ("child_class", LOT),
        ("child_class", "https://id.gs1.org/01/06901234567892"),
        ("transaction:po", "https://example.org/po/1"),
        ("source:owning_party", "https://id.gs1.org/417/4012345002256"),
        ("sensor:deviceID", "https://id.gs1.org/8004/4000001111"),
        ("sensor:type", "Temperature"),
        ("sensor:booleanValue", "true"),
        ("sensor:stringValue", "x"),
        ("sensor", ""),
        ("number:quantity", "5"),
        ("number:quantity:KGM", "5"),
    }


def test_a_product_alone_is_nothing_that_somebody_handled() -> None:
    """Else who names a product would see every lot of it."""
    assert extract(EVENT).handled() == {
        "https://id.gs1.org/00/040123450000001112",
        "https://id.gs1.org/01/06901234567892/21/1",
        LOT,
    }


def test_an_error_and_what_was_persistent() -> None:
    event = {
        **EVENT,
        "type": "ObjectEvent",
        "persistentDisposition": {"set": ["completeness_verified"], "unset": ["active"]},
        "errorDeclaration": {
            "declarationTime": "2026-05-01T08:00:00Z",
            "reason": "https://ref.gs1.org/cbv/ER-incorrect_data",
            "correctiveEventIDs": ["urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"],
        },
    }
    found = extract(event)
    assert found.declared is not None
    assert found.reason == "incorrect_data"
    assert {("set", "completeness_verified"), ("unset", "active")} < found.terms
    assert ("corrective", "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8") in found.terms


def test_a_long_text_is_looked_up_by_its_digest() -> None:
    assert look_up("x" * 400) == "x" * 400
    assert look_up("x" * 401).startswith("sha256:")
    assert look_up("x" * 401) != look_up("x" * 402)


def test_fields_of_somebodys_own_are_looked_up_by_their_full_names() -> None:
    event = {
        **EVENT,
        "type": "ObjectEvent",
        "x:grade": "A",
        "x:boxes": {"x:count": [3, 4.5]},
        "y:flag": True,
        "ilmd": {"x:best": "2026-06-01", "x:more": {"x:deep": None}},
    }
    found = {
        (kind, value)
        for kind, value in extract(event, {"x": "https://x.example/"}).terms
        if kind.startswith(("own", "inner", "ilmd"))
    }
    assert found == {
        ("own:https://x.example/grade", "A"),
        ("own:https://x.example/boxes", ""),
        ("inner:https://x.example/count", "3"),
        ("inner:https://x.example/count", "4.5"),
        ("own:y:flag", "true"),
        ("ilmd:https://x.example/best", "2026-06-01"),
        ("ilmd:https://x.example/more", ""),
        ("inner_ilmd:https://x.example/deep", "null"),
    }


def test_own_fields_are_looked_up_by_where_they_stand() -> None:
    own = {"x:at": "2026-05-01T08:00:00+08:00", "x:in": {"x:deep": "2026-02-30T00:00:00Z"}}
    report = {"type": "Temperature", "value": 1, "uom": "CEL"}
    event = {
        **EVENT,
        "readPoint": {"id": "urn:x:1", **own},
        "bizLocation": {"id": "urn:x:1", **own},
        "errorDeclaration": {"declarationTime": "2026-05-01T08:00:00Z", **own},
        "sensorElementList": [{"sensorMetadata": own, "sensorReport": [report | own], **own}],
    }
    found = extract(event, {"x": "x/"}).terms
    for kind in (
        *("read_point", "biz_location", "error"),
        *("sensor_element", "sensor_metadata", "sensor_report"),
    ):
        assert {
            (f"{kind}:x/at", "2026-05-01T08:00:00+08:00"),
            (f"time:{kind}:x/at", "2026-05-01T00:00:00.000000Z"),
            (f"{kind}:x/in", ""),
            (f"inner_{kind}:x/deep", "2026-02-30T00:00:00Z"),
        } <= found
        assert f"time:inner_{kind}:x/deep" not in {each for each, _ in found}


def test_what_stands_in_an_own_field_is_looked_up_as_an_attribute() -> None:
    event = {**EVENT, "x:seal": [{"x:of": "lead", "unit": "mm", "x:more": {"x:deep": 1}}]}
    found = {term for term in extract(event, {"x": "x/"}).terms if term[0].startswith("attribute")}
    assert found == {
        ("attribute:x/seal", "x/of"),
        ("attribute:x/seal x/of", "lead"),
        ("attribute:x/seal", "unit"),
        ("attribute:x/seal unit", "mm"),
    }


def test_what_sensors_measured_and_when() -> None:
    element = {
        "sensorMetadata": {"startTime": "2026-05-01T08:00:00+08:00"},
        "sensorReport": [
            {"type": "Temperature", "minValue": 0.5, "uom": "CEL"},
            {"type": "Temperature", "percRank": 50, "uom": "CEL"},
        ],
    }
    found = extract({**EVENT, "sensorElementList": [element]}).terms
    assert {
        ("time:startTime", "2026-05-01T00:00:00.000000Z"),
        ("number:minValue:CEL", "0.5"),
        ("number:percRank", "50"),
    } < found
