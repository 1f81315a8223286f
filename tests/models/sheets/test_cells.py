"""Cells as people and programs write them."""

import math
from datetime import UTC, date, datetime

import pytest

from models.sheets import cells
from models.sheets.refused import CellError


def why(read, *given, **options):
    with pytest.raises(CellError) as error:
        read(*given, **options)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.5", 12.5), (" -3 ", -3.0), ("+.5", 0.5), ("1e1", 10.0), ("１２．５", 12.5), ("－3", -3.0),
     ("−3", -3.0), ("5.", 5.0)],
)  # fmt: skip
def test_numbers(text, value):
    assert cells.number(text, "x") == value


@pytest.mark.parametrize(
    "text", ["", " ", "NA", "n/a", "NaN", "null", "None", "-", "--", "—", "/", "缺测", "ＮＡ"]
)
def test_what_means_that_nothing_was_measured(text):
    assert math.isnan(cells.number(text, "x"))


@pytest.mark.parametrize(
    "text", ["warm", "1_000", "0x10", "12,5", "<0.1", "inf", "1e999", "1 2", "٣", "--5"]
)
def test_what_is_no_number(text):
    assert why(cells.number, text, "rain").startswith('rain "')
    assert "is no number; leave the cell empty" in why(cells.number, text, "rain")


def test_a_comma_is_a_decimal_sign_only_where_it_cannot_be_another():
    assert cells.number("12,5", "x", comma=True) == 12.5
    for comma in (True, False):
        assert why(cells.number, "1,300", "x", comma=comma).startswith(
            'x "1,300" may be thousands or a decimal; write it without a comma'
        )


def test_a_very_long_cell_is_not_poured_out():
    assert len(why(cells.number, "x" * 10_000, "rain")) < 200


@pytest.mark.parametrize("text", ["-3", "", "3.5", "1,300", "1_0", "9999999999", "many", "٣"])
def test_what_is_no_count(text):
    assert "write a whole number of at least 1" in why(cells.whole, text, "count", 1)


def test_counts():
    assert [cells.whole(t, "count", 1) for t in ("1", " 12 ", "３００")] == [1, 12, 300]


@pytest.mark.parametrize(
    "text", ["2016-05-08", "2016/5/8", "2016.5.8", "2016年5月8日", "20160508", "２０１６／５／８"]
)
def test_days(text):
    assert cells.day(text, "date") == date(2016, 5, 8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("20. May", 'date "20. May" is no day; write it as 2016-05-08'),
        ("15.7.2022", "is no day"),
        ("2016-02-30", "is no day"),
        ("0001-01-01", "date 0001-01-01 lies before 1950; mend the year"),
        ("9999-12-31", "date 9999-12-31 lies in the future (today is 2016-06-20); mend it"),
    ],
)
def test_what_is_no_day(text, message):
    assert message in why(cells.day, text, "date", date(2016, 6, 20))


def test_a_day_without_today_still_has_its_window():
    assert "lies in the future (today is 2099-12-31)" in why(cells.day, "2106-05-08", "date")


@pytest.mark.parametrize(
    "text",
    [
        "2016-05-01T08:00+08:00",
        "2016-05-01T00:00Z",
        "2016-05-01T00:00:00.000Z",
        "2016-05-01T08:00:00+0800",
        "2016-05-01 08:00+08",
        "2016-04-30T24:00Z",
        "2016/5/1 8:00",
        "2016-05-01 08:00:00",
        "2016.5.1 8:00",
        "2016年5月1日8时",
        "2016年5月1日 8时00分",
        "2016/5/1　８：００",
        "2016-04-30T22:30-01:30",
    ],
)
def test_times(text):
    found = cells.moment(text, "time")
    assert datetime.fromtimestamp(found.seconds, UTC) == datetime(2016, 5, 1, tzinfo=UTC)
    assert found.assumed == (not ("+" in text or "Z" in text or "-01:30" in text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2016-05-01T21:00", 'time "2016-05-01T21:00" has no time zone; write 2016-05-01T08:00'),
        ("yesterday", 'time "yesterday" is no time; write 2016-05-01T08:00+08:00'),
        ("", 'time "" is no time'),
        ("2016-05-01", "is no time"),
        ("2016/5/1", "is no time"),
        ("2016-02-30T00:00Z", "is no time"),
        ("2016-05-01T25:00Z", "is no time"),
        ("2016-05-01T08:61Z", "is no time"),
        ("0001-01-01T00:00+08:00", "time 0001-01-01T00:00+08:00 lies outside 1950 to 2099; mend"),
        ("9999-12-31T23:00Z", "time 9999-12-31T23:00Z lies outside 1950 to 2099; mend the year"),
        ("1949-12-31T23:00Z", "lies outside"),
        ("2100-01-01T00:00Z", "lies outside"),
    ],
)
def test_what_is_no_time(text, message):
    assert message in why(cells.moment, text, "time")


def test_yes_and_no():
    assert all(cells.yes(t, "found") for t in ("yes", "是", " TRUE ", "１", "有", "√"))
    assert not any(cells.yes(t, "found") for t in ("no", "否", "0", "N", "无", "未发现"))
    assert why(cells.yes, "maybe", "found") == (
        'found "maybe" is neither yes nor no; write yes or no'
    )


def test_names_are_the_same_with_blanks_around_them():
    assert cells.name(" T1 ") == cells.name("T1") == cells.name("Ｔ１\u3000") == "T1"
    assert cells.name("东  头") == "东 头"
