"""Bytes of a file to numbered lines of text, whatever wrote them.

UTF-8 with or without a byte order mark, UTF-16, GB18030 (which holds GBK and GB 2312); lines that
end in LF, CR LF or CR. A line that cannot be read is marked as broken and the next one goes on.
The file is read piece by piece: memory does not grow with its size.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from field_configs.events import Event, event
from models.sheets.refused import SheetError, file_name

#: A longer line is no line of a sheet [B]; the header of the widest one known here, the case
#: file of the scab models with 328 columns, has 5,000.
MOST_LINE = 65_536
#: A document is held in memory as a whole; this one would take some ten times as much [B].
MOST_DOCUMENT = 256 << 20
_CHUNK = 1 << 18
_BREAK = re.compile(rb"\r\n|\n|\r")
#: First bytes of files that are no text, and what they are.
_OTHERS = {
    b"PK\x03\x04": "xlsx",
    b"\xd0\xcf\x11\xe0": "xls",
    b"%PDF": "pdf",
    b"\x1f\x8b": "gzip",
}
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


@dataclass(frozen=True)
class Line:
    """A line as text, counted from 1; `broken` says why it cannot be read."""

    number: int
    text: str
    broken: Event | None = None


def read_lines(path: Path) -> Iterator[Line]:
    """Read a file line by line.

    Parameters
    ----------
    path : Path
        A text file.

    Raises
    ------
    SheetError
        When it cannot be opened, or is no text at all (a workbook, for instance).
    """
    try:
        coding, skip = _coding(path)
        for number, raw in enumerate(_raw_lines(path, coding, skip), start=1):
            yield _line(number, raw, coding)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SheetError(file_name(path), event("file_unreadable", reason=reason)) from error


def read_text(path: Path) -> str:
    """Read a whole file as text, for documents that are not made of lines.

    Parameters
    ----------
    path : Path
        A text file.

    Raises
    ------
    SheetError
        As `read_lines`, and when it is larger than `MOST_DOCUMENT` or does not decode.
    """
    name = file_name(path)
    try:
        coding, skip = _coding(path)
        if path.stat().st_size > MOST_DOCUMENT:
            raise SheetError(name, event("file_too_large", most=MOST_DOCUMENT >> 20))
        content = b"".join(_chunks(path, coding, skip))
    except OSError as error:
        reason = error.strerror or str(error)
        raise SheetError(name, event("file_unreadable", reason=reason)) from error
    try:
        return content.decode("gb18030" if coding == "gb18030" else "utf-8")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise SheetError(f"{name}:{number}", event("line_undecodable")) from None


def _line(number: int, raw: bytes, coding: str) -> Line:
    if len(raw) > MOST_LINE:
        text = raw[:MOST_LINE].decode("utf-8", "replace")
        return Line(number, text, event("line_too_long", most=MOST_LINE))
    try:
        text = raw.decode("gb18030" if coding == "gb18030" else "utf-8")
    except UnicodeDecodeError:
        return Line(number, raw.decode("utf-8", "backslashreplace"), event("line_undecodable"))
    if "\0" in text:
        return Line(number, text, event("line_nul"))
    if coding.startswith("utf-16") and "\ufffd" in text:
        return Line(number, text, event("line_undecodable"))
    return Line(number, text)


def _coding(path: Path) -> tuple[str, int]:
    """Find a file's encoding, and how many bytes its mark takes."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    for start, what in _OTHERS.items():
        if head.startswith(start):
            raise SheetError(file_name(path), event("file_no_text", what=what))
    for mark, coding in _MARKS.items():
        if head.startswith(mark):
            return coding, len(mark)
    even, odd = head[::2].count(0), head[1::2].count(0)
    # ASCII as UTF-16 is half zeros, all on one side; zeros after a power loss are on both.
    if max(even, odd) * 5 > len(head) and min(even, odd) * 20 <= max(even, odd):
        return ("utf-16-le" if odd > even else "utf-16-be"), 0
    return ("gb18030" if _is_gb18030(path) else "utf-8"), 0


def _is_gb18030(path: Path) -> bool:
    """Tell by all lines that are not plain ASCII, so that one bad byte does not decide."""
    as_utf8 = as_gb = 0
    for raw in _raw_lines(path, "utf-8", 0):
        if raw.isascii():
            continue
        if _decodes(raw, "utf-8"):
            as_utf8 += 1
        elif _decodes(raw, "gb18030"):
            as_gb += 1
    return as_gb > as_utf8


def _decodes(raw: bytes, coding: str) -> bool:
    try:
        raw.decode(coding)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(path: Path, coding: str, skip: int) -> Iterator[bytes]:
    """Yield the bytes of a file, those of UTF-16 as UTF-8."""
    with path.open("rb") as stream:
        stream.seek(skip)
        if not coding.startswith("utf-16"):
            while chunk := stream.read(_CHUNK):
                yield chunk
            return
        decoder = codecs.getincrementaldecoder(coding)("replace")
        while chunk := stream.read(_CHUNK):
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()


def _raw_lines(path: Path, coding: str, skip: int) -> Iterator[bytes]:
    """Yield lines without their ends; of one that is too long, a little more than `MOST_LINE`."""
    rest = b""
    for chunk in _chunks(path, coding, skip):
        held = rest + chunk
        # CR at the very end may be the first half of CR LF.
        end = len(held) - held.endswith(b"\r")
        *lines, rest = _BREAK.split(held[:end])
        rest = rest[: MOST_LINE + 1] + held[end:]
        yield from lines
    if rest:
        yield rest.removesuffix(b"\r")
