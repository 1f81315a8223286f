"""Lines to records: what a broken line may cost, and what is just read."""

import pytest

from models.sheets.lines import Sheet
from models.sheets.refused import Refusals, SheetError


@pytest.fixture
def sheet(tmp_path):
    def read(text: str | bytes, **options):
        path = tmp_path / "f.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Sheet(path, **options)

    return read


def rows(found):
    return [(r.number, r.broken.kind if r.broken else r.cells) for r in found]


def test_lines_become_cells(sheet):
    found = sheet('a,b\n1,2\n\n"x, y","say ""no"""\n , \n')
    assert (found.header, found.number) == (["a", "b"], 1)
    assert rows(found) == [(2, ["1", "2"]), (4, ["x, y", 'say "no"'])]


@pytest.mark.parametrize("mark", [",", ";", "\t", "，", "；", "|"])
def test_cells_may_be_separated_by_what_an_office_uses(sheet, mark):
    found = sheet(f"a{mark}b{mark}c\n1{mark}2{mark}3\n")
    assert (found.header, rows(found)) == (["a", "b", "c"], [(2, ["1", "2", "3"])])


def test_a_separator_may_be_stated_in_a_line_of_its_own(sheet):
    found = sheet("sep=;\r\na;b\r\n1,5;2\r\n")
    assert (found.header, rows(found)) == (["a", "b"], [(3, ["1,5", "2"])])
    assert sheet('"sep=\t"\na\tb,c\n').header == ["a", "b,c"]


def test_a_comma_at_the_end_of_the_first_line_is_no_column(sheet):
    assert rows(sheet("a,b,\n1,2,\n3,4\n5,6,7\n")) == [
        (2, ["1", "2"]),
        (3, ["3", "4"]),
        (4, "line_cells"),
    ]


def test_full_width_commas_typed_in_one_line(sheet):
    assert rows(sheet("a,b,c\n1，2，3\n4,5；6\n7，x,8,9\n")) == [
        (2, ["1", "2", "3"]),
        (3, ["4", "5", "6"]),
        (4, ["7，x", "8", "9"]),
    ]


def test_a_first_line_that_comes_again_is_no_record(sheet):
    assert rows(sheet("a,b\n1,2\na,b\n3,4\n")) == [(2, ["1", "2"]), (4, ["3", "4"])]


def test_an_open_quote_costs_its_line_only(sheet):
    text = 'id,type\n1,"winter\n2,winter\n3,"winter\n4,winter\n5,winter"\n'
    assert rows(sheet(text)) == [
        (2, "line_no_csv"),
        (3, ["2", "winter"]),
        (4, "line_no_csv"),
        (5, ["4", "winter"]),
        (6, ["5", 'winter"']),
    ]


def test_a_cell_over_several_lines_is_read(sheet):
    found = rows(sheet('a,note\n1,"two\nlines"\n2,"three\r\n\r\nof them"\n3,x\n'))
    assert found == [(2, ["1", "two\nlines"]), (4, ["2", "three\n\nof them"]), (7, ["3", "x"])]


def test_what_an_open_quote_would_swallow_is_bounded(sheet, monkeypatch):
    monkeypatch.setattr("models.sheets.lines.MOST_JOINED", 3)
    text = 'a,b\n1,"x\n' + "y\n" * 5 + 'z"\n'
    assert rows(sheet(text))[0] == (2, "line_no_csv")


def test_many_open_quotes_lose_no_good_line(sheet):
    found = rows(sheet("a,b\n" + '1,2\n"3,4\n' * 200))
    assert found.count((2, ["1", "2"])) == 1
    assert [what for _, what in found] == [["1", "2"], "line_no_csv"] * 200


def test_a_short_line_is_broken_unless_it_may_be_filled(sheet):
    assert rows(sheet("a,b\n1\n")) == [(2, "line_cells")]
    assert rows(sheet("a,b\n1\n", fill=True)) == [(2, ["1", ""])]


def test_a_broken_line_keeps_its_text_and_number(sheet):
    found = sheet(b"a,b\n1,2\n3,\xff\n4,\x00\n5,6,7\n")
    refusals = Refusals("f.csv")
    assert [r.cells for r in found.records(refusals)] == [["1", "2"]]
    assert [(r.origin, r.event.kind, r.text) for r in refusals] == [
        ("f.csv:3", "line_undecodable", "3,\\xff"),
        ("f.csv:4", "line_nul", "4,\\0"),
        ("f.csv:5", "line_cells", "5,6,7"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "f.csv:1: empty; the first line names the columns"),
        (b"\n \n", "f.csv:1: empty"),
        (b"a,b\xff\n", "f.csv:1: not UTF-8"),
        (b'a,"b\n1,2\n', "f.csv:1: not CSV"),
        (b"x," * 65_000 + b"\n1,2\n", "f.csv:1: longer than 65536 bytes"),
    ],
)
def test_a_first_line_that_cannot_be_read(sheet, text, message):
    with pytest.raises(SheetError) as error:
        sheet(text)
    assert str(error.value).startswith(message)


def test_a_first_line_alone_is_said_to_be_alone(sheet):
    with pytest.raises(SheetError, match=r"^f\.csv:1: holds a first line and nothing below it"):
        list(sheet("a,b\n\n").records(Refusals("f.csv")))


def test_a_file_of_too_many_lines_is_refused_before_memory_is_full(sheet, monkeypatch):
    monkeypatch.setattr("models.sheets.lines.MOST_LINES", 3)
    assert len(rows(sheet("a,b\n1,2\n3,4\n"))) == 2
    with pytest.raises(SheetError, match=r"^f\.csv: holds more than 3 lines: split it"):
        rows(sheet("a,b\n1,2\n3,4\n5,6\n"))
