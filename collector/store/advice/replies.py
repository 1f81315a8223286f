"""What people answer to advice: whether they did what it asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run

SQL = queries.load("replies")


@dataclass(frozen=True)
class Reply:
    """The newest answer of a person to advice on a crop and hazard that was issued at a time.

    ``name`` is the person's, empty where they are gone.
    """

    crop: str
    hazard: str
    issued: datetime
    done: bool
    note: str
    name: str
    at: datetime


def put(
    conn: Connection,
    site: str,
    of: tuple[str, str, datetime],
    person: int,
    *,
    done: bool,
    note: str,
    at: datetime,
) -> None:
    """Keep an answer.

    Parameters
    ----------
    conn : Connection
    site : str
        The field.
    of : tuple
        Crop, hazard and time of issue of the advice.
    person : int
    done : bool
        Whether they did what it asked.
    note : str
        Why not, or what else.
    at : datetime
        Now, aware.
    """
    crop, hazard, issued = of
    values = {"site": site, "crop": crop, "hazard": hazard, "issued": issued}
    run(conn, SQL["put"], **values, person=person, done=done, note=note, at=at)


def of_field(conn: Connection, site: str) -> list[Reply]:
    """Return the answers in force of a field, the newest first."""
    return [Reply(*row) for row in fetch(conn, SQL["of_field"], site=site)]


def lately(
    conn: Connection, since: datetime, where: Mapping[str, object]
) -> list[tuple[str, int, int]]:
    """Return by hazard how many did what advice asked, and how many did not.

    Parameters
    ----------
    conn : Connection
    since : datetime
        Answers from then on count, aware.
    where : mapping
        ``everywhere``, ``counties``, ``townships`` and ``villages`` that one may look at.
    """
    return fetch(conn, SQL["lately"], since=since, **where)
