"""What the reader may do to other people: find them, give rights, lock, make links; and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask import request

from collector.permissions import CITY, Grant, Place, allows, may_give, may_manage
from collector.store import audit, directory, people
from collector.store.people import Person
from collector.store.postgres.db import Connection
from field_configs.names import unseen
from webapp.accounts.access import reader
from webapp.accounts.datastore import CLOCK, User
from webapp.app.errors import PageNotFound
from webapp.language.i18n import gettext

MOST_NUMBER = 2**63
MOST_LETTERS = 200


@dataclass(frozen=True)
class Charge:
    """The reader as somebody who is in charge of people.

    Attributes
    ----------
    user : User
    known : dict
        Permissions of every role.
    """

    user: User
    known: dict[str, tuple[str, ...]]

    @property
    def reach(self) -> list[Grant]:
        """Where the reader is in charge themselves, not as a deputy."""
        return [each for each in self.user.where("people") if each.stands_for is None]

    @property
    def whole_city(self) -> bool:
        """Whether that is everywhere."""
        return allows(self.reach, self.known, "people", CITY)

    def may_give(self, role: str, place: Place) -> bool:
        """Return whether the reader may give a role in a part of the tree, or take it back."""
        return may_give(self.user.grants, self.known, role, place)

    def may_manage(self, conn: Connection, person: Person) -> bool:
        """Return whether the reader may lock a person and make links for them."""
        held = people.grants(conn, person, CLOCK.now())
        return may_manage(self.user.grants, self.known, directory.areas(conn, held))

    def person(self, conn: Connection, number: int) -> Person:
        """Return a person whom the reader may see: who holds a role where they are in charge.

        Raises
        ------
        PageNotFound
            Else: who there is elsewhere is nothing that a number may tell.
        """
        found = people.find(conn, id=number) if 0 < number < MOST_NUMBER else None
        if found is not None:
            held = [one for one in people.grants(conn, found, CLOCK.now()) if not one.stands_for]
            seen = (place for _, place in directory.areas(conn, held))
            inside = any(allows(self.reach, self.known, "people", place) for place in seen)
            if inside or self.whole_city:
                return found
        raise PageNotFound(gettext("There is no such person where you are in charge."))


def charge(conn: Connection) -> Charge:
    """Return the reader as somebody in charge of people, where `needs("people")` let them in."""
    user = reader()
    assert user is not None
    return Charge(user, people.roles(conn))


def whole_numbers(conn: Connection, persons: Collection[int]) -> set[int]:
    """Return those of some persons whose number the reader may see whole.

    They are those whom the reader finds at `/people`: everywhere else a number is masked.
    """
    user = reader()
    if user is None or not user.may("people") or not persons:
        return set()
    within = charge(conn).reach
    found = directory.search(conn, within, only=persons, limit=len(persons))
    return {each.id for each in found} if within else set()


def given(name: str, most: int = MOST_LETTERS) -> str:
    """Return a field of the form that was sent, with single blanks, cut where it is too long."""
    return " ".join(request.form.get(name, "")[:most].split())


def wrong_reason(reason: str) -> str:
    """Say what is wrong with the reason of a change; '' where it can be kept."""
    if not reason:
        return str(gettext("Say why: it stands in the audit log."))
    if unseen(reason) is not None:
        return str(gettext("It holds a character that nobody can see; type it anew."))
    return ""


def note(
    conn: Connection,
    action: str,
    person: Person,
    reason: str,
    detail: dict[str, object] | None = None,
) -> None:
    """Write a change of a person into the audit log, by the reader and with its reason."""
    user = reader()
    assert user is not None
    told = {"reason": reason, **(detail or {})}
    audit.append(conn, str(user.id), action, str(person.id), told, at=CLOCK.now())


def place_named(conn: Connection, text: str) -> tuple[tuple[str, str] | None, str]:
    """Find the part of the tree that a form names: level and code, or what is wrong.

    Parameters
    ----------
    conn
    text
        A code or a whole name; the words for the city mean all of it.
    """
    if text.casefold() in ("city", "全市", "the whole city"):
        return ("city", ""), ""
    found = directory.places_named(conn, text) if text else []
    if len(found) == 1:
        return (found[0][0], found[0][1]), ""
    if not found:
        return None, str(
            gettext("Name a county, township or village as it is written, or 全市 (city) for all.")
        )
    codes = ", ".join(f"{zh} {code}" for _, code, zh, _ in found)
    return None, str(gettext("Several are called so; write the code: %(codes)s", codes=codes))
