"""The identity of events without one: the reference's, with its faults mended."""

from __future__ import annotations

import copy
import hashlib
import logging
from typing import Any

import pytest
from epcis_event_hash_generator import dl_normaliser, hash_generator, json_to_py

from models.exchange.epcis.contexts import prefixes
from models.exchange.epcis.identity import _reference, event_hash
from tests.models.exchange.epcis_examples import examples

NAMES = prefixes([{"example": "https://ns.example.com/epcis/"}])
#: The event that the hash's authors explain it by, and its text before hashing, from their page.
EXPLAINED: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2020-03-04T11:00:30.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "recordTime": "2020-03-04T11:00:30.999+01:00",
    "epcList": [f"urn:epc:id:sscc:4012345.0000000{number}" for number in (333, 111, 222)],
    "action": "OBSERVE",
    "bizStep": "departing",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00011.987"},
    "example:myField1": {"example:mySubField1": "2", "example:mySubField2": "5"},
    "example:myField2": "0",
    "example:myField3": {"example:mySubField3": ["3", "1"]},
}
OWN = "{https://ns.example.com/epcis/}"
TEXT = (
    "eventType=ObjectEventeventTime=2020-03-04T10:00:30.000ZeventTimeZoneOffset=+01:00epcList"
    "epc=https://id.gs1.org/00/040123450000001112epc=https://id.gs1.org/00/040123450000002225"
    "epc=https://id.gs1.org/00/040123450000003338action=OBSERVE"
    "bizStep=https://ref.gs1.org/cbv/BizStep-departing"
    "readPointid=https://id.gs1.org/414/4012345000115/254/987"
    f"{OWN}myField1{OWN}mySubField1=2{OWN}mySubField2=5{OWN}myField2=0"
    f"{OWN}myField3{OWN}mySubField3=1{OWN}mySubField3=3"
)


def sha(text: str) -> str:
    return f"ni:///sha-256;{hashlib.sha256(text.encode()).hexdigest()}?ver=CBV2.0"


def test_the_event_that_its_authors_explain_it_by() -> None:
    assert event_hash(EXPLAINED, NAMES) == sha(TEXT)
    assert "6ae96341e0acc6d7a261364751f60e68278a81cdf51da0abb6b4e617014e39d7" in sha(TEXT)


@pytest.mark.filterwarnings("ignore:open_text is deprecated:DeprecationWarning")
def test_examples_have_the_references_own_hash() -> None:
    """All that it can read, but for ``true``, which it writes as Python does."""
    logging.disable(logging.CRITICAL)
    compared = 0
    try:
        for name, document in examples().items():
            if document["type"] != "EPCISDocument" or "booleanValue" in str(document):
                continue
            theirs = hash_generator.epcis_hashes_from_events(
                json_to_py.event_list_from_epcis_document_json(copy.deepcopy(document))
            )
            names = prefixes(document["@context"])
            ours = [event_hash(each, names) for each in document["epcisBody"]["eventList"]]
            assert ours == theirs, name
            compared += len(ours)
    finally:
        logging.disable(logging.NOTSET)
    assert compared >= 18


@pytest.mark.parametrize(
    "same",
    [
        {"epcList": list(reversed(EXPLAINED["epcList"]))},
        {"eventTime": "2020-03-04T10:00:30Z"},
        {"eventTime": "2020-03-04T10:00:30.0004Z"},
        {"bizStep": "https://ref.gs1.org/cbv/BizStep-departing"},
        {"readPoint": {"id": "https://x.example/414/4012345000115/254/987?a=1"}},
        {"example:myField2": " 0\r\n"},
        {"eventID": "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"},
        {"recordTime": "2026-01-01T00:00:00Z"},
        {"@context": {"other": "https://other.example/"}},
        {"errorDeclaration": {"declarationTime": "2026-01-01T00:00:00Z"}},
    ],
    ids=str,
)
def test_what_says_the_same_is_the_same_event(same: dict[str, Any]) -> None:
    assert event_hash({**EXPLAINED, **same}, NAMES) == sha(TEXT)


