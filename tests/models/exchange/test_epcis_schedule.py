"""Schedules of subscriptions, by the examples of the standard and of its interface."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.exchange.epcis.schedule import FIELDS, ScheduleError, parse_schedule

START = datetime(2016, 4, 29, 23, 59, 59, tzinfo=UTC)  # a Friday


def times(value: dict[str, Any], count: int = 3, after: datetime = START) -> list[str]:
    schedule, found = parse_schedule(value), []
    for _ in range(count):
        at = schedule.next_after(after)
        assert at is not None
        found.append(at.strftime("%Y-%m-%d %H:%M:%S"))
        after = at
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # 8.2.5.3: once an hour, at the top of the hour
        (
            {"second": "0", "minute": "0"},
            ["2016-04-30 00:00:00", "2016-04-30 01:00:00", "2016-04-30 02:00:00"],
        ),
        # 8.2.5.3: once a day, at 2:30 am
        (
            {"second": "0", "minute": "30", "hour": "2"},
            ["2016-04-30 02:30:00", "2016-05-01 02:30:00", "2016-05-02 02:30:00"],
        ),
        # 8.2.5.3: once an hour, but only on weekdays
        (
            {"second": "0", "minute": "0", "dayOfWeek": "[1-5]"},
            ["2016-05-02 00:00:00", "2016-05-02 01:00:00", "2016-05-02 02:00:00"],
        ),
        # the interface: every morning at 1.05am
        (
            {"hour": "1", "minute": "5"},
            ["2016-04-30 01:05:00", "2016-05-01 01:05:00", "2016-05-02 01:05:00"],
        ),
        # the interface, in the answer for one subscription
        (
            {"second": "0/30"},
            ["2016-04-30 00:00:00", "2016-04-30 00:00:30", "2016-04-30 00:01:00"],
        ),
        (
            {"minute": "0,[20-21]", "hour": "7,[22-23]"},
            ["2016-04-30 07:00:00", "2016-04-30 07:20:00", "2016-04-30 07:21:00"],
        ),
        ({"dayOfMonth": "31", "hour": "0", "minute": "0"}, ["2016-05-31 00:00:00"]),
        ({"dayOfMonth": "29", "month": "2", "hour": "0", "minute": "0"}, ["2020-02-29 00:00:00"]),
        # every field must fit, not one of two as in some crontabs
        (
            {"dayOfMonth": "13", "dayOfWeek": "5", "hour": "0", "minute": "0"},
            ["2016-05-13 00:00:00", "2017-01-13 00:00:00"],
        ),
        ({"dayOfWeek": "7", "hour": "0", "minute": "0"}, ["2016-05-01 00:00:00"]),
        ({"second": 5, "minute": 0, "hour": 0}, ["2016-04-30 00:00:05"]),
    ],
)
def test_examples(value: dict[str, Any], expected: list[str]) -> None:
    assert times(value, len(expected)) == expected


def test_times_are_in_utc_whatever_the_zone_of_the_one_before() -> None:
    schedule = parse_schedule({"hour": "1", "minute": "5"})
    at = schedule.next_after(datetime(2016, 4, 30, 8, 0, tzinfo=timezone(timedelta(hours=8))))
    assert at == datetime(2016, 4, 30, 1, 5, tzinfo=UTC)


def test_the_time_itself_is_not_after_it() -> None:
    at = datetime(2016, 4, 30, 1, 5, tzinfo=UTC)
    assert parse_schedule({"hour": "1", "minute": "5"}).next_after(at) == at + timedelta(days=1)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({}, "at least one field"),
        (None, "at least one field"),
        ("0 5 1 * *", "at least one field"),
        ({"year": "2016"}, "schedule.year: is no field"),
        ({"second": "60"}, "out of range"),
        ({"hour": "24"}, "out of range"),
        ({"dayOfMonth": "0"}, "out of range"),
        ({"month": "13"}, "out of range"),
        ({"dayOfWeek": "0"}, "out of range"),
        ({"dayOfWeek": "8"}, "out of range"),
        ({"minute": "[5-1]"}, "out of range"),
        ({"minute": "0/0"}, "out of range"),
        ({"minute": "1-5"}, "cannot be read"),
        ({"minute": ""}, "cannot be read"),
        ({"minute": "*"}, "cannot be read"),
        ({"minute": "１"}, "cannot be read"),
        ({"minute": "1,"}, "cannot be read"),
        ({"minute": True}, "is no text"),
        ({"minute": ["1"]}, "is no text"),
        ({"minute": "1," * 300}, "is no text"),
        ({"dayOfMonth": "30", "month": "2"}, "never comes"),
    ],
)
def test_what_is_no_schedule_is_named(value: Any, why: str) -> None:
    with pytest.raises(ScheduleError, match=why):
        parse_schedule(value)


def _element(name: str) -> st.SearchStrategy[str]:
    least, most = FIELDS[name]
    number = st.integers(least, most)
    ranges = st.tuples(number, number).map(lambda two: f"[{min(two)}-{max(two)}]")
    return st.lists(number.map(str) | ranges, min_size=1, max_size=3).map(",".join)


@given(
    st.fixed_dictionaries(
        {}, optional={name: _element(name) for name in ("second", "minute", "hour", "dayOfWeek")}
    ).filter(bool)
)
def test_times_rise_fit_and_leave_none_out(value: dict[str, str]) -> None:
    """Beside a look at every second of the hours after."""
    schedule = parse_schedule(value)
    found = []
    after: datetime | None = START
    for _ in range(5):
        assert after is not None
        after = schedule.next_after(after)
        assert after is not None
        found.append(after)
    assert all(one < other for one, other in pairwise([START, *found]))
    seconds = min(7200, int((found[-1] - START).total_seconds()))
    looked = []
    for passed in range(1, seconds + 1):
        at = START + timedelta(seconds=passed)
        if (
            at.second in schedule.second
            and at.minute in schedule.minute
            and at.hour in schedule.hour
            and at.isoweekday() in schedule.dayOfWeek
        ):
            looked.append(at)
    assert looked == [each for each in found if each <= START + timedelta(seconds=seconds)]
