"""PostgreSQL's binary COPY format as NumPy structured arrays, for rows without NULL."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.store.postgres.db import Connection

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
PG_EPOCH_S = 946_684_800  # 2000-01-01, from which PostgreSQL counts [s since 1970]
PART_BYTES = 1 << 20
_PG_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NULL = b"\xff\xff\xff\xff"
_count, _length = struct.Struct(">h").pack, struct.Struct(">i").pack


class CopyFormatError(ValueError):
    """The server's answer is not rows of the expected types without NULL."""


def _wire_type(columns: np.dtype[np.void]) -> np.dtype[np.void]:
    """Return the layout of one row on the wire: field count, then length and data of each."""
    assert columns.names is not None
    parts: list[tuple[str, str]] = [("count", ">i2")]
    for name in columns.names:
        parts += [(f"length_{name}", ">i4"), (name, columns[name].newbyteorder(">").str)]
    return np.dtype(parts)


def encode_rows(rows: NDArray[np.void], none: str | None = None) -> bytes:
    """Encode a structured array as a binary COPY stream.

    Parameters
    ----------
    rows : structured ndarray
        Fields of the types i2, i4, i8, f4, f8 as the columns need them; a timestamp is an i8 of
        microseconds since 2000-01-01 UTC.
    none : str, optional
        Name of a field in which NaN is NULL; such rows come behind the others.
    """
    if none is None:
        return HEADER + _encoded(rows) + TRAILER
    there = ~np.isnan(rows[none])
    return HEADER + _encoded(rows[there]) + _encoded(rows[~there], none) + TRAILER


def _encoded(rows: NDArray[np.void], none: str | None = None) -> bytes:
    """Encode rows; a field that is NULL in all of them has the length -1 and no data."""
    full = _wire_type(rows.dtype)
    wire = np.empty(len(rows), [part for part in full.descr if part[0] != none])
    assert rows.dtype.names is not None
    wire["count"] = len(rows.dtype.names)
    for name in rows.dtype.names:
        wire[f"length_{name}"] = -1 if name == none else rows.dtype[name].itemsize
        if name != none:
            wire[name] = rows[name]
    return wire.tobytes()


def timestamp(moment: datetime) -> int:
    """Return the microseconds since 2000-01-01 UTC of an aware time."""
    return (moment - _PG_EPOCH) // timedelta(microseconds=1)


def encode_fields(rows: Iterable[Sequence[bytes | None]]) -> bytes:
    """Encode rows of fields of any length, each as its type is sent, as a binary COPY stream."""
    parts = [HEADER]
    for row in rows:
        parts.append(_count(len(row)))
        for field in row:
            parts += (_NULL,) if field is None else (_length(len(field)), field)
    parts.append(TRAILER)
    return b"".join(parts)


def decode_rows(stream: bytes, columns: np.dtype[np.void]) -> NDArray[np.void]:
    """Decode a binary COPY stream of rows without NULL.

    Raises
    ------
    CopyFormatError
        When the stream has other columns, or a NULL.
    """
    body = stream[len(HEADER) : -len(TRAILER)]
    if stream[:11] != HEADER[:11] or len(body) % _wire_type(columns).itemsize:
        raise CopyFormatError(f"COPY gave {len(stream)} bytes, not rows of {columns}")
    return _decoded(body, columns)


def _decoded(body: bytes, columns: np.dtype[np.void]) -> NDArray[np.void]:
    wire = np.frombuffer(body, _wire_type(columns))
    assert columns.names is not None
    if len(wire) and (wire["count"] != len(columns.names)).any():
        raise CopyFormatError(f"COPY gave rows of another width than {columns}")
    rows = np.empty(len(wire), columns)
    for name in columns.names:
        if (wire[f"length_{name}"] != columns[name].itemsize).any():
            raise CopyFormatError(f"COPY gave a NULL or another type in {name}")
        rows[name] = wire[name]
    return rows


def copy_in(
    conn: Connection, statement: str, rows: NDArray[np.void], none: str | None = None
) -> None:
    """Send rows by a ``COPY … FROM STDIN (FORMAT binary)`` statement, as of `encode_rows`."""
    with conn.cursor() as cur:
        cur.copy_expert(statement, io.BytesIO(encode_rows(rows, none)))


