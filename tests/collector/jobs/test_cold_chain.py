"""Shipments are watched over: an alarm before the limit, once, to the people of both parties."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from collector.jobs.cold_chain import tell_readings, watch
from collector.jobs.context import Context
from collector.senders.message import Message, Outcome
from collector.senders.settings import SmsSettings
from collector.store import items, settings_table
from collector.store.coldchain import assets, conditions, shipments
from collector.store.coldchain.conditions import ALARMS
from collector.store.coldchain.sensor_telling import SettingError
from collector.store.coldchain.shipments import Line
from collector.store.lots import lots
from collector.store.lots.lots import Bought
from collector.store.postgres import db
from tests.collector.store.coldchain.world import AT, FRONT, NODE, World, build, measure

HOUR = timedelta(hours=1)


class Kept:
    """A way out that keeps what goes."""

    way = "test"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def send(self, message: Message) -> Outcome:
        self.texts.append(f"{message.to[-2:]} {message.text}")
        return Outcome.sent()


@pytest.fixture
def pool(dsn: str) -> Iterator[db.Pool]:
    pool = db.Pool(dsn)
    yield pool
    pool.close()


@pytest.fixture
def world(pool: db.Pool) -> World:
    """A load that left."""
    with pool.connection() as conn:
        world = build(conn)
        assets.attach(conn, NODE, world.truck.id, world.sender, "张三", AT)
        parties = (world.sender, world.receiver.id)
        of = (world.lot, 400.0, "garlic_scape", world.truck.id, parties, world.who)
        shipments.ship(conn, *of)
    return world


def rising(pool: db.Pool, start: datetime, low: float, high: float) -> None:
    """An hour of readings on a line, with a little noise."""
    values = [low + (high - low) * n / 11 + 0.01 * (n % 2) for n in range(12)]
    with pool.connection() as conn:
        measure(conn, FRONT, start, [round(each, 2) for each in values], 300)


def open_kinds(pool: db.Pool) -> list[str]:
    with pool.connection() as conn:
        return [each.event.kind for each in items.open_of_kinds(conn, ALARMS)]


def test_an_alarm_comes_before_the_limit_and_once(pool: db.Pool, world: World) -> None:
    kept = Kept()
    settings = SmsSettings(kept, (), "农情")
    rising(pool, AT, 0.0, 0.0)
    said = watch(Context(pool, AT + HOUR), settings)
    assert (said.params["shipments"], said.params["alarms"]) == (1, 0)
    rising(pool, AT + HOUR, 0.0, 0.35)
    for minute in (0, 1):
        watch(Context(pool, AT + 2 * HOUR + timedelta(minutes=minute)), settings)
    assert open_kinds(pool) == ["cold_limit_near"]
    with pool.connection() as conn:
        (item,) = items.open_of_kinds(conn, ALARMS)
    assert 10 <= item.event.params["minutes"] <= 40
    assert [each[:2] for each in kept.texts] == ["11", "12"]
    assert "分钟后会超温，请检查制冷机和车门" in kept.texts[0]
    rising(pool, AT + 2 * HOUR, 0.4, 1.2)
    watch(Context(pool, AT + 3 * HOUR), settings)
    assert open_kinds(pool) == ["cold_limit_broken"]
    assert "已经超温" in kept.texts[2]
    rising(pool, AT + 3 * HOUR, 0.0, 0.0)
    rising(pool, AT + 4 * HOUR, 0.0, 0.0)
    watch(Context(pool, AT + 5 * HOUR), settings)
    assert open_kinds(pool) == []
    assert len(kept.texts) == 4


def test_silence_is_an_alarm_and_ends_with_the_handover(pool: db.Pool, world: World) -> None:
    kept = Kept()
    settings = SmsSettings(kept, (), "农情")
    watch(Context(pool, AT + timedelta(minutes=29)), settings)
    assert open_kinds(pool) == []
    watch(Context(pool, AT + timedelta(minutes=45)), settings)
    assert open_kinds(pool) == ["cold_unheard"]
    assert "45 分钟没有温度" in kept.texts[0]
    with pool.connection() as conn:
        (found,) = shipments.newest(conn)
        of = {"accepted": True, "celsius": 0.1, "logger_celsius": None, "note": ""}
        who = type(world.who)(world.buyer.id, "李四", AT + HOUR)
        shipments.hand_over(conn, found.code, world.receiver, **of, who=who)
    assert watch(Context(pool, AT + 2 * HOUR), settings).params["shipments"] == 0
    assert open_kinds(pool) == []


def test_the_job_tells_readings(pool: db.Pool, world: World) -> None:
    rising(pool, AT, 0.0, 0.1)
    at = AT + HOUR + timedelta(minutes=20)
    assert tell_readings(Context(pool, at)).params == {"told": 1, "corrected": 0}
    assert tell_readings(Context(pool, at)).params == {"told": 0, "corrected": 0}


def test_what_a_gap_may_have_been_is_set_or_refused(pool: db.Pool, world: World) -> None:
    with pool.connection() as conn:
        assert conditions.assumed(conn) == conditions.ASSUMED_C
        settings_table.put(conn, "coldchain.assumed_c", "0,30", AT)
        assert conditions.assumed(conn).high_c == 30
        settings_table.put(conn, "coldchain.assumed_c", "30,0", AT)
        with pytest.raises(SettingError, match='coldchain.assumed_c is "30,0"; set it to two'):
            conditions.assumed(conn)


def test_a_load_of_several_lots_has_one_alarm_for_each_product(pool: db.Pool) -> None:
    with pool.connection() as conn:
        world = build(conn)
        assets.attach(conn, NODE, world.truck.id, world.sender, "张三", AT)
        came = Bought("commitment", "C2", "柳格农户", "", AT.date())
        more = [
            lots.buy(conn, produce, 100.0, "濮阳柳格", came, None, None, world.who)
            for produce in ("garlic_scape", "tomato")
        ]
        lines = [
            Line(lot, 50.0, product)
            for lot, product in zip(
                (world.lot, *more), ("garlic_scape", "garlic_scape", "tomato"), strict=True
            )
        ]
        parties = (world.sender, world.receiver.id)
        codes = shipments.ship_together(conn, lines, world.truck.id, parties, world.who)
    kept = Kept()
    settings = SmsSettings(kept, (), "农情")
    watch(Context(pool, AT + timedelta(minutes=45)), settings)
    with pool.connection() as conn:
        assert [each.subject for each in items.open_of_kinds(conn, ALARMS)] == [codes[0]]
    assert len(kept.texts) == 2  # one to each side
    rising(pool, AT + timedelta(minutes=30), 6.0, 6.0)  # too warm for scapes, too cold for tomatoes
    said = watch(Context(pool, AT + timedelta(minutes=90)), settings)
    assert said.params["alarms"] == 2
    with pool.connection() as conn:
        found = items.open_of_kinds(conn, ALARMS)
    assert {(each.event.kind, each.subject) for each in found} == {
        ("cold_limit_broken", codes[0]),
        ("cold_limit_broken", codes[2]),
    }
