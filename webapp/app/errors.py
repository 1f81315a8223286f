"""Error pages: what happened, where, and what to do next, in both languages."""

import secrets
from dataclasses import dataclass, field

from flask import Flask, current_app, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound

from collector.store.postgres.db import DatabaseDown, SchemaMissing

RETRY_S = 30


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
    """Name what was not found and what is near."""
    what = error.what if isinstance(error, PageNotFound) else gettext("There is no such page.")
    near = error.near if isinstance(error, PageNotFound) else []
    mend = gettext("Look for your village on the start page.")
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


def refused(error: HTTPException) -> ResponseReturnValue:
    """Answer requests that were made wrongly."""
    code = error.code or 400
    return _page(
        code,
        gettext("The request was not understood"),
        error.description or error.name,
        gettext("Go back to the start page."),
    )


def install(app: Flask) -> None:
    """Register the error pages."""
    app.register_error_handler(NotFound, not_found)
    app.register_error_handler(DatabaseDown, database_down)
    app.register_error_handler(InternalServerError, broken)
    app.register_error_handler(HTTPException, refused)
