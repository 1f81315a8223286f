"""What happens around a sign-in: who may be let in how, codes by SMS, the end of old sessions."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from flask import Flask, Response, request, session
from flask_login import logout_user, user_logged_out
from flask_security import user_authenticated
from flask_security.utils import login_user

from collector.phone import mask_phone
from collector.store import audit, people
from collector.store.people import Person
from webapp.accounts import attempts, phones
from webapp.accounts.access import reader
from webapp.accounts.datastore import CLOCK, PeopleDatastore, User
from webapp.app.database import lent
from webapp.app.responses import CONTENT_SECURITY_POLICY

#: By what somebody came in whom the second step let in.
SECOND_STEPS = {
    "security.two_factor_token_validation": "password, code",
    "security.wan_signin_response": "password, key",
}
#: How long staff stay signed in [s].
STAFF_SESSION_S = 12 * 3600
#: Carriers give a number that was given up to somebody else after some months (unverified how many
#: at least); a session lasts as long as this.
RECYCLED_AFTER_DAYS = 180


def sign_in(user: User, by: str) -> None:
    """Sign a person in, in a session of its own; `by` says how: link, sms, password."""
    session.clear()
    login_user(user, authn_via=[by])


def _register(app: Flask, datastore: PeopleDatastore) -> None:
    """Make an account of a phone number that asks for its first code.

    It may nothing but keep fields of its own, and goes again when no code ever comes back.
    """
    if request.endpoint != "security.us_signin_send_code" or request.method != "POST":
        return
    phone = phones.normal(request.form.get("identity", ""))
    if phone is None:
        return
    with lent() as conn:
        person = people.find(conn, phone=phone)
        if person is not None and _is_given_on(person):
            people.change_phone(conn, person, None)
            person = None
        if person is None:
            person = people.add(conn, mask_phone(phone), CLOCK.now(), phone=phone)
            people.grant(conn, person, "farmer", "city", "", CLOCK.now(), people.BY_PHONE)
        staff = people.is_staff(people.grants(conn, person, CLOCK.now()))
    if person.phone_secrets is None and not staff:
        secret = app.extensions["security"].totp_factory.generate_totp_secret()
        datastore.us_put_totp_secrets(User(person, datastore.lend), {"sms": secret})


def _is_given_on(person: Person) -> bool:
    """Whether a number may be somebody else's by now: nobody has signed in with it for so long.

    Who comes with it gets an account of their own; the old one keeps all that is in it, until its
    owner asks the station for it: `nongqing people phone`.
    """
    last = person.signed_in or person.created
    return CLOCK.now() - last > timedelta(days=RECYCLED_AFTER_DAYS)


def _end_old_sessions() -> None:
    user = reader()
    if user is None or not user.is_staff:
        return
    if time.time() - session.get("fs_paa", 0) > STAFF_SESSION_S:
        logout_user()
        session.clear()


def _note(app: Any, user: User, authn_via: list[str] | None = None, **rest: Any) -> None:
    person: Person = user.person
    session.permanent = True
    with lent() as conn:
        if "sms" in (authn_via or []) and person.verified is None:
            person.verified = CLOCK.now()
            people.save(conn, person)
        entered = person.phone if "sms" in (authn_via or []) else person.username
        attempts.note_success(conn, person, entered or "")
        by = SECOND_STEPS.get(request.endpoint or "", ", ".join(authn_via or []))
        audit.append(conn, str(person.id), "sign_in", detail={"by": by}, at=CLOCK.now())


def _note_out(app: Any, user: Any, **rest: Any) -> None:
    """Note who signed out, and end all their sessions.

    A session is a signed cookie: one that somebody copied before would go on, for half a year.
    """
    if isinstance(user, User):
        with lent() as conn:
            if request.endpoint == "security.logout":
                user.person.uniquifier = people.new_uniquifier()
                people.save(conn, user.person)
            audit.append(conn, str(user.person.id), "sign_out", at=CLOCK.now())


def _dress(response: Response) -> Response:
    """After signing out nothing of the person stays in the browser; a QR code may be shown."""
    if request.endpoint == "security.logout" and request.method == "POST":
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    if request.endpoint == "security.two_factor_setup":
        # The QR code of a key stands in the page itself: an address of its own would be kept.
        policy = CONTENT_SECURITY_POLICY.replace("img-src 'self'", "img-src 'self' data:")
        response.headers["Content-Security-Policy"] = policy
    return response


def install(app: Flask, datastore: PeopleDatastore) -> None:
    """Let an app make accounts of phone numbers, end old sessions and note who came in."""
    app.before_request(_end_old_sessions)
    app.before_request(lambda: _register(app, datastore))
    app.after_request(_dress)
    user_authenticated.connect(_note, app, weak=False)
    user_logged_out.connect(_note_out, app, weak=False)
