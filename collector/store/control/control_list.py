"""A place's list: who may switch all of it off, and with the permission ``control`` switch it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch

SQL = queries.load("control_list")


class UnknownField(StoreError):  # noqa: N818 - named for what happened
    """A field that the registry does not hold."""

    def __init__(self, field: str) -> None:
        super().__init__(f"field {field}: not in the registry; `nongqing sites export` shows all")


@dataclass(frozen=True)
class Field:
    """A place with outputs; `area_ha` [ha] is None where nobody said it."""

    id: str
    village: str
    zh: str
    en: str
    area_ha: float | None


@dataclass(frozen=True)
class Listed:
    """Somebody on a place's list."""

    person: int
    name: str
    since: datetime
    listed_by: str


def field(conn: Connection, name: str) -> Field:
    """Return a field of the registry.

    Raises
    ------
    UnknownField
    """
    rows = fetch(conn, SQL["place"], field=name)
    if not rows:
        raise UnknownField(name)
    return Field(*rows[0])


def add(conn: Connection, field: str, person: int, *, by: str, at: datetime) -> bool:
    """Put a person on a field's list; false where they are on it."""
    return bool(fetch(conn, SQL["add"], field=field, person=person, by=by, at=at))


def remove(conn: Connection, field: str, person: int) -> bool:
    """Take a person off a field's list; false where they are not on it."""
    return bool(fetch(conn, SQL["remove"], field=field, person=person))


def of_field(conn: Connection, field: str) -> list[Listed]:
    """Return who is on a field's list."""
    return [Listed(*row) for row in fetch(conn, SQL["of_field"], field=field)]


def fields_of(conn: Connection, person: int) -> list[str]:
    """Return the fields on whose lists a person is."""
    return [row[0] for row in fetch(conn, SQL["fields_of"], person=person)]
