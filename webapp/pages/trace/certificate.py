"""A certificate: for everybody to check, for its issuer to print, and to make void."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from collector.store.lots import certificates, lots
from collector.store.lots.certificates import AlreadyVoid, Certificate
from models.trace.codes import parse_code
from webapp.accounts.access import may, needs, public
from webapp.accounts.lots import address_of, note, who
from webapp.accounts.own import entry_key, me, take
from webapp.app.database import connection
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.formats import full_day
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views.forms import Line
from webapp.views.technician.qr import qr_svg
from webapp.views.trace.label import NoFont, label_png
from webapp.views.trace.shown import masked, show_certificate

bp = Blueprint("certificate", __name__, url_prefix="/c")


class VoidForm(Form):
    """Why a certificate is made void."""

    reason = Line(lazy_gettext("Why it is void"), most=200, needed=True)


def _found(number: str) -> Certificate:
    """Return a certificate by its number, however it is typed.

    Raises
    ------
    PageNotFound
        With what to do: read it again, or take care.
    """
    again = [Suggestion(url_for("certificate.look"), gettext("Type the number again"))]
    parsed = parse_code(number)
    if parsed is None or not parsed.startswith("C"):
        text = gettext(
            "%(number)s is no number of a certificate: a character is wrong or missing. Read it "
            "again.",
            number=number[:24],
        )
        raise PageNotFound(str(text), again)
    found = certificates.find(connection(), parsed)
    if found is None:
        text = gettext(
            "No certificate %(number)s was issued here. If goods carry it, take care: ask who "
            "sells them, and tell the station.",
            number=parsed,
        )
        raise PageNotFound(str(text), again)
    return found


def _mine(number: str) -> Certificate:
    """Return a certificate that the reader issued, or inspects."""
    found = _found(number)
    if found.person == me().id:
        return found
    lot = lots.find(connection(), found.lot)
    if lot is None or not may("inspect", lot.village):
        abort(403)
    return found


@bp.get("/")
@public
def look() -> ResponseReturnValue:
    """Type the number of a certificate, and see it."""
    number = request.args.get("number", "").strip()
    return page(number) if number else render_template("trace/look.html")


@bp.get("/<certificate_number>")
@public
def page(certificate_number: str) -> str:
    """Show whether a certificate is good, and what it says."""
    shown = show_certificate(_found(certificate_number))
    return render_template("trace/certificate.html", c=shown, contact=masked(shown.contact))


@bp.get("/<certificate_number>/sheet")
@needs(None)
def sheet(certificate_number: str) -> str:
    """The certificate on A4, to print; and what else its issuer can do with it."""
    found = _mine(certificate_number)
    shown = show_certificate(found)
    address = address_of(shown.number)
    code = qr_svg(address, gettext("QR code of the certificate %(number)s", number=shown.number))
    return render_template(
        "trace/sheet.html",
        c=shown,
        code=code,
        mine=found.person == me().id,
        address=address,
        form=VoidForm(),
        entry_key=entry_key(),
    )


@bp.get("/<certificate_number>/label.png")
@needs(None)
def label(certificate_number: str) -> ResponseReturnValue:
    """The label as a picture for a thermal printer."""
    shown = show_certificate(_mine(certificate_number))
    lines = [
        f"{shown.produce} {shown.weight}",
        shown.place,
        shown.issuer,
        shown.contact,
        str(gettext("Issued %(day)s", day=full_day(shown.issued))),
        shown.number,
    ]
    try:
        picture = label_png(address_of(shown.number), lines)
    except NoFont as error:
        return str(error), 503, {"Content-Type": "text/plain; charset=utf-8"}
    response = Response(picture, mimetype="image/png")
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.post("/<certificate_number>/void")
@needs(None)
def make_void(certificate_number: str) -> ResponseReturnValue:
    """Make a certificate void: by its issuer, or by an inspector."""
    found = _mine(certificate_number)
    form, inspector = VoidForm(request.form), found.person != me().id

    def do(at: datetime) -> str:
        reason = form.reason.data or ""
        certificates.make_void(connection(), found.number, reason, inspector, who(at))
        note("certificate_voided", found.number, reason=reason, inspector=inspector)
        flash(gettext("The certificate is void; whoever reads its code sees that."))
        return url_for("certificate.sheet", certificate_number=found.number)

    problem = ""
    if form.validate():
        try:
            return take(do)
        except AlreadyVoid:
            connection().rollback()
            problem = str(gettext("This certificate was made void before; nothing was changed."))
            found = _found(found.number)
    shown = show_certificate(found)
    page = render_template(
        "trace/sheet.html",
        c=shown,
        code=qr_svg(address_of(shown.number), shown.number),
        address=address_of(shown.number),
        form=form,
        problem=problem,
        entry_key=entry_key(),
    )
    return page, 409 if problem else 422
