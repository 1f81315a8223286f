"""Orders to outputs: sent once it is known where the node is; states come back, once each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collector.control import giving, shown
from collector.control.shown import OutputNow
from collector.ingest import intake
from collector.ingest.batches import Collector
from collector.ingest.known_nodes import read_known_nodes
from collector.store.control import output_orders, output_states
from collector.store.control.output_orders import AGAIN, OutputOrder
from collector.store.postgres import db
from tests.collector.conftest import MASTER, NOW, FixedClock
from tests.collector.control.conftest import DRIP, NODE, VENT, WHO, Air, House, Ticks


def on(conn: db.Connection, seconds: int = 600, output: int = DRIP, at=NOW) -> int:
    with conn:
        return giving.switch_on(conn, NODE, output, seconds, WHO, at)


def off(conn: db.Connection, output: int = DRIP, at=NOW) -> int:
    with conn:
        return giving.switch_off(conn, NODE, output, WHO, at)


def order(conn: db.Connection, number: int) -> OutputOrder:
    with conn:
        return output_orders.find(conn, [number])[number]


def drip(conn: db.Connection, at=NOW) -> OutputNow:
    with conn:
        return shown.outputs_of(conn, at, nodes=[NODE])[DRIP]


def word(conn: db.Connection, number: int, at=NOW) -> str:
    with conn:
        given = shown.history(conn, [NODE], at)
    return next(each.state for each in given if each.order.id == number)


def test_an_order_is_asked_for_sent_done_and_read(
    conn: db.Connection, house: House, air: Air, collector: Collector, clock: FixedClock
) -> None:
    number = on(conn)
    collector._command()
    assert [(each.act, each.argument) for each in air.all()] == [("state", 0)]  # where is it?
    house.say(house.all(uptime=1000))
    (sent,) = air.orders()
    assert (sent.seq, sent.act, sent.id, sent.argument) == (1, "on", number, [DRIP, 600])
    assert (sent.boot, sent.until) == (7, 1000 + 600)
    assert word(conn, number, clock.moment) == "sent"
    house.say(house.state(1021, "accepted", number), house.state(1021, "on", number, 600))
    collector._command()
    assert air.orders() == []
    now = drip(conn, clock.moment)
    assert (now.is_on, now.by, now.left_s, now.proof) == (True, number, 600, None)
    assert now.said == clock.moment
    house.say(house.state(1040, "proof", number, [4, 7]))
    assert (drip(conn, clock.moment).proof, word(conn, number, clock.moment)) == ("proof", "proven")
    clock.moment += timedelta(seconds=600)
    assert drip(conn, clock.moment).left_s == 0
    house.say(house.state(1621, "off", number, "lease"))
    now = drip(conn, clock.moment)
    assert (now.is_on, now.left_s, now.reason) == (False, None, "lease")
    assert word(conn, number, clock.moment) == "off"


def test_what_comes_again_changes_nothing(
    conn: db.Connection, house: House, collector: Collector, pool: db.Pool, clock: FixedClock
) -> None:
    said = [house.all(10), house.state(20, "on", -1, 300), house.state(320, "off", -1, "rule")]
    house.say(*said)
    with conn:
        before = output_states.history(conn, [NODE], before=NOW + timedelta(days=1))
    other = Collector(pool, MASTER, clock, collector.link, monotonic=Ticks(clock))
    other.store(said)
    other.store(said[::-1])
    with conn:
        again = output_states.history(conn, [NODE], before=NOW + timedelta(days=1))
    assert again == before
    assert [(each.k, each.state) for each in again] == [(1, "off"), (0, "on")]
    assert drip(conn).is_on is False


def test_two_collectors_send_an_order_once(
    conn: db.Connection, house: House, air: Air, collector: Collector, pool, clock: FixedClock
) -> None:
    other = Collector(pool, MASTER, clock, air, monotonic=Ticks(clock))
    heard = house.all(1000)
    collector.store([heard])
    other.store([heard])
    on(conn)
    other._command()
    collector._command()
    assert [each.act for each in air.orders()] == ["on"]


def test_it_is_sent_again_as_it_was_and_never_past_its_time(
    conn: db.Connection, house: House, air: Air, collector: Collector, clock: FixedClock
) -> None:
    house.say(house.all(1000))
    number = on(conn)
    collector._command()
    first = air.orders()
    clock.moment += AGAIN
    collector._command()
    assert air.orders() == first
    clock.moment = NOW + giving.VALID
    collector._command()
    assert air.orders() == []
    assert word(conn, number, clock.moment) == "not_known"


def test_one_that_nobody_could_send_lapsed(
    conn: db.Connection, house: House, air: Air, collector: Collector, clock: FixedClock
) -> None:
    number = on(conn)
    assert word(conn, number) == "waiting"
    clock.moment += giving.VALID
    house.say(house.all(1000))
    assert air.orders() == []
    assert word(conn, number, clock.moment) == "lapsed"


@pytest.mark.parametrize("why", ["late", "boot", "ahead"])
def test_what_came_too_late_goes_out_anew_while_it_is_wanted(
    conn: db.Connection,
    house: House,
    air: Air,
    collector: Collector,
    clock: FixedClock,
    why: str,
) -> None:
    house.say(house.all(100))  # was long on its way
    number = on(conn)
    collector._command()
    (first,) = air.orders()
    refused = house.state(5000, "refused", number, why)
    house.say(refused)
    (second,) = air.orders()
    assert (second.id, second.seq, second.until) == (number, first.seq + 1, 5600)
    house.say(refused)  # comes twice: nothing new
    assert air.orders() == []
    for _ in range(output_states.MOST_SENT):
        house.say(house.state(5001, "refused", number, why))
    assert len(air.orders()) == output_states.MOST_SENT - 2
    assert (order(conn, number).result, order(conn, number).reason) == ("refused", why)


def test_what_the_node_refuses_for_good_is_not_sent_again(
    conn: db.Connection, house: House, air: Air, collector: Collector, clock: FixedClock
) -> None:
    house.say(house.all(1000))
    number = on(conn)
    collector._command()
    house.say(house.state(1001, "accepted", number), house.state(1001, "refused", number, "rest"))
    clock.moment += timedelta(minutes=2)
    air.orders()
    collector._command()
    assert air.orders() == []
    assert (order(conn, number).result, order(conn, number).reason) == ("refused", "rest")
    house.say(house.state(1002, "refused", number, "late"))
    assert order(conn, number).reason == "rest"


def test_a_newer_order_takes_the_place_of_an_older_one(
    conn: db.Connection, house: House, air: Air, collector: Collector
) -> None:
    house.say(house.all(1000))
    first, vent = on(conn), on(conn, output=VENT)
    second = off(conn)
    collector._command()
    assert [(each.act, each.id) for each in air.orders()] == [("on", vent), ("off", second)]
    assert order(conn, first).result == "withdrawn"


def test_all_off_overtakes_everything_and_needs_not_be_heard(
    conn: db.Connection, house: House, air: Air, collector: Collector, field_of: str
) -> None:
    given = [on(conn), on(conn, output=VENT)]
    with conn:
        (last,) = giving.all_off(conn, field_of, WHO, NOW)
    collector._command()
    assert [(each.act, each.id, each.boot) for each in air.orders()] == [("all_off", last, None)]
    assert {order(conn, each).result for each in given} == {"withdrawn"}
    later = off(conn)
    assert order(conn, last).result is None  # it still has to come through
    collector._command()
    assert [each.id for each in air.orders()] == [later]


def test_off_goes_out_under_a_new_number_when_the_node_went_on(
    conn: db.Connection, house: House, air: Air, collector: Collector, clock: FixedClock
) -> None:
    house.say(house.all(1000))
    number = off(conn)
    collector._command()
    (lost,) = air.orders()
    vent = on(conn, output=VENT)
    collector._command()
    (taken,) = air.orders()
    house.say(house.state(1010, "accepted", vent, output=VENT))
    clock.moment += AGAIN
    collector._command()
    (again,) = air.orders()
    assert (again.id, again.act) == (number, "off")
    assert again.seq > taken.seq > lost.seq


def test_a_gap_is_asked_for_and_filled(
    conn: db.Connection, house: House, air: Air, collector: Collector, clock: FixedClock
) -> None:
    lost = [house.state(20, "on", -1, 300), house.state(25, "proof", -1, [4, 9])]
    house.say(house.state(320, "off", -1, "rule"))
    assert air.all() == []  # it may be on its way
    clock.moment += AGAIN
    collector._command()
    assert [(each.act, each.argument) for each in air.all()] == [("state", 0)]
    house.say(house.all(330), *lost)
    clock.moment += timedelta(hours=1)
    collector._command()
    assert air.all() == []
    assert drip(conn, clock.moment).since == NOW  # when `off` came in


def test_what_the_node_has_forgotten_is_given_up_and_counted(
    conn: db.Connection, house: House, air: Air, collector: Collector, clock: FixedClock
) -> None:
    house.k = 5
    house.say(house.state(20, "on", -1, 300))
    asked = 0
    for _ in range(12):
        clock.moment += timedelta(minutes=2)
        collector._command()
        if air.asked():
            asked += 1
            clock.moment += timedelta(seconds=1)
            house.say(house.all(400))
            air.all()
    assert asked == output_orders.MOST_ASKED
    with conn:
        (node,) = output_states.nodes(conn, ["greenhouse-2"])
    assert node.lost == 5


def test_a_restored_database_goes_on_behind_the_nodes_number(
    conn: db.Connection, house: House, air: Air, collector: Collector
) -> None:
    house.say(house.all(1000, seq=900))
    on(conn)
    collector._command()
    assert [each.seq for each in air.orders()] == [901]


def test_off_comes_through_to_a_node_whose_number_a_restore_forgot(
    conn: db.Connection, house: House, air: Air, collector: Collector, clock: FixedClock
) -> None:
    number = off(conn)
    collector._command()
    first, asked = air.all()
    assert (first.seq, asked.act) == (1, "state")  # the node knows 900, and takes it for a replay
    house.say(house.all(1000, seq=900))
    clock.moment += AGAIN
    collector._command()
    (again,) = air.orders()
    assert (again.id, again.seq) == (number, 901)


def test_a_start_ends_what_was_on(
    conn: db.Connection, house: House, air: Air, collector: Collector
) -> None:
    house.say(house.all(1000), house.state(1001, "on", -1, 3600))
    assert drip(conn).is_on is True
    old = house.state(1002, "on", -1, 3600, output=VENT)
    house.boot = 8
    house.say(house.event("boot", ["1", 0]))
    assert drip(conn).is_on is None  # it has not said yet
    house.k = 0
    house.say(house.all(3), old)
    assert drip(conn).is_on is False
    assert collector._where.where(NODE).boot == 8


def test_a_lease_that_must_be_over_without_a_word_is_not_known(
    conn: db.Connection, house: House, clock: FixedClock
) -> None:
    house.say(house.all(1000), house.state(1001, "on", -1, 300))
    later = NOW + timedelta(seconds=300) + shown.GRACE
    assert drip(conn, later).is_on is True
    assert drip(conn, later + timedelta(seconds=1)).is_on is None


def test_who_switches_is_always_shown(conn: db.Connection, house: House) -> None:
    assert drip(conn).hold is None
    house.say(house.all(1000))
    assert drip(conn).hold is False
    house.say(house.state(1001, "hold", 5, output=None))
    assert drip(conn).hold is True
    house.say(house.state(1002, "auto", 6))
    assert drip(conn).hold is False


def test_an_old_start_told_late_changes_nothing_now(conn: db.Connection, house: House) -> None:
    house.say(house.all(1000))
    late = house.event("output", [0, 5, DRIP, "on", -1, 600], boot=3)
    house.say(late)
    assert drip(conn).is_on is False
    assert house.collector._where.where(NODE).boot == 7


def test_an_order_that_another_collector_has_in_hand_is_left_to_it(
    conn: db.Connection, house: House, pool: db.Pool
) -> None:
    house.say(house.all(1000))
    on(conn)
    where = house.collector._where.where
    with pool.connection() as one, pool.connection() as other:
        assert len(output_orders.take(one, NOW, where)) == 1
        assert output_orders.take(other, NOW, where) == []


def test_a_batch_that_was_rolled_back_is_kept_once(conn: db.Connection, house: House) -> None:
    house.say(house.all(1000))
    number = on(conn)
    house.collector._command()
    said = [house.state(1001, "accepted", number), house.state(1001, "on", number, 600)]
    known = read_known_nodes(conn, MASTER)
    intake.take(conn, known, said, NOW)
    conn.rollback()
    assert order(conn, number).result is None
    house.say(*said)
    house.say(*said)
    with conn:
        told = output_states.of_orders(conn, [number])[number]
    assert [each.state for each in told] == ["accepted", "on"]
    assert order(conn, number).result == "accepted"


def test_a_lapsed_order_stays_behind_when_the_node_is_told_another(
    conn: db.Connection, house: House, air: Air, clock: FixedClock
) -> None:
    on(conn)
    clock.moment += giving.VALID
    vent = on(conn, output=VENT, at=clock.moment)
    house.say(house.all(1000))
    assert [each.id for each in air.orders()] == [vent]
