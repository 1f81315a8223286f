"""Error pages: what happened, where, and what to do next, in both languages."""

import secrets
from dataclasses import dataclass, field

from flask import Flask, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Gone, HTTPException, InternalServerError, NotFound

from collector.store.postgres.db import DatabaseDown, SchemaMissing
from webapp.app import moved, shares
from webapp.app.shares import Busy
from webapp.language.i18n import gettext, ngettext

RETRY_S = 30
WHERE_MOST = 120
#: What an answer must say to programs beside its page.
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate", "Content-Range")


@dataclass
class Suggestion:
    """A page that the reader may have meant."""

    url: str
    text: str


@dataclass
class PageNotFound(NotFound):
    """A page that does not exist, with its name, the reason and what is near."""

    what: str
    near: list[Suggestion] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()


def _page(
    code: int, title: str, text: str, mend: str, near: list[Suggestion] | None = None
) -> tuple[str, int]:
    page = render_template(
        "error.html", code=code, title=title, text=text, mend=mend, near=near or []
    )
    return page, code


def not_found(error: NotFound) -> ResponseReturnValue:
    """Lead on from a village that was merged, else name what was not found and what is near."""
    led = moved.successor() if isinstance(error, PageNotFound) else None
    if led is not None:
        return led
    what = error.what if isinstance(error, PageNotFound) else gettext("There is no such page.")
    near = error.near if isinstance(error, PageNotFound) else []
    mend = "" if near else gettext("Look for your village on the start page.")
    return _page(404, gettext("Not found"), what, mend, near)


def database_down(error: DatabaseDown) -> ResponseReturnValue:
    """Say why the data cannot be read now, and that nothing is lost."""
    current_app.logger.error("%s", error)
    g.database_down = True
    if isinstance(error, SchemaMissing):
        text = gettext(
            "The schema is not in place; run `nongqing db migrate`. What the nodes measure is "
            "kept by them and sent again; nothing is lost."
        )
    else:
        text = gettext(
            "The database does not answer. What the nodes measure is kept by them and sent "
            "again; nothing is lost."
        )
    body, code = _page(
        503,
        gettext("The data cannot be read just now"),
        text,
        gettext("Try again in a minute. If it lasts, tell the technician of your county."),
    )
    return body, code, {"Retry-After": str(RETRY_S)}


def busy(error: Busy) -> ResponseReturnValue:
    """Say that a slow page is asked for by too many at once."""
    body, code = _page(
        503,
        gettext("Too many are reading this page just now"),
        gettext("It takes long to make, and others wait for it already; the other pages work."),
        ngettext("Try again in %(num)d second.", "Try again in %(num)d seconds.", shares.RETRY_S),
    )
    return body, code, {"Retry-After": str(shares.RETRY_S)}


def broken(error: InternalServerError) -> ResponseReturnValue:
    """Admit a fault of ours and give the mark under which it is in the log."""
    mark = secrets.token_hex(4)
    cause = error.original_exception or error
    current_app.logger.error("fault %s: %s: %s", mark, type(cause).__name__, cause)
    return _page(
        500,
        gettext("This page failed"),
        gettext("The fault is ours and has been written down under the mark %(mark)s.", mark=mark),
        gettext("Try again; if it lasts, tell the technician of your county this mark."),
    )


def _what_was_wrong(code: int) -> tuple[str, str]:
    """What was wrong with a request, by the status of its answer, and the mend."""
    words = {
        405: (
            gettext("This address can be read, but does not take what was sent to it."),
            gettext("Open the page anew and use its own buttons."),
        ),
        408: (
            gettext("What was sent took too long to arrive."),
            gettext("Try again where the connection is better."),
        ),
        413: (
            gettext("What was sent is too large for this address."),
            gettext("Send less at once: a shorter text, a smaller picture."),
        ),
        415: (
            gettext("What was sent is of a kind that this address does not read."),
            gettext("Open the page anew and use its own buttons."),
        ),
        429: (
            gettext("Too many requests came from you in a short time."),
            gettext("Wait a minute and try again."),
        ),
    }
    return words.get(
        code,
        (
            gettext("The address or what was sent with it cannot be read."),
            gettext("Go back to the start page."),
        ),
    )


def refused(error: HTTPException) -> ResponseReturnValue:
    """Answer requests that were made wrongly: what, where, and what to do.

    A description of ours is shown; one of the library's, in its own language, is not.
    """
    code = error.code or 400
    text, mend = _what_was_wrong(code)
    if error.description and error.description != type(error).description:
        text = error.description
    if code == Gone.code:  # for who was given the link, who knows no addresses
        return _page(code, gettext("This link works no more"), text, mend)
    where = f"{request.method} {request.path}"[:WHERE_MOST]
    body, _ = _page(
        code,
        gettext("The request was not understood"),
        gettext("%(what)s (%(where)s)", what=text, where=where),
        mend,
    )
    kept = [(name, value) for name, value in error.get_headers() if name in KEPT_HEADERS]
    return body, code, kept


def install(app: Flask) -> None:
    """Register the error pages."""
    app.register_error_handler(NotFound, not_found)
    app.register_error_handler(DatabaseDown, database_down)
    app.register_error_handler(Busy, busy)
    app.register_error_handler(InternalServerError, broken)
    app.register_error_handler(HTTPException, refused)
