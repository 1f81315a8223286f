"""Schedules on the server: refused where they overlap, given once when due, held back by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.control import giving, scheduling
from collector.control.scheduling import BadSchedule
from collector.jobs import acting
from collector.jobs.context import Context
from collector.store import audit, items
from collector.store.control import output_orders, schedules
from collector.store.control.schedules import NoSuchSchedule
from collector.store.postgres import db
from tests.collector.conftest import NOW, FixedClock
from tests.collector.control.conftest import DRIP, NODE, WHO, House

#: 2016-05-02 is a Monday; local 06:30 is 22:30 UTC of the day before.
DUE = datetime(2016, 5, 1, 22, 30, tzinfo=UTC)
EVERY = range(1, 8)


def add(conn: db.Connection, start: str = "06:30", finish: str = "07:00", days=EVERY) -> int:
    with conn:
        return scheduling.add(conn, NODE, DRIP, start, finish, days, WHO, NOW)


def hear(conn: db.Connection, at: datetime) -> None:
    with conn, conn.cursor() as cur:
        cur.execute("UPDATE node SET last_seen = %s WHERE id = %s", (at, NODE))


def due(conn: db.Connection, at: datetime) -> int:
    with conn:
        return scheduling.give_due(conn, at)


def runs(conn: db.Connection, number: int) -> list[tuple[datetime, bool, str | None]]:
    with conn:
        return [
            (each.due, each.given is not None, each.refused)
            for each in schedules.runs(conn, [number])
        ]


@pytest.mark.parametrize(
    ("start", "finish", "days", "why"),
    [
        ("06:45", "07:15", [1], "from: overlaps with rule 1 of the same output"),
        ("06:30", "09:00", [1], "to: is 150 min after from, and output 0 may be on for 120 min"),
        ("6:30", "07:00", [1], 'from: "6:30" is no time of day'),
        ("08:00", "08:00", [1], "to: is the same time as from"),
        ("08:00", "08:30", [8], "days: is no list of days"),
    ],
)
def test_what_overlaps_itself_or_cannot_be_is_refused(
    conn: db.Connection, start: str, finish: str, days: list[int], why: str
) -> None:
    add(conn)
    with pytest.raises(BadSchedule, match=why):
        add(conn, start, finish, days)


def test_what_would_be_too_much_on_a_day_is_refused(conn: db.Connection) -> None:
    add(conn, "00:30", "02:30")
    add(conn, "06:30", "08:30")
    with pytest.raises(BadSchedule, match="270 min on one day in all"):
        add(conn, "12:30", "13:00")


def test_it_is_given_once_when_it_is_due(conn: db.Connection) -> None:
    number = add(conn)
    hear(conn, DUE)
    assert due(conn, DUE - timedelta(seconds=1)) == 0
    assert due(conn, DUE + timedelta(seconds=60)) == 1
    assert due(conn, DUE + timedelta(seconds=70)) == 0
    with conn:
        (order,) = output_orders.of_nodes(conn, [NODE], before=DUE + timedelta(days=1))
        (told,) = audit.entries(conn, action="output_ordered")
    # what is late ends when it should
    assert (order.act, order.output, order.seconds, order.source) == ("on", DRIP, 1740, "schedule")
    assert told.actor == f"system:schedule {number}"
    assert runs(conn, number) == [(DUE, True, None)]


def test_only_on_its_days_and_until_it_is_ended(conn: db.Connection) -> None:
    number = add(conn, days=[2])
    hear(conn, DUE)
    assert due(conn, DUE) == 0
    tuesday = DUE + timedelta(days=1)
    hear(conn, tuesday)
    with conn:
        scheduling.end(conn, number, WHO, tuesday)
    assert due(conn, tuesday) == 0
    with conn, pytest.raises(NoSuchSchedule, match=f"schedule {number}: none in force"):
        scheduling.end(conn, number, WHO, tuesday)
    with conn:
        assert [each.action for each in audit.entries(conn)] == ["schedule_ended", "schedule_made"]


def test_what_could_not_be_given_is_an_item_and_not_made_up_for(conn: db.Connection) -> None:
    number = add(conn)
    assert due(conn, DUE) == 0  # not heard for ten hours
    assert "was not heard since" in str(runs(conn, number)[0][2])
    with conn:
        (item,) = items.open_of_kinds(conn, [scheduling.ITEM])
    assert item.subject == f"schedule {number}"
    next_day = DUE + timedelta(days=1)
    hear(conn, next_day)
    assert due(conn, next_day + giving.VALID + timedelta(seconds=1)) == 0
    assert runs(conn, number)[0] == (next_day, False, "missed: the server was away")
    third = next_day + timedelta(days=1)
    hear(conn, third)
    assert due(conn, third) == 1
    with conn:
        assert items.open_of_kinds(conn, [scheduling.ITEM]) == []


def test_what_somebody_switched_off_by_hand_stays_off(
    conn: db.Connection, house: House, clock: FixedClock
) -> None:
    number = add(conn)
    house.say(house.all(1000), house.state(1001, "hold", 5))
    hear(conn, DUE)
    assert due(conn, DUE) == 0
    assert runs(conn, number) == [(DUE, False, "held")]
    with conn:
        assert items.open_of_kinds(conn, [scheduling.ITEM]) == []


def test_the_jobs_do_it_where_there_is_something_to_do(conn: db.Connection, pool: db.Pool) -> None:
    act, look = acting.JOBS
    now = Context(pool, DUE)
    assert not act.wanted(now)
    add(conn)
    hear(conn, DUE)
    assert act.wanted(now)
    assert act.function(now).params == {"scheduled": 1, "in_sequence": 0}
    assert look.function(now).params == {"unknown": 0}
