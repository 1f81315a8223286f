"""The first line: columns in either language, their units, and what is missing."""

import pytest

from field_configs.words import LANGUAGES, Words
from models.sheets.header import column_names, find_columns, plain, unknown_columns
from models.sheets.lines import Sheet
from models.sheets.refused import SheetError

COLUMNS = ("place", "time", "air_temperature", "wind_speed")


@pytest.fixture
def find(tmp_path):
    def find(line, columns=COLUMNS, needed=("time",)):
        path = tmp_path / "f.csv"
        path.write_text(line + "\n1,2,3,4\n", "utf-8")
        return find_columns(Sheet(path), columns, needed)

    return find


@pytest.mark.parametrize(
    "line",
    [
        "time,air_temperature",
        "Time, Air Temperature ",
        "TIME,AIR_TEMPERATURE",
        "时间,气温",
        "观测时间,平均气温",
        "ＴＩＭＥ,Ａｉｒ　Ｔｅｍｐｅｒａｔｕｒｅ",
        "时间，气温（℃）",
    ],
)
def test_names_in_either_language_and_any_width(find, line):
    assert find(line).place == {"time": 0, "air_temperature": 1}


def test_what_stands_in_brackets_is_kept(find):
    found = find("time,气温（℃）,wind_speed (km/h) (10 m)")
    assert found.notes == {"time": (), "air_temperature": ("°C",), "wind_speed": ("km/h", "10 m")}


def test_what_names_no_column_is_told_with_what_is_near(find):
    found = find("time,air_temperatur,remark")
    assert found.unread == ("air_temperatur", "remark")
    assert [str(each) for each in unknown_columns(found, COLUMNS)] == [
        'unknown column "air_temperatur"; it is left out (did you mean "air_temperature"?)',
        'unknown column "remark"; it is left out',
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("place,tme", 'f.csv:1: no column time; the first line names the columns, it holds: place,'
         ' tme (did you mean "time"?)'),
        ("1,2", "f.csv:1: no column time; the first line names the columns, it holds: 1, 2"),
        ("time,时间", 'f.csv:1: column "time" comes twice; leave one out'),
    ],
)  # fmt: skip
def test_a_first_line_without_its_columns(find, line, message):
    with pytest.raises(SheetError) as error:
        find(line)
    assert str(error.value) == message


def test_a_very_long_first_line_is_not_poured_out(find):
    with pytest.raises(SheetError) as error:
        find(",".join(f"column {i}" for i in range(500)))
    assert len(str(error.value)) < 400


def test_no_name_stands_for_two_columns_of_one_kind_of_file():
    from collector.files import scouting, weather_csv
    from models.traps import moths

    for columns in (weather_csv.COLUMNS, scouting.COLUMNS, moths.COLUMNS):
        names = [name for each in column_names(columns).values() for name in set(each)]
        assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_has_a_name_in_words(language):
    from collector.files import scouting, weather_csv
    from models.traps import moths

    words = Words.load(language)
    for column in {*weather_csv.COLUMNS, *scouting.COLUMNS, *moths.COLUMNS}:
        assert words.text(f"column.name.{column}")
        assert plain(column) == column
