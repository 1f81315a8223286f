"""Attempts to sign in: counted per account and network, so that who guesses is kept out alone."""

from __future__ import annotations

from flask import Flask, Response, abort, request, session

from collector.store import audit, people, sign_in_attempts
from collector.store.people import Person
from collector.store.postgres.db import Connection
from webapp.accounts import devices, phones
from webapp.accounts.access import reader
from webapp.accounts.datastore import CLOCK
from webapp.app.database import lent
from webapp.language.i18n import gettext

#: Where something secret is entered, or asked for: a code makes an account and costs a message.
GUARDED = (
    "security.us_signin_send_code",
    "security.login",
    "security.us_signin",
    "security.two_factor_token_validation",
    "security.wan_signin_response",
    "security.us_verify",
)
TOO_MANY = 429


def _entered() -> str:
    """What names the account that is tried: what was typed, or who passed the first factor."""
    typed = request.form.get("identity", "")[:100]
    return typed or str(session.get("tf_user_id") or session.get("_user_id") or "")


def _holder(conn: Connection, entered: str) -> Person | None:
    phone = phones.normal(entered)
    return (
        people.find(conn, phone=phone)
        if phone
        else people.find(conn, username=entered.strip()) or people.find(conn, uniquifier=entered)
    )


def _account(entered: str) -> str:
    """One name for a phone number however it is written."""
    return phones.normal(entered) or entered


def network() -> str:
    """The network that this request comes from."""
    return sign_in_attempts.network_of(request.remote_addr)


def _where(person: Person | None) -> tuple[str, bool]:
    """By what an attempt is counted: the account's own device, else the network."""
    own = devices.own_of(person)
    return (own, True) if own else (network(), False)


def _may_try(conn: Connection, entered: str, person: Person | None) -> bool:
    where, own = _where(person)
    return sign_in_attempts.may_try(conn, _account(entered), where, person, CLOCK.now(), own=own)


def note_success(conn: Connection, person: Person, entered: str) -> None:
    """Remember where a person signed in from, and forget their failures there."""
    at = CLOCK.now()
    sign_in_attempts.note_success(conn, person, entered, network(), at)
    if own := devices.own_of(person):
        sign_in_attempts.forget(conn, entered, own, at)


def _guarded() -> bool:
    return request.method == "POST" and request.endpoint in GUARDED


def _check() -> None:
    if not _guarded():
        return
    entered = _entered()
    with lent() as conn:
        if _may_try(conn, entered, _holder(conn, entered)):
            return
    abort(
        TOO_MANY,
        gettext(
            "Too many attempts failed. Wait a quarter of an hour, or ask your station for a link."
        ),
    )


def _failed(response: Response) -> bool:
    """Whether an attempt failed: its form is shown again; what let in leads on to another page.

    The form of a key is led back to, since its answer is asked for anew.
    """
    if request.endpoint == "security.wan_signin_response":
        return reader() is None
    return response.status_code in (200, 400, 401)


def _note(response: Response) -> Response:
    if _guarded() and _failed(response):
        entered = _entered()
        with lent() as conn:
            person = _holder(conn, entered)
            where, _ = _where(person)
            sign_in_attempts.note_failure(conn, _account(entered), where, CLOCK.now())
            if not _may_try(conn, entered, person):
                # Once, when the door shuts: not for each knock at it.
                who, told = "" if person is None else str(person.id), {"network": network()}
                audit.append(conn, "anonymous", "sign_in_refused", who, told, at=CLOCK.now())
    return response


def install(app: Flask) -> None:
    """Count the attempts of an app, and refuse where there were too many."""
    app.before_request(_check)
    app.after_request(_note)
