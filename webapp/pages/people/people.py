"""People of the reader's scope: found by name, number or role; a new one added."""

from __future__ import annotations

import re

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
from collector.phone import mask_phone
from collector.store import directory, people
from collector.store.people import PeopleError
from collector.store.postgres.db import Connection
from field_configs.names import unseen, visible
from webapp.accounts import phones
from webapp.accounts.access import needs
from webapp.accounts.charge import Charge, charge, given, note, place_named, wrong_reason
from webapp.accounts.datastore import CLOCK
from webapp.app.database import connection
from webapp.app.menu import NavItem
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.roles import grant_text, role_name

bp = Blueprint("people", __name__)
NAV = NavItem(40, "people.page", lazy_gettext("People"))
SHOWN = 50
MOST_PAGES = 10_000
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
FIELDS = ("name", "username", "phone", "role", "where", "reason")


def _list(conn: Connection, mine: Charge, errors: dict[str, str]) -> Response:
    text = visible(request.args.get("q", "")[:60])
    role = request.args.get("role", "")
    number = request.args.get("page", "1")
    page = int(number) if re.fullmatch(r"[0-9]{1,5}", number) else 1
    page = min(max(page, 1), MOST_PAGES)
    found = directory.search(
        conn,
        mine.reach,
        text,
        phones.normal(text),
        role if role in mine.known else "",
        SHOWN + 1,
        (page - 1) * SHOWN,
    )
    names = people.names_of_places(conn, [grant for each in found for grant in each.grants])
    rows = [
        {
            "id": each.id,
            "name": each.name,
            "active": each.active,
            "way": each.username or (mask_phone(each.phone) if each.phone else ""),
            "held": [grant_text(one, names.get((one.level, one.scope))) for one in each.grants],
        }
        for each in found[:SHOWN]
    ]
    typed = {name: given(name) for name in FIELDS}
    answer = make_response(
        render_template(
            "people/people.html",
            rows=rows,
            text=text,
            role=role,
            roles={name: role_name(name) for name in mine.known},
            page=page,
            more=len(found) > SHOWN,
            typed=typed,
            errors=errors,
        ),
        400 if errors else 200,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/people")
@needs("people", reads="people_seen")
def page() -> Response:
    """Who holds a role where the reader is in charge."""
    conn = connection()
    return _list(conn, charge(conn), {})


def _check(conn: Connection, mine: Charge, where: tuple[str, str] | None) -> dict[str, str]:
    """What is wrong with the form of a new person, by field."""
    errors = {}
    name, username, role = given("name"), given("username").lower(), given("role")
    phone = phones.normal(given("phone"))
    if not name or unseen(name) is not None or len(name) > 60:
        errors["name"] = gettext("Enter the person's name, 60 characters at most, all to be seen.")
    if role not in mine.known:
        errors["role"] = gettext("Choose a role.")
    elif where is not None:
        ((_, place),) = directory.areas(conn, [Grant(role, *where)])
        if not mine.may_give(role, place):
            errors["role"] = gettext(
                "You cannot give this role there: you do not hold it yourself."
            )
    if username and not USERNAME.fullmatch(username):
        errors["username"] = gettext("A user name has 2 to 32 letters a-z, digits, dots or dashes.")
    elif username and people.find(conn, username=username):
        errors["username"] = gettext("This user name is another person's; choose another.")
    elif not username and people.is_staff([Grant(role, "city", "")]):
        errors["username"] = gettext("Staff sign in by a user name; give one.")
    if given("phone") and phone is None:
        errors["phone"] = gettext(
            "This is no mobile number of mainland China: 11 digits, 138 1234 5678."
        )
    elif phone and people.find(conn, phone=phone):
        errors["phone"] = gettext("This number is another person's already.")
    elif not phone and not username:
        errors["phone"] = gettext("Give a user name or a mobile number: by one a person signs in.")
    return errors


@bp.post("/people")
@needs("people")
def add() -> Response:
    """Add a person with a first role."""
    conn = connection()
    mine = charge(conn)
    where, wrong = place_named(conn, given("where"))
    errors = _check(conn, mine, where)
    reason = given("reason")
    errors |= {"where": wrong} if wrong else {}
    errors |= {"reason": wrong_reason(reason)} if wrong_reason(reason) else {}
    if errors or where is None:
        return _list(conn, mine, errors)
    now, role = CLOCK.now(), given("role")
    try:
        person = people.add(
            conn,
            given("name"),
            now,
            username=given("username") or None,
            phone=phones.normal(given("phone")),
        )
    except PeopleError:  # taken since it was looked up
        errors = {"name": gettext("User name or number is another person's by now.")}
        return _list(conn, mine, errors)
    people.grant(conn, person, role, *where, now, f"person {mine.user.id}")
    note(conn, "person_added", person, reason)
    detail: dict[str, object] = {"role": role, "level": where[0], "scope": where[1]}
    note(conn, "rights_given", person, reason, detail)
    flash(gettext("%(name)s is added.", name=person.name))
    answer = redirect(url_for("person.page", person_id=person.id), code=303)
    assert isinstance(answer, Response)
    return answer
