"""Tables that leave the house, read a few thousand rows at a time; never people's own fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from collector.permissions import Grant
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from models.weather.local_days import midnight

SQL = queries.load("exports")
ROWS_AT_A_TIME = 5000


@dataclass(frozen=True)
class Wanted:
    """Rows of local days `first` to `last`, where grants reach, in one county or all ('')."""

    first: date
    last: date
    within: tuple[Grant, ...]
    county: str = ""

    def params(self) -> dict[str, Any]:
        """Return it as the statements ask for it."""
        scopes = {
            name: [each.scope for each in self.within if each.level == level]
            for name, level in (
                ("counties", "county"),
                ("townships", "township"),
                ("villages", "village"),
            )
        }
        return {
            "first": self.first,
            "last": self.last,
            "start": midnight(self.first),
            "end": midnight(self.last + timedelta(days=1)),
            "city": any(each.level == "city" for each in self.within),
            "county": self.county,
            **scopes,
        }


@dataclass(frozen=True)
class Order:
    """What is asked for: a table, as what kind of file, of which rows, in which language."""

    table: str
    kind: str
    wanted: Wanted
    language: str

    @property
    def file_name(self) -> str:
        """What the file is called where it is taken to."""
        return f"nongqing-{self.table}-{self.wanted.first}-{self.wanted.last}.{self.kind}"


@dataclass(frozen=True)
class SeriesRow:
    """A series of hours and where it is measured: height [m], position [degree] of its village."""

    id: int
    placement: str
    quantity: str
    height_m: float | None
    field: str
    village: str
    village_name: str
    county: str
    county_name: str
    longitude: float
    latitude: float


@dataclass(frozen=True)
class QuestionRow:
    """A field, crop and hazard of which there are answers, with its village's place [degree]."""

    field: str
    crop: str
    hazard: str
    village: str
    village_name: str
    county: str
    county_name: str
    longitude: float
    latitude: float


#: Tables that can be taken along, as statements of ``exports.sql``.
TABLES = ("fields", "statuses", "advice", "reports", "works", "traps", "nodes")


def rows(conn: Connection, table: str, wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of one of `TABLES`, in one look."""
    assert table in TABLES, table
    yield from _stream(conn, table, wanted.params())


def count(conn: Connection, table: str, wanted: Wanted, most: int) -> int:
    """Return how many rows there are, at most `most`, of `TABLES`, `hours` or `answers`."""
    params = {**wanted.params(), "most": most}
    if table == "hours":
        params["series"] = [row.id for row in series(conn, wanted)]
    # Without its order, the last clause of each of these statements: nothing need be sorted first.
    of = SQL[table].rpartition("ORDER BY")[0]
    counted = f"SELECT count(*) FROM ({of} LIMIT %(most)s) bounded"  # noqa: S608 - our own
    ((found,),) = fetch(conn, counted, **params)
    return int(found)


def one_look(conn: Connection) -> None:
    """Let all statements of the transaction that begins here see the same state of the database."""
    run(conn, SQL["one_look"])


def _stream(conn: Connection, name: str, params: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    # One name for each: a second table of the same transaction may be open beside it.
    with conn.cursor(name=f"export_{name}") as cur:
        cur.itersize = ROWS_AT_A_TIME
        cur.execute(SQL[name], params)
        yield from cur


def series(conn: Connection, wanted: Wanted) -> list[SeriesRow]:
    """Return the series of hours in an area, by their number."""
    return [SeriesRow(*row) for row in fetch(conn, SQL["series"], **wanted.params())]


def hours(conn: Connection, wanted: Wanted, of: Iterable[int]) -> Iterator[tuple[Any, ...]]:
    """Yield the hours of series, by series and time: mean, min, max, sum, completeness, bits."""
    yield from _stream(conn, "hours", {**wanted.params(), "series": list(of)})


def questions(conn: Connection, wanted: Wanted) -> list[QuestionRow]:
    """Return each field, crop and hazard that was answered in the period."""
    return [QuestionRow(*row) for row in fetch(conn, SQL["questions"], **wanted.params())]


def answers(conn: Connection, wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """Yield the answers in the order of `questions` and time."""
    yield from _stream(conn, "answers", wanted.params())
