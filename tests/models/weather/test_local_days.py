"""The local day: where it begins, which one a moment lies in, which one it ends."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from models.weather.local_days import LOCAL, clock_hours, day_ended, local_day, midnight

MAY_8 = date(2016, 5, 8)


def test_a_day_begins_at_16_hours_utc_of_the_day_before():
    assert midnight(MAY_8) == datetime(2016, 5, 7, 16, tzinfo=UTC)
    assert midnight(MAY_8).tzinfo is UTC
    assert midnight(MAY_8).astimezone(LOCAL).isoformat() == "2016-05-08T00:00:00+08:00"


def test_its_first_and_its_last_moment_lie_in_it():
    begin, end = midnight(MAY_8), midnight(MAY_8 + timedelta(days=1))
    second = timedelta(seconds=1)
    assert [local_day(m) for m in (begin, end - second)] == [MAY_8, MAY_8]
    assert [local_day(m) for m in (begin - second, end)] == [date(2016, 5, 7), date(2016, 5, 9)]


def test_the_midnight_that_ends_a_day_is_that_days():
    assert day_ended(midnight(MAY_8)) == date(2016, 5, 7)


def test_there_is_no_summer_time_in_any_year():
    # China moved its clocks in 1986 to 1991; an hour more or less would break a day of 24
    days = [midnight(date(1988, 1, 1) + timedelta(days=n)) for n in range(366)]
    assert {b - a for a, b in zip(days, days[1:], strict=False)} == {timedelta(days=1)}


def test_clock_hours_are_those_of_the_local_day():
    stamps = np.arange("2016-05-07T16", "2016-05-08T16", dtype="datetime64[h]")
    np.testing.assert_array_equal(clock_hours(stamps.astype("datetime64[ns]")), np.arange(24))
    assert clock_hours(np.array(["1969-12-31T23"], "datetime64[ns]")).tolist() == [7]
