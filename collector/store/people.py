"""People, their grants, and links that sign in once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import psycopg2.errors

from collector.permissions import LEVELS, STAFF_ROLES, Grant, Place, roles_with
from collector.store import settings_table
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run

SQL = queries.load("people")
LINK_VALID = timedelta(hours=24)
#: Where the pages take a link; its token follows.
LINK_PATH = "/account/link/"
#: Who granted the role of an account that a number made by asking for a code.
BY_PHONE = "by phone"


class PeopleError(StoreError):
    """What was asked of people cannot be done; the message names who, why and the mend."""


@dataclass
class Person:
    """One person as the database keeps them.

    Attributes
    ----------
    username : str or None
        By which staff sign in.
    phone : str or None
        E.164, by which farmers sign in.
    password : str or None
        Hashed.
    uniquifier : str
        Names the person in sessions; a new one ends them all.
    code_method, code_secret, phone_secrets : str or None
        Of one-time codes, as the web application encrypts them.
    verified : datetime or None
        When a code sent to the phone came back.
    signed_in, signed_in_before : datetime or None
        The last sign-in and the one before.
    """

    id: int
    name: str
    username: str | None
    phone: str | None
    password: str | None
    active: bool
    uniquifier: str
    code_method: str | None
    code_secret: str | None
    phone_secrets: str | None
    created: datetime
    verified: datetime | None
    signed_in: datetime | None
    signed_in_before: datetime | None
    sign_ins: int


def new_uniquifier() -> str:
    """Return a name for sessions that nobody can guess."""
    return secrets.token_hex(16)


def add(
    conn: Connection,
    name: str,
    at: datetime,
    *,
    username: str | None = None,
    phone: str | None = None,
) -> Person:
    """Add a person who may nothing yet.

    Raises
    ------
    PeopleError
        When the user name or the phone number is another's.
    """
    username = username.strip().lower() if username else None
    found = None
    if username is not None:
        found = find(conn, username=username)
    if found is None and phone is not None:
        found = find(conn, phone=phone)
    if found is not None:
        what = f'user name "{username}"' if found.username == username else f"phone {phone}"
        raise PeopleError(f"{what}: is that of person {found.id} already; choose another")
    ((number,),) = fetch(
        conn,
        SQL["add"],
        name=name,
        username=username,
        phone=phone,
        uniquifier=new_uniquifier(),
        at=at,
    )
    person = find(conn, id=number)
    assert person is not None
    return person


def find(
    conn: Connection,
    *,
    id: int | None = None,
    username: str | None = None,
    phone: str | None = None,
    uniquifier: str | None = None,
) -> Person | None:
    """Return the person that one of these names, or None."""
    if not any((id, username, phone, uniquifier)):
        return None
    rows = fetch(conn, SQL["find"], id=id, username=username, phone=phone, uniquifier=uniquifier)
    return Person(*rows[0]) if rows else None


def named(conn: Connection, who: str) -> Person:
    """Return the person that a number, user name or phone number names.

    Raises
    ------
    PeopleError
        When nobody is named so.
    """
    number = int(who) if who.isascii() and who.isdigit() and len(who) < 10 else None
    person = find(conn, username=who) or find(conn, phone=who) or find(conn, id=number)
    if person is None:
        raise PeopleError(f'"{who}": nobody is named so; `nongqing people list` shows who there is')
    return person


def everyone(conn: Connection) -> list[Person]:
    """Return all people, in the order in which they were added."""
    return [Person(*row) for row in fetch(conn, SQL["everyone"])]


def save(conn: Connection, person: Person) -> None:
    """Keep what was changed of a person.

    Raises
    ------
    PeopleError
        When the user name or phone number is another's by now.
    """
    try:
        run(conn, SQL["save"], **{k: v for k, v in asdict(person).items() if k != "created"})
    except psycopg2.errors.UniqueViolation as error:
        raise PeopleError(
            f"person {person.id}: the user name or phone number is another's; choose another"
        ) from error


def lock(conn: Connection, person: Person, at: datetime, *, locked: bool = True) -> None:
    """Keep a person out, ending their sessions and links, or let them in again.

    Raises
    ------
    PeopleError
        When nobody else administers the city.
    """
    if locked:
        _leave_an_administrator(conn, person)
    person.active = not locked
    person.uniquifier = new_uniquifier()
    run(conn, SQL["void_links"], person=person.id, at=at)
    save(conn, person)


def change_phone(conn: Connection, person: Person, phone: str | None) -> None:
    """Give a person another phone number, or none, and end their sessions.

    Raises
    ------
    PeopleError
        When the number is another's, or nobody could sign in as this person any more.
    """
    if person.username is None:
        person.active = phone is not None
    person.phone, person.verified, person.phone_secrets = phone, None, None
    person.uniquifier = new_uniquifier()
    save(conn, person)


# Grants --------------------------------------------------------------------------------------


def roles(conn: Connection) -> dict[str, tuple[str, ...]]:
    """Return the permissions of every role of this installation."""
    return roles_with(settings_table.everything(conn))


def grant(
    conn: Connection, person: Person, role: str, level: str, scope: str, at: datetime, by: str
) -> None:
    """Give a person a role in a part of the tree of places.

    Raises
    ------
    PeopleError
        When there is no such role or place.
    """
    known = roles(conn)
    if role not in known:
        raise PeopleError(f'role "{role}": there are {", ".join(known)}')
    if level not in LEVELS:
        raise PeopleError(f'level "{level}": there are {", ".join(LEVELS)}')
    ((there,),) = fetch(conn, SQL["place_exists"], level=level, scope=scope)
    if not there or (level == "city") != (scope == ""):
        raise PeopleError(
            f'{level} "{scope}": is not in the registry; a county has its code of '
            "six digits, a township of nine, a village its id; the city has none"
        )
    was_staff = is_staff(grants(conn, person, at))
    run(conn, SQL["grant"], person=person.id, role=role, level=level, scope=scope, at=at, by=by)
    _end_sessions_of_new_staff(conn, person, was_staff, at)


def _end_sessions_of_new_staff(
    conn: Connection, person: Person, was_staff: bool, at: datetime
) -> None:
    """End the sessions of somebody who got in by a code to a phone and is staff from now on."""
    if not was_staff and is_staff(grants(conn, person, at)):
        person.uniquifier = new_uniquifier()
        save(conn, person)


def _leave_an_administrator(conn: Connection, person: Person) -> None:
    """Refuse what would leave a city without an administrator.

    Those that are there stay as they are until the transaction ends, so that two cannot remove
    each other at once.
    """
    there = [number for (number,) in fetch(conn, SQL["administrators"])]
    if there == [person.id]:
        raise PeopleError(
            f"person {person.id}: is the last administrator of the city; make another first"
        )


def withdraw(conn: Connection, person: Person, role: str, level: str, scope: str) -> bool:
    """Take a grant back; false where there was none.

    Raises
    ------
    PeopleError
        When nobody else administers the city.
    """
    if (role, level) == ("administrator", "city"):
        _leave_an_administrator(conn, person)
    return bool(fetch(conn, SQL["withdraw"], person=person.id, role=role, level=level, scope=scope))


def name_deputy(
    conn: Connection, person: Person, stands_for: Person, ends: datetime, at: datetime, by: str
) -> None:
    """Let `person` do what `stands_for` may, until `ends`.

    Raises
    ------
    PeopleError
        When both are the same, or the time is past.
    """
    if person.id == stands_for.id:
        raise PeopleError(f"person {person.id}: cannot be their own deputy")
    if ends <= at:
        raise PeopleError(f"until {ends:%Y-%m-%d %H:%M} UTC: that is past; name a later time")
    was_staff = is_staff(grants(conn, person, at))
    run(
        conn,
        SQL["name_deputy"],
        person=person.id,
        stands_for=stands_for.id,
        ends=ends,
        at=at,
        by=by,
    )
    _end_sessions_of_new_staff(conn, person, was_staff, at)


def grants(conn: Connection, person: Person, at: datetime) -> list[Grant]:
    """Return what a person may, with what they may as a deputy at the time `at`."""
    return [Grant(*row) for row in fetch(conn, SQL["grants"], person=person.id, at=at)]


def is_staff(held: list[Grant]) -> bool:
    """Return whether these grants need a second factor: a role of staff, or one of settings."""
    return any(each.role in STAFF_ROLES or each.role not in ("farmer", "agent") for each in held)


def place_of(conn: Connection, village: str) -> Place | None:
    """Return where a village lies, None where there is no such village."""
    rows = fetch(conn, SQL["where_is"], village=village)
    return Place(village, rows[0][1], rows[0][0]) if rows else None


def names_of_places(conn: Connection, held: list[Grant]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the Chinese and English names of the places of grants, by level and scope."""
    scopes = [each.scope for each in held if each.scope]
    rows = fetch(conn, SQL["names_of_places"], scopes=scopes) if scopes else []
    return {(level, scope): (zh, en) for level, scope, zh, en in rows}


