"""A file of one table, of an area and a period: what there is, how many rows, and its writing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import IO, TypeVar

from collector.exports import netcdf, parquet, sheets
from collector.exports.science import SCIENCE
from collector.exports.tables import TABLES, rows
from collector.store.advice import exports
from collector.store.advice.exports import Order
from collector.store.postgres.db import Connection, StoreError
from field_configs.words import Words

#: What is given as what.
KINDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(TABLES, ("xlsx", "csv")),
    **dict.fromkeys(SCIENCE, ("nc", "parquet")),
}
#: No file has more rows. A spreadsheet program opens no more in bearable time.
MOST_ROWS = {"xlsx": 500_000, "csv": 20_000_000, "nc": 20_000_000, "parquet": 20_000_000}
#: So many rows lie between two words about how far it is.
TOLD_EVERY = 5000
Row = TypeVar("Row")


class Nothing(StoreError):  # noqa: N818 - named for what it is
    """There are no rows."""


class TooMany(StoreError):  # noqa: N818 - named for what is wrong
    """There are more rows than are given in one file; `most` says how many are."""

    def __init__(self, order: Order) -> None:
        self.most = MOST_ROWS[order.kind]
        super().__init__(f"{order.table}: more than {self.most} rows; ask for less at once")


def total(conn: Connection, order: Order) -> int:
    """Return how many rows the file will have.

    Raises
    ------
    Nothing
        When there are none.
    TooMany
        When there are more than are given in one file.
    """
    most = MOST_ROWS[order.kind]
    found = exports.count(conn, order.table, order.wanted, most + 1)
    if found > most:
        raise TooMany(order)
    if not found:
        raise Nothing(f"{order.table}: nothing of this area and period")
    return found


def _telling(
    found: Generator[Row, None, None], told: Callable[[int], None]
) -> Generator[Row, None, None]:
    with closing(found):
        for number, row in enumerate(found, start=1):
            yield row
            if number % TOLD_EVERY == 0:
                told(number)


def write(
    conn: Connection,
    order: Order,
    file: IO[bytes],
    at: datetime,
    told: Callable[[int], None] = lambda done: None,
) -> int:
    """Write a file, a few thousand rows at a time, and return how many rows it has.

    Parameters
    ----------
    conn : Connection
    order : Order
    file : file
        Open for writing bytes.
    at : datetime
        Now, aware.
    told : callable
        Is given the number of rows done, now and then; what it raises ends the writing.
    """
    # Closed at once when the writing ends early: a cursor must not outlive its transaction.
    if order.table in SCIENCE:
        records = SCIENCE[order.table](conn, order.wanted, at)
        with closing(_telling(records.rows, told)) as found:
            records = replace(records, rows=found)
            if order.kind == "nc":
                return netcdf.write(file, records)
            return parquet.write(file, records)
    table = TABLES[order.table]
    with closing(_telling(rows(conn, table, order.wanted, order.language), told)) as lines:
        if order.kind == "csv":
            return sheets.write_csv(file, table.columns, lines)
        words = sheets.dictionary(order.table, table.columns, order.language)
        title = Words.load(order.language).text(f"export.{order.table}.title")
        return sheets.write_xlsx(file, title, table.columns, lines, words)
