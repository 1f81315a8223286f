"""Loggers in assets: at most one asset at a time, told as events of the asset's party."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from collector.store.coldchain import assets
from collector.store.coldchain.assets import AssetError
from collector.store.goods import goods, units
from collector.store.network import registry
from collector.store.postgres import db
from collector.store.postgres.queries import fetch
from field_configs.load import load
from tests.collector.store.coldchain.world import AT, NODE, World, is_whole

LATER = AT + timedelta(hours=3)
TOLD = (
    "SELECT type, action, biz_step, document->>'parentID', document->'childEPCs'->>0 "
    "FROM trace_event WHERE party = 'coop' AND type = 'AssociationEvent' ORDER BY number"
)


def test_attaching_and_detaching_are_told_and_chained(conn: db.Connection, world: World) -> None:
    assets.attach(conn, NODE, world.truck.id, world.sender, "张三", AT)
    assert assets.asset(conn, world.truck.id).node == NODE
    assets.detach(conn, NODE, world.sender, "张三", LATER)
    (ride,) = assets.attachments(conn, world.truck.id)
    assert (ride.since, ride.until) == (AT, LATER)
    uri, node = world.truck.uri, "urn:nongqing:node:lg-001"
    assert [row[1:] for row in fetch(conn, TOLD)] == [
        ("ADD", "installing", uri, node),
        ("DELETE", "removing", uri, node),
    ]
    assert is_whole(conn, "coop")


def test_a_logger_on_two_assets_at_once_is_refused(conn: db.Connection, world: World) -> None:
    box = assets.add(conn, "box", "箱 7", world.sender, AT, "张三")
    assets.attach(conn, NODE, world.truck.id, world.sender, "张三", AT)
    with pytest.raises(AssetError, match="node lg-001: rides in 豫J12345 already; detach it") as no:
        assets.attach(conn, NODE, box.id, world.sender, "张三", LATER)
    assert no.value.kind == "attached"
    assets.detach(conn, NODE, world.sender, "张三", LATER)
    with pytest.raises(AssetError, match="rode in 豫J12345 until 2016-05-10 05:00 UTC; attach"):
        assets.attach(conn, NODE, box.id, world.sender, "张三", LATER, LATER - timedelta(hours=1))
    assets.attach(conn, NODE, box.id, world.sender, "张三", LATER)


def test_detaching_before_attaching_is_refused(conn: db.Connection, world: World) -> None:
    with pytest.raises(AssetError, match="node lg-001: rides in no asset; attach it first"):
        assets.detach(conn, NODE, world.sender, "张三", AT)
    assets.attach(conn, NODE, world.truck.id, world.sender, "张三", LATER)
    with pytest.raises(AssetError, match="was attached only at 2016-05-10 05:00 UTC; detach it"):
        assets.detach(conn, NODE, world.sender, "张三", AT)


def test_an_asset_of_another_party_is_refused(conn: db.Connection, world: World) -> None:
    with pytest.raises(AssetError, match="belongs to 柳格合作社, not to 郑州批发市场; ask them"):
        assets.attach(conn, NODE, world.truck.id, world.receiver, "李四", AT)
    assets.attach(conn, NODE, world.truck.id, world.sender, "张三", AT)
    with pytest.raises(AssetError, match="belongs to 柳格合作社"):
        assets.detach(conn, NODE, world.receiver, "李四", LATER)
    assert assets.assets(conn, "market") == []


def test_what_is_no_logger_does_not_ride(conn: db.Connection, world: World) -> None:
    with pytest.raises(AssetError, match="node lg-9: not in the registry; see: nongqing node list"):
        assets.attach(conn, "lg-9", world.truck.id, world.sender, "张三", AT)
    registry.import_configs(conn, load(site="demo"), AT)
    with pytest.raises(AssetError, match="node qf-001: stands in a field; only a node of a depot"):
        assets.attach(conn, "qf-001", world.truck.id, world.sender, "张三", AT)
    with pytest.raises(AssetError, match="asset 99: there is none of this number"):
        assets.attach(conn, NODE, 99, world.sender, "张三", AT)


def test_an_identifier_is_a_uri_and_one_assets_alone(conn: db.Connection, world: World) -> None:
    giai = assets.add(conn, "box", "箱", world.sender, AT, "张三", "urn:epc:id:giai:6901234.7")
    assert giai.uri == "https://id.gs1.org/8004/69012347"
    with pytest.raises(AssetError, match="an asset has this identifier already"):
        assets.add(conn, "box", "箱", world.sender, AT, "张三", giai.uri)
    with pytest.raises(AssetError, match=r"box 7: is no identifier \(it has no scheme\)"):
        assets.add(conn, "box", "箱", world.sender, AT, "张三", "box 7")


def test_the_newest_check_of_a_device_counts(conn: db.Connection, world: World) -> None:
    assert assets.checks(conn, [NODE]) == {}
    for day, due in ((date(2015, 5, 1), date(2016, 5, 1)), (date(2014, 5, 1), date(2015, 5, 1))):
        assets.add_check(conn, NODE, day, due, "计量所", world.seller.id, AT)
    assert assets.checks(conn, [NODE])[NODE].due == date(2016, 5, 1)


def test_a_logger_is_of_who_attached_it_first_until_it_is_given_on(
    conn: db.Connection, world: World
) -> None:
    store = assets.add(conn, "store_room", "一号库", world.receiver, AT, "李四")
    assert assets.owner(conn, NODE) is None
    assets.attach(conn, NODE, world.truck.id, world.sender, "张三", AT)
    assert assets.owner(conn, NODE) == world.sender
    assert assets.loggers(conn, "coop") == [(NODE, "豫J12345")]
    assets.detach(conn, NODE, world.sender, "张三", LATER)
    with pytest.raises(
        AssetError, match="node lg-001: belongs to 柳格合作社, not to 郑州批发市场"
    ) as no:
        assets.attach(conn, NODE, store.id, world.receiver, "李四", LATER)
    assert no.value.kind == "owned"
    assets.give(conn, NODE, "market", "command", LATER)
    assert assets.loggers(conn, "coop") == []
    assets.attach(conn, NODE, store.id, world.receiver, "李四", LATER)
    assert assets.loggers(conn, "market") == [(NODE, "一号库")]
    with pytest.raises(AssetError, match="node lg-009: not in the registry"):
        assets.give(conn, "lg-009", "market", "command", LATER)


def test_a_store_room_is_one_of_the_places_of_its_party(conn: db.Connection, world: World) -> None:
    room = assets.add(conn, "store_room", "一号库", world.sender, AT, "张三")
    again = assets.add(conn, "store_room", "一号库", world.sender, AT, "张三")
    assert [each.uri for each in units.places(conn, "coop")] == [room.uri]
    assert room.uri != again.uri
    assert goods.truck(conn, "market", "豫j 12345") == world.truck.uri
    assert goods.truck(conn, "market", "豫A1") is None
