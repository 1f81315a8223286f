"""An officer's own deputies: named for a span of days, and let go."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for

from collector.store import directory, people
from collector.store.people import Person
from collector.store.postgres.db import Connection
from webapp.accounts.access import needs, reader
from webapp.accounts.charge import given, note, wrong_reason
from webapp.accounts.datastore import CLOCK
from webapp.app.database import connection
from webapp.language.i18n import gettext, ngettext

bp = Blueprint("deputies", __name__, url_prefix="/deputies")
MOST_DAYS = 60


def _me() -> Person:
    user = reader()
    assert user is not None
    person: Person = user.person
    return person


def _show(conn: Connection, errors: dict[str, str]) -> Response:
    answer = make_response(
        render_template(
            "people/deputies.html",
            deputies=directory.deputies(conn, _me(), CLOCK.now()),
            typed={name: given(name) for name in ("who", "days", "reason")},
            errors=errors,
            most=MOST_DAYS,
        ),
        400 if errors else 200,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("")
@needs("release")
def page() -> Response:
    """Who stands for the reader."""
    return _show(connection(), {})


@bp.post("")
@needs("release")
def name() -> Response:
    """Let somebody do what the reader may, for some days."""
    conn, me, errors = connection(), _me(), {}
    who, days, reason = given("who").lower(), given("days"), given("reason")
    person = people.find(conn, username=who)
    # Deputies are staff for as long, and staff sign in by user name and a second step.
    if person is None or not person.active or person.id == me.id:
        errors["who"] = gettext("Nobody else signs in by this user name.")
    if not re.fullmatch(r"[0-9]{1,2}", days) or not 1 <= int(days) <= MOST_DAYS:
        errors["days"] = gettext("From 1 to %(most)d days.", most=MOST_DAYS)
    if wrong_reason(reason):
        errors["reason"] = wrong_reason(reason)
    if errors or person is None:
        return _show(conn, errors)
    now = CLOCK.now()
    ends = now + timedelta(days=int(days))
    people.name_deputy(conn, person, me, ends, now, f"person {me.id}")
    told: dict[str, object] = {"deputy_of": me.id, "until": ends.isoformat()}
    note(conn, "rights_given", person, reason, told)
    flash(
        ngettext(
            "%(name)s stands for you for %(num)d day.",
            "%(name)s stands for you for %(num)d days.",
            int(days),
            name=person.name,
        )
    )
    return _back()


def _back() -> Response:
    answer = redirect(url_for("deputies.page"), code=303)
    assert isinstance(answer, Response)
    return answer


@bp.post("/end")
@needs("release")
def end() -> Response:
    """Let a deputy go before their time."""
    conn, me, number = connection(), _me(), given("person")
    person = people.find(conn, id=int(number)) if re.fullmatch(r"[0-9]{1,18}", number) else None
    if person is not None and directory.end_deputy(conn, person.id, me, CLOCK.now()):
        told: dict[str, object] = {"deputy_of": me.id}
        note(conn, "rights_taken", person, "ended by the person themselves", told)
        flash(gettext("%(name)s stands for you no more.", name=person.name))
    return _back()
