"""The reader's village, remembered without an account; where the installed app begins."""

from flask import Blueprint, Response, abort, redirect, request, url_for

from webapp.accounts.access import public, without_token
from webapp.app.redirects import back, refuse_from_elsewhere
from webapp.language.choices import choices, choose, is_village
from webapp.language.i18n import gettext

bp = Blueprint("my_village", __name__)


@bp.post("/my-village")
@public
@without_token
def remember() -> Response:
    """Remember a village, or forget it where none is named."""
    refuse_from_elsewhere()
    village = request.form.get("village", "")
    if village and not is_village(village):
        abort(400, gettext("This is no name of a village; choose yours on the start page."))
    choose(village=village)
    return back(request.form.get("next"))


@bp.get("/start")
@public
def start() -> Response:
    """Lead to the reader's village, else to the start page."""
    village = choices().village
    target = url_for("village.page", village_id=village) if village else url_for("home.villages")
    response = redirect(target, code=303)
    assert isinstance(response, Response)
    return response
