"""Trap counts against earlier years."""

import json
from datetime import date

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from models.cli import risk
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK
from models.sheets.refused import SheetError
from models.traps.moths import (
    Catch,
    Expectation,
    chance,
    expectation,
    flight_of,
    read_catches,
    ten_days,
)


def catch(year, count, day=(7, 15), nights=5, trap="a", pest="HELIAR"):
    return Catch(trap, pest, date(year, *day), nights, count)


YEARS = [catch(y, c) for y, c in zip(range(2015, 2022), (10, 20, 15, 40, 12, 25, 18), strict=True)]


@pytest.mark.parametrize(
    ("day", "part"), [((7, 1), 0), ((7, 10), 0), ((7, 11), 1), ((7, 21), 2), ((7, 31), 2)]
)
def test_ten_day_periods(day, part):
    assert ten_days(date(2020, *day)) == (7, part)


def test_expectation_takes_earlier_years_of_the_same_ten_days_only():
    others = [catch(2022, 999), catch(2023, 999), catch(2016, 999, day=(7, 25))]
    found = expectation([*YEARS, *others], date(2022, 7, 12))
    logs = np.log1p([c.per_night for c in YEARS])
    assert (found.years, found.mean) == (7, pytest.approx(logs.mean()))
    assert found.spread == pytest.approx(logs.std(ddof=1))


def test_a_year_counts_once():
    twice = [*YEARS, catch(2015, 10), catch(2015, 10)]
    assert expectation(twice, date(2022, 7, 12)) == expectation(YEARS, date(2022, 7, 12))


def test_chance_is_that_of_a_new_observation():
    expected = Expectation(1.0, 0.5, 6)
    x = np.expm1(1.0 + 0.5 * np.sqrt(1 + 1 / 6) * stats.t.isf(0.05, 5))
    assert chance(x, expected) == pytest.approx(0.05)


@pytest.mark.parametrize(("count", "status"), [(15, NO_RISK), (38, MEDIUM), (80, HIGH)])
def test_status(count, status):
    flight = flight_of(catch(2022, count), YEARS)
    assert flight.status == status
    assert flight.usual == pytest.approx(3.70, abs=0.01)


def test_too_few_years_or_years_all_alike_cannot_say():
    assert flight_of(catch(2022, 80), YEARS[:4]).status == CANNOT_SAY
    assert flight_of(catch(2022, 80), [catch(y, 0) for y in range(2010, 2020)]).status == CANNOT_SAY


def test_another_trap_or_pest_is_no_comparison():
    other = [catch(c.date.year, c.count, trap="b") for c in YEARS]
    assert flight_of(catch(2022, 80), other).status == CANNOT_SAY


def test_in_ordinary_years_one_in_twenty_is_high():
    random = np.random.default_rng(1)
    high = 0
    for _ in range(1000):
        counts = np.round(np.expm1(random.normal(3, 0.6, 9)) * 5).astype(int)
        *past, now = [catch(2010 + i, max(int(c), 0)) for i, c in enumerate(counts)]
        high += flight_of(now, past).status == HIGH
    assert 30 <= high <= 70


HEAD = "trap,pest,date,nights,count"


@pytest.fixture
def read(tmp_path):
    def read(*lines, head=HEAD, coding="utf-8"):
        file = tmp_path / "traps.csv"
        file.write_bytes("\n".join((head, *lines)).encode(coding))
        return read_catches(file)

    return read


def test_read_a_table(read):
    catches, refused = read("a,HELIAR,2022-07-15,5,80")
    assert catches == [catch(2022, 80)]
    assert len(refused) == 0


def test_a_missing_column_is_named(read):
    with pytest.raises(SheetError, match=r"traps\.csv:1: no column nights; the first line names"):
        read(head="trap,pest,date,count")
    with pytest.raises(SheetError, match=r"traps\.csv:1: holds a first line and nothing below it"):
        read()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("date", "15.7.2022", 'date "15.7.2022" is no day; write it as 2016-05-08'),
        ("date", "0001-07-15", "date 0001-07-15 lies before 1950"),
        ("date", "9999-07-15", "date 9999-07-15 lies in the future (today is 2099-12-31)"),
        ("nights", "0", 'nights "0"; write a whole number of at least 1'),
        ("count", "-3", 'count "-3"; write a whole number of at least 0'),
        ("count", "", 'count ""; write a whole number of at least 0'),
        ("count", '"1,300"', 'count "1,300"; write a whole number of at least 0'),
        ("count", "1,300", "6 cells under 5 columns; quote a cell that holds a comma"),
        ("trap", " ", "trap is empty; give every line its own"),
        ("pest", "HEL\0IAR", "holds NUL characters"),
    ],
)
def test_a_bad_cell_is_named_and_costs_its_line(read, column, value, message):
    row = {"trap": "a", "pest": "HELIAR", "date": "2022-07-15", "nights": "5", "count": "3"}
    line = ",".join((row | {column: value}).values())
    catches, refused = read("a,HELIAR,2022-07-15,5,80", line)
    assert catches == [catch(2022, 80)]
    (one,) = map(str, refused)
    assert one.startswith("traps.csv:3: ")
    assert message in one


