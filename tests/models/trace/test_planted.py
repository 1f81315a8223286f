"""Sowing and treatments as events: right by the standard, told once, corrected, nothing private."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.exchange.epcis.reading import check
from models.trace import planted, telling
from models.trace.breaks import find_breaks, read_told
from models.trace.planted import Planting, Sowing, Treatment
from models.trace.telling import Amount, Grown, Made

URI = "urn:uuid:9d3c3f3e-61f4-4c2a-8a5b-1f1b7c9e0a11"
PLANTING = Planting(URI, "清丰县柳格镇", "410922104")
SOWING = Sowing("garlic", "金蒜3号", date(2025, 10, 1))
SPRAY = Treatment("e1", "spray", date(2026, 5, 3), "嘧菌酯", "叶枯病", "30 克/亩", 0.1, 7)
AT = datetime(2026, 5, 10, 6, 30, tzinfo=UTC)
CONTEXT = {"nongqing": "urn:nongqing:epcis:"}


def spray(**other: Any) -> dict[str, Any]:
    return planted.treated(PLANTING, replace(SPRAY, **other), ["张三"])


def sowing(**other: Any) -> dict[str, Any]:
    return planted.sown(PLANTING, replace(SOWING, **other), ["张三"])


def first(*wanted: dict[str, Any]) -> list[dict[str, Any]]:
    return planted.anew(wanted, [], AT)


def test_a_sowing_begins_a_planting() -> None:
    (told,) = first(sowing())
    assert (told["action"], told["bizStep"]) == ("ADD", "urn:nongqing:bizstep:sowing")
    assert told["quantityList"] == [{"epcClass": URI}]
    assert told["eventTime"] == "2025-10-01T00:00:00.000+08:00"
    assert told["readPoint"] == {"id": "urn:nongqing:place:410922104"}
    assert told["ilmd"] == {"nongqing:crop": "garlic", "nongqing:variety": "金蒜3号"}
    assert "nongqing:variety" not in sowing(variety="张三留的种")["ilmd"]
    nowhere = planted.sown(Planting(URI, "", ""), SOWING, ())
    assert "readPoint" not in nowhere


def test_a_treatment_tells_material_dose_area_and_how_long_to_wait() -> None:
    (told,) = first(spray())
    assert told["bizStep"] == "urn:nongqing:bizstep:treating"
    assert told["action"] == "OBSERVE"
    own = {name: value for name, value in told.items() if name.startswith("nongqing:")}
    assert own.pop("nongqing:record").startswith("treated:")
    assert own == {
        "nongqing:day": "2026-05-03",
        "nongqing:origin": "清丰县柳格镇",
        "nongqing:work": "spray",
        "nongqing:product": "嘧菌酯",
        "nongqing:target": "叶枯病",
        "nongqing:dose": "30 克/亩",
        "nongqing:areaHectares": 0.1,
        "nongqing:intervalDays": 7,
    }
    bare = spray(area_ha=None, interval_d=None, dose="", product="张三 13812345678")
    assert not {"nongqing:areaHectares", "nongqing:intervalDays"} & set(bare)
    assert bare["nongqing:product"] == ""


def test_the_line_of_the_diary_cannot_be_read_from_its_event() -> None:
    assert "of-the-diary" not in str(spray(entry="e1-of-the-diary"))
    other = planted.treated(Planting(URI[:-1] + "2", "", ""), SPRAY, ())
    assert planted.record_of(other) != planted.record_of(spray())


@pytest.mark.parametrize("event", [sowing(), spray(), spray(product="", area_ha=None)])
def test_every_event_and_its_error_are_right_by_the_standard(event: dict[str, Any]) -> None:
    (told,) = first(event)
    wrong = planted.declared_wrong(told, "incorrect_data", AT, told["eventID"])
    for each in (told, wrong):
        found = check(each, CONTEXT, AT)
        assert found.given
        assert URI in found.fields.handled()


def test_nothing_is_told_twice() -> None:
    told = first(sowing(), spray())
    assert planted.anew([sowing(), spray()], [(each, True) for each in told], AT) == []


def test_what_is_changed_is_told_anew_and_what_it_was_declared_an_error() -> None:
    (old,) = first(spray())
    later = AT + timedelta(days=1)
    new, wrong = planted.anew([spray(dose="40 克/亩")], [(old, True)], later)
    assert new["nongqing:dose"] == "40 克/亩"
    assert new["eventID"] != old["eventID"]
    said = wrong.pop("errorDeclaration")
    assert wrong == old
    assert said == {
        "declarationTime": "2026-05-11T14:30:00.000+08:00",
        "reason": "incorrect_data",
        "correctiveEventIDs": [new["eventID"]],
    }
    back, again = planted.anew([spray()], [(old, False), (new, True)], later)
    assert len({old["eventID"], new["eventID"], back["eventID"]}) == 3
    assert again["errorDeclaration"]["correctiveEventIDs"] == [back["eventID"]]


def test_what_is_taken_back_never_occurred() -> None:
    told = first(sowing(), spray())
    (wrong,) = planted.anew([sowing()], [(each, True) for each in told], AT)
    assert wrong["eventID"] == told[1]["eventID"]
    assert wrong["errorDeclaration"]["reason"] == "did_not_occur"
    assert "correctiveEventIDs" not in wrong["errorDeclaration"]
    assert planted.anew([sowing()], [(told[0], True), (told[1], False)], AT) == []


def test_nothing_is_told_of_times_to_come() -> None:
    morning = datetime(2026, 5, 3, 0, 30, tzinfo=UTC)  # half past eight there
    (told,) = planted.anew([spray()], [], morning)
    assert datetime.fromisoformat(told["eventTime"]) == morning
    assert planted.anew([spray()], [(told, True)], AT) == []  # at noon it is no other spray


def test_a_spray_of_the_day_of_harvest_breaks_no_story() -> None:
    day = date(2026, 5, 10)
    lot = "urn:uuid:5f2b3a34-5a5e-4d0e-9a2b-3f1d2c4b5a69"
    early = datetime(2026, 5, 10, 0, 30, tzinfo=UTC)
    harvest = telling.harvested(
        Made(Amount(lot, 800), "L1", "garlic_scape", day, early), Grown("", "", URI)
    )
    events = [*first(sowing(day=day), spray(day=day)), harvest]
    told = [
        read_told(
            number,
            "p",
            datetime.fromisoformat(each["eventTime"]),
            each["type"],
            each["bizStep"],
            each,
        )
        for number, each in enumerate(events)
    ]
    assert find_breaks(told, [URI, lot], 0.05) == []
