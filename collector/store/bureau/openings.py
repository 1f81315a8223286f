"""How often the pages of villages were opened: numbers by ten minutes, and nobody's name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import run

SQL = queries.load("openings")
#: Openings are counted together for so many minutes of the hour.
SPAN_MIN = 10
#: No decision stands for so long that its openings are asked for later.
KEPT = timedelta(days=90)


def span_of(at: datetime) -> datetime:
    """Return when the span began that a time (aware) lies in."""
    return at.replace(minute=at.minute - at.minute % SPAN_MIN, second=0, microsecond=0)


def add(conn: Connection, counted: Mapping[tuple[str, datetime], int]) -> None:
    """Add openings.

    Parameters
    ----------
    conn : Connection
    counted : mapping
        Openings by village and beginning of the span; villages that are none are left out.
    """
    villages, since = zip(*counted, strict=True)
    opens = list(counted.values())
    run(conn, SQL["add"], villages=list(villages), since=list(since), opens=opens)


def tidy(conn: Connection, at: datetime) -> None:
    """Forget what is older than `KEPT`."""
    run(conn, SQL["tidy"], before=at - KEPT)
