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
    """So many insects in a field's trap over some nights, the last of them before `date`.

    `insect` and `trap` are of the lists in `models.weather.counted`; `trap` is '' in counts from
    before it was asked.
    """

    field: str
    insect: str
    trap: str
    date: date
    nights: int
    count: int
    observer: str
    note: str
    origin: str


@dataclass(frozen=True)
class Night:
    """What traps of one kind caught in the night that began on `date`.

    In the public fields of a village, or, where `private` names one, in that field of somebody's
    own; `caught` is the sum of the traps' means over their nights.
    """

    village: str
    private: str
    insect: str
    trap: str
    date: date
    caught: float
    traps: int


def put(conn: Connection, counts: Sequence[TrapCount], received: datetime) -> None:
    """Keep counts; the newest of an observer, field, insect, trap and day is in force."""
    queries.put(conn, SQL["put"], [(*astuple(each), received) for each in counts])


def counts_of(conn: Connection, field: str) -> list[TrapCount]:
    """Return the counts in force of one field, the newest first."""
    return [TrapCount(*row) for row in fetch(conn, SQL["counts_of"], field=field)]


def nights(conn: Connection, first: date) -> list[Night]:
    """Return what was caught in the nights that began on `first` or later, by place and night."""
    return [Night(*row) for row in fetch(conn, SQL["nights"], first=first)]
