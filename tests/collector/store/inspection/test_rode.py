"""Recalls that begin with a logger, in a real database."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from collector.permissions import Grant
from collector.store.coldchain import assets, shipments
from collector.store.goods import goods
from collector.store.inspection import recalls, rode
from collector.store.inspection.recalls import LOGGER, RecalledBefore, RecallOver
from collector.store.inspection.rode import Rode, SpanError
from collector.store.lots import lot_marks, lots
from collector.store.lots.lots import Bought, Who
from collector.store.postgres import db
from collector.store.postgres.queries import fetch
from collector.store.trace import members
from models.trace.certificate import RECALLED
from tests.collector.store.coldchain.world import AT, NODE, World, is_whole
from tests.collector.store.inspection.test_downstream import PALLET, Counting, boxes

BEIJING = timezone(timedelta(hours=8))
CITY = [Grant("inspector", "city", "")]


def at(hour: float) -> datetime:
    """So many hours after the world began, as people here write it."""
    return (AT + timedelta(hours=hour)).astimezone(BEIJING)


def span(since: float, until: float) -> tuple[datetime, datetime]:
    return at(since), at(until)


def later(world: World, hour: float) -> Who:
    return Who(world.seller.id, world.seller.name, at(hour))


def ride(cold: db.Connection, world: World, since: float, until: float | None, asset: int) -> None:
    assets.attach(cold, NODE, asset, world.sender, "张三", at(since))
    if until is not None:
        assets.detach(cold, NODE, world.sender, "张三", at(until))


def tell(cold: db.Connection, world: World, hour: float, **event: Any) -> None:
    told = {"type": "ObjectEvent", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE"} | event
    told["eventTime"] = at(hour).isoformat()
    members.tell(cold, world.sender, [told], at(48))


def pack(cold: db.Connection, world: World, hour: float, parent: str, **event: Any) -> None:
    kind = {"type": "AggregationEvent", "action": "ADD", "parentID": parent}
    tell(cold, world, hour, **kind, **event)


def other_lot(cold: db.Connection, world: World) -> str:
    came = Bought("commitment", "C2", "柳格农户", "", AT.date())
    return lots.buy(cold, "garlic_scape", 500.0, "濮阳柳格", came, None, None, world.who)


def uri_of(cold: db.Connection, lot: str) -> str:
    found = lots.find(cold, lot)
    assert found is not None
    return found.uri


def brief(found: list[Rode]) -> list[tuple[str, str, datetime, datetime, float | None]]:
    return [(each.label, each.asset, each.since, each.until, each.kg) for each in found]


@pytest.fixture
def moved(cold: db.Connection, world: World) -> tuple[World, int]:
    """The logger rode in the truck from hour 0 to 4, and in a store room from 5 to 9."""
    room = assets.add(cold, "store_room", "一号库", world.sender, AT, "张三")
    ride(cold, world, 0, 4, world.truck.id)
    ride(cold, world, 5, 9, room.id)
    parties = (world.sender, world.receiver.id)
    given = (world.lot, 400.0, "garlic_scape", world.truck.id, parties)
    ride(cold, world, 10, None, world.truck.id)  # what is sent needs a logger
    code = shipments.ship(cold, *given, later(world, 10.5), at(1))
    buyer = Who(world.buyer.id, world.buyer.name, at(11))
    of = {"accepted": True, "celsius": None, "logger_celsius": None, "note": ""}
    shipments.hand_over(cold, code, world.receiver, **of, who=buyer)
    place = {"id": room.uri}
    first, second, third = boxes(3)
    for box, kg in ((first, 10.0), (second, 12.5), (third, 10.0)):
        of_lot = [{"epcClass": uri_of(cold, world.lot), "quantity": kg, "uom": "KGM"}]
        pack(cold, world, 2, box, childQuantityList=of_lot, bizStep="packing")
    tell(cold, world, 6, epcList=[first], bizStep="storing", readPoint=place, bizLocation=place)
    pack(cold, world, 6.5, PALLET, childEPCs=[second], bizStep="packing", bizLocation=place)
    tell(cold, world, 8, epcList=[PALLET], bizStep="departing")
    return world, room.id


def test_only_what_was_there_in_the_span_counts_and_only_for_it(
    cold: db.Connection, moved: tuple[World, int]
) -> None:
    world, _ = moved
    truck = rode.rode(cold, NODE, span(0, 4.5))
    assert brief(truck) == [(world.lot, "豫J12345", at(1), at(4), 400.0)]
    first, second, _ = boxes(3)
    room = rode.rode(cold, NODE, span(4.5, 9.5))
    assert brief(room)[0] == (first, "一号库", at(6), at(9), None)
    stays = {each.label: each for each in room}
    assert set(stays) == {first, second, PALLET, world.lot}
    assert (stays[second].within, stays[second].until) == (PALLET, at(8))
    assert not stays[world.lot].starts
    late = rode.rode(cold, NODE, span(8.5, 9.5))
    assert {each.label for each in late} == {first, world.lot}
    both = rode.rode(cold, NODE, span(3.5, 6.2))
    assert [each.label for each in both if each.starts] == [world.lot, first]
    counting: Any = Counting(cold)
    rode.rode(counting, NODE, span(3.5, 6.2))
    assert counting.count == 3


def test_two_statements_find_it_however_many_boxes(cold: db.Connection, world: World) -> None:
    ride(cold, world, 0, None, world.truck.id)
    things = boxes(600)
    pack(cold, world, 1, PALLET, childEPCs=things)
    pack(cold, world, 2, world.truck.uri, childEPCs=[PALLET])
    counting: Any = Counting(cold)
    found = rode.rode(counting, NODE, span(3, 4))
    assert {each.id for each in found} == {PALLET, *things}
    assert counting.count == 3


@pytest.mark.parametrize(
    ("node", "since", "until", "said"),
    [
        ("lg-009", 0, 4, 'logger "lg-009": there is none of this number; see: nongqing node list'),
        ("lg-001", 4, 4, "ends before it begins; turn it round"),
        ("lg-001", 4, 3, "from 2016-05-10 14:00 .* until 2016-05-10 13:00"),
        ("lg-001", 40, 50, "until 2016-05-12 12:00 .*: is still to come; it is 2016-05-12 10:00"),
        (
            "lg-001",
            4.1,
            4.9,
            "rode in nothing from .*; it rode 豫J12345 2016-05-10 20:00 – …; 一号库",
        ),
        ("lg-001", 5.0, 5.9, "nothing is known to have been with it from .*一号库"),
        ("qf-001", 0, 4, "there is none|it rode never"),
    ],
)
def test_what_cannot_be_looked_for_is_said(
    cold: db.Connection,
    moved: tuple[World, int],
    node: str,
    since: float,
    until: float,
    said: str,
) -> None:
    for drill in (False, True):
        with pytest.raises(SpanError, match=said):
            begin(cold, later(moved[0], 48), node, span(since, until), drill=drill)
    assert fetch(cold, "SELECT * FROM recall") == []


def begin(
    cold: db.Connection, who: Who, node: str, of: tuple[datetime, datetime], *, drill: bool = False
) -> str:
    return recalls.start(cold, LOGGER, node, None, 1, "超温", who, drill=drill, span=of)


def test_a_recall_follows_all_that_was_there_to_who_has_it(
    cold: db.Connection, moved: tuple[World, int]
) -> None:
    world, _ = moved
    who = later(world, 48)
    first, second, third = boxes(3)
    number = begin(cold, who, NODE, span(3, 9))
    recall = recalls.find(cold, number, CITY)
    assert recall is not None
    assert recall.span == span(3, 9)
    found, _ = recalls.newest_list(cold, number)
    assert {each.label for each in found.nodes} >= {world.lot, first, second, PALLET}
    assert [each.label for each in found.rode if each.starts] == [world.lot, first, PALLET, second]
    assert lot_marks.states(cold, world.lot)[0].what == RECALLED
    kg = {each.holder: each.kg for each in found.nodes if each.label[0] in "LS"}
    assert kg == {f"party:{world.sender.id}": 567.5, "party:market": 400.0}
    assert (found.balance.shipped_kg, found.balance.held_kg) == (400, 1000)
    for box in (first, second, PALLET):
        trouble = goods.trouble(cold, box)
        assert trouble is not None
        assert trouble.state == RECALLED
    with pytest.raises(RecalledBefore, match=f"recall {number} is of it"):
        begin(cold, who, NODE, span(3, 9))
    assert begin(cold, who, NODE, span(3, 9), drill=True)[0] == "D"
    assert begin(cold, who, NODE, span(6, 9)) != number
    recalls.look_again(cold, recall, who)
    recalls.close(cold, number, "x", who)
    with pytest.raises(RecallOver):
        recalls.look_again(cold, recall, who)


def test_a_box_is_recalled_without_its_lot_until_it_is_emptied(
    cold: db.Connection, moved: tuple[World, int]
) -> None:
    world, _ = moved
    first, second, third = boxes(3)
    number = begin(cold, later(world, 48), NODE, span(5.9, 6.2))
    assert lot_marks.states(cold, world.lot) == []
    found, _ = recalls.newest_list(cold, number)
    assert [(each.label, each.kg) for each in found.nodes] == [(first, 10.0)]
    balance = found.balance
    assert (balance.harvested_kg, balance.held_kg, balance.packed_kg) == (10, 10, 10)
    assert (balance.weighed, balance.counted, balance.by_count) == (1, 0, False)
    assert goods.trouble(cold, third) is None
    trouble = goods.trouble(cold, first)
    assert trouble is not None
    assert trouble.lot == first
    rows = fetch(
        cold,
        "SELECT document FROM trace_event WHERE party = 'bureau' AND disposition = 'recalled'",
    )
    ((document,),) = rows
    assert document["epcList"] == [first]
    assert document["persistentDisposition"] == {"set": ["recalled"]}
    assert "张三" not in str(document)
    assert is_whole(cold, "bureau")
    kind = {"type": "AggregationEvent", "action": "DELETE", "parentID": first}
    tell(cold, world, 49 - 1, **kind, bizStep="unpacking")
    assert goods.trouble(cold, first) is None


def test_a_drill_recalls_no_box(cold: db.Connection, moved: tuple[World, int]) -> None:
    begin(cold, later(moved[0], 48), NODE, span(5.9, 6.2), drill=True)
    assert goods.trouble(cold, boxes(1)[0]) is None
    assert fetch(cold, "SELECT 1 FROM trace_event WHERE party = 'bureau'") == []


def test_things_are_told_of_together_only_where_the_same_parties_handled_them(
    cold: db.Connection, moved: tuple[World, int]
) -> None:
    world, _ = moved
    first, second, _ = boxes(3)
    told = {"type": "ObjectEvent", "action": "OBSERVE", "epcList": [first], "bizStep": "receiving"}
    zone = {"eventTime": at(12).isoformat(), "eventTimeZoneOffset": "+08:00"}
    members.tell(cold, world.receiver, [told | zone], at(48))
    begin(cold, later(world, 48), NODE, span(6, 9))
    rows = fetch(
        cold, "SELECT document FROM trace_event WHERE party = 'bureau' ORDER BY document::text"
    )
    listed = sorted(sorted(document["epcList"]) for (document,) in rows)
    assert listed == sorted([[first], sorted([PALLET, second])])


def test_an_event_declared_an_error_brings_nothing_in(cold: db.Connection, world: World) -> None:
    ride(cold, world, 0, None, world.truck.id)
    (box, other) = boxes(2)
    event = {"eventID": "urn:uuid:7b1f8f8e-9f4e-4c7a-9b9e-0b9b0b9b0b9b", "childEPCs": [box]}
    pack(cold, world, 1, world.truck.uri, **event)
    pack(cold, world, 1, world.truck.uri, childEPCs=[other])
    declared = {"declarationTime": at(2).isoformat(), "reason": "incorrect_data"}
    pack(cold, world, 1, world.truck.uri, **event, errorDeclaration=declared)
    assert [each.id for each in rode.rode(cold, NODE, span(2, 3))] == [other]