def test_blanks_around_a_trap_are_not_part_of_its_name(read):
    lines = [f"{' ' * (n % 3)}T1{' ' * (n % 2)},heliar,{2012 + n}-07-15,5,{n}" for n in range(9)]
    catches, _ = read(*lines)
    assert {(c.trap, c.pest) for c in catches} == {("T1", "HELIAR")}


def test_a_catch_that_comes_twice_counts_once(read):
    catches, refused = read(*["a,HELIAR,2022-07-15,5,80"] * 3)
    assert (catches, len(refused)) == ([catch(2022, 80)], 0)


def test_two_counts_of_one_catch_contradict_and_none_is_taken(read):
    catches, refused = read(
        "a,HELIAR,2022-07-15,5,300", "a ,HELIAR,2022/7/15,5,3", "a,HELIAR,2021-07-15,5,20"
    )
    assert catches == [catch(2021, 20)]
    assert [str(each) for each in refused] == [
        f"traps.csv:{line}: count {value} / 5 contradicts {other} / 5 of the same trap, pest and "
        f"day in line {there}; neither is taken in, since nobody knows which is right"
        for line, value, other, there in ((2, 300, 3, 3), (3, 3, 300, 2))
    ]


def test_what_a_chinese_office_has(read):
    catches, refused = read(
        "柳格，HELIAR，2022年7月15日，５，８０",
        head="测报灯，害虫，日期，夜数，诱虫量",
        coding="gbk",
    )
    assert catches == [catch(2022, 80, trap="柳格")]
    assert len(refused) == 0


@pytest.fixture
def table(tmp_path):
    """Ten quiet Julys, a flight in the eleventh, and a trap with no history."""
    counts = [20, 30, 25, 40, 22, 35, 28, 31, 24, 27, 400]
    lines = [f"liuge,HELIAR,{2012 + i}-07-15,5,{count}" for i, count in enumerate(counts)]
    file = tmp_path / "traps.csv"
    text = "\n".join(["trap,pest,date,nights,count", *lines, "new,HELIAR,2022-07-15,5,9"])
    file.write_text(text + "\n", encoding="utf-8")
    return file


def test_the_command_judges_each_traps_last_catch(table):
    result = CliRunner().invoke(risk, ["moths", str(table), "--json"])
    assert result.exit_code == 0
    flight, unknown = json.loads(result.output)
    assert (flight["trap"], flight["date"], flight["status"]) == ("liuge", "2022-07-15", "high")
    assert flight["per_night"] == 80
    assert 5 < flight["usual"] < 6
    assert flight["chance_in_an_ordinary_year"] < 0.05
    assert (unknown["status"], unknown["usual"]) == ("cannot_say", None)
    plain = CliRunner().invoke(risk, ["moths", str(table)]).output.splitlines()
    assert len(plain) == 3
    assert plain[1].endswith("high")
    assert len(CliRunner().invoke(risk, ["moths", str(table), "--all"]).output.splitlines()) == 13


def test_the_command_names_bad_lines_and_judges_the_rest(table):
    with table.open("a", encoding="utf-8") as file:
        file.write("liuge,HELIAR,2023-07-15,5,many\nliuge,HELIAR\n")
    result = CliRunner().invoke(risk, ["moths", str(table)])
    assert result.exit_code == 1
    assert "liuge            HELIAR   2022-07-15" in result.output
    assert 'traps.csv:14: count "many"; write a whole number of at least 0' in result.output
    assert "traps.csv:15: 2 cells under 5 columns" in result.output


def test_the_command_refuses_a_table_without_its_columns(tmp_path):
    file = tmp_path / "traps.csv"
    file.write_text("a;b\n", encoding="utf-8")
    result = CliRunner().invoke(risk, ["moths", str(file)])
    assert result.exit_code == 2
    assert "no column trap, pest, date, nights, count" in result.output
    assert "it holds: a, b" in result.output
