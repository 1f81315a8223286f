"""NetCDF written as it grows: the classic format with 64-bit offsets, a record at a time.

The libraries that are installed write classic files from memory; here the header is written first,
records follow, and their number is put in at the end. The format: NetCDF Users' Guide, "File Format
Specifications", classic; https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from collector.exports.records import Attributes, Fixed, Growing, Records

_DIMENSION, _VARIABLE, _ATTRIBUTE = 0x0A, 0x0B, 0x0C
#: Types by their letter in NumPy: code in the file, and bytes.
_TYPES = {
    "b1": (1, 1),
    "i1": (1, 1),
    "S1": (2, 1),
    "i2": (3, 2),
    "i4": (4, 4),
    "f4": (5, 4),
    "f8": (6, 8),
}
ROWS_AT_A_TIME = 5000


def _name(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">I", len(data)) + data + b"\0" * (-len(data) % 4)


def _attributes(attributes: Attributes) -> bytes:
    if not attributes:
        return struct.pack(">II", 0, 0)
    parts = [struct.pack(">II", _ATTRIBUTE, len(attributes))]
    for key, value in attributes.items():
        if isinstance(value, str):
            data, code, count = value.encode(), 2, len(value.encode())
        elif isinstance(value, int):
            data, code, count = struct.pack(">i", value), 4, 1
        else:
            data, code, count = struct.pack(">d", value), 6, 1
        parts.append(_name(key) + struct.pack(">II", code, count))
        parts.append(data + b"\0" * (-len(data) % 4))
    return b"".join(parts)


def _array(variable: Fixed) -> NDArray[Any]:
    if variable.kind != "S1":
        numbers = [np.nan if value is None else value for value in variable.values]
        return np.array(numbers, f">{variable.kind}")
    texts = [str(value).encode() for value in variable.values]
    longest = max(1, *map(len, texts)) if texts else 1
    return np.array([list(text.ljust(longest, b"\0")) for text in texts], np.uint8).reshape(
        len(texts), longest
    )


def write(file: IO[bytes], records: Records, dimension: str = "series", record: str = "obs") -> int:
    """Write a file and return how many records it has.

    Parameters
    ----------
    file : file
        Open for writing bytes, at its beginning.
    records : Records
        None is NaN, or 0 for whole numbers; texts that grow are left out.
    dimension, record : str
        Names of the dimension of series, and of the one that grows.
    """
    growing = [each for each in records.growing if not each.is_text]
    rows = (row[: len(growing)] for row in records.rows)
    fixed, attributes = records.fixed, records.attributes
    arrays = [_array(each) for each in fixed]
    lengths = {dimension: records.length}
    of_text: dict[int, str] = {}
    for place, array in enumerate(arrays):
        if array.ndim == 2:
            of_text[place] = f"{fixed[place].name}_length"
            lengths[of_text[place]] = array.shape[1]
    names = [record, *lengths]
    head = _header(attributes, lengths, record, fixed, growing, arrays, of_text, names)
    file.write(head)
    for array in arrays:
        data = array.tobytes()
        file.write(data + b"\0" * (-len(data) % 4))
    layout = np.dtype(_record(growing))
    count, page = 0, []
    for row in rows:
        page.append(_numbers(row, growing))
        if len(page) == ROWS_AT_A_TIME:
            file.write(_packed(page, growing, layout))
            count, page = count + len(page), []
    file.write(_packed(page, growing, layout))
    count += len(page)
    file.seek(4)
    file.write(struct.pack(">I", count))
    file.seek(0, 2)
    return count


def _record(growing: Sequence[Growing]) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    for each in growing:
        size = _TYPES[each.kind][1]
        parts.append((each.name, f">{each.kind}"))
        if size % 4:
            parts.append((f"{each.name}_pad", f"V{-size % 4}"))
    return parts


def _numbers(row: Sequence[Any], growing: Sequence[Growing]) -> tuple[Any, ...]:
    return tuple(
        (np.nan if each.kind[0] == "f" else 0) if value is None else value
        for value, each in zip(row, growing, strict=True)
    )


def _packed(
    page: list[tuple[Any, ...]], growing: Sequence[Growing], layout: np.dtype[Any]
) -> bytes:
    found = np.zeros(len(page), layout)
    for each, column in zip(growing, zip(*page, strict=True), strict=False):
        found[each.name] = column
    return found.tobytes()


def _header(
    attributes: Attributes,
    lengths: Mapping[str, int],
    record: str,
    fixed: Sequence[Fixed],
    growing: Sequence[Growing],
    arrays: Sequence[NDArray[Any]],
    of_text: Mapping[int, str],
    names: Sequence[str],
) -> bytes:
    """Return the header; where variables begin depends on its length, so it is made twice."""

    def made(begins: Sequence[int]) -> bytes:
        parts = [b"CDF\x02", struct.pack(">I", 0), struct.pack(">II", _DIMENSION, len(names))]
        parts += [_name(record) + struct.pack(">I", 0)]
        parts += [_name(name) + struct.pack(">I", length) for name, length in lengths.items()]
        parts.append(_attributes(attributes))
        parts.append(struct.pack(">II", _VARIABLE, len(fixed) + len(growing)))
        for place, each in enumerate(fixed):
            over = [each.dimension, of_text[place]] if place in of_text else [each.dimension]
            ids = [names.index(name) for name in over]
            size = arrays[place].nbytes
            parts.append(_variable(each, ids, size + -size % 4, begins[place]))
        for place, one in enumerate(growing, start=len(fixed)):
            size = _TYPES[one.kind][1]
            parts.append(_variable(one, [0], size + -size % 4, begins[place]))
        return b"".join(parts)

    sizes = [array.nbytes + -array.nbytes % 4 for array in arrays]
    sizes += [_TYPES[each.kind][1] + -_TYPES[each.kind][1] % 4 for each in growing]
    begin, begins = len(made([0] * len(sizes))), []
    for size in sizes:
        begins.append(begin)
        begin += size
    return made(begins)


def _variable(variable: Fixed | Growing, ids: Sequence[int], size: int, begin: int) -> bytes:
    return (
        _name(variable.name)
        + struct.pack(f">I{len(ids)}I", len(ids), *ids)
        + _attributes(variable.attributes)
        + struct.pack(">IIQ", _TYPES[variable.kind][0], min(size, 2**32 - 1), begin)
    )
