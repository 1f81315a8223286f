"""A form that arrives when its session is over: what was typed is handed back, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from webapp.app.errors import refused
from webapp.language.i18n import gettext

TOKEN = "csrf_token"  # noqa: S105 - name of a field
#: Buttons and marks of a form; everything else was typed or chosen by a person.
OF_FORMS = (TOKEN, "entry_key", "entry_written", "entry_sent", "writer")


def typed() -> list[tuple[str, str]]:
    """Name and value of what a form brought, without its token."""
    return [(name, value) for name, value in request.form.items(multi=True) if name != TOKEN]


def hand_back(signed_in: bool) -> Response:
    """The page that holds what was typed and sends it again; 401 unless somebody is signed in.

    Parameters
    ----------
    signed_in
        Whether the reader only has to confirm.
    """
    shown = [(name, value) for name, value in typed() if name not in OF_FORMS and value]
    page = render_template(
        "account/send_again.html",
        signed_in=signed_in,
        fields=typed(),
        shown=shown,
        address=request.full_path.rstrip("?"),
        files=bool(request.files),
    )
    response = make_response(page, 400 if signed_in else 401)
    response.headers["Cache-Control"] = "no-store"
    return response


def install(app: Flask, reader: Callable[[], object | None]) -> None:
    """Hand a form back whose token is of a session that is over.

    Parameters
    ----------
    app
    reader
        Returns who is signed in, None where nobody is.
    """

    def handle(error: HTTPException) -> ResponseReturnValue:
        if (request.endpoint or "").startswith("security."):
            error.description = gettext("This page is too old to be sent: open it anew.")
            return refused(error)
        return hand_back(reader() is not None)

    app.register_error_handler(CSRFError, handle)
