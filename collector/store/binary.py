"""PostgreSQL's binary COPY format as NumPy structured arrays, for rows without NULL."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from collector.store.db import Connection

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
PG_EPOCH_S = 946_684_800  # 2000-01-01, from which PostgreSQL counts [s since 1970]


class CopyFormatError(ValueError):
    """The server's answer is not rows of the expected types without NULL."""


def _wire_type(columns: np.dtype[np.void]) -> np.dtype[np.void]:
    """Return the layout of one row on the wire: field count, then length and data of each."""
    assert columns.names is not None
    parts: list[tuple[str, str]] = [("count", ">i2")]
    for name in columns.names:
        parts += [(f"length_{name}", ">i4"), (name, columns[name].newbyteorder(">").str)]
    return np.dtype(parts)


def encode_rows(rows: NDArray[np.void]) -> bytes:
    """Encode a structured array as a binary COPY stream.

    Parameters
    ----------
    rows : structured ndarray
        Fields of the types i2, i4, i8, f4, f8 as the columns need them; a timestamp is an i8 of
        microseconds since 2000-01-01 UTC.
    """
    wire = np.empty(len(rows), _wire_type(rows.dtype))
    assert rows.dtype.names is not None
    wire["count"] = len(rows.dtype.names)
    for name in rows.dtype.names:
        wire[f"length_{name}"] = rows.dtype[name].itemsize
        wire[name] = rows[name]
    return HEADER + wire.tobytes() + TRAILER


def decode_rows(stream: bytes, columns: np.dtype[np.void]) -> NDArray[np.void]:
    """Decode a binary COPY stream of rows without NULL.

    Raises
    ------
    CopyFormatError
        When the stream has other columns, or a NULL.
    """
    wire_type = _wire_type(columns)
    body = stream[len(HEADER) : -len(TRAILER)]
    if stream[:11] != HEADER[:11] or len(body) % wire_type.itemsize:
        raise CopyFormatError(f"COPY gave {len(stream)} bytes, not rows of {columns}")
    wire = np.frombuffer(body, wire_type)
    assert columns.names is not None
    if len(wire) and (wire["count"] != len(columns.names)).any():
        raise CopyFormatError(f"COPY gave rows of another width than {columns}")
    rows = np.empty(len(wire), columns)
    for name in columns.names:
        if (wire[f"length_{name}"] != columns[name].itemsize).any():
            raise CopyFormatError(f"COPY gave a NULL or another type in {name}")
        rows[name] = wire[name]
    return rows


def copy_in(conn: Connection, statement: str, rows: NDArray[np.void]) -> None:
    """Send rows by a ``COPY … FROM STDIN (FORMAT binary)`` statement."""
    with conn.cursor() as cur:
        cur.copy_expert(statement, io.BytesIO(encode_rows(rows)))


def copy_out(
    conn: Connection, statement: str, params: dict[str, object], columns: np.dtype[np.void]
) -> NDArray[np.void]:
    """Fetch rows by a ``COPY (…) TO STDOUT (FORMAT binary)`` statement."""
    stream = io.BytesIO()
    with conn.cursor() as cur:
        cur.copy_expert(cur.mogrify(statement, params), stream)
    return decode_rows(stream.getvalue(), columns)
