"""What a node alarms of is an item with its evidence, until it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collector.control import alarms, giving
from collector.control.shown import GRACE
from collector.store import items
from collector.store.items import Item
from collector.store.postgres import db
from field_configs.events import sentence
from field_configs.words import Words
from tests.collector.conftest import NOW, FixedClock
from tests.collector.control.conftest import DRIP, NODE, WHO, House


def opened(conn: db.Connection) -> list[Item]:
    with conn:
        return items.open_of_kinds(conn, [*alarms.KINDS, alarms.NOT_KNOWN])


@pytest.mark.parametrize("why", ["off_flow", "backward", "stuck"])
def test_an_alarm_lasts_until_the_node_clears_it(
    conn: db.Connection, house: House, why: str
) -> None:
    house.say(house.all(10), house.state(20, "alarm", 0, why))
    (item,) = opened(conn)
    assert (item.event.kind, item.subject, item.node) == (f"output_{why}", f"{NODE}/0", NODE)
    assert item.event.params["quantity"] == "water_volume"
    assert "node qf-001, valve 0:" in sentence(item.event, Words.load("en"))
    assert "阀门" in sentence(item.event, Words.load("zh_CN"))
    house.say(house.state(30, "clear", 0, why))
    assert opened(conn) == []


@pytest.mark.parametrize("why", ["no_proof", "unproven"])
def test_what_was_not_proven_lasts_until_something_is(
    conn: db.Connection, house: House, why: str
) -> None:
    house.say(house.all(10), house.state(20, "on", 5, 600), house.state(140, "alarm", 5, why))
    assert [item.event.kind for item in opened(conn)] == [f"output_{why}"]
    house.say(house.state(900, "on", 6, 600))
    assert len(opened(conn)) == 1
    house.say(house.state(920, "proof", 6, [4, 9]))
    assert opened(conn) == []


def test_a_clear_that_came_before_its_alarm_leaves_none(conn: db.Connection, house: House) -> None:
    begins, ends = house.state(20, "alarm", 0, "stuck"), house.state(21, "clear", 0, "stuck")
    house.say(ends)
    house.say(begins)
    assert opened(conn) == []


def test_an_order_without_a_word_is_not_known_until_the_node_speaks(
    conn: db.Connection, house: House, clock: FixedClock
) -> None:
    house.say(house.all(1000))
    with conn:
        giving.switch_on(conn, NODE, DRIP, 600, WHO, NOW)
    house.collector._command()
    lapsed = NOW + giving.VALID
    for at, count in ((lapsed - timedelta(seconds=1), 0), (lapsed, 1)):
        with conn:
            assert alarms.not_known(conn, at) == count
    (item,) = opened(conn)
    assert item.event.params["by"] == "Li"
    assert "ordered it on for 600 s" in sentence(item.event, Words.load("en"))
    clock.moment = lapsed + timedelta(seconds=600) + GRACE
    house.say(house.all(3000))
    with conn:
        assert alarms.not_known(conn, clock.moment) == 0
    assert opened(conn) == []
