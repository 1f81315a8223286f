"""CSV and XLSX: nothing that a spreadsheet program runs, a row at a time, columns explained."""

import csv
import io
import math
import tracemalloc
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest

from collector.exports import sheets
from collector.exports.sheets import Column
from collector.exports.tables import TABLES
from field_configs.words import LANGUAGES

COLUMNS = (Column("note"), Column("area_ha", "ha"), Column("issued"), Column("found"))
DANGEROUS = ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x","y")', "=cmd|'/c'!A1"]
WORDS = sheets.dictionary("reports", COLUMNS[:1], "en")


def xlsx(rows, **given):
    file = io.BytesIO()
    count = sheets.write_xlsx(file, "t", COLUMNS, rows, WORDS, **given)
    file.seek(0)
    return file, count


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_is_a_formula(text):
    row = [text, 1.0, None, True]
    file = io.BytesIO()
    assert sheets.write_csv(file, COLUMNS, [row]) == 1
    (line,) = list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"))))[1:]
    assert line[0] == f"'{text}"
    assert not line[0].startswith(("=", "+", "-", "@", "\t"))
    made, _ = xlsx([row])
    cell = openpyxl.load_workbook(made).worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert cell.value == text
    inside = zipfile.ZipFile(made).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in inside


def test_numbers_stay_numbers_and_what_is_nothing_is_empty():
    at = datetime(2016, 5, 8, 16, 30, tzinfo=UTC)
    rows = [["a", -2.5, at, False], ["b", math.nan, None, None]]
    file = io.BytesIO()
    sheets.write_csv(file, COLUMNS, rows)
    assert file.getvalue().decode("utf-8-sig").splitlines()[1:] == [
        "a,-2.5,2016-05-09 00:30:00+08:00,0",
        "b,,,",
    ]
    sheet = openpyxl.load_workbook(xlsx(rows)[0]).worksheets[0]
    assert [cell.value for cell in sheet[2]] == ["a", -2.5, datetime(2016, 5, 9, 0, 30), 0]  # noqa: DTZ001 - local
    assert [cell.value for cell in sheet[3]] == ["b", None, None, None]
    assert sheets.as_text(date(2016, 5, 9)) == "2016-05-09"
    assert sheets.guarded(["=a", "b"]) == "'=a; b"


def test_what_xlsx_cannot_hold_is_marked_and_cut():
    made, _ = xlsx([["a\x01b", 1.0, None, None], ["长" * 40_000, 1.0, None, None]])
    sheet = openpyxl.load_workbook(made).worksheets[0]
    assert sheet["A2"].value == "a\N{REPLACEMENT CHARACTER}b"
    assert len(sheet["A3"].value) == sheets.MOST_TEXT


def test_a_long_table_goes_on_in_a_further_sheet():
    made, count = xlsx(([str(n), 1.0, None, None] for n in range(7)), most=4)
    book = openpyxl.load_workbook(made)
    assert count == 7
    assert book.sheetnames == ["t", "t 2", "t 3", "columns"]
    assert [sheet["A1"].value for sheet in book.worksheets[:3]] == ["note"] * 3
    assert book["t 3"]["A2"].value == "6"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_memory_stays_flat(kind, tmp_path):
    """Ten times the rows take no more memory: rows are written as they come."""

    def peak(count):
        rows = ([f"row {n} " * 5, float(n), None, True] for n in range(count))
        with (tmp_path / "file").open("wb") as file:
            tracemalloc.start()
            if kind == "csv":
                sheets.write_csv(file, COLUMNS, rows)
            else:
                sheets.write_xlsx(file, "t", COLUMNS, rows, WORDS)
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return most

    peak(10)
    assert peak(5000) < 1.5 * peak(500) + 200_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_has_its_words(language):
    for table in TABLES.values():
        words = sheets.dictionary(table.id, table.columns, language)
        assert [row[0] for row in words.rows] == [each.name for each in table.columns]
        assert all(row[1] and row[3] for row in words.rows)
