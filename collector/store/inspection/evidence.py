"""Photos that prove something: of a non-conformity, or of the taking of a sample.

They are made by `webapp.views.pictures` as photos of fields are: smaller, without what the camera
wrote into them. They are the inspector's, so that they stay when a field is given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.store.advice.photos import MOST_A_DAY, TooManyPhotos
from collector.store.lots.lots import Who
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch

SQL = queries.load("evidence")


@dataclass(frozen=True)
class Of:
    """What a photo is of: a non-conformity, or a plan's sample of a lot."""

    finding: str | None = None
    plan: str | None = None
    lot: str | None = None


@dataclass(frozen=True)
class Evidence:
    """A photo: its number, when it was kept, and by whom."""

    id: int
    at: datetime
    name: str


def add(conn: Connection, of: Of, jpeg: bytes, size: tuple[int, int], who: Who) -> int:
    """Keep a photo and return its number.

    Parameters
    ----------
    conn : Connection
    of : Of
    jpeg : bytes
    size : tuple of int
        Width and height in pixels.
    who : Who

    Raises
    ------
    TooManyPhotos
        When there are `MOST_A_DAY` of it of the last 24 hours.
    """
    since = who.at - timedelta(days=1)
    ((there,),) = fetch(conn, SQL["count_since"], since=since, **vars(of))
    if there >= MOST_A_DAY:
        named = of.finding or f"{of.plan} {of.lot}"
        raise TooManyPhotos(f"{named}: has {there} photos of the last 24 hours already")
    by = {"at": who.at, "person": who.person, "name": who.name}
    given = {"jpeg": jpeg, "width": size[0], "height": size[1]}
    ((number,),) = fetch(conn, SQL["add"], **given, **by, **vars(of))
    return int(number)


def photos(conn: Connection, of: Of) -> list[Evidence]:
    """Return the photos of something, the oldest first."""
    return [Evidence(*row) for row in fetch(conn, SQL["of"], **vars(of))]


def jpeg(conn: Connection, of: Of, number: int) -> bytes | None:
    """Return a photo of something; None where it has none of this number."""
    rows = fetch(conn, SQL["jpeg"], id=number, **vars(of))
    return bytes(rows[0][0]) if rows else None
