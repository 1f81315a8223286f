"""People as those in charge of them look for them: within their own part of the tree of places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from collector.permissions import CITY, Grant, Place
from collector.store.people import Person
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch

SQL = queries.load("directory")


@dataclass
class Entry:
    """One person in a list, with the roles that are theirs."""

    id: int
    name: str
    username: str | None
    phone: str | None
    active: bool
    grants: list[Grant] = field(default_factory=list)


@dataclass(frozen=True)
class Deputy:
    """Who stands for somebody, and until when."""

    person: int
    name: str
    ends: datetime


def search(
    conn: Connection,
    within: Iterable[Grant],
    text: str = "",
    phone: str | None = None,
    role: str = "",
    limit: int = 50,
    offset: int = 0,
    only: Iterable[int] | None = None,
) -> list[Entry]:
    """Return the people who hold a role within the reach of grants, in the order of their numbers.

    Parameters
    ----------
    conn : Connection
    within : iterable of Grant
        Where one looks; one in the city finds also those who hold nothing.
    text : str
        Part of a name or user name; '' for all.
    phone : str or None
        A whole number, E.164.
    role : str
        A role that they hold; '' for any.
    limit, offset : int
        How many, after how many.
    only : iterable of int, optional
        Numbers of the only people that are asked about.
    """
    within = list(within)
    scopes = {
        level: [each.scope for each in within if each.level == level]
        for level in ("county", "township", "village")
    }
    rows = fetch(
        conn,
        SQL["search"],
        text=text,
        phone=phone,
        role=role,
        only=None if only is None else list(only),
        city=any(each.level == "city" for each in within),
        limit=limit,
        offset=offset,
        **scopes,
    )
    found = {row[0]: Entry(*row) for row in rows}
    for person, *grant in fetch(conn, SQL["grants_of"], people=list(found)):
        found[person].grants.append(Grant(*grant))
    return list(found.values())


def holders(
    conn: Connection, known: Mapping[str, Iterable[str]], permission: str, place: Place
) -> dict[int, str]:
    """Return who may do something at a place by a role of their own: names by numbers.

    Parameters
    ----------
    conn : Connection
    known : mapping
        Permissions of every role.
    permission : str
    place : Place

    Returns
    -------
    dict of int to str
        In the order of the names; of two who are called the same with their user names.
    """
    roles = [role for role, allowed in known.items() if permission in allowed]
    rows = fetch(conn, SQL["holders"], roles=roles, **asdict(place))
    names = Counter(name for _, name, _ in rows)
    return {
        number: f"{name} ({username})" if names[name] > 1 and username else name
        for number, name, username in rows
    }


def areas(conn: Connection, held: Iterable[Grant]) -> list[tuple[Grant, Place]]:
    """Return grants with the place that each is about; one that is no more counts as the city."""
    held = list(held)
    rows = fetch(conn, SQL["areas"], scopes=[each.scope for each in held])
    known = {
        (level, code): Place(village, town, county) for level, code, village, town, county in rows
    }
    return [(each, known.get((each.level, each.scope), CITY)) for each in held]


def places_named(conn: Connection, text: str) -> list[tuple[str, str, str, str]]:
    """Return the places that a code or a whole name names: level, code, Chinese, English."""
    return [tuple(row) for row in fetch(conn, SQL["places_named"], text=text)]


def deputies(conn: Connection, person: Person, at: datetime) -> list[Deputy]:
    """Return who stands for a person now."""
    return [Deputy(*row) for row in fetch(conn, SQL["deputies"], person=person.id, at=at)]


def end_deputy(conn: Connection, person: int, stands_for: Person, at: datetime) -> bool:
    """Let somebody stand for a person no more; false where they did not."""
    rows = fetch(conn, SQL["end_deputy"], person=person, stands_for=stands_for.id, at=at)
    return bool(rows)
