"""Photos of what people saw in fields, as `webapp.views.pictures` made them."""

from __future__ import annotations

from datetime import datetime, timedelta

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch

SQL = queries.load("photos")
#: So many photos of one field in a day; whoever sends more fills the disk.
MOST_A_DAY = 40


class TooManyPhotos(StoreError):  # noqa: N818 - named for what happened
    """A field has `MOST_A_DAY` photos of the last 24 hours already."""


def add(
    conn: Connection, field: str, jpeg: bytes, width: int, height: int, received: datetime
) -> int:
    """Keep a photo and return its number.

    Parameters
    ----------
    conn : Connection
    field : str
        Where it was taken.
    jpeg : bytes
    width, height : int
        In pixels.
    received : datetime
        Aware.

    Raises
    ------
    TooManyPhotos
    """
    since = received - timedelta(days=1)
    ((there,),) = fetch(conn, SQL["count_since"], field=field, since=since)
    if there >= MOST_A_DAY:
        raise TooManyPhotos(f"field {field}: has {there} photos of the last 24 hours already")
    values = {"field": field, "width": width, "height": height, "at": received, "jpeg": jpeg}
    ((number,),) = fetch(conn, SQL["add"], **values)
    return int(number)


def jpeg(conn: Connection, field: str, photo: int) -> bytes | None:
    """Return a photo of a field; None where the field has none of this number."""
    rows = fetch(conn, SQL["jpeg"], field=field, photo=photo)
    return bytes(rows[0][0]) if rows else None
