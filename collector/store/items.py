"""Maintenance items: what a person should look at, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extras import Json, execute_values

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from field_configs.events import Event

SQL = queries.load("items")


@dataclass(frozen=True)
class Found:
    """A trouble as somebody found it; of one kind and subject at most one item is open."""

    event: Event
    subject: str
    node: str | None = None


@dataclass(frozen=True)
class Item:
    """An item: `count` says how often its trouble was found.

    `seen_by` has taken note of it; `closed_by` has closed it, None where it closed by itself;
    `assigned_to` is to look after it.
    """

    id: int
    event: Event
    subject: str
    node: str | None
    opened: datetime
    last_seen: datetime
    count: int
    seen: datetime | None
    seen_by: str | None
    closed: datetime | None
    closed_by: str | None
    note: str | None
    assigned_to: str | None = None
    assigned: datetime | None = None


@dataclass(frozen=True)
class Note:
    """What somebody wrote about an item; `photo` is the number of a photo."""

    item: int
    at: datetime
    name: str
    note: str
    photo: int | None


class NoSuchItem(KeyError):  # noqa: N818 - named for what is wanting
    """There is no open item of this number."""

    def __init__(self, number: int) -> None:
        self.message = f"item {number}: no open item has this number; see `nongqing items list`"
        super().__init__(self.message)

    def __str__(self) -> str:
        """Return the message without a KeyError's quotes."""
        return self.message


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall() if cur.description else []


def _item(row: tuple[Any, ...]) -> Item:
    number, kind, params, *rest = row
    return Item(number, Event(kind, params), *rest)


def raise_items(conn: Connection, found: Iterable[Found], at: datetime) -> None:
    """Open items, or count them where they are open.

    Parameters
    ----------
    conn : Connection
    found : iterable of Found
        The last of equal kind and subject counts.
    at : datetime
        When they were found, aware.
    """
    unique = {(one.event.kind, one.subject): one for one in found}
    rows = [
        (kind, subject, one.node, at, at, Json(dict(one.event.params)))
        for (kind, subject), one in sorted(unique.items(), key=lambda each: each[0])
    ]
    if rows:
        with conn.cursor() as cur:
            execute_values(cur, SQL["raise"], rows, page_size=1000)


def close_gone(conn: Connection, kind: str, subjects: Iterable[str], at: datetime) -> None:
    """Close the open items of a kind and subjects: their cause is gone."""
    _fetch(conn, "close_gone", kind=kind, subjects=sorted(set(subjects)), at=at)


def close_others(conn: Connection, kind: str, subjects: Iterable[str], at: datetime) -> None:
    """Close the open items of a kind but for those of `subjects`, where the cause still is."""
    _fetch(conn, "close_others", kind=kind, subjects=sorted(set(subjects)), at=at)


def close_quiet(conn: Connection, kinds: Iterable[str], before: datetime, at: datetime) -> int:
    """Close open items whose trouble was not found again since `before`; return how many."""
    return len(_fetch(conn, "close_quiet", kinds=sorted(kinds), before=before, at=at))


def note_seen(conn: Connection, number: int, by: str, at: datetime) -> None:
    """Note that somebody has taken note of an item.

    Raises
    ------
    NoSuchItem
        When no open item has this number.
    """
    if not _fetch(conn, "note_seen", id=number, by=by, at=at):
        raise NoSuchItem(number)


def close(conn: Connection, number: int, by: str, note: str | None, at: datetime) -> None:
    """Close an item for a person.

    Raises
    ------
    NoSuchItem
        When no open item has this number.
    """
    if not _fetch(conn, "close", id=number, by=by, note=note, at=at):
        raise NoSuchItem(number)


def assign(conn: Connection, number: int, person: int, to: str, at: datetime) -> None:
    """Note who is to look after an item.

    Parameters
    ----------
    conn : Connection
    number : int
        Of the item.
    person : int
    to : str
        Their name, which stays readable when they are gone.
    at : datetime
        Aware.

    Raises
    ------
    NoSuchItem
        When no open item has this number.
    """
    if not _fetch(conn, "assign", id=number, person=person, to=to, at=at):
        raise NoSuchItem(number)


def add_note(
    conn: Connection,
    number: int,
    by: tuple[int | None, str],
    note: str,
    photo: int | None,
    at: datetime,
) -> None:
    """Keep what somebody writes about an item, open or closed.

    Parameters
    ----------
    conn : Connection
    number : int
        Of the item.
    by : tuple
        The person's number and name.
    note : str
    photo : int or None
        Number of a photo.
    at : datetime
        Aware.

    Raises
    ------
    NoSuchItem
        When no item has this number.
    """
    person, name = by
    values = {"id": number, "person": person, "who": name, "note": note, "photo": photo, "at": at}
    if not _fetch(conn, "add_note", **values):
        raise NoSuchItem(number)


def notes(conn: Connection, numbers: Iterable[int]) -> dict[int, list[Note]]:
    """Return what was written about items, the oldest first."""
    found: dict[int, list[Note]] = {}
    for row in _fetch(conn, "notes", items=list(numbers)):
        found.setdefault(row[0], []).append(Note(*row))
    return found


def photo(conn: Connection, node: str, number: int) -> bytes | None:
    """Return a photo of an item of a node; None where the node has none of this number."""
    rows = _fetch(conn, "photo", node=node, photo=number)
    return bytes(rows[0][0]) if rows else None


def open_of(conn: Connection, nodes: Iterable[str]) -> list[Item]:
    """Return the open items of some nodes, oldest first."""
    return [_item(row) for row in _fetch(conn, "open_of", nodes=list(nodes))]


def of_node(conn: Connection, node: str, limit: int = 40) -> list[Item]:
    """Return the items of a node: the open ones, then those that were closed last."""
    return [_item(row) for row in _fetch(conn, "of_node", node=node, limit=limit)]


def open_of_kinds(conn: Connection, kinds: Iterable[str]) -> list[Item]:
    """Return the open items of some kinds, oldest first."""
    return [_item(row) for row in _fetch(conn, "open_of_kinds", kinds=list(kinds))]


def of_subject(conn: Connection, kinds: Iterable[str], subject: str) -> list[Item]:
    """Return the items of some kinds about one thing, open and closed, the newest first."""
    return [_item(row) for row in _fetch(conn, "of_subject", kinds=list(kinds), subject=subject)]


def newest_open(conn: Connection, limit: int) -> list[Item]:
    """Return the items that were opened last, the newest first."""
    return [_item(row) for row in _fetch(conn, "newest", limit=limit)]


def open_items(conn: Connection) -> list[Item]:
    """Return the open items, oldest first."""
    return [_item(row) for row in _fetch(conn, "open")]


def closed_items(conn: Connection, limit: int = 20) -> list[Item]:
    """Return the items that were closed last, the newest first."""
    return [_item(row) for row in _fetch(conn, "closed", limit=limit)]
