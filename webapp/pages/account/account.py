"""One's own account: who one is here, what one may, ways in; links that sign in once."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import Gone

from collector.store import people
from webapp.accounts.access import needs, public, reader
from webapp.accounts.datastore import CLOCK, User
from webapp.accounts.signing_in import sign_in
from webapp.app.database import connection, lent
from webapp.language.i18n import gettext
from webapp.language.roles import grant_text

bp = Blueprint("account", __name__, url_prefix="/account")


def _private(page: str) -> Response:
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/")
@needs(None)
def page() -> Response:
    """Who the reader is, what they may do where, and how they sign in."""
    user = reader()
    assert user is not None
    names = people.names_of_places(connection(), user.grants)
    held = [grant_text(grant, names.get((grant.level, grant.scope))) for grant in user.grants]
    return _private(render_template("account/account.html", person=user.person, held=held))


def _dead_link() -> Gone:
    return Gone(
        gettext(
            "This link was used already, or is more than a day old. Ask your administrator for a "
            "new one."
        )
    )


@bp.get("/link/<token>")
@public
def ask(token: str) -> Response:
    """Ask before a link is used up: whoever only looks at it, as chat programs do, uses nothing."""
    person = people.link_holder(connection(), token, CLOCK.now())
    if person is None:
        raise _dead_link()
    return _private(render_template("account/link.html", person=person, token_of_link=token))


@bp.post("/link/<token>")
@public
def use(token: str) -> Response:
    """Use a link up: its holder is signed in."""
    person = people.use_link(connection(), token, CLOCK.now())
    if person is None:
        raise _dead_link()
    sign_in(User(person, lent), "link")
    response = redirect(url_for("account.page"), code=303)
    assert isinstance(response, Response)
    return response


@bp.get("/token")
@public
def token() -> Response:
    """Give what forms that were written without a connection need when they are sent."""
    response = jsonify(token=generate_csrf())
    response.headers["Cache-Control"] = "no-store"
    return response
