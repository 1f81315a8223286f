"""Switch the language and go back to where the reader was."""

from flask import Blueprint, Response, abort, request

from webapp.accounts.access import public, without_token
from webapp.app.redirects import back
from webapp.language.i18n import LANGUAGES, gettext, language_of, remember_language

bp = Blueprint("language", __name__)


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
    remember_language(language)
    return back(request.values.get("next"))
