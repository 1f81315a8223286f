"""Acts on lots as events: right by the standard, one for each act, nothing private in them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from models.exchange.epcis.reading import check
from models.trace import telling
from models.trace.certificate import FREED, HELD, RECALLED
from models.trace.telling import Amount, Grown, Made, event_id, moment_of, told_text

AT = datetime(2026, 5, 10, 6, 30, tzinfo=UTC)
DAY = date(2026, 5, 10)
LOT = "urn:uuid:5f2b3a34-5a5e-4d0e-9a2b-3f1d2c4b5a69"
OTHER = "urn:uuid:0b7e6c1d-1f5b-4a7e-8a55-9d1c2b3a4f5e"
CONTEXT = {"nongqing": "urn:nongqing:epcis:"}
MADE = Made(Amount(LOT, 812.5), "L260510-7KQ2M9XWD3", "garlic_scape", DAY, AT)
PARTED = Made(Amount(LOT, 300), "L1", "garlic_scape", DAY, AT, [Amount(OTHER, 300)])
PLANTING = "urn:uuid:9d3c3f3e-61f4-4c2a-8a5b-1f1b7c9e0a11"
GROWN = Grown("清丰县柳格镇", "410922104", PLANTING)
EVERY = {
    "harvested": telling.harvested(MADE, GROWN),
    "bare": telling.harvested(MADE, Grown("", "", None)),
    "split": telling.made_of(PARTED, "splitting"),
    "received": telling.made_of(PARTED, "receiving", "C260510-7KQ2M9XWD3"),
    "bought": telling.bought(MADE),
    "tested": telling.tested(Amount(LOT, 10), 3, "self_test", AT, ["嘧菌酯"], True),
    "failed": telling.tested(Amount(LOT, None), 4, "self_test", AT, ["x"], False),
    **{state: telling.marked(Amount(LOT, 10), 7, state, AT) for state in (HELD, RECALLED, FREED)},
    "certified": telling.certified(Amount(LOT, 812.5), "C1", AT, "control"),
    "voided": telling.voided(Amount(LOT, 812.5), "C1", AT),
}


@pytest.mark.parametrize("name", EVERY)
def test_every_event_is_right_by_the_standard(name: str) -> None:
    found = check(EVERY[name], CONTEXT, AT)
    assert found.given
    assert LOT in found.fields.handled()


def test_a_harvest_begins_a_lot_of_what_grew() -> None:
    told = EVERY["harvested"]
    assert (told["bizStep"], told["disposition"]) == ("commissioning", "active")
    assert told["inputQuantityList"] == [{"epcClass": PLANTING}]
    assert told["outputQuantityList"] == [{"epcClass": LOT, "quantity": 812.5, "uom": "KGM"}]
    assert told["ilmd"] == {
        "cbvmda:lotNumber": "L260510-7KQ2M9XWD3",
        "nongqing:produce": "garlic_scape",
        "cbvmda:harvestStartDate": "2026-05-10",
        "cbvmda:harvestEndDate": "2026-05-10",
        "nongqing:origin": "清丰县柳格镇",
        "nongqing:originCode": "410922104",
    }
    bare = EVERY["bare"]
    assert bare["action"] == "ADD"
    assert bare["quantityList"] == told["outputQuantityList"]


def test_parts_lead_from_one_lot_to_another() -> None:
    told = EVERY["received"]
    assert told["type"] == "TransformationEvent"
    assert told["bizStep"] == "receiving"
    assert told["inputQuantityList"] == [{"epcClass": OTHER, "quantity": 300, "uom": "KGM"}]
    assert told["outputQuantityList"] == [{"epcClass": LOT, "quantity": 300, "uom": "KGM"}]
    (paper,) = told["bizTransactionList"]
    assert paper == {
        "type": "cert",
        "bizTransaction": "urn:nongqing:certificate:C260510-7KQ2M9XWD3",
    }
    assert "bizTransactionList" not in EVERY["split"]


def test_marks_of_inspectors_are_set_and_taken_back() -> None:
    held, recalled, freed = (EVERY[state] for state in (HELD, RECALLED, FREED))
    assert held["persistentDisposition"] == {"set": ["non_sellable_other"]}
    assert freed["persistentDisposition"] == {"unset": ["non_sellable_other"]}
    assert recalled["persistentDisposition"] == {"set": ["recalled"]}
    assert recalled["disposition"] == "recalled"
    assert held["action"] == "OBSERVE"


def test_a_test_tells_what_it_found() -> None:
    assert EVERY["tested"]["disposition"] == "conformant"
    assert EVERY["tested"]["nongqing:lookedFor"] == ["嘧菌酯"]
    assert EVERY["failed"]["disposition"] == "non_conformant"
    assert EVERY["failed"]["quantityList"] == [{"epcClass": LOT}]


def test_an_act_has_one_identity_and_no_other_act_has_it() -> None:
    assert event_id(LOT, "made") == EVERY["harvested"]["eventID"] == EVERY["bought"]["eventID"]
    ids = [EVERY[name]["eventID"] for name in ("harvested", "tested", "failed", HELD, "certified")]
    assert len({*ids, event_id(OTHER, "made"), event_id(OTHER, "state:7")}) == 7


@pytest.mark.parametrize(
    ("day", "hour"),
    [
        (date(2026, 5, 10), "2026-05-10T06:30:00+00:00"),  # today: now
        (date(2026, 5, 9), "2026-05-09T04:00:00+00:00"),  # noon there
        (date(2026, 5, 11), "2026-05-10T06:30:00+00:00"),  # nothing is told of times to come
    ],
)
def test_a_day_is_told_as_its_noon(day: date, hour: str) -> None:
    assert moment_of(day, AT).astimezone(UTC) == datetime.fromisoformat(hour)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("25%嘧菌酯悬浮剂", "25%嘧菌酯悬浮剂"),
        ("PD20183210 嘧菌酯", "PD20183210 嘧菌酯"),
        ("问13812345678", ""),
        ("问 138 1234 5678", ""),
        ("张三配的药", ""),
        ("李四给的", ""),
    ],
)
def test_what_farmers_write_is_told_without_names_and_numbers(text: str, told: str) -> None:
    assert told_text(text, "张三", "李四", "嘧") == told
    assert told_text("x", "") == "x"


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [str(value)]


@pytest.mark.parametrize("name", EVERY)
def test_no_event_names_a_place_or_a_person(name: str) -> None:
    assert not {"readPoint", "bizLocation", "sourceList", "destinationList"} & set(EVERY[name])
    assert not any("person" in text for text in _texts(EVERY[name]))
