"""Security keys and passkeys of people, and answers that are taken once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run

SQL = queries.load("person_keys")
MOST_KEYS = 10


class KeyRefused(StoreError):  # noqa: N818 - named for what happened
    """A key cannot be kept or used; the message names it, why and the mend."""


@dataclass
class PersonKey:
    """A key as the database keeps it.

    Attributes
    ----------
    id, person : int
        Of the key and of whose it is.
    name : str
        As its holder calls it.
    credential, public_key : bytes
        By which a browser finds the key, and what proves its signatures (COSE).
    sign_count : int
        The key's own counter at its last use; 0 for keys that do not count.
    transports : tuple of str
        How a browser reaches the key.
    device_type : str
        Whether it stays on one device, as the browser says.
    backed_up : bool
        Whether its maker keeps a copy.
    added : datetime
    used : datetime or None
        When it let its holder in last.
    """

    id: int
    person: int
    name: str
    credential: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    device_type: str
    backed_up: bool
    added: datetime
    used: datetime | None


def _key(row: Sequence[object]) -> PersonKey:
    found = PersonKey(*row)  # type: ignore[arg-type]
    found.credential, found.public_key = bytes(found.credential), bytes(found.public_key)
    found.transports = tuple(found.transports)
    return found


def of_person(conn: Connection, person: int) -> list[PersonKey]:
    """Return the keys of a person, in the order in which they were added."""
    return [_key(row) for row in fetch(conn, SQL["of_person"], person=person)]


def find(conn: Connection, credential: bytes) -> PersonKey | None:
    """Return the key that a credential names, None where nobody has it."""
    rows = fetch(conn, SQL["find"], credential=credential)
    return _key(rows[0]) if rows else None


def add(
    conn: Connection,
    person: int,
    name: str,
    credential: bytes,
    public_key: bytes,
    sign_count: int,
    transports: Sequence[str],
    device_type: str,
    backed_up: bool,
    at: datetime,
) -> int:
    """Keep a new key of a person and return its number.

    Raises
    ------
    KeyRefused
        When the person has as many as there may be.
    """
    if len(of_person(conn, person)) >= MOST_KEYS:
        raise KeyRefused(f"person {person}: has {MOST_KEYS} keys already; remove one first")
    ((number,),) = fetch(
        conn,
        SQL["add"],
        person=person,
        name=name,
        credential=credential,
        public_key=public_key,
        sign_count=sign_count,
        transports=list(transports),
        device_type=device_type,
        backed_up=backed_up,
        at=at,
    )
    return int(number)


def use(conn: Connection, key: PersonKey, sign_count: int, backed_up: bool, at: datetime) -> None:
    """Note that a key let its holder in, with the counter that it told.

    Raises
    ------
    KeyRefused
        When the counter has not gone on since: of two answers at once, or of a copy of the key.
    """
    if not fetch(conn, SQL["use"], id=key.id, sign_count=sign_count, backed_up=backed_up, at=at):
        raise KeyRefused(f"key {key.id}: its counter went back; remove it and add another")


def remove(conn: Connection, key: PersonKey) -> None:
    """Forget a key; it lets nobody in any more."""
    run(conn, SQL["remove"], id=key.id)


def first_answer(conn: Connection, what: str, at: datetime) -> bool:
    """Return whether something is answered for the first time; of two at once, one is the first.

    Parameters
    ----------
    conn : Connection
    what : str
        The question that a key was asked, or who gave which code.
    at : datetime
        Now, aware.
    """
    digest = hashlib.sha256(what.encode()).digest()
    return bool(fetch(conn, SQL["first_answer"], digest=digest, at=at))


def tidy(conn: Connection, at: datetime) -> None:
    """Forget answers that are too old to be given again."""
    run(conn, SQL["tidy"], at=at)
