"""Counters of rain gauges and meters: amounts, whatever comes late, twice, over the end or anew."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from collector.store.network import external_devices
from tests.collector.conftest import NOW
from tests.collector.ingest.external.conftest import World

T = int(NOW.timestamp()) - 12 * 3600
METER = "meter-2"


@pytest.fixture
def meter(world: World) -> World:
    world.enrol(
        METER,
        [("rain", "precipitation_amount", "mm"), ("water", "water_volume", "m3")],
        counters={"rain": 16, "water": 0},
        factors={"rain": 0.2},
    )
    return world


def say(world: World, minutes: int, count: float, name: str = "rain", **more: Any) -> None:
    world.send([{"n": name, "t": T + 60 * minutes, "v": count, **more}], METER)


def amounts(world: World, name: str = "rain") -> dict[int, float]:
    return {(at - T) // 60: pytest.approx(value) for at, value in world.readings(name)}


def test_the_first_count_adds_nothing_and_each_other_what_came_since(meter: World) -> None:
    for minutes, count in [(0, 1000), (10, 1000), (20, 1005), (30, 1006)]:
        say(meter, minutes, count)
    assert amounts(meter) == {10: 0.0, 20: 1.0, 30: 0.2}
    assert meter.refusals() == {(METER, "count_began"): 1}


def test_over_the_end_begun_anew_back_and_jumped(meter: World) -> None:
    counts = [65_530, 65_534, 4, 30_000, 5, 60_000, 59_999]
    for place, count in enumerate(counts):
        say(meter, 10 * place, count)
    # 65534 -> 4 is over the end; 30000 cannot be; 30000 -> 5 is begun anew; 60000 cannot be
    assert amounts(meter) == {10: 0.8, 20: 1.2, 40: 1.0}
    assert meter.refusals() == {
        (METER, "count_began"): 1,
        (METER, "count_jumped"): 2,
        (METER, "count_back"): 1,
    }


def test_a_late_count_adds_nothing_since_the_one_after_it_has_it(meter: World) -> None:
    for minutes, count in [(0, 100), (20, 120), (10, 110), (30, 125)]:
        say(meter, minutes, count)
    assert amounts(meter) == {20: 4.0, 30: 1.0}
    assert meter.refusals()[METER, "count_late"] == 1
    say(meter, 20, 120, ut=1)  # said again, its amount is what it was
    assert meter.rows("SELECT count(*) FROM reading_conflict") == [(0,)]


def test_repetitions_in_any_order_change_nothing(meter: World) -> None:
    counts = [(10 * place, 100 + 3 * place) for place in range(12)]
    for one in counts:
        say(meter, *one)
    before = amounts(meter)
    again = [*counts, *counts]
    random.Random(7).shuffle(again)
    for place, one in enumerate(again):
        say(meter, *one, ut=place)  # other bytes, the same counts
    assert amounts(meter) == before
    assert sum(value.expected for value in before.values()) == pytest.approx(11 * 3 * 0.2)
    assert meter.rows("SELECT count(*) FROM reading_conflict") == [(0,)]


def test_another_count_for_the_same_time_is_a_conflict(meter: World) -> None:
    for minutes, count in [(0, 100), (10, 110), (10, 115), (20, 120)]:
        say(meter, minutes, count)
    assert amounts(meter) == {10: 2.0, 20: 2.0}
    assert meter.rows("SELECT value FROM reading_conflict") == [(pytest.approx(3.0),)]


def test_after_a_swap_a_technician_lets_the_counter_begin_anew(meter: World) -> None:
    say(meter, 0, 100)
    say(meter, 10, 105)
    with meter.conn:
        names = external_devices.swap(meter.conn, METER, NOW - timedelta(hours=11))
    assert sorted(names) == ["rain", "water"]
    say(meter, 70, 107)  # another gauge, which happens to stand a little higher
    say(meter, 80, 108)
    assert amounts(meter) == {10: 1.0, 80: 0.2}


def test_a_water_meter_counts_in_its_own_unit_without_an_end(meter: World) -> None:
    for minutes, count in [(0, 1234.5), (60, 1236.0), (120, 0.25)]:
        say(meter, minutes, count, "water", u="m3")
    assert amounts(meter, "water") == {60: 1500.0, 120: 250.0}


def test_a_backlog_in_one_message_is_read_in_order_of_time(meter: World) -> None:
    records = [{"n": "rain", "t": T + 600 * place, "v": 100 + place} for place in range(6)]
    meter.send(records[::-1], METER)
    assert amounts(meter) == dict.fromkeys(range(10, 60, 10), 0.2)


def test_a_count_after_hours_of_silence_is_judged_by_that_time(meter: World) -> None:
    """What came in the silence is taken as one amount, and marked where no hour holds so much."""
    say(meter, 0, 100)
    say(meter, 600, 100 + 1500)
    assert amounts(meter) == {600: 300.0}
    assert meter.rows("SELECT qc FROM reading") == [(9,)]
