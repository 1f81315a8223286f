"""Codes of a lot for whoever eats it: one picture, or a sheet of A4 to cut up."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from PIL import Image

from models.trace.digital_link import BadLink, product_lot_path
from webapp.accounts.access import needs
from webapp.accounts.lots import home, own_lot
from webapp.language.i18n import gettext
from webapp.views.technician.qr import qr_matrix
from webapp.views.trace.shown import produce_name

bp = Blueprint("lot_codes", __name__, url_prefix="/lots")
#: Codes on a sheet of A4, in four columns, and dots of a picture to each module of a code.
MOST, DOTS = 24, 8


def _path(code: str, gtin: str) -> str:
    """The path that a code leads to: by the product's number where one is given.

    Raises
    ------
    BadLink
        When the product's number is none.
    """
    return product_lot_path(gtin, code) if gtin else url_for("held.lot", lot_code=code)


@bp.get("/<lot_code>/codes")
@needs("own")
def page(lot_code: str) -> ResponseReturnValue:
    """Choose what the codes hold and how many there are, and print them."""
    lot, problem = own_lot(lot_code), ""
    gtin = request.args.get("gtin", "").strip()
    asked = request.args.get("many", str(MOST))
    many = min(max(int(asked), 1), MOST) if asked.isascii() and asked.isdigit() else MOST
    try:
        path = _path(lot.code, gtin)
    except BadLink:
        problem = gettext(
            "“%(number)s” is no product number: it has 8, 12, 13 or 14 digits, and the last one "
            "checks the others. Look at the barcode again, or leave it empty.",
            number=gtin[:20],
        )
        path, gtin = _path(lot.code, ""), gtin[:20]
    page = render_template(
        "trace/lot_codes.html",
        lot=lot,
        produce=produce_name(lot.produce),
        gtin=gtin,
        many=many,
        most=MOST,
        problem=problem,
        address=home() + path,
        picture=url_for("lot_codes.picture", lot_code=lot.code, gtin=None if problem else gtin),
    )
    return page, 422 if problem else 200


@bp.get("/<lot_code>/code.png")
@needs("own")
def picture(lot_code: str) -> ResponseReturnValue:
    """The code as a picture."""
    lot = own_lot(lot_code)
    try:
        path = _path(lot.code, request.args.get("gtin", "").strip())
    except BadLink as error:
        return str(error), 422, {"Content-Type": "text/plain; charset=utf-8"}
    rows = qr_matrix(home() + path)
    drawn = Image.new("1", (len(rows), len(rows)), 1)
    drawn.putdata([0 if dark else 1 for row in rows for dark in row])
    out = BytesIO()
    drawn.resize((len(rows) * DOTS,) * 2).save(out, "PNG", optimize=True)
    response = Response(out.getvalue(), mimetype="image/png")
    response.headers["Cache-Control"] = "private, max-age=600"
    return response
