"""Switch the language and go back to where the reader was."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask_babel import gettext

from webapp.accounts.access import public, without_token
from webapp.language.i18n import LANGUAGES, language_of, remember_language

bp = Blueprint("language", __name__)


def local_path(target: str | None, fallback: str) -> str:
    """Keep only addresses of this site, so that nobody is led elsewhere by a link to us."""
    if not target or not target.startswith("/") or "\\" in target:
        return fallback
    parts = urlsplit(target)
    return fallback if parts.scheme or parts.netloc or target.startswith("//") else target


@bp.route("/set-language", methods=["GET", "POST"])
@public
@without_token
def set_language() -> Response:
    """Remember the language asked for and return to the page before."""
    asked = request.values.get("lang", "")
    language = language_of(asked)
    if language is None:
        known = ", ".join(each.code for each in LANGUAGES)
        abort(400, gettext("lang=%(asked)s: choose one of %(known)s.", asked=asked, known=known))
    target = local_path(request.values.get("next"), url_for("home.villages"))
    response = redirect(target, code=303)
    assert isinstance(response, Response)
    remember_language(response, language)
    return response
