"""Documents and events: what is read, what is refused and how it is said."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from models.exchange.epcis import reading
from models.exchange.epcis.reading import DocumentError, EventError
from tests.models.exchange.epcis_examples import examples

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]


def event(**changes: Any) -> dict[str, Any]:
    plain = {
        "type": "ObjectEvent",
        "eventTime": "2026-05-01T06:30:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "ADD",
        "bizStep": "commissioning",
        "epcList": ["https://id.gs1.org/01/06901234567892/21/1"],
    }
    return {k: v for k, v in {**plain, **changes}.items() if v is not None}


def document(*events: Any, **changes: Any) -> bytes:
    frame = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-05-01T06:30:00Z",
        "epcisBody": {"eventList": list(events)},
    }
    found = {k: v for k, v in {**frame, **changes}.items() if v is not None}
    return json.dumps(found).encode()


def test_every_example_is_read_and_its_events_are_right() -> None:
    events = 0
    for name, whole in examples().items():
        read = reading.read_document(json.dumps(whole).encode())
        for each in read.events:
            found = reading.check(each, read.context, NOW)
            events += 1
            assert found.given == ("eventID" in each), name
            assert found.event == {k: v for k, v in each.items() if k != "recordTime"}
    assert events > 25


def test_a_single_event_is_a_document_of_one() -> None:
    read = reading.read_document(json.dumps({"@context": CONTEXT, **event()}).encode())
    assert read.events == [event()]
    assert read.context == CONTEXT


DEEP = b"[" * 40 + b"]" * 40


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"{", "line 1, column 2: no JSON"),
        (b"\xff", "byte 0 is no UTF-8"),
        (b"[]", "type: say what this is"),
        (b'{"type": 7}', "type: say what this is"),
        (DEEP, "more than 32 deep"),
        (b"[" * 100_000 + b"]" * 100_000, "more than 32 deep"),
        (b'{"type": "EPCISDocument", "type": "x"}', '"type" stands twice'),
        (b'{"type": NaN}', "NaN is no number of JSON"),
        (b'{"type": 1e999}', "too large a number"),
        (b'{"type": ' + b"9" * 5000 + b"}", "a number cannot be read"),
        (b'{"type": "\\u0000"}', "holds NUL"),
        (b'{"type": "x\\ud800"}', "half a character"),
        (json.dumps(event()).encode(), "@context: is missing"),
        (document(schemaVersion=None), '"schemaVersion" is a required property'),
        (document(creationDate="yesterday"), "creationDate: .*date-time"),
        (document(epcisBody={}), 'epcisBody: "eventList" is a required property'),
        (document(strange=1), '"strange" is no field of it'),
    ],
)
def test_what_is_no_document_is_refused_whole(raw: bytes, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        reading.read_document(raw)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"bizStep": "commisioning"}, 'did you mean "commissioning"'),
        ({"disposition": "qqq"}, 'disposition: "qqq" is none of the standard\'s words and no URI'),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:shipping"}, "none of the standard's words"),
        ({"epcList": None}, "lacks what it is about"),
        ({"action": None}, '"action" is a required property'),
        ({"eventTime": "2026-05-02T12:00:00Z"}, "eventTime: .* is in the future"),
        ({"eventTime": "2016-12-31T23:59:60Z"}, "is no time that a calendar has"),
        ({"eventTime": "0001-01-01T00:00:00+14:00"}, "is no time that a calendar has"),
        ({"epcList": ["https://id.gs1.org/01/06901234567893/21/1"]}, "the check digit of"),
        ({"readPoint": {"id": "urn:epc:id:sgln:4012345.1.0"}}, "with 12 digits together"),
        ({"epcList": ["https://example.org/" + "x" * 400]}, "has more than 400 characters"),
        ({"eventID": "https://example.org/" + "x" * 400}, "has more than 400 characters"),
        ({"ilmd": {"x": 1}}, 'ilmd: "x" is no field of it'),
        (
            {"errorDeclaration": {"declarationTime": "2027-01-01T00:00:00Z"}},
            "declarationTime: .* is in the future",
        ),
    ],
)
def test_a_wrong_event_is_refused_with_its_place(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(EventError, match=why):
        reading.check(event(**changes), CONTEXT, NOW)


@pytest.mark.parametrize("other", [None, 7, "x", [], {}, {"type": "Own"}])
def test_what_is_no_event_at_all_is_refused(other: Any) -> None:
    with pytest.raises(EventError):
        reading.check(other, CONTEXT, NOW)


def test_a_clock_a_little_ahead_is_not_the_future() -> None:
    assert reading.check(event(eventTime="2026-05-01T12:04:00Z"), CONTEXT, NOW)


def test_an_event_type_of_somebodys_own_is_kept() -> None:
    own = {
        "type": "example:Own",
        "eventTime": "2026-05-01T06:30:00Z",
        "eventTimeZoneOffset": "+08:00",
    }
    found = reading.check({**own, "example:x": 1}, [{"example": "https://e.example/"}], NOW)
    assert found.fields.type == "https://e.example/Own"
    assert found.fields.terms == {("own:https://e.example/x", "1")}