# Links ---------------------------------------------------------------------------------------


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def make_link(conn: Connection, person: Person, at: datetime) -> str:
    """Return what stands in a link that signs a person in once, within `LINK_VALID`."""
    token = secrets.token_urlsafe(24)
    run(
        conn,
        SQL["make_link"],
        digest=_digest(token),
        person=person.id,
        at=at,
        expires=at + LINK_VALID,
    )
    return token


def link_holder(conn: Connection, token: str, at: datetime) -> Person | None:
    """Return whom a link would sign in, None where it does not work any more."""
    rows = fetch(conn, SQL["link_holder"], digest=_digest(token), at=at)
    person = find(conn, id=rows[0][0]) if rows else None
    return person if person is not None and person.active else None


def use_link(conn: Connection, token: str, at: datetime) -> Person | None:
    """Use a link up and return whom it signs in; of two who try at once, one succeeds."""
    rows = fetch(conn, SQL["use_link"], digest=_digest(token), at=at)
    person = find(conn, id=rows[0][0]) if rows else None
    return person if person is not None and person.active else None


def first_administrator(conn: Connection, at: datetime) -> str | None:
    """Make an administrator where there is none, and return what stands in their link."""
    ((there,),) = fetch(conn, SQL["any_administrator"])
    if there:
        return None
    person = find(conn, username="admin") or add(conn, "管理员", at, username="admin")
    if not person.active:
        lock(conn, person, at, locked=False)
    grant(conn, person, "administrator", "city", "", at, "first start")
    return make_link(conn, person, at)


# Upkeep --------------------------------------------------------------------------------------


def tidy(conn: Connection, at: datetime) -> None:
    """Forget what nobody needs: old failures and links, and numbers that asked for a code in vain.

    Parameters
    ----------
    conn : Connection
    at : datetime
        The machine's time, aware, as that of all that is kept of people.
    """
    for name in ("tidy_people", "tidy_failures", "tidy_links"):
        run(conn, SQL[name], at=at, by=BY_PHONE)


def permissions_of(held: list[Grant], known: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return everything that grants allow somewhere."""
    return {each for one in held for each in known.get(one.role, ())}
