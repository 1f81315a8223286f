"""Advice done by valves: released, within limits and account, step by step, stopped on alarms."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from collector.control import sequencing, watering
from collector.control.watering import LEAD_S, CannotWater, Valve
from collector.store import audit, items
from collector.store.control import output_orders, sequences
from collector.store.control.sequences import Busy, Step
from collector.store.postgres import db
from tests.collector.conftest import NOW, FixedClock
from tests.collector.control.conftest import DRIP, NODE, WHO, Air, House

FIRST, LAST = date(2016, 3, 1), date(2016, 6, 15)


@pytest.fixture
def ready(conn: db.Connection, field_of: str) -> str:
    """A field of 0.1 ha whose drip valve gives 2 m3/h, released up to 30 mm at a time."""
    with conn, conn.cursor() as cur:
        cur.execute("UPDATE field SET area_ha = 0.1 WHERE id = %s", (field_of,))
        watering.give_flow(conn, NODE, DRIP, 2.0, WHO, NOW)
        watering.release(conn, field_of, FIRST, LAST, 30, WHO, NOW)
    return field_of


def valve(**more: object) -> Valve:
    return Valve(
        **{"node": "n", "output": 0, "m3_h": 2.0, "longest_s": 7200, "left_s": 14400} | more
    )


def test_an_amount_becomes_time_by_the_flow() -> None:
    assert watering.plan(3, 0.1, [valve()]) == [Step("n", 0, 5400)]  # 3 m3 of 2 m3/h


def test_what_is_longer_than_one_go_comes_in_parts_over_the_valves() -> None:
    steps = watering.plan(10, 0.1, [valve(), valve(output=1)])
    assert [(step.output, step.seconds) for step in steps] == [(0, 4500), (1, 4500)] * 2


def test_a_pump_runs_behind_its_valve() -> None:
    steps = watering.plan(3, 0.1, [valve(pump=1)])
    assert steps == [Step("n", 0, 5400 + LEAD_S), Step("n", 1, 5400, "on")]


@pytest.mark.parametrize(
    ("mm", "area", "valves", "why"),
    [
        (0, 0.1, [valve()], "0 mm: is no water to give"),
        (float("nan"), 0.1, [valve()], "nan mm: is no water"),
        (3, None, [valve()], "the field's area is not known"),
        (3, 0.1, [], "no valve whose flow is known"),
        (30, 0.1, [valve(left_s=3600)], r"30 mm are 30.0 m3, .* may give 2.0 m3 more today"),
    ],
)
def test_what_cannot_be_given_is_said(
    mm: float, area: float, valves: list[Valve], why: str
) -> None:
    with pytest.raises(CannotWater, match=why):
        watering.plan(mm, area, valves)


def test_nothing_is_done_without_a_release(conn: db.Connection, ready: str) -> None:
    with conn:
        watering.withdraw(conn, ready, WHO, NOW)
        with pytest.raises(CannotWater, match="nobody has released .* that the advice is followed"):
            watering.follow_advice(conn, ready, 3, WHO, NOW)
        assert not watering.withdraw(conn, ready, WHO, NOW)
        watering.release(conn, ready, FIRST, date(2016, 4, 30), 30, WHO, NOW)
        with pytest.raises(CannotWater, match="nobody has released"):  # it was for until yesterday
            watering.follow_advice(conn, ready, 3, WHO, NOW)
        assert sequences.under_way(conn) == []


def test_no_more_than_was_released_and_is_left(conn: db.Connection, ready: str) -> None:
    with conn:
        with pytest.raises(CannotWater, match="31 mm is more than the 30 mm at a time that Li"):
            watering.follow_advice(conn, ready, 31, WHO, NOW)
        watering.allocate(conn, ready, FIRST, LAST, 5, WHO, NOW)
        count(conn, ready, 3000.0)
        with pytest.raises(CannotWater, match=r"3.0 m3 is more than the 2.0 m3 that are left"):
            watering.follow_advice(conn, ready, 3, WHO, NOW)
        assert watering.follow_advice(conn, ready, 2, WHO, NOW)


def count(conn: db.Connection, field: str, litres: float, completeness: float = 1.0) -> None:
    """Let a meter of a field have counted in the hour before."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO placement (id, field, quantity) VALUES ('meter', %s, 'water_volume')",
            (field,),
        )
        cur.execute("INSERT INTO series (placement) VALUES ('meter') RETURNING id")
        cur.execute(
            "INSERT INTO reading_hourly (series_id, hour, sum, count, completeness, qc)"
            " VALUES (%s, %s, %s, 12, %s, 0)",
            (cur.fetchone()[0], NOW - timedelta(hours=1), litres, completeness),
        )


