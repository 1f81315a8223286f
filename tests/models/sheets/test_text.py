"""Bytes of files that people really have, to numbered lines."""

import codecs
import tracemalloc

import pytest

from models.sheets.refused import SheetError
from models.sheets.text import MOST_LINE, read_lines, read_text


@pytest.fixture
def lines(tmp_path):
    """Numbers, texts and faults of a file's lines."""

    def read(content: bytes):
        path = tmp_path / "f.csv"
        path.write_bytes(content)
        return [(x.number, x.text, x.broken and x.broken.kind) for x in read_lines(path)]

    return read


def texts(found):
    return [text for _, text, _ in found]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_kind_of_line_end(lines, end):
    assert lines(end.join([b"a,b", b"1,2", b"3,4"])) == [
        (1, "a,b", None),
        (2, "1,2", None),
        (3, "3,4", None),
    ]


def test_a_line_end_over_the_border_of_two_pieces_is_one(lines, monkeypatch):
    monkeypatch.setattr("models.sheets.text._CHUNK", 4)
    assert texts(lines(b"abc\r\nde\r\n\nf")) == ["abc", "de", "", "f"]


@pytest.mark.parametrize(
    "content",
    [
        "地块,日期\n东头,2016-05-08\n".encode(),
        codecs.BOM_UTF8 + "地块,日期\n东头,2016-05-08\n".encode(),
        "地块,日期\n东头,2016-05-08\n".encode("gb18030"),
        "地块,日期\r\n东头,2016-05-08\r\n".encode("gbk"),
        "地块,日期\n东头,2016-05-08\n".encode("utf-16"),
        codecs.BOM_UTF16_BE + "地块,日期\n东头,2016-05-08\n".encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with a mark", "gb18030", "gbk of windows", "utf-16", "utf-16 big end"],
)
def test_chinese_in_every_encoding_of_an_office(lines, content):
    assert texts(lines(content)) == ["地块,日期", "东头,2016-05-08"]


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(lines, coding):
    assert texts(lines("place,time\nqf-liuge,1\n".encode(coding))) == ["place,time", "qf-liuge,1"]


def test_one_bad_byte_costs_its_line_and_not_the_encoding(lines):
    good = "东头,否\n".encode()
    found = lines(b"field,note\n" + good * 5 + b"x,\xe4\xb8\n" + good)
    assert [fault for _, _, fault in found] == [None] * 6 + ["line_undecodable", None]
    assert found[6][1] == "x,\\xe4\\xb8"
    assert found[7] == (8, "东头,否", None)


def test_a_bad_byte_in_plain_ascii_costs_its_line(lines):
    assert lines(b"a,b\n1,\xff\n3,4") == [
        (1, "a,b", None),
        (2, "1,\\xff", "line_undecodable"),
        (3, "3,4", None),
    ]


def test_zeros_after_a_power_loss_cost_their_line(lines):
    found = lines(b"a,b\n1,2\n" + bytes(300) + b"3,4\n5,6\n")
    assert [fault for _, _, fault in found] == [None, None, "line_nul", None]
    assert found[3] == (4, "5,6", None)


def test_zeros_to_the_end_of_the_file_are_one_line(lines):
    assert [fault for _, _, fault in lines(b"a,b\n1,2\n" + bytes(9000))] == [None, None, "line_nul"]


@pytest.mark.parametrize("size", [MOST_LINE + 1, 130_000, 3_000_000])
def test_a_line_without_end_costs_itself(lines, size):
    found = lines(b"a,b\n" + b"x" * size + b"\n1,2\n")
    assert [fault for _, _, fault in found] == [None, "line_too_long", None]
    assert len(found[1][1]) == MOST_LINE
    assert found[2] == (3, "1,2", None)


def test_a_line_of_the_whole_file_is_held_in_part_only(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b"x" * 10_000_000)
    tracemalloc.start()
    ((_, text, fault),) = [(x.number, x.text, x.broken.kind) for x in read_lines(path)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (fault, len(text)) == ("line_too_long", MOST_LINE)
    assert peak < 3_000_000


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"PK\x03\x04", "xlsx"),
        (b"\xd0\xcf\x11\xe0", "xls"),
        (b"%PDF-1.7", "pdf"),
        (b"\x1f\x8b", "gzip"),
    ],
)
def test_what_is_no_text_is_said_to_be_none(lines, start, what):
    with pytest.raises(SheetError, match=rf"^f\.csv: is no CSV \({what}\): save it"):
        lines(start + bytes(100))


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(SheetError, match=r"^nowhere\.csv: cannot be read \(No such file"):
        list(read_lines(tmp_path / "nowhere.csv"))
    with pytest.raises(SheetError, match=r"^nowhere\.csv: cannot be read \(No such file"):
        read_text(tmp_path / "nowhere.csv")


def test_a_document_is_read_as_a_whole(tmp_path, monkeypatch):
    path = tmp_path / "d.json"
    path.write_bytes(codecs.BOM_UTF8 + '{"村": 1}'.encode())
    assert read_text(path) == '{"村": 1}'
    path.write_bytes(b'{"a":\n"\xff"}')
    with pytest.raises(SheetError, match=r"^d\.json:2: not UTF-8; save the file again"):
        read_text(path)
    monkeypatch.setattr("models.sheets.text.MOST_DOCUMENT", 3)
    with pytest.raises(SheetError, match=r"^d\.json: is larger than 0 MB: split it"):
        read_text(path)
