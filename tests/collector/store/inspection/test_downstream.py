"""What became of lots: through parts and events, with who has it, in a real database."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from collector.permissions import Grant
from collector.store import people
from collector.store.inspection import downstream, recall_messages, recalls
from collector.store.inspection.downstream import LOT, Downstream
from collector.store.inspection.recalls import (
    NoSuchHolder,
    NothingHarvested,
    RecalledBefore,
    RecallOver,
)
from collector.store.lots import lot_marks, lots
from collector.store.lots.lots import LotError, Who
from collector.store.trace import following, members, parties
from collector.store.trace.parties import Party
from models.trace.certificate import FREED, HELD, RECALLED
from tests.collector.store.lots.test_lots import NOW, TODAY, grower

if TYPE_CHECKING:
    from collector.store.postgres.db import Connection, Pool

PALLET = "https://id.gs1.org/00/069012340000000016"
CITY = [Grant("inspector", "city", "")]


@pytest.fixture
def conn(registered: Connection) -> Connection:
    """A database that knows the villages."""
    return registered


def boxes(count: int) -> list[str]:
    return [f"https://id.gs1.org/01/06901234567892/21/{n}" for n in range(1, count + 1)]


def told(hour: int, step: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "eventTime": (NOW - timedelta(hours=24 - hour)).isoformat(),
        "eventTimeZoneOffset": "+08:00",
        "bizStep": step,
        **more,
    }


def tell(conn: Connection, party: str, *events: dict[str, Any]) -> None:
    parties.add(conn, Party(party, party.title()), NOW)
    members.tell(conn, Party(party, party.title()), events, NOW)


def packed(conn: Connection, uri: str, count: int) -> list[str]:
    """A lot packed into boxes, all on a pallet but the last."""
    things = boxes(count)
    into = {"inputQuantityList": [{"epcClass": uri, "quantity": 100, "uom": "KGM"}]}
    tell(
        conn,
        "packer",
        told(1, "packing", "TransformationEvent", outputEPCList=things, **into),
        told(
            2, "loading", "AggregationEvent", action="ADD", parentID=PALLET, childEPCs=things[:-1]
        ),
    )
    return things


def holder_of(found: Downstream, label: str) -> str:
    return next(each.holder for each in found.nodes if each.label == label)


def test_lots_and_boxes_are_followed_to_who_has_them(conn: Connection) -> None:
    who, own = grower(conn)
    first = lots.harvest(conn, own, "garlic_scape", 800, TODAY, who)
    part, rest = lots.split(conn, first, [300, 500], who)
    lot = lots.find(conn, part)
    assert lot is not None
    things = packed(conn, lot.uri, 4)
    start = lots.find(conn, first)
    assert start is not None
    found = downstream.follow(conn, [start.uri])
    labels = {each.label for each in found.nodes}
    assert labels == {first, part, rest, *things, PALLET}
    assert labels - {first, part, rest} == set(following.forward(conn, lot.uri)) - {lot.uri}
    assert {each.label: each.layer for each in found.nodes if each.kind == LOT} == {
        first: 0,
        part: 1,
        rest: 1,
    }
    assert holder_of(found, rest) == f"party:person-{who.person}"
    assert holder_of(found, things[0]) == "party:packer"
    tell(conn, "shop", told(3, "receiving", "ObjectEvent", action="OBSERVE", epcList=[PALLET]))
    arrived = downstream.follow(conn, [start.uri])
    assert holder_of(arrived, things[0]) == "party:shop"
    assert holder_of(arrived, things[-1]) == "party:packer"
    tell(
        conn,
        "shop",
        told(4, "unpacking", "AggregationEvent", action="DELETE", parentID=PALLET),
        told(6, "retail_selling", "ObjectEvent", action="DELETE", epcList=things[:1]),
    )
    tell(conn, "carrier", told(5, "departing", "ObjectEvent", action="OBSERVE", epcList=[PALLET]))
    unpacked = downstream.follow(conn, [start.uri])
    assert holder_of(unpacked, things[1]) == "party:shop"
    assert holder_of(unpacked, PALLET) == "party:carrier"
    assert [each.label for each in unpacked.nodes if each.sold] == [things[0]]
    assert unpacked.balance.harvested_kg == 800
    assert (unpacked.balance.held_kg, unpacked.balance.sold_kg) == (725, 75)
    assert Downstream.of_content(unpacked.content()) == unpacked


def test_a_mixture_is_listed_whole_and_counted_by_its_share(conn: Connection) -> None:
    who, own = grower(conn)
    mine, other = (lots.harvest(conn, own, "garlic_scape", kg, TODAY, who) for kg in (300, 100))
    whole = lots.merge(conn, [mine, other], 390, who)
    lot = lots.find(conn, mine)
    assert lot is not None
    found = downstream.follow(conn, [lot.uri])
    assert {each.label: each.kg for each in found.nodes} == {mine: 0, whole: 390}
    assert (found.balance.harvested_kg, found.balance.held_kg) == (300, 292.5)
    assert found.balance.unknown_kg == 7.5


def test_an_event_that_was_an_error_tells_of_no_holder(conn: Connection) -> None:
    who, own = grower(conn)
    early = TODAY - timedelta(days=9)
    lot = lots.find(conn, lots.harvest(conn, own, "garlic_scape", 100, early, who))
    assert lot is not None
    quantities = [{"epcClass": lot.uri, "quantity": 100, "uom": "KGM"}]
    event = told(3, "receiving", "ObjectEvent", action="OBSERVE", quantityList=quantities)
    event["eventID"] = "urn:uuid:7b1f8f8e-9f4e-4c7a-9b9e-0b9b0b9b0b9b"
    tell(conn, "shop", event)
    assert downstream.follow(conn, [lot.uri]).nodes[0].holder == "party:shop"
    declared = {"declarationTime": NOW.isoformat(), "reason": "incorrect_data"}
    tell(conn, "shop", event | {"errorDeclaration": declared})
    assert downstream.follow(conn, [lot.uri]).nodes[0].holder == f"party:person-{who.person}"


def test_boxes_with_weights_take_them_into_the_balance(conn: Connection) -> None:
    who, own = grower(conn)
    lot = lots.find(conn, lots.harvest(conn, own, "garlic_scape", 100, TODAY, who))
    assert lot is not None
    first, second, third = boxes(3)
    into = [(first, 40.0, "KGM"), (second, 20_000.0, "GRM"), (third, 7.0, "H87")]
    events = [
        told(
            hour,
            "packing",
            "AggregationEvent",
            action="ADD",
            parentID=box,
            childQuantityList=[{"epcClass": lot.uri, "quantity": amount, "uom": unit}],
        )
        for hour, (box, amount, unit) in enumerate(into, 1)
    ]
    out = told(5, "unpacking", "AggregationEvent", action="DELETE", parentID=first)
    out["childQuantityList"] = [{"epcClass": lot.uri, "quantity": 15, "uom": "KGM"}]
    wrong = told(6, "packing", "AggregationEvent", action="ADD", parentID=second)
    wrong["childQuantityList"] = [{"epcClass": lot.uri, "quantity": 90, "uom": "KGM"}]
    wrong["eventID"] = "urn:uuid:7b1f8f8e-9f4e-4c7a-9b9e-0b9b0b9b0b9c"
    declared = {"declarationTime": NOW.isoformat(), "reason": "incorrect_data"}
    tell(conn, "packer", *events, out, wrong, wrong | {"errorDeclaration": declared})
    tell(
        conn,
        "shop",
        told(7, "retail_selling", "ObjectEvent", action="OBSERVE", epcList=[first]),
    )
    found = downstream.follow(conn, [lot.uri])
    kg = {each.label: each.kg for each in found.nodes}
    assert kg == {lot.code: 55, first: 25, second: 20, third: None}
    known = found.balance
    assert (known.packed_kg, known.weighed, known.counted) == (45, 2, 1)
    assert (known.held_kg, known.sold_kg, known.by_count) == (75, 25, True)
    assert Downstream.of_content(found.content()) == found
    old = found.content()
    old.pop("rode")
    for name in ("packed_kg", "weighed", "counted", "excess_kg", "shipped_kg"):
        old["balance"].pop(name)
    assert Downstream.of_content(old).balance.packed_kg == 0


class Counting:
    """A connection that counts the statements that go through it."""

    def __init__(self, conn: Connection) -> None:
        self.conn, self.count = conn, 0

    def cursor(self) -> Any:
        self.count += 1
        return self.conn.cursor()


@pytest.mark.parametrize("count", [2, 400])
def test_more_boxes_need_no_more_statements(conn: Connection, count: int) -> None:
    who, own = grower(conn)
    lot = lots.find(conn, lots.harvest(conn, own, "garlic_scape", 800, TODAY, who))
    assert lot is not None
    packed(conn, lot.uri, count)
    counting: Any = Counting(conn)
    found = downstream.follow(counting, [lot.uri])
    assert len(found.nodes) == count + 2
    assert counting.count == 8


def begun(conn: Connection, code: str, who: Who, *, drill: bool = False) -> str:
    return recalls.start(conn, LOT, code, "qf-liuge", 1, "克百威", who, drill=drill)


def test_a_recall_recalls_its_lot_and_a_drill_nothing(conn: Connection) -> None:
    who, own = grower(conn)
    code = lots.harvest(conn, own, "garlic_scape", 800, TODAY, who)
    drill = begun(conn, code, who, drill=True)
    assert drill[0] == "D"
    assert lot_marks.states(conn, code) == []
    begun(conn, code, who, drill=True)
    lot_marks.set_state(conn, code, HELD, "抽检", who)
    number = begun(conn, code, who)
    assert number[0] == "R"
    assert [each.what for each in lot_marks.states(conn, code)] == [RECALLED, HELD]
    with pytest.raises(RecalledBefore, match=f"recall {number} is of it"):
        begun(conn, code, who)
    assert {each.number for each in recalls.recalls(conn, CITY)} >= {number, drill}
    elsewhere = [Grant("inspector", "county", "410928")]
    assert recalls.find(conn, number, elsewhere) is None
    assert recalls.find(conn, number, [Grant("inspector", "village", "qf-liuge")]) is not None


def test_a_lot_that_was_recalled_at_the_register_gets_its_list(conn: Connection) -> None:
    who, own = grower(conn)
    code = lots.harvest(conn, own, "garlic_scape", 800, TODAY, who)
    for state in (HELD, FREED, RECALLED):
        lot_marks.set_state(conn, code, state, "抽检", who)
    begun(conn, code, who)
    assert len(lot_marks.states(conn, code)) == 3


def test_a_field_stands_for_all_that_was_harvested_there(conn: Connection) -> None:
    who, own = grower(conn)
    with pytest.raises(NothingHarvested, match="no lot was harvested"):
        recalls.start(conn, "field", own.id, own.village, 2, "x", who, drill=False)
    with pytest.raises(LotError, match="there is none of this code"):
        begun(conn, "L260510-22222222KD", who)
    codes = {lots.harvest(conn, own, "garlic_scape", kg, TODAY, who) for kg in (1, 2)}
    number = recalls.start(conn, "field", own.id, own.village, 2, "x", who, drill=False)
    found, _ = recalls.newest_list(conn, number)
    assert {each.label for each in found.nodes} == codes
    assert all(lot_marks.states(conn, code)[0].what == RECALLED for code in codes)


def test_holders_answer_until_it_is_closed_once(conn: Connection) -> None:
    who, own = grower(conn)
    code = lots.harvest(conn, own, "garlic_scape", 800, TODAY, who)
    number = begun(conn, code, who)
    holder = f"party:person-{who.person}"
    with pytest.raises(NoSuchHolder):
        recalls.answer(conn, number, "person:0", 1, 0, 0, "", who)
    recalls.answer(conn, number, holder, 10, 0, 0, "", who)
    recalls.answer(conn, number, holder, 500, 200, 100, "", who)
    figures = recalls.close(conn, number, "找到多数", who)
    assert (figures.listed_kg, figures.found_kg, figures.destroyed_kg) == (800, 500, 200)
    assert (figures.recovered, figures.accounted, figures.unknown_kg) == (0.625, 0.75, 200)
    recall = recalls.find(conn, number, CITY)
    assert recall is not None
    assert recall.closed is not None
    assert recall.closed.figures == figures
    with pytest.raises(RecallOver, match="was closed by 张三"):
        recalls.close(conn, number, "x", who)
    with pytest.raises(RecallOver):
        recalls.answer(conn, number, holder, 1, 0, 0, "", who)
    with pytest.raises(RecallOver):
        recalls.look_again(conn, recall, who)


def test_of_two_who_close_at_the_same_moment_one_does(conn: Connection, pool: Pool) -> None:
    who, own = grower(conn)
    number = begun(conn, lots.harvest(conn, own, "garlic_scape", 800, TODAY, who), who)
    conn.commit()
    ended: list[str] = []
    together = threading.Barrier(2)

    def close() -> None:
        with pool.connection() as own_conn:
            together.wait(30)
            try:
                recalls.close(own_conn, number, "x", who)
            except RecallOver:
                ended.append("over")
            else:
                ended.append("closed")

    threads = [threading.Thread(target=close) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(ended) == ["closed", "over"]


def test_a_text_goes_once_to_persons_with_a_number(conn: Connection) -> None:
    who, own = grower(conn)
    code = lots.harvest(conn, own, "garlic_scape", 800, TODAY, who)
    number = begun(conn, code, who)
    person = people.add(conn, "店员", NOW, phone="+8613812345679")
    tell(conn, "shop")
    members.join(conn, person.id, "shop", NOW)
    own_key = f"party:person-{who.person}"
    behind = recalls.behind(conn, [own_key, "party:shop", "party:none"])
    assert [each.phone for each in behind[own_key]] == [None]
    assert [each.phone for each in behind["party:shop"]] == ["+8613812345679"]
    assert behind["party:none"] == []
    persons = [who.person, person.id]
    assert recall_messages.queue(conn, number, "party:shop", persons, "停售", NOW) == 1
    assert recall_messages.queue(conn, number, "party:shop", persons, "停售", NOW) == 0
    (waiting,) = recall_messages.waiting(conn, 10, NOW)
    message = recall_messages.claim(conn, waiting, NOW)
    assert message is not None
    assert (message.phone, message.text, message.attempts) == ("+8613812345679", "停售", 1)
    assert recall_messages.claim(conn, waiting, NOW) is None
    later = NOW + recall_messages.LOST + timedelta(seconds=1)
    assert recall_messages.waiting(conn, 10, later) == []
    assert recall_messages.of_recall(conn, number) == {"party:shop": {"unknown": 1}}
