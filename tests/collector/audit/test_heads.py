"""The file of heads: what is written to it, and what is found when somebody else writes there."""

from __future__ import annotations

import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.audit.heads import Head, HeadFile, HeadFileBroken, HeadFileError, parse_head

AT = datetime(2016, 5, 1, 12, tzinfo=UTC)
KEY = b"k" * 32


def head(number: int) -> Head:
    return Head(number, bytes([number % 256]) * 32, AT)


@pytest.fixture
def file(tmp_path: Path) -> HeadFile:
    return HeadFile(tmp_path / "audit.head")


def test_heads_are_added_and_read(file: HeadFile) -> None:
    assert file.last() is None
    assert [file.add(head(number)) for number in (3, 3, 2, 7)] == [True, False, False, True]
    assert list(file.read()) == [head(3), head(7)]
    assert file.last() == head(7)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert file.path.read_text() == f"3 {'03' * 32} 2016-05-01T12:00:00Z\n" + (
        f"7 {'07' * 32} 2016-05-01T12:00:00Z\n"
    )


def test_what_a_cut_off_writer_left_is_passed_over_and_taken_away(file: HeadFile) -> None:
    file.add(head(3))
    whole = file.path.read_bytes()
    file.path.write_bytes(whole + whole[:40])
    assert list(file.read()) == [head(3)]
    assert file.last() == head(3)
    assert file.add(head(4))
    assert list(file.read()) == [head(3), head(4)]


def test_what_is_added_while_it_is_read_does_not_count(file: HeadFile) -> None:
    file.add(head(3))
    reading = file.read()
    file.add(head(4))
    assert list(reading) == [head(3)]


def test_many_writers_leave_whole_lines(file: HeadFile) -> None:
    threads = [
        threading.Thread(target=lambda k=k: [file.add(head(n)) for n in range(1 + k, 200, 4)])
        for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [each.number for each in file.read()]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 199


@pytest.mark.parametrize(
    "line",
    ["", "x", f"0 {'00' * 32} 2016-05-01T12:00:00Z", f"1 {'00' * 32} 2016-05-01T12:00:00", "中"],
)
def test_a_line_that_is_no_head_is_named(line: str) -> None:
    with pytest.raises(HeadFileBroken, match="f:3: is no head of an audit log; restore"):
        parse_head(line, "f:3")


def test_heads_out_of_order_are_found(file: HeadFile) -> None:
    file.path.write_text("".join(f"{head(number).line()}\n" for number in (5, 4)))
    with pytest.raises(HeadFileBroken, match="audit.head:2: head 4 comes after head 5"):
        list(file.read())
    file.path.write_text(f"{head(1).line()}\n" + "x" * 3000 + "\n")
    with pytest.raises(HeadFileBroken, match="audit.head:2: is no head"):
        list(file.read())
    with pytest.raises(HeadFileBroken, match="is no head"):
        file.last()


def test_with_a_key_only_who_has_it_writes_heads(tmp_path: Path) -> None:
    sealed = HeadFile(tmp_path / "audit.head", KEY)
    sealed.add(head(3))
    assert list(sealed.read()) == [head(3)]
    assert list(HeadFile(sealed.path).read()) == [head(3)]  # without the key it is taken as it is
    line = sealed.path.read_text()
    for forged in (
        line.replace("3 0303", "4 0303"),
        line.replace("0303", "0304"),
        line.replace("12:00", "13:00"),
        f"{head(3).line()}\n",
        f"{head(3).line(b'other' * 8)}\n",
    ):
        assert forged != line
        sealed.path.write_text(forged)
        with pytest.raises(HeadFileBroken, match="was not written with the key"):
            list(sealed.read())


def test_a_file_that_others_may_write_is_refused(file: HeadFile) -> None:
    file.add(head(1))
    file.path.chmod(0o622)
    with pytest.raises(HeadFileError, match=r"other users may write.*0622.*chmod 600"):
        file.add(head(2))


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(HeadFileError, match="No such file.*NONGQING_AUDIT_HEAD"):
        HeadFile(tmp_path / "none").read()
    with pytest.raises(HeadFileError, match="Is a directory"):
        HeadFile(tmp_path).add(head(1))
    with pytest.raises(HeadFileError, match="No such file"):
        HeadFile(tmp_path / "no" / "folder").add(head(1))


def test_it_is_laid_aside(file: HeadFile) -> None:
    file.add(head(1))
    aside, line = file.lay_aside(AT)
    assert (aside.name, line) == ("audit.head.20160501T120000", head(1).line())
    assert file.last() is None
    file.add(head(1))
    with pytest.raises(HeadFileError, match="is there already"):
        file.lay_aside(AT)
