"""Who may open which page: every view says it, and one that does not keeps the app from starting.

A view is `public`, or `needs` a permission, for anywhere or for the village that its address names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, abort, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from collector.audit.chain import ACTIONS
from collector.permissions import PERMISSIONS, Grant, Place
from collector.store import people
from collector.store import reads as read_log
from webapp.accounts import expired
from webapp.accounts.datastore import CLOCK, User
from webapp.app.database import connection, lent

View = TypeVar("View", bound=Callable[..., Any])
ATTRIBUTE = "nongqing_access"
NO_TOKEN = "nongqing_no_token"  # noqa: S105 - of an attribute
#: Views of libraries, which cannot be marked: the rest of theirs do not exist.
LIBRARY_VIEWS = {
    "static": "public",
    "security.login": "public",
    "security.us_signin": "public",
    "security.us_signin_send_code": "public",
    "security.two_factor_token_validation": "public",
    "security.two_factor_setup": "public",
    "security.tf_select": "public",
    "security.wan_signin": "public",
    "security.wan_signin_response": "public",
    "security.logout": "public",
    "security.change_password": "signed in",
    "security.two_factor_setup_validate": "signed in",
    "security.wan_register": "signed in",
    "security.wan_register_response": "signed in",
    "security.wan_delete": "signed in",
    "security.us_verify": "signed in",
    "security.us_verify_send_code": "signed in",
}


@dataclass(frozen=True)
class Access:
    """What a view asks of who opens it; `permission` None: to be signed in, no more.

    `village` names the argument of the address that holds a village's id; `reads` is the action
    that the audit log tells of who saw the page, `about` the argument that says about whom.
    """

    permission: str | None
    village: str | None = None
    reads: str | None = None
    about: str | None = None


class AccessUndeclared(Exception):  # noqa: N818 - named for what is wanting
    """A view does not say who may open it; the message names it."""


def public(view: View) -> View:
    """Let everybody open a view."""
    setattr(view, ATTRIBUTE, "public")
    return view


def without_token(view: View) -> View:
    """Let a form of a view come without a token: where it changes nothing but the reader's own
    cookie, a token would ask for a session.
    """
    setattr(view, NO_TOKEN, True)
    return view


def needs(
    permission: str | None,
    village: str | None = None,
    *,
    reads: str | None = None,
    about: str | None = None,
) -> Callable[[View], View]:
    """Let those open a view who have a permission, where given for the village of its address.

    Parameters
    ----------
    permission
        One of `collector.permissions.PERMISSIONS`; None: whoever is signed in.
    village
        The argument of the address that holds a village's id.
    reads
        For a page that shows what is private to others than the reader: the action of the audit
        log by which is told who saw it, once for each person, page and hour.
    about
        The argument of the address that says about whom or what the page is, where it is not the
        village. Who looks at themselves is not noted.
    """
    assert permission is None or permission in PERMISSIONS, permission
    assert reads is None or reads in ACTIONS, reads
    access = Access(permission, village, reads, about or village)

    def mark(view: View) -> View:
        shown: Any = view if reads is None else _noted(view, access)
        setattr(shown, ATTRIBUTE, access)
        return shown  # type: ignore[no-any-return]

    return mark


def _noted(view: View, access: Access) -> Any:
    """Write down who sees a page, in the transaction that it is read in: unless it can be noted,
    it is not shown.
    """

    @wraps(view)
    def noted(**given: Any) -> Any:
        answer = make_response(view(**given))
        user, subject = reader(), str(given.get(access.about or "", ""))
        assert user is not None
        assert access.reads is not None
        if answer.status_code == 200 and subject != str(user.id):
            page, at = str(request.endpoint), CLOCK.now()
            read_log.note(connection(), user.id, access.reads, page, subject, at)
        return answer

    return noted


def access_of(app: Flask, endpoint: str) -> Access | str | None:
    """Return what an endpoint asks; None: it does not exist for anybody."""
    if endpoint in LIBRARY_VIEWS:
        asked = LIBRARY_VIEWS[endpoint]
        return Access(None) if asked == "signed in" else asked
    if endpoint.startswith("security."):
        return None
    found: Access | str | None = getattr(app.view_functions[endpoint], ATTRIBUTE, None)
    return found


def check_declared(app: Flask) -> None:
    """Refuse an app with a view that does not say who may open it.

    Raises
    ------
    AccessUndeclared
    """
    for endpoint in app.view_functions:
        if access_of(app, endpoint) is None and not endpoint.startswith("security."):
            raise AccessUndeclared(
                f"view {endpoint}: says not who may open it; put @public or @needs(permission) "
                "below its route"
            )


def reader() -> User | None:
    """Return who is signed in, None where nobody is."""
    user: Any = current_user
    return user._get_current_object() if user and user.is_authenticated else None


def may(permission: str, village: str | None = None) -> bool:
    """Return whether the reader has a permission, anywhere or for a village."""
    user = reader()
    if user is None:
        return False
    if village is None:
        return user.may(permission)
    if not user.where(permission):
        return False
    with lent() as conn:
        place = people.place_of(conn, village)
    return place is not None and user.may(permission, place)


def scope(permission: str) -> list[Grant]:
    """Return where the reader has a permission; ask `reaches` of each place."""
    user = reader()
    return [] if user is None else user.where(permission)


def reaches(grants: list[Grant], village: str, township: str | None, county: str) -> bool:
    """Return whether grants reach a village that lies in a township and county."""
    place = Place(village, township, county)
    return any(place.within(grant) for grant in grants)


def reaches_area(grants: list[Grant], county: str) -> bool:
    """Return whether grants reach the whole of a county, or of the city where it is ''."""
    return any(Place("", None, county).within(grant) for grant in grants)


def may_open(endpoint: str) -> bool:
    """Return whether the reader may open a page that names no village: for the menu."""
    asked = access_of(current_app, endpoint)
    if not isinstance(asked, Access):
        return asked == "public"
    user = reader()
    return user is not None and (asked.permission is None or user.may(asked.permission))


def _enforce() -> ResponseReturnValue | None:
    endpoint = request.endpoint
    if endpoint is None or request.method == "OPTIONS":
        return None
    asked = access_of(current_app, endpoint)
    if endpoint == "security.two_factor_token_validation" and reader() is not None:
        return redirect(url_for("account.page"), code=303)  # Flask-Security would sign out
    if asked == "public":
        return None
    if not isinstance(asked, Access):
        abort(404)
    user = reader()
    if user is None:
        if request.method not in ("GET", "HEAD"):
            return expired.hand_back(signed_in=False)
        here = request.full_path.rstrip("?")
        return redirect(url_for("security.login", next=here), code=303)
    village = None if asked.village is None else str((request.view_args or {})[asked.village])
    if asked.permission is not None and not may(asked.permission, village):
        abort(403)
    return None


def install(app: Flask) -> None:
    """Ask every request whether its reader may open the page."""
    app.before_request(_enforce)
    expired.install(app, reader)
    app.jinja_env.tests["open_to_reader"] = may_open
    app.jinja_env.globals |= {"may": may, "may_open": may_open, "reader": reader}
