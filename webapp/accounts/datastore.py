"""What Flask-Security asks of a database, answered by `collector.store.people`.

It works on the connection of the request: an account, what it changes and the audit log's entry
are one transaction, and a database that is down is told as on every other page.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import current_app
from flask_security import RoleMixin, Totp, UserMixin
from flask_security.datastore import Datastore, UserDatastore
from passlib.exc import UsedTokenError
from passlib.totp import TotpMatch

from collector.clock import SystemClock
from collector.permissions import Grant, Place
from collector.store import people, person_keys, sessions
from collector.store.people import Person
from collector.store.postgres.db import Connection
from webapp.accounts import keys
from webapp.app.database import STATEMENT_S, lent_to_limit
from webapp.language.i18n import lazy_gettext

#: Lends a connection: that of the request where there is one.
Lend = Callable[[], AbstractContextManager[Connection]]
#: People sign in by the machine's clock, also where the demonstration simulates its own.
CLOCK = SystemClock()
FAILED_TO_SEND = lazy_gettext("No code can be sent to this number.")
#: Extension of the app that sends a code to a phone; see `webapp.accounts.sms`.
SEND = "nongqing.send_code"
#: By what Flask-Security finds people, and what `Person` calls it.
NAMES = {"fs_uniquifier": "uniquifier", "us_phone_number": "phone"}


@dataclass(frozen=True)
class Role(RoleMixin):
    """A role by its name; its permissions are in `collector.permissions`."""

    name: str


def _kept(name: str) -> Any:
    """Make a property that stands for an attribute of `Person`."""
    return property(
        lambda self: getattr(self.person, name),
        lambda self, value: setattr(self.person, name, value),
    )


class User(UserMixin):
    """A person in a session: `Person` under the names that Flask-Security knows.

    Attributes
    ----------
    person : Person
    lend : Lend
    """

    id = _kept("id")
    name = _kept("name")
    username = _kept("username")
    password = _kept("password")
    active = _kept("active")
    fs_uniquifier = _kept("uniquifier")
    tf_primary_method = _kept("code_method")
    tf_totp_secret = _kept("code_secret")
    us_totp_secrets = _kept("phone_secrets")
    us_phone_number = _kept("phone")
    current_login_at = _kept("signed_in")
    last_login_at = _kept("signed_in_before")
    login_count = _kept("sign_ins")
    # What names the person to their keys follows from who they are.
    fs_webauthn_user_handle = property(lambda self: keys.handle_of(self.person.id))
    webauthn = property(lambda self: keys.keys_of(self.person.id))
    # Addresses of people are not kept; Flask-Security wants to.
    current_login_ip = last_login_ip = property(lambda self: None, lambda self, value: None)
    tf_phone_number = property(lambda self: None, lambda self, value: None)

    def __init__(self, person: Person, lend: Lend) -> None:
        self.person = person
        self.lend = lend
        self.roles = []

    @cached_property
    def grants(self) -> list[Grant]:
        """What this person holds now."""
        with self.lend() as conn:
            return people.grants(conn, self.person, CLOCK.now())

    @cached_property
    def _roles(self) -> dict[str, tuple[str, ...]]:
        with self.lend() as conn:
            return people.roles(conn)

    @property
    def is_staff(self) -> bool:
        """Whether a second factor is asked for."""
        return people.is_staff(self.grants)

    def may(self, permission: str, place: Place | None = None) -> bool:
        """Return whether this person may do something at a place, or anywhere where none is given.

        Parameters
        ----------
        permission
            One of `collector.permissions.PERMISSIONS`.
        place
            The village that it is about.
        """
        return any(place is None or place.within(grant) for grant in self.where(permission))

    def where(self, permission: str) -> list[Grant]:
        """Return the grants that allow something: where this person may do it."""
        return [grant for grant in self.grants if permission in self._roles.get(grant.role, ())]

    def check_tf_required(
        self, tf_setup_methods: list[tuple[str, str]], tf_fresh: bool
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Ask a second factor of staff, and of whoever has set one up."""
        return self.is_staff or bool(tf_setup_methods), tf_setup_methods

    def us_send_security_token(self, method: str, **given: Any) -> str | None:
        """Send a code by SMS; to staff none: their phone alone must let nobody in.

        Returns
        -------
        str or None
            What went wrong, None where it was sent.
        """
        if method != "sms" or self.is_staff or not self.us_phone_number:
            return str(FAILED_TO_SEND)
        code = current_app.extensions["security"].totp_factory.generate_totp_password(
            given["totp_secret"]
        )
        failed: str | None = current_app.extensions[SEND](self.us_phone_number, code)
        return failed

    def check_tf_required_setup(self) -> bool:
        """Return whether the second factor may not be switched off."""
        return self.is_staff


class Codes(Totp):
    """One-time codes that are taken once (RFC 6238, section 5.2), whoever saw them on the way."""

    def set_last_counter(self, user: User, tmatch: TotpMatch) -> None:  # type: ignore[override]
        """Refuse a code of a person that was taken before.

        Raises
        ------
        UsedTokenError
        """
        with user.lend() as conn:
            what = f"code {user.id} {tmatch.totp.base32_key} {tmatch.counter}"
            if not person_keys.first_answer(conn, what, CLOCK.now()):
                raise UsedTokenError(expire_time=tmatch.expire_time)


class PeopleDatastore(Datastore, UserDatastore):
    """Finds and keeps people for Flask-Security."""

    def __init__(self, lend: Lend) -> None:
        Datastore.__init__(self, None)  # type: ignore[no-untyped-call]
        UserDatastore.__init__(self, User, Role, keys.UserKey)
        self.lend = lend

    def find_user(self, case_insensitive: bool = False, **by: Any) -> User | None:
        """Find a person by one of `User`'s attributes."""
        ((name, value),) = by.items()
        if name == "fs_uniquifier":
            return self._signed_in(value)
        with self.lend() as conn:
            person = people.find(conn, **{NAMES.get(name, name): value})
        return None if person is None else User(person, self.lend)

    def _signed_in(self, uniquifier: str) -> User | None:
        """Find whose session it is, with what they hold: one question for each page."""
        with lent_to_limit() as conn:
            found = sessions.session_of(conn, uniquifier, CLOCK.now(), STATEMENT_S)
        if found is None:
            return None
        user = User(found.person, self.lend)
        user.grants, user._roles = found.grants, dict(found.roles)
        return user

    def find_role(self, role: str) -> Role | None:
        """Find a role by its name."""
        return Role(role)

    def find_webauthn(self, credential_id: bytes) -> keys.UserKey | None:
        """Find the key that a credential names."""
        return keys.find(credential_id)

    def create_webauthn(self, user: User, **given: Any) -> None:  # type: ignore[override]
        """Keep a key that was just registered."""
        keys.add(user, given)

    def delete(self, model: Any) -> None:
        """Forget a key; people are not forgotten here."""
        assert isinstance(model, keys.UserKey)
        keys.remove(model)

    def put(self, model: Any) -> Any:
        """Keep what was changed of a person; a key's use was noted when its answer was checked."""
        if isinstance(model, keys.UserKey):
            return model
        with self.lend() as conn:
            people.save(conn, model.person)
        return model
