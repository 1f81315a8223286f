"""How the pages look: light or dark, text size; a form that works without JavaScript."""

from flask import Blueprint, Response, abort, render_template, request

from webapp.accounts.access import public, without_token
from webapp.app.redirects import back, local_path, refuse_from_elsewhere
from webapp.language.choices import LOOKS, SIZES, choices, choose
from webapp.language.i18n import gettext

bp = Blueprint("display", __name__)


@bp.get("/display")
@public
def form() -> str:
    """Show the choices there are."""
    looks = {
        "phone": gettext("As the phone is set"),
        "light": gettext("Light"),
        "dark": gettext("Dark"),
    }
    sizes = {
        "100": gettext("Usual"),
        "130": gettext("Large"),
        "160": gettext("Very large"),
    }
    now = choices()
    return render_template(
        "account/display.html",
        looks=looks,
        sizes=sizes,
        look=now.look or LOOKS[0],
        size=now.size or SIZES[0],
        target=local_path(request.args.get("next"), ""),
    )


@bp.post("/display")
@public
@without_token
def save() -> Response:
    """Keep what was chosen and go back to the page before."""
    refuse_from_elsewhere()
    look, size = request.form.get("look", LOOKS[0]), request.form.get("size", SIZES[0])
    if look not in LOOKS:
        known = ", ".join(LOOKS)
        abort(400, gettext("look=%(asked)s: choose one of %(known)s.", asked=look, known=known))
    if size not in SIZES:
        known = ", ".join(SIZES)
        abort(400, gettext("size=%(asked)s: choose one of %(known)s.", asked=size, known=known))
    choose(look="" if look == LOOKS[0] else look, size="" if size == SIZES[0] else size)
    return back(request.form.get("next"))