@pytest.mark.parametrize(
    "other",
    [
        {"eventTime": "2020-03-04T10:00:30.0005Z"},
        {"example:myField2": "0\r\n1"},
        {"example:myField2": "departing"},
        {"action": "ADD"},
        {"epcList": EXPLAINED["epcList"][:2]},
    ],
    ids=str,
)
def test_what_says_something_else_is_another(other: dict[str, Any]) -> None:
    assert event_hash({**EXPLAINED, **other}, NAMES) != sha(TEXT)


def plain(**more: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": "2020-03-04T10:00:30.000Z",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        **more,
    }


START = (
    "eventType=ObjectEventeventTime=2020-03-04T10:00:30.000ZeventTimeZoneOffset=+08:00"
    "action=OBSERVE"
)


@pytest.mark.parametrize(
    "text",
    [
        "2016-02-29T23:59:59.999Z",
        "2016-02-30T00:00:00.000Z",
        "2016-13-01T00:00:00.000Z",
        "0000-01-01T00:00:00.000Z",
        "2016-01-01T24:00:00.000Z",
        "2016-12-31T23:59:60.000Z",
        "2016-01-01T08:00:00.000+08:00",
        "2016-01-01T00:00:00.0001Z",
        "a quarter past nine",
    ],
)
def test_a_time_is_read_as_the_reference_does(text: str) -> None:
    """Only what the reference leaves as it is, is not handed to it."""
    own, _, _ = _reference()
    fixed = hash_generator._fix_time_stamp_format(text)
    assert own._fix_time_stamp_format(text) == fixed


def test_the_reference_is_left_as_it_came() -> None:
    event_hash(EXPLAINED, NAMES)
    assert hash_generator.dl_normaliser is dl_normaliser.normaliser
    assert hash_generator.copy is copy


def test_a_fraction_that_rounds_up_to_a_second() -> None:
    event = plain(eventTime="2020-03-04T10:00:29.9996Z")
    assert event_hash(event, NAMES) == sha(START)


def test_a_transaction_without_a_type() -> None:
    event = plain(bizTransactionList=[{"bizTransaction": "https://example.org/po/1"}])
    assert event_hash(event, NAMES) == sha(
        f"{START}bizTransactionListbizTransaction=https://example.org/po/1"
    )


def test_a_word_of_the_standard_in_somebodys_own_field_is_their_text() -> None:
    event = plain(bizStep="shipping", **{"example:how": "shipping"})
    step = "bizStep=https://ref.gs1.org/cbv/BizStep-shipping"
    assert event_hash(event, NAMES) == sha(f"{START}{step}{OWN}how=shipping")


def test_a_context_somewhere_else_is_not_asked_for() -> None:
    """The reference would ask it at once; here it declares nothing."""
    names = prefixes("http://127.0.0.1:1/context.jsonld", [{"a": "https://a.example/"}])
    assert event_hash(plain(**{"a:x": "1"}), names) == sha(f"{START}{{https://a.example/}}x=1")


def test_prefixes_of_one_document_are_unknown_in_the_next() -> None:
    event_hash(plain(**{"b:x": "1"}), prefixes({"b": "https://b.example/"}))
    assert event_hash(plain(**{"b:x": "1"}), NAMES) == sha(f"{START}b:x=1")


def test_the_rules_of_a_sensor() -> None:
    sensors = {
        "sensorMetadata": {"bizRules": "urn:r:1", "dataProcessingMethod": "urn:d:1"},
        "sensorReport": [{"type": "Temperature", "bizRules": "urn:r:2", "booleanValue": True}],
    }
    assert event_hash(plain(sensorElementList=[sensors]), NAMES) == sha(
        f"{START}sensorElementListsensorElementsensorMetadatadataProcessingMethod=urn:d:1"
        "bizRules=urn:r:1sensorReporttype=https://gs1.org/voc/TemperaturebooleanValue=true"
        "sensorElementListsensorElementsensorReportbizRules=urn:r:2"
    )
