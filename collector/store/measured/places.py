"""Places that weather was given for: where they are, and how their position is mended.

Villages and fields are where the registry says; stations and grid points have their own position.
A change is kept with who made it and why; a place that is removed keeps its values, which no
longer count, and its name is free for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError

SQL = queries.load("places")


class UnknownPlace(StoreError, KeyError):  # noqa: N818 - named for what happened
    """A place that no weather was given for."""

    def __init__(self, name: str) -> None:
        self.message = f"{name}: no weather was given for such a place; see `nongqing places list`"
        super().__init__(self.message)

    def __str__(self) -> str:
        """Return the message without a KeyError's quotes."""
        return self.message


@dataclass(frozen=True)
class Place:
    """A place of weather; `own` where it is a village or field of the registry."""

    number: int
    name: str
    longitude: float
    latitude: float
    own: bool


@dataclass(frozen=True)
class Stock:
    """What is kept of a place: kind, how many values, first and last hour."""

    place: str
    kind: str
    values: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class PlaceChange:
    """A change of a place and its position after it; `action` is added, moved or removed."""

    place: str
    action: str
    longitude: float
    latitude: float
    at: datetime
    changed_by: str
    reason: str


def places(conn: Connection) -> list[Place]:
    """Return the places that weather was given for, by name."""
    with conn.cursor() as cur:
        cur.execute(SQL["places"])
        return [Place(*row) for row in cur.fetchall()]


def numbers(
    conn: Connection, positions: Mapping[str, tuple[float, float]], at: datetime, reason: str
) -> dict[str, int]:
    """Return the number of each place; those that are not there yet are added.

    Parameters
    ----------
    conn : Connection
    positions : mapping
        Name to longitude and latitude [degree].
    at : datetime
        Now, aware.
    reason : str
        What brought them, for the record of changes.
    """
    if not positions:
        return {}
    names = sorted(positions)
    given = {
        "names": names,
        "longitudes": [positions[name][0] for name in names],
        "latitudes": [positions[name][1] for name in names],
        "at": at,
        "by": "import",
        "reason": reason,
    }
    with conn.cursor() as cur:
        cur.execute(SQL["add_places"], given)
        return {name: number for number, name in cur.fetchall()}


def move(
    conn: Connection,
    name: str,
    position: tuple[float, float],
    *,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    """Mend a place's position: longitude and latitude [degree]; all its values stand there now.

    Raises
    ------
    UnknownPlace
        When there is no such place.
    """
    longitude, latitude = position
    _change(conn, "move_place", name, by, reason, at, longitude=longitude, latitude=latitude)


def remove(conn: Connection, name: str, *, by: str, reason: str, at: datetime) -> None:
    """Remove a place: its values stay, and count no longer.

    Raises
    ------
    UnknownPlace
        When there is no such place.
    """
    _change(conn, "remove_place", name, by, reason, at)


def _change(
    conn: Connection, query: str, name: str, by: str, reason: str, at: datetime, **more: float
) -> None:
    with conn.cursor() as cur:
        cur.execute(SQL[query], {"name": name, "by": by, "reason": reason, "at": at, **more})
        if not cur.fetchall():
            raise UnknownPlace(name)


def stock(conn: Connection) -> list[Stock]:
    """Return what is kept of each place."""
    with conn.cursor() as cur:
        cur.execute(SQL["stock"])
        return [Stock(*row) for row in cur.fetchall()]


def changes(conn: Connection) -> list[PlaceChange]:
    """Return every change of a place, newest first."""
    with conn.cursor() as cur:
        cur.execute(SQL["changes"])
        return [PlaceChange(*row) for row in cur.fetchall()]
