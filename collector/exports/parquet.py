"""Records as Parquet, a group of rows at a time: what is said of a series stands in each row.

Units and meanings are in the metadata of each column; the file's own has the dictionary of the
columns as JSON, the quality bits and the time zone. The format: https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from collector.exports.records import Fixed, Growing, Records

#: Rows of a group: what is in memory at once.
GROUP = 100_000
#: Rows that become columns at once.
ROWS_AT_A_TIME = 5000
TIME = pa.timestamp("us", tz="UTC")
_TYPES = {
    "S1": pa.string(),
    "U": pa.string(),
    "O": pa.list_(pa.string()),
    "b1": pa.bool_(),
    "i1": pa.int8(),
    "i2": pa.int16(),
    "i4": pa.int32(),
    "f4": pa.float32(),
    "f8": pa.float64(),
}


def _type(column: Fixed | Growing) -> pa.DataType:
    return TIME if isinstance(column, Growing) and column.is_time else _TYPES[column.kind]


def _field(column: Fixed | Growing) -> pa.Field:
    told = {name: str(value) for name, value in column.attributes.items()}
    if _type(column) == TIME:
        told |= {"units": "timestamp, UTC"}
    return pa.field(column.name, _type(column), metadata=told)


def schema(records: Records) -> pa.Schema:
    """Return the columns of a file with all that is said of them."""
    fields = [*map(_field, records.fixed), *map(_field, records.growing[1:])]
    dictionary = [
        {"name": each.name, **{k.decode(): v.decode() for k, v in (each.metadata or {}).items()}}
        for each in fields
    ]
    told = {
        **{name: str(value) for name, value in records.attributes.items()},
        "time_zone": "UTC",
        "dictionary": json.dumps(dictionary, ensure_ascii=False),
    }
    return pa.schema(fields, metadata=told)


def _column(column: Growing, values: Sequence[Any]) -> pa.Array:
    if column.is_time:
        whole = [None if value is None else round(value * 1e6) for value in values]
        return pa.array(whole, pa.int64()).cast(TIME)
    return pa.array(values, _type(column))


def write(file: IO[bytes], records: Records, group: int = GROUP) -> int:
    """Write a file and return how many rows it has.

    Parameters
    ----------
    file : file
        Open for writing bytes, at its beginning.
    records : Records
        None is no value.
    group : int
        Rows of a group.
    """
    columns = schema(records)
    said = [pa.array(each.values, _type(each)) for each in records.fixed]
    rows, count = iter(records.rows), 0
    writer = pq.ParquetWriter(file, columns, compression="zstd")
    waiting: list[pa.RecordBatch] = []
    held = 0

    def flush() -> None:
        nonlocal held
        writer.write_table(pa.Table.from_batches(waiting, columns), row_group_size=group)
        waiting.clear()
        held = 0

    try:
        while page := list(islice(rows, min(ROWS_AT_A_TIME, group - held))):
            of, *grown = zip(*page, strict=True)
            number = pa.array(np.array(of, np.int32))
            arrays = [each.take(number) for each in said]
            named = zip(records.growing[1:], grown, strict=True)
            arrays += [_column(each, values) for each, values in named]
            waiting.append(pa.RecordBatch.from_arrays(arrays, schema=columns))
            held, count = held + len(page), count + len(page)
            if held == group:
                flush()
        if waiting or not count:
            flush()
    finally:
        writer.close()
    return count
