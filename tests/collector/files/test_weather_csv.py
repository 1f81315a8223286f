"""Weather from CSV: what is taken in, and what each broken line or cell hears."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from collector.files.given import LONGEST, Given
from collector.files.places import Places
from models.sheets.refused import CellError, SheetError
from tests.collector.conftest import NOW
from tests.collector.files.conftest import FORECAST, LIUGE

HEAD = "place,time,issued,longitude,latitude,air_temperature,relative_humidity"
GOOD = "qf-liuge,2016-05-01T21:00+08:00,2016-05-01T08:00Z,,,15.5,80"
HOUR = timedelta(hours=1)


@pytest.fixture
def refusals(read):
    def refusals(*lines: str, given: Given = FORECAST, head: str = HEAD) -> list[str]:
        return read("\n".join((head, *lines)), given).refused

    return refusals


def hours(count, *columns, start=datetime(2016, 3, 1, tzinfo=UTC), place="station-1"):
    """Lines of consecutive hours at a place."""
    return [
        f"{place},{(start + n * HOUR).isoformat()},{','.join(str(c[n]) for c in columns)}"
        for n in range(count)
    ]


def test_a_line_becomes_values_in_utc(read):
    found = read(f"{HEAD}\n\n{GOOD}", FORECAST)
    first, second = found.values
    assert (first.place, first.quantity, first.value) == ("qf-liuge", "air_temperature", 15.5)
    assert (second.quantity, second.value, second.line) == ("relative_humidity", 80.0, 3)
    assert first.time == datetime(2016, 5, 1, 13, tzinfo=UTC)
    assert first.issued == datetime(2016, 5, 1, 8, tzinfo=UTC)
    assert found.refused == []
    assert found.table.positions == {"qf-liuge": LIUGE}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("qf-liuge,2016-05-01T21:00,,,,1,2", 'time "2016-05-01T21:00" has no time zone'),
        ("qf-liuge,yesterday,,,,1,2", 'time "yesterday" is no time; write 2016-05-01T08:00'),
        ("qf-liuge,0001-01-01T00:00+08:00,,,,1,2", "lies outside 1950 to 2099; mend the year"),
        ("qf-liuge,9999-12-31T23:00Z,,,,1,2", "lies outside 1950 to 2099; mend the year"),
        ("qf-liuge,2016-05-01T21:30Z,,,,1,2", "is not the start of an hour"),
        ("qf-liuge,2016-05-01T21:00Z,2016-05-02T00:00Z,,,1,2", "lies in the future (now 2016"),
        ("qf-liuge,1970-01-01T00:00Z,,,,1,2", "lies outside what a forecast issued 2016-05-01"),
        ("qf-liuge,2016-06-01T00:00Z,,,,1,2", "lies outside what a forecast issued 2016-05-01"),
        ("qf-liugee,2016-05-01T21:00Z,,,,1,2", 'unknown place "qf-liugee"'),
        (",2016-05-01T21:00Z,,,,1,2", "no place; give a village's id"),
        ("p,2016-05-01T21:00Z,,200,36,1,2", "longitude 200, latitude 36: no place on Earth"),
        ("p,2016-05-01T21:00Z,,36,115.1,1,2", "no place on Earth; are they swapped?"),
        ("qf-liuge,2016-05-01T21:00Z,,116,36,1,2", "a station that moved gets a new name"),
        ("p,2016-05-01T21:00Z,,east,36,1,2", 'longitude "east" is no number'),
        ("qf-liuge,2016-05-01T21:00Z,,,,,", "no value in it"),
        ("qf-liuge,2016-05-01T21:00Z,,,,1,5,2", "8 cells under 7 columns; quote a cell that holds"),
        ('qf-liuge,"2016-05-01T21:00Z,,,,1,2', "not CSV"),
        ("qf-liuge,2016-05-01T21:00Z,,,,1\0,2", "holds NUL characters"),
    ],
)
def test_a_broken_line_is_named_and_the_rest_goes_on(read, line, message):
    later = GOOD.replace("21:00", "22:00")
    found = read("\n".join((HEAD, GOOD, line, later)), FORECAST)
    (refused,) = found.refused
    assert refused.startswith("w.csv:3: ")
    assert message in refused
    assert [v.line for v in found.values] == [2, 2, 4, 4]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("warm", 'air_temperature "warm" is no number'),
        ("12,5", "9 cells"),
        ('"12,5"', 'air_temperature "12,5" is no number'),
        ('"1,300"', 'air_temperature "1,300" may be thousands or a decimal'),
        ("288", "air_temperature 288 degC is out of range (-40 to 60); check the unit"),
        ("1e999", 'air_temperature "1e999" is no number'),
        ("9" * 400, "is no number; leave the cell empty"),
        ("1e308", "air_temperature 1e+300 degC is out of range"),
        ("T", 'air_temperature "T" is no number'),
    ],
)
def test_a_bad_cell_is_named_and_costs_that_cell(read, cell, message):
    line = f"qf-liuge,2016-05-01T21:00Z,,,,{cell},85"
    found = read(f"{HEAD},wind_speed\n{GOOD},1\n{line},2.5", FORECAST)
    (refused,) = found.refused
    assert refused.startswith("w.csv:3: ")
    if "cells" not in message:
        assert message in refused
        assert [v.value for v in found.values if v.line == 3] == [85.0, 2.5]


@pytest.mark.parametrize(
    "word", ["NA", "null", "-", "-999", "9999", "缺测", "nan", "-99.9", "32766"]
)
def test_what_means_missing_is_empty_and_costs_nothing(read, word):
    head = "place,time,air_temperature,relative_humidity,precipitation_amount,wind_speed"
    found = read(f"{head}\nqf-liuge,2016-05-01T09:00Z,12.1,85,{word},1.2")
    assert found.refused == []
    assert [v.value for v in found.values] == [12.1, 85.0, 1.2]


def test_999_is_a_value_where_a_quantity_can_have_it(read):
    (value,) = read("place,time,air_pressure\nqf-liuge,2016-05-01T09:00Z,999\n").values
    assert value.value == 999.0


@pytest.mark.parametrize("word", ["T", "trace", "微量", "32700"])
def test_a_trace_of_rain_is_a_small_amount(read, word):
    found = read(f"place,time,precipitation_amount\nqf-liuge,2016-05-01T09:00Z,{word}")
    assert [v.value for v in found.values] == [0.05]
    assert found.refused == []


def test_a_line_on_which_nothing_was_measured_is_no_fault(read):
    found = read("place,time,air_temperature\nqf-liuge,2016-05-01T09:00Z,NA\n")
    assert (found.refused, found.values) == ([], [])


@pytest.mark.parametrize("value", ["100.4", "105"])
def test_humidity_of_a_saturated_sensor_is_100_and_keeps_its_line(read, value):
    head = "place,time,relative_humidity,precipitation_amount"
    found = read(f"{head}\nqf-liuge,2016-05-01T09:00Z,{value},3.5\n")
    assert [v.value for v in found.values] == [100.0, 3.5]
    assert found.refused == []
    (refused,) = read(f"{head}\nqf-liuge,2016-05-01T09:00Z,106,3.5\n").refused
    assert "relative_humidity 106 % is out of range" in refused


def test_the_future_cannot_have_been_observed(refusals):
    given = Given("observed", "test", NOW)
    line = f"qf-liuge,{NOW:%Y-%m-%dT%H:%M}Z,,,,1,2"
    (refused,) = refusals(line, given=given)
    assert "is not over yet" in refused
    assert "--kind forecast" in refused
    assert refusals("qf-liuge,2016-05-01T11:00Z,,,,1,2", given=given) == []
    assert timedelta(days=16) == LONGEST


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("place,air_temperature", "w.csv:1: no column time; the first line names the columns"),
        ("place,time,air_temperatur", 'unknown column "air_temperatur"; it is left out (did you'),
        ("place,time,time,air_temperature", 'column "time" comes twice'),
        ("place,time", "no column of weather; add one such as air_temperature"),
        ("place,time,air_temperature (miles)", '"miles" is no unit or height that can be read'),
        ("", "w.csv:1: empty"),
        ("place,time,air_temperature", "holds a first line and nothing below it; add lines"),
        ("a\tb", "no column place, time; the first line names the columns, it holds: a, b"),
    ],
)
def test_a_file_with_a_wrong_first_line_is_refused(read, head, message):
    lines = head if message.startswith("holds") else f"{head}\nqf-liuge,x,1\n" * bool(head)
    with pytest.raises(SheetError, match=r"w\.csv:1: ") as error:
        read(lines)
    assert message in str(error.value)


def test_a_column_that_nobody_knows_is_left_out_and_named(read):
    text = "place,time,air_temperature,dew_point\nqf-liuge,2016-05-01T09:00Z,15,8\n"
    found = read(text)
    assert [v.value for v in found.values] == [15.0]
    assert found.refused == ['w.csv:1: unknown column "dew_point"; it is left out']


def test_what_a_chinese_office_has(read):
    text = (
        "站名；时间；气温（℃）；相对湿度（％）；降水量（mm）；风速（10m）\r\n"
        "柳格示范村；2016/5/1 8:00；１５．５；８０；微量；１０\r\n"
        "station-1；2016年4月30日24时；15；－；0.2；5\r\n"
    )
    found = read(text.encode("gb18030"))
    assert found.refused == []
    assert [(v.place, v.quantity, round(v.value, 2)) for v in found.values] == [
        ("qf-liuge", "air_temperature", 15.5),
        ("qf-liuge", "relative_humidity", 80.0),
        ("qf-liuge", "precipitation_amount", 0.05),
        ("qf-liuge", "wind_speed", 7.48),
        ("station-1", "air_temperature", 15.0),
        ("station-1", "precipitation_amount", 0.2),
        ("station-1", "wind_speed", 3.74),
    ]
    assert {v.time for v in found.values} == {
        datetime(2016, 5, 1, tzinfo=UTC),
        datetime(2016, 4, 30, 16, tzinfo=UTC),
    }
    assert found.notes == [
        "2 times without a zone are taken as local time (UTC+8); write Z or an offset where they "
        "are not"
    ]


def test_times_in_utc_may_be_stated_once(read):
    found = read(
        "place,time (UTC),气温\nqf-liuge,2016/4/30 8:00,15\nqf-liuge,2016-04-30T09:00,16\n"
    )
    assert [v.time.hour for v in found.values] == [8, 9]
    assert (found.notes, found.refused) == ([], [])


def test_decimal_commas_where_semicolons_separate(read):
    found = read("place;time;air_temperature\nqf-liuge;2016-05-01T09:00Z;12,5\n")
    assert [v.value for v in found.values] == [12.5]


def test_a_wind_without_height_is_said_to_be_of_2_m(read):
    found = read("place,time,wind_speed\nqf-liuge,2016-05-01T09:00Z,10\n")
    assert [v.value for v in found.values] == [10.0]
    assert found.notes == [
        'wind_speed is taken as measured at 2 m; for a mast write "wind_speed (10 m)" in the first'
        " line"
    ]


def test_a_file_for_one_place_needs_no_column_for_it(read):
    given = Given("observed", "test", NOW, place="qf-liuge")
    (value,) = read("time,air_temperature\n2016-05-01T09:00Z,15\n", given).values
    assert value.place == "qf-liuge"


# Places ---------------------------------------------------------------------------------------

PLACED = "place,time,longitude,latitude,air_temperature"


def test_a_new_station_is_where_most_of_its_lines_say(read):
    lines = [f"new,2016-05-01T0{n}:00Z,115.3,35.8,1{n}" for n in range(1, 5)]
    lines.insert(0, "new,2016-05-01T00:00Z,15.3,35.8,10")
    found = read("\n".join((PLACED, *lines)))
    assert found.table.positions == {"new": (115.3, 35.8)}
    assert found.refused == [
        "w.csv:2: new stands at 115.3, 35.8, not at 15.3, 35.8; a station that moved gets a new "
        "name; a wrong position is mended by `nongqing places move`"
    ]
    assert len(found.values) == 4


@pytest.mark.parametrize(
    "refused",
    ["new,2016-05-01T00:00Z,15.3,35.8,warm", "new,2016-05-01T00:00Z,15.3,35.8,288",
     "new,yesterday,15.3,35.8,10"],
)  # fmt: skip
def test_a_line_that_is_refused_registers_no_position(read, refused):
    found = read("\n".join((PLACED, refused, "new,2016-05-01T01:00Z,115.3,35.8,11")))
    assert found.table.positions == {"new": (115.3, 35.8)}
    assert [v.line for v in found.values] == [3]
    assert len(found.refused) == 1


def test_coordinates_that_differ_a_little_are_one_place(read):
    lines = (
        "station-1,2016-05-01T00:00Z,115.2000004,35.9,10",
        "station-1,2016-05-01T01:00Z,115.1999996,35.9000009,11",
        "new,2016-05-01T01:00Z,115.3,35.8,11",
        "new,2016-05-01T02:00Z,115.3000009,35.8,11",
    )
    found = read("\n".join((PLACED, *lines)))
    assert found.refused == []
    assert found.table.positions["station-1"] == (115.2, 35.9)
    assert len(found.values) == 4


def test_a_village_mistyped_with_its_own_position_is_no_new_station(read):
    found = read(f"{PLACED}\nqf-liugee,2016-05-01T00:00Z,115.14,36.01,10\n")
    assert found.refused == [
        "w.csv:2: unknown place \"qf-liugee\"; give a village's or field's id, or longitude and "
        'latitude too (did you mean "qf-liuge"?)'
    ]


def test_blanks_around_a_name_are_not_part_of_it(read):
    found = read("place,time,air_temperature\n qf-liuge ,2016-05-01T09:00Z,15\n")
    assert [v.place for v in found.values] == ["qf-liuge"]


def test_weather_for_a_village_that_nobody_measured_is_refused(read):
    unmeasured = Places({}, {"北街": "410922001001"}, frozenset({"410922001001"}))
    for name in ("北街", "410922001001"):
        for position in (None, (115.1, 35.9)):
            with pytest.raises(CellError) as told:
                unmeasured.find(name, position)
            assert told.value.event.kind == "place_unmeasured"
        with pytest.raises(CellError, match="nobody measured where"):
            unmeasured.for_document(name, (115.1, 35.9), new=False)


def test_a_season_of_no_registered_place_needs_no_position(read):
    known = Places({}, any_name=True)
    found = read("place,time,air_temperature\nhere,2016-05-01T09:00Z,15\n", known=known)
    assert [v.place for v in found.values] == ["here"]
    known = Places({}, any_name=True)
    found = read(f"{PLACED}\nhere,2016-05-01T09:00Z,115.3,35.8,15\n", known=known)
    assert [v.place for v in found.values] == ["here"]


# The file as a whole --------------------------------------------------------------------------


def test_an_hour_told_twice_is_kept_once(read):
    text = "place,time,air_temperature,relative_humidity\n"
    found = read(text + "qf-liuge,2016-05-01T09:00Z,15,80\nqf-liuge,2016-05-01T17:00+08:00,15,\n")
    assert [(v.line, v.value) for v in found.values] == [(2, 15.0), (2, 80.0)]
    assert (found.refused, found.table.repeats) == ([], [3])


def test_an_hour_told_twice_and_unequal_is_missing(read):
    text = "place,time,air_temperature,relative_humidity\n"
    found = read(text + "qf-liuge,2016-05-01T09:00Z,15,80\nqf-liuge,2016-05-01T09:00Z,16,80\n")
    assert [(v.quantity, v.value) for v in found.values] == [("relative_humidity", 80.0)]
    assert found.refused == [
        "w.csv:2: air_temperature 15 contradicts 16 of the same place and hour in line 3; neither "
        "is taken in, since nobody knows which is right",
        "w.csv:3: air_temperature 16 contradicts 15 of the same place and hour in line 2; neither "
        "is taken in, since nobody knows which is right",
    ]


def celsius(mean, count=720):
    clock = np.arange(count)
    return np.round(mean + 6 * np.sin((clock - 9) / 24 * 2 * np.pi), 1)


@pytest.mark.parametrize(
    ("month", "mean", "message"),
    [
        (1, 0, "station-1: the mean temperature of 32.0 is higher than any ever measured there"),
        (3, 9, "station-1: the mean temperature of 48.2 is higher than any ever measured there"),
        (5, 21, "air_temperature: 630 of 720 values cannot be degC; they look like degrees Fahr"),
    ],
)
def test_a_file_in_fahrenheit_is_recognised_where_it_fits_too(read, month, mean, message):
    start = datetime(2016, month, 1, tzinfo=UTC)
    given = Given("observed", "test", datetime(2016, 7, 1, tzinfo=UTC))
    temperature = np.round(celsius(mean) * 1.8 + 32, 1)
    lines = "\n".join(hours(720, temperature, start=start))
    with pytest.raises(SheetError) as error:
        read(f"place,time,air_temperature\n{lines}", given)
    assert message in str(error.value)
    assert 'state the unit in the first line as "air_temperature (degf)"' in str(error.value)
    found = read(f"place,time,air_temperature (degF)\n{lines}", given)
    np.testing.assert_allclose([v.value for v in found.values], celsius(mean), atol=0.06)
    assert (
        len(
            read(
                "place,time,air_temperature\n" + "\n".join(hours(720, celsius(mean), start=start)),
                given,
            ).values
        )
        == 720
    )


def test_a_rain_counter_is_recognised_and_can_be_stated(read):
    rng = np.random.default_rng(1)
    rain = np.where(rng.random(2000) < 0.08, np.round(rng.gamma(0.7, 4, 2000), 1), 0.0)
    counted = np.round(np.cumsum(rain), 1)
    lines = "\n".join(hours(1400, counted))
    with pytest.raises(SheetError) as error:
        read(f"place,time,precipitation_amount\n{lines}")
    assert "never falls back after rain and adds up to" in str(error.value)
    assert 'call the column "precipitation_amount (counter)"' in str(error.value)
    found = read(f"place,time,precipitation_amount (counter)\n{lines}")
    # the first state has none before it
    np.testing.assert_allclose([v.value for v in found.values], rain[1:1400], atol=1e-9)


def test_one_counter_or_one_station_in_fahrenheit_among_many_costs_itself(read):
    warm = np.round(celsius(9, 100) * 1.8 + 32, 1)
    rain = np.repeat(np.arange(25) * 2.0, 4)
    lines = [
        line
        for n in range(9)
        for line in hours(
            100, celsius(9, 100), np.zeros(100), place="station-1" if n else "qf-liuge"
        )
    ]
    lines = [line.replace("station-1", f"s{n // 100}") for n, line in enumerate(lines)]
    lines = [line.replace(",", ",115.2,35.9,", 1) for line in lines]
    lines += [line.replace(",", ",115.2,35.9,", 1) for line in hours(100, warm, rain, place="bad")]
    head = "place,longitude,latitude,time,air_temperature,precipitation_amount"
    found = read("\n".join((head, *[line for line in lines if "qf-liuge" not in line])))
    assert [r.split(": ")[1] for r in found.refused] == ["bad", "bad"]
    assert {v.place for v in found.values} == {f"s{n}" for n in range(1, 9)}


def test_a_counter_above_what_falls_in_an_hour_is_still_called_one(read):
    counted = 300 + np.repeat(np.arange(20) * 10.0, 3)
    with pytest.raises(SheetError, match="it is a counter, not the rain of each hour"):
        read("place,time,precipitation_amount\n" + "\n".join(hours(60, counted)))


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("relative_humidity", np.full(48, 0.8), "they look like a fraction from 0 to 1"),
        (
            "air_pressure",
            np.full(48, 101300),
            'state the unit in the first line as "air_pressure (pa)"',
        ),
        ("air_temperature", np.full(48, 288.0), "they look like kelvin"),
        ("air_temperature", np.full(48, 152), "they look like tenths of the unit"),
        ("wind_speed", np.full(48, 1e6), "they look like another unit or another quantity"),
        (
            "relative_humidity",
            np.r_[np.full(38, 80), np.full(10, 1500)],
            "10 of 48 values cannot be %",
        ),
    ],
)
def test_a_column_of_which_a_material_share_cannot_be(read, column, values, message):
    with pytest.raises(SheetError) as error:
        read(f"place,time,{column}\n" + "\n".join(hours(48, values)))
    assert message in str(error.value)
    assert "import the file again: nothing of it was taken in" in str(error.value)


def test_a_few_impossible_values_are_refused_one_by_one(read):
    values = np.r_[np.full(44, 80), np.full(4, 1500)]
    found = read("place,time,relative_humidity\n" + "\n".join(hours(48, values)))
    assert len(found.values) == 44
    assert len(found.refused) == 4