def test_the_account_says_what_was_used_and_what_is_missing(
    conn: db.Connection, ready: str
) -> None:
    with conn:
        count(conn, ready, 2500.0, 0.5)
        watering.allocate(conn, ready, FIRST, LAST, 100, WHO, NOW)
        found = watering.account(conn, ready, date(2016, 5, 1))
        before = watering.account(conn, ready, date(2016, 2, 1))
    assert (found.first, found.used, found.left, found.not_whole) == (FIRST, 2.5, 97.5, 1)
    assert [(each.meter, each.day, each.m3) for each in found.days] == [
        ("meter", date(2016, 5, 1), 2.5)
    ]
    assert (before.first, before.used, before.left) == (date(2016, 1, 1), 0, None)


class Course:
    """A sequence on the greenhouse, step by step."""

    def __init__(self, conn: db.Connection, house: House, air: Air, clock: FixedClock) -> None:
        self.conn, self.house, self.air, self.clock = conn, house, air, clock
        self.uptime = 1000
        house.say(house.all(self.uptime))

    def next(self, seconds: int = 0) -> list[tuple[str, int, int]]:
        """Let time pass, then the job; return the orders that go out: act, id, output."""
        self.clock.moment += timedelta(seconds=seconds)
        self.uptime += seconds
        with self.conn:
            sequencing.go_on(self.conn, self.clock.moment)
        self.house.collector._command()
        return [(each.act, each.id, each.argument[0]) for each in self.air.orders()]

    def say(self, *states: tuple[str, int, object, int]) -> None:
        self.house.say(
            *(
                self.house.state(self.uptime, word, by, more, output)
                for word, by, more, output in states
            )
        )

    def result(self, field: str) -> tuple[str | None, str | None]:
        with self.conn:
            (one,) = sequences.of_field(self.conn, field)
        return one.result, one.reason


@pytest.fixture
def course(conn: db.Connection, house: House, air: Air, clock: FixedClock) -> Course:
    return Course(conn, house, air, clock)


def begin(conn: db.Connection, field: str, *steps: Step) -> int:
    with conn:
        return sequencing.begin(conn, field, steps, WHO, NOW)


def test_a_sequence_gives_one_step_after_another(
    conn: db.Connection, ready: str, course: Course
) -> None:
    begin(conn, ready, Step(NODE, 0, 600), Step(NODE, 1, 300, "on"), Step(NODE, 0, 60))
    ((act, first, output),) = course.next()
    assert (act, output) == ("on", 0)
    assert course.next(5) == []
    course.say(("accepted", first, None, 0), ("on", first, 600, 0))
    ((act, second, output),) = course.next(5)
    assert (act, output) == ("on", 1)
    course.say(("on", second, 300, 1), ("proof", first, [4, 9], 0), ("proof", second, [5, 9], 1))
    assert course.next(300) == []
    course.say(("off", second, "lease", 1))
    assert course.next(300) == []
    course.say(("off", first, "lease", 0))
    assert course.next(305) == []  # its rest
    ((act, third, output),) = course.next(10)
    assert (act, output) == ("on", 0)
    course.say(("on", third, 60, 0))
    course.next(60)
    course.say(("off", third, "lease", 0))
    assert course.result(ready) == (None, None)
    course.next()
    assert course.result(ready) == ("done", None)


@pytest.mark.parametrize(
    ("states", "why"),
    [
        ([("refused", "rest")], "refused: rest"),
        ([("on", 600), ("alarm", "no_proof"), ("off", "no_proof")], "no_proof"),
        ([("on", 600), ("off", "all_off")], "off: all_off"),
        ([], "not_known"),
    ],
)
def test_a_sequence_stops_when_something_is_wrong(
    conn: db.Connection, ready: str, course: Course, states: list[tuple[str, object]], why: str
) -> None:
    begin(conn, ready, Step(NODE, 0, 600), Step(NODE, 1, 300))
    ((_, first, _),) = course.next()
    course.say(*((word, first, more, 0) for word, more in states))
    orders = course.next(0 if states else 600)
    assert [(act, output) for act, _, output in orders] == [("off", 0)]
    assert course.result(ready) == ("stopped", why)
    with conn:
        (item,) = items.open_of_kinds(conn, [sequencing.ITEM])
        given = output_orders.of_nodes(conn, [NODE], before=NOW + timedelta(days=1))
    assert item.event.params["detail"] == why
    assert [each.act for each in given] == ["off", "on"]  # the second step never came


def test_a_field_has_one_sequence_at_a_time(conn: db.Connection, ready: str) -> None:
    with conn:
        watering.follow_advice(conn, ready, 3, WHO, NOW)
    with pytest.raises(Busy, match="a sequence is under way"), conn:
        watering.follow_advice(conn, ready, 3, WHO, NOW)
    with conn:
        acts = [each.action for each in audit.entries(conn)]
    assert acts == ["sequence_begun", "advice_released", "flow_given"]
