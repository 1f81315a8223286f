"""What was bought, with the certificate that came: kept, and a lot to go on with."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store.lots import certificates, lots
from collector.store.lots.certificates import Certificate
from collector.store.lots.lots import Bought, LotError, MoreThanThere
from models.trace.codes import parse_code
from models.weather.local_days import local_day
from webapp.accounts.access import needs
from webapp.accounts.lots import note, own_lot, who
from webapp.accounts.own import entry_key, take, written
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound
from webapp.app.given import takes
from webapp.language.i18n import gettext
from webapp.views.pictures import BadPicture, read_picture
from webapp.views.trace.forms import BoughtForm
from webapp.views.trace.shown import VALID, kg, produce_name, show_certificate

bp = Blueprint("bought", __name__, url_prefix="/lots")
#: A photo as a phone's camera saves it has rarely more [byte].
LARGEST_FORM = 24 * 1024 * 1024


def _photo() -> tuple[bytes | None, str]:
    """The photo of the form as it is kept, and what is wrong with it."""
    sent = request.files.get("photo")
    data = sent.read() if sent else b""
    if sent:
        sent.close()
    if not data:
        return None, ""
    try:
        return read_picture(data).jpeg, ""
    except BadPicture as error:
        return None, str(error)


def _ours(form: BoughtForm) -> Certificate | None:
    """The certificate, where it was issued here; the form says what is wrong with it."""
    parsed = parse_code(form.number.data or "")
    found = certificates.find(connection(), parsed) if parsed else None
    if found is None:
        return None
    shown = show_certificate(found)
    if shown.state != VALID:
        form.number.errors = [
            gettext("This certificate is void, or its lot held or recalled: do not buy on it.")
        ]
    elif found.content["produce"] != form.produce.data:
        form.number.errors = [gettext("This certificate is for %(what)s.", what=shown.produce)]
    return found


@bp.route("/bought", methods=["GET", "POST"])
@needs("own")
@takes(LARGEST_FORM)
def add() -> ResponseReturnValue:
    """Enter what was bought; the certificate that came is kept with it."""
    form = BoughtForm(request.form, today=written(), now=local_day(now()))
    problem = ""
    if request.method == "POST":
        jpeg, problem = _photo()
        if form.validate() and not problem:
            found = _ours(form)
            if found is None and jpeg is None:
                problem = str(
                    gettext("Take a photo of the certificate: it was not issued here, and is kept.")
                )
            elif not form.number.errors:
                try:
                    return take(lambda at: _keep(form, found, jpeg, at))
                except LotError as error:
                    connection().rollback()
                    form.number.errors = [_too_much(error)]
    status = 422 if request.method == "POST" else 200
    page = render_template("trace/bought.html", form=form, problem=problem, entry_key=entry_key())
    return page, status


def _too_much(error: LotError) -> str:
    assert isinstance(error, MoreThanThere)
    return str(
        gettext(
            "By this certificate %(left)s are left to be bought, and not %(asked)s: weigh again, "
            "and ask who sold it.",
            left=kg(error.left),
            asked=kg(error.asked),
        )
    )


def _keep(form: BoughtForm, found: Certificate | None, jpeg: bytes | None, at: datetime) -> str:
    conn = connection()
    number = found.number if found is not None else form.number.data or ""
    came = Bought(
        str(form.kind.data), number, form.issuer.data or "", form.contact.data or "", form.day.data
    )
    parent = lots.find(conn, found.lot) if found is not None else None
    what, origin = str(form.produce.data), form.origin.data or ""
    code = lots.buy(conn, what, form.weight.data, origin, came, jpeg, parent, who(at))
    note("lot_made", code, kind=lots.BOUGHT, number=number, what=produce_name(what))
    return url_for("lots.one", lot_code=code)


@bp.get("/<lot_code>/photo.jpg")
@needs("own")
def photo(lot_code: str) -> Response:
    """Show the photo of the certificate that came with a lot."""
    found = lots.photo(connection(), own_lot(lot_code).code)
    if found is None:
        raise PageNotFound(gettext("No photo of a certificate came with this lot."))
    response = Response(found, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
