"""Shipments: what may leave, who accepts it, what both sides told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from collector.store.coldchain import assets, shipments
from collector.store.coldchain.shipments import Line, ShipmentError
from collector.store.lots import lot_marks, lots
from collector.store.lots.lots import Bought, Who
from collector.store.postgres import db
from collector.store.postgres.queries import fetch
from tests.collector.store.coldchain.world import AT, NODE, World, is_whole

PRODUCT = "garlic_scape"


@pytest.fixture
def ready(conn: db.Connection, world: World) -> World:
    """A logger rides in the truck."""
    assets.attach(conn, NODE, world.truck.id, world.sender, "张三", AT - timedelta(hours=1))
    return world


def ship(conn: db.Connection, world: World, kg: float = 400.0, lot: str = "") -> str:
    parties = (world.sender, world.receiver.id)
    given = (lot or world.lot, kg, PRODUCT, world.truck.id, parties, world.who)
    return shipments.ship(conn, *given)


def test_both_sides_tell_and_see_what_was_told(conn: db.Connection, ready: World) -> None:
    code = ship(conn, ready)
    found = shipments.find(conn, code)
    assert found is not None
    assert (found.weight_kg, found.receiver_name, found.handover) == (400.0, "郑州批发市场", None)
    assert [each.code for each in shipments.of_party(conn, "market")] == [code]
    buyer = Who(ready.buyer.id, ready.buyer.name, AT + timedelta(hours=8))
    of = {"accepted": False, "celsius": 3.5, "logger_celsius": 1.2, "note": "有软条"}
    shipments.hand_over(conn, code, ready.receiver, **of, who=buyer)
    found = shipments.find(conn, code)
    assert found is not None
    assert found.handover is not None
    assert (found.handover.celsius, found.until) == (3.5, buyer.at)
    rows = fetch(
        conn,
        "SELECT party, biz_step, disposition, document->'sensorElementList' FROM trace_event "
        "WHERE biz_step IN ('shipping', 'receiving') AND disposition IS NOT NULL ORDER BY id",
    )
    assert [row[:3] for row in rows] == [
        ("coop", "shipping", "in_transit"),
        ("market", "receiving", "non_conformant"),
    ]
    told = {
        e["sensorMetadata"]["nongqing:readBy"]: e["sensorReport"][0]["value"] for e in rows[1][3]
    }
    assert told == {"receiver": 3.5, "logger": 1.2}
    assert is_whole(conn, "market")
    with pytest.raises(ShipmentError, match=f"shipment {code}: was handed over already"):
        shipments.hand_over(conn, code, ready.receiver, **of, who=buyer)


def test_only_the_receiver_hands_over_and_not_before_it_left(
    conn: db.Connection, ready: World
) -> None:
    code = ship(conn, ready)
    of = {"accepted": True, "celsius": None, "logger_celsius": None, "note": ""}
    with pytest.raises(ShipmentError, match="goes to 郑州批发市场, who accepts or disputes it"):
        shipments.hand_over(conn, code, ready.sender, **of, who=ready.who)
    with pytest.raises(ShipmentError, match="left only at 2016-05-10 02:00 UTC; hand it over"):
        shipments.hand_over(conn, code, ready.receiver, **of, who=ready.who)


def test_a_recalled_lot_and_what_came_of_it_stays(conn: db.Connection, ready: World) -> None:
    (part,) = lots.split(conn, ready.lot, [200.0], ready.who)
    lot_marks.set_state(conn, ready.lot, "held", "抽检", ready.who)
    with pytest.raises(ShipmentError, match=f"lot {ready.lot}: an inspector holds it"):
        ship(conn, ready)
    lot_marks.set_state(conn, ready.lot, "recalled", "抽检不合格", ready.who)
    with pytest.raises(ShipmentError, match=f"lot {ready.lot}: is recalled, and so stays"):
        ship(conn, ready, 100.0, part)
    assert shipments.newest(conn) == []


def test_no_more_leaves_than_is_there(conn: db.Connection, ready: World) -> None:
    ship(conn, ready, 700.0)
    with pytest.raises(ShipmentError, match="300 kg are there to be shipped, and 300.5 kg"):
        ship(conn, ready, 300.5)
    ship(conn, ready, 300.0)


def test_what_cannot_leave_is_named(conn: db.Connection, ready: World) -> None:
    other = replace(ready, seller=ready.buyer)
    with pytest.raises(ShipmentError, match="is not yours; its owner ships it"):
        ship(conn, other)
    with pytest.raises(ShipmentError, match="lot L160510-22222222KD: there is none"):
        ship(conn, ready, lot="L160510-22222222KD")
    with pytest.raises(ShipmentError, match="receiver 柳格合作社: is the sender"):
        ship(conn, replace(ready, receiver=ready.sender))
    nobody = replace(ready.receiver, id="nobody")
    with pytest.raises(ShipmentError, match='receiver "nobody": no such party'):
        ship(conn, replace(ready, receiver=nobody))
    theirs = assets.add(conn, "truck", "豫A1", ready.receiver, AT, "李四")
    with pytest.raises(ShipmentError, match="asset 豫A1: belongs to 郑州批发市场; choose one of"):
        ship(conn, replace(ready, truck=theirs))
    bare = assets.add(conn, "box", "空箱", ready.sender, AT, "张三")
    with pytest.raises(ShipmentError, match="asset 空箱: no logger rides in it; attach one first"):
        ship(conn, replace(ready, truck=bare))


def test_several_lots_leave_together_each_with_its_own_end(
    conn: db.Connection, ready: World
) -> None:
    came = Bought("commitment", "C2", "柳格农户", "", AT.date())
    other = lots.buy(conn, "tomato", 300.0, "濮阳柳格", came, None, None, ready.who)
    parties = (ready.sender, ready.receiver.id)
    lines = [Line(ready.lot, 400.0, PRODUCT), Line(other, 200.0, "tomato")]
    twice = [*lines, Line(other, 1.0, "tomato")]
    with pytest.raises(ShipmentError, match=f"lot {other}: stands twice in the load"):
        shipments.ship_together(conn, twice, ready.truck.id, parties, ready.who)
    codes = shipments.ship_together(conn, lines, ready.truck.id, parties, ready.who)
    load = shipments.of_load(conn, codes[0])
    assert {each.code: each.load for each in load} == dict.fromkeys(codes, codes[0])
    buyer = Who(ready.buyer.id, ready.buyer.name, AT + timedelta(hours=8))
    of = {"celsius": None, "logger_celsius": None}
    shipments.hand_over(conn, codes[1], ready.receiver, accepted=False, note="软", who=buyer, **of)
    shipments.hand_over(conn, codes[0], ready.receiver, accepted=True, note="", who=buyer, **of)
    rows = fetch(
        conn,
        "SELECT biz_step, disposition FROM trace_event WHERE disposition LIKE '%%conform%%' OR "
        "disposition = 'in_transit' ORDER BY id",
    )
    assert rows == [
        ("shipping", "in_transit"),
        ("shipping", "in_transit"),
        ("receiving", "non_conformant"),
        ("receiving", "conformant"),
    ]
    alone = ship(conn, ready, 10.0)
    assert [each.code for each in shipments.of_load(conn, alone)] == [alone]