def copy_out(
    conn: Connection, statement: str, params: dict[str, object], columns: np.dtype[np.void]
) -> NDArray[np.void]:
    """Fetch rows by a ``COPY (…) TO STDOUT (FORMAT binary)`` statement."""
    stream = io.BytesIO()
    with conn.cursor() as cur:
        cur.copy_expert(cur.mogrify(statement, params), stream)
    return decode_rows(stream.getvalue(), columns)


class _Parts(io.RawIOBase):
    """Takes a binary COPY stream as it comes; hands on the rows that are complete."""

    def __init__(
        self, columns: np.dtype[np.void], take: Callable[[NDArray[np.void]], None]
    ) -> None:
        super().__init__()
        self._columns = columns
        self._take = take
        self._left: bytes | None = None
        self._refused = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if not self._refused:  # what a buffer holds of a refused stream comes once more
            self._refused = True
            self._read(bytes(data))
            self._refused = False
        return len(data)

    def _read(self, part: bytes) -> None:
        if self._left is None:
            if part[:11] != HEADER[:11]:
                raise CopyFormatError(f"COPY gave {part[:11]!r}, not rows of {self._columns}")
            self._left, part = b"", part[len(HEADER) :]
        whole = self._left + part
        end = len(whole) - len(whole) % _wire_type(self._columns).itemsize
        if end:
            self._take(_decoded(whole[:end], self._columns))
        self._left = whole[end:]

    def finish(self) -> None:
        """Make sure that the stream ended behind a row."""
        if self._left != TRAILER:
            raise CopyFormatError(f"COPY ended within a row of {self._columns}")


def copy_out_parts(
    conn: Connection,
    statement: str,
    params: dict[str, object],
    columns: np.dtype[np.void],
    take: Callable[[NDArray[np.void]], None],
) -> None:
    """Fetch rows by a ``COPY (…) TO STDOUT (FORMAT binary)`` statement, part by part.

    Parameters
    ----------
    conn, statement, params, columns
        As for `copy_out`.
    take : callable
        Takes each part's rows.

    Raises
    ------
    CopyFormatError
        When the server's answer is not such rows; parts before that were taken.
    """
    parts = _Parts(columns, take)
    with conn.cursor() as cur, io.BufferedWriter(parts, PART_BYTES) as stream:
        cur.copy_expert(cur.mogrify(statement, params), stream)
        stream.flush()
        parts.finish()


def copy_out_hours(
    conn: Connection, statement: str, params: dict[str, object]
) -> Iterator[tuple[int, NDArray[np.int32], NDArray[np.float64]]]:
    """Fetch rows of an hour, the series that have a value in it, and the values, as arrays.

    Gathering an hour's values to one row on the server costs a quarter of sending each as a row.

    Yields
    ------
    int, array, array
        Start of the hour [h since 1970 UTC]; series; values.

    Raises
    ------
    CopyFormatError
        When the server's answer is not such rows.
    """
    stream = io.BytesIO()
    with conn.cursor() as cur:
        cur.copy_expert(cur.mogrify(statement, params), stream)
    data = stream.getvalue()
    place = len(HEADER)
    while place < len(data) - len(TRAILER):
        columns, eight, since = struct.unpack_from(">hiq", data, place)
        if (columns, eight) != (3, 8):
            raise CopyFormatError("COPY gave no rows of an hour, its series and its values")
        series, place = _array(data, place + 14, np.dtype(">i4"))
        values, place = _array(data, place, np.dtype(">f8"))
        yield since // 3_600_000_000 + PG_EPOCH_S // 3600, series, values


def _array(data: bytes, place: int, kind: np.dtype[np.generic]) -> tuple[NDArray[Any], int]:
    """Decode a one-dimensional array without NULL; return it and where it ends."""
    size, dimensions, nulls, _, count, _ = struct.unpack_from(">iiiIii", data, place)
    element = np.dtype([("length", ">i4"), ("value", kind)])
    if (dimensions, nulls, size) != (1, 0, 20 + count * element.itemsize):
        raise CopyFormatError(f"COPY gave no plain array of {kind}, or a NULL in it")
    elements = np.frombuffer(data, element, count, place + 24)
    return elements["value"].astype(kind.newbyteorder("=")), place + 4 + size
