"""Trap counts: what insect traps in fields caught, as people reported it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch

SQL = queries.load("traps")


@dataclass(frozen=True)
class TrapCount:
    """So many insects in a field's trap over some nights, the last of them before `date`."""

    field: str
    insect: str
    date: date
    nights: int
    count: int
    observer: str
    note: str
    origin: str


def put(conn: Connection, counts: Sequence[TrapCount], received: datetime) -> None:
    """Keep counts; the newest of an observer, field, insect and day is in force."""
    queries.put(conn, SQL["put"], [(*astuple(each), received) for each in counts])


def counts_of(conn: Connection, field: str) -> list[TrapCount]:
    """Return the counts in force of one field, the newest first."""
    return [TrapCount(*row) for row in fetch(conn, SQL["counts_of"], field=field)]
