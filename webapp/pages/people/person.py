"""One person: what they may do where, given and taken back; locked; a link that signs in once."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from collector.permissions import Grant
from collector.store import directory, people
from collector.store.people import PeopleError, Person
from collector.store.postgres.db import Connection
from webapp.accounts.access import needs
from webapp.accounts.charge import Charge, charge, given, note, place_named, wrong_reason
from webapp.accounts.datastore import CLOCK
from webapp.app.database import connection, this_app
from webapp.language.i18n import gettext
from webapp.language.roles import grant_text, role_name

bp = Blueprint("person", __name__, url_prefix="/people/<int:person_id>")


def _show(
    conn: Connection, mine: Charge, person: Person, errors: dict[str, str], link: str = ""
) -> Response:
    held = people.grants(conn, person, CLOCK.now())
    names = people.names_of_places(conn, held)
    rows = [
        {
            "grant": grant,
            "text": grant_text(grant, names.get((grant.level, grant.scope))),
            "may": grant.stands_for is None and mine.may_give(grant.role, place),
        }
        for grant, place in directory.areas(conn, held)
    ]
    answer = make_response(
        render_template(
            "people/person.html",
            person=person,
            rows=rows,
            managed=mine.may_manage(conn, person),
            oneself=person.id == mine.user.id,
            roles={name: role_name(name) for name in mine.known},
            typed={name: given(name) for name in ("role", "where", "reason")},
            errors=errors,
            did=request.endpoint,
            link=link,
        ),
        400 if errors else 200,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _back(person: Person) -> Response:
    answer = redirect(url_for("person.page", person_id=person.id), code=303)
    assert isinstance(answer, Response)
    return answer


@bp.get("")
@needs("people", reads="person_seen", about="person_id")
def page(person_id: int) -> Response:
    """Who a person is, how they sign in, what they may do where."""
    conn = connection()
    mine = charge(conn)
    return _show(conn, mine, mine.person(conn, person_id), {})


def _not_there() -> str:
    return str(gettext("You cannot give or take this role there: you do not hold it yourself."))


def _not_yours() -> str:
    return str(
        gettext("This person may do what you may not; ask somebody in charge of all they may.")
    )


@bp.post("/grant")
@needs("people")
def grant(person_id: int) -> Response:
    """Give a role in a part of the tree."""
    conn = connection()
    mine = charge(conn)
    person, role, reason = mine.person(conn, person_id), given("role"), given("reason")
    where, wrong = place_named(conn, given("where"))
    errors = {"where": wrong} if wrong else {}
    if role not in mine.known:
        errors["role"] = gettext("Choose a role.")
    elif where is not None:
        ((_, place),) = directory.areas(conn, [Grant(role, *where)])
        if not mine.may_give(role, place):
            errors["role"] = _not_there()
        elif person.username is None and people.is_staff([Grant(role, *where)]):
            errors["role"] = gettext(
                "Staff sign in by a user name, which this person has not: add them as a new person."
            )
    errors |= {"reason": wrong_reason(reason)} if wrong_reason(reason) else {}
    if errors or where is None:
        return _show(conn, mine, person, errors)
    people.grant(conn, person, role, *where, CLOCK.now(), f"person {mine.user.id}")
    detail: dict[str, object] = {"role": role, "level": where[0], "scope": where[1]}
    note(conn, "rights_given", person, reason, detail)
    flash(gettext("The role is given."))
    return _back(person)


@bp.post("/withdraw")
@needs("people")
def withdraw(person_id: int) -> Response:
    """Take a role back."""
    conn = connection()
    mine = charge(conn)
    person, reason = mine.person(conn, person_id), given("reason")
    taken = Grant(given("role"), given("level"), given("scope"))
    ((_, place),) = directory.areas(conn, [taken])
    errors = {"reason": wrong_reason(reason)} if wrong_reason(reason) else {}
    if not mine.may_give(taken.role, place):
        errors["role"] = _not_there()
    if errors:
        return _show(conn, mine, person, errors)
    try:
        done = people.withdraw(conn, person, taken.role, taken.level, taken.scope)
    except PeopleError:
        return _show(conn, mine, person, {"role": _last()})
    if done:
        detail: dict[str, object] = {"role": taken.role, "level": taken.level, "scope": taken.scope}
        note(conn, "rights_taken", person, reason, detail)
    flash(gettext("The role is taken back.") if done else gettext("They held no such role."))
    return _back(person)


def _last() -> str:
    return str(gettext("This is the last administrator of the city; make another first."))


@bp.post("/lock")
@needs("people")
def lock(person_id: int) -> Response:
    """Keep a person out, or let them in again."""
    conn = connection()
    mine = charge(conn)
    person, reason = mine.person(conn, person_id), given("reason")
    locked = request.form.get("locked") == "1"
    errors = {"reason": wrong_reason(reason)} if wrong_reason(reason) else {}
    if not mine.may_manage(conn, person):
        errors["lock"] = _not_yours()
    elif person.id == mine.user.id:
        errors["lock"] = gettext("Nobody locks themselves out; ask another administrator.")
    if errors:
        return _show(conn, mine, person, errors)
    try:
        people.lock(conn, person, CLOCK.now(), locked=locked)
    except PeopleError:
        return _show(conn, mine, person, {"lock": _last()})
    note(conn, "person_locked" if locked else "person_unlocked", person, reason)
    flash(
        gettext("Locked: sessions and links have ended.")
        if locked
        else gettext("This person may sign in again.")
    )
    return _back(person)


@bp.post("/link")
@needs("people")
def link(person_id: int) -> Response:
    """Make a link that signs the person in once, and show it this once."""
    conn = connection()
    mine = charge(conn)
    person, reason = mine.person(conn, person_id), given("reason")
    errors = {"reason": wrong_reason(reason)} if wrong_reason(reason) else {}
    if not mine.may_manage(conn, person):
        errors["link"] = _not_yours()
    elif not person.active:
        errors["link"] = gettext("This person is locked; let them in again first.")
    if errors:
        return _show(conn, mine, person, errors)
    token = people.make_link(conn, person, CLOCK.now())
    note(conn, "sign_in_link_made", person, reason)
    settings = this_app().settings
    home = (settings.url if settings else None) or request.host_url.rstrip("/")
    return _show(conn, mine, person, {}, f"{home}{people.LINK_PATH}{token}")
