"""How the store is: what takes its room, what waits to be done, which frames are missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collector.store.network.frames import BootId
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch

SQL = queries.load("condition")


@dataclass(frozen=True)
class Size:
    """Bytes of a table with its indexes, and about how many rows it has, by the last ANALYZE."""

    table: str
    bytes: int
    rows: int


@dataclass(frozen=True)
class Lag:
    """What is behind: when a node was last heard, frames that wait, hours to be rolled up."""

    heard: datetime | None
    waiting_time: int
    waiting_layout: int
    hours: int
    oldest_hour: datetime | None
    dead_letters: int


@dataclass(frozen=True)
class Gap:
    """Frames of a boot that are missing, from `first` on, while `newest` is there."""

    boot: BootId
    first: int
    newest: int
    missing: int


def sizes(conn: Connection) -> list[Size]:
    """Return every table's size, the largest first."""
    return [Size(*row) for row in fetch(conn, SQL["sizes"])]


def lag(conn: Connection) -> Lag:
    """Return what waits."""
    (row,) = fetch(conn, SQL["lag"])
    return Lag(*row)


def gaps(conn: Connection) -> list[Gap]:
    """Return the boots of which frames are missing, the most first."""
    rows = fetch(conn, SQL["gaps"])
    return [Gap(BootId(*boot), first, newest, left) for *boot, first, newest, left in rows]
