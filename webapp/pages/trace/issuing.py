"""A certificate of commitment is asked for: issued, or refused with what to do."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store.lots import certificates
from collector.store.lots.certificates import Refused
from collector.store.lots.lot_facts import led_to, verdict
from collector.store.lots.lots import Certified
from models.trace.certificate import BUYER, GROUNDS, PRODUCER, STATEMENTS
from webapp.accounts.access import needs
from webapp.accounts.lots import note, own_lot, who
from webapp.accounts.own import entry_key, me, take
from webapp.app.database import connection
from webapp.language.i18n import gettext
from webapp.views.crops import crop_types
from webapp.views.trace.forms import CommitForm
from webapp.views.trace.shown import GROUND_NAMES, kg, produce_name, reasons_text

bp = Blueprint("issuing", __name__, url_prefix="/lots")


@bp.route("/<lot_code>/certificate", methods=["GET", "POST"])
@needs("own")
def ask(lot_code: str) -> ResponseReturnValue:
    """Issue a certificate for what is left of a lot, or say why not."""
    lot, conn, problem = own_lot(lot_code), connection(), ""
    led = led_to(conn, lot.code, crop_types())
    found = verdict(conn, led)
    asked = {"name": me().name, "contact": me().phone or "", "issuer_kind": "household"}
    asked |= {"issuer_kind": "buyer"} if led.bought else {}
    form = CommitForm(request.form, data=asked, allowed=found.allowed)

    def do(at: datetime) -> str:
        issuer = {
            "kind": str(form.issuer_kind.data),
            "name": form.name.data or "",
            "contact": form.contact.data or "",
        }
        grounds = str(form.grounds.data)
        number = certificates.issue(conn, lot.code, grounds, issuer, crop_types(), who(at))
        note("certificate_issued", number, lot=lot.code, grounds=grounds)
        flash(gettext("Issued. Print it, or show its code."))
        return url_for("certificate.sheet", certificate_number=number)

    if request.method == "POST" and not found.allowed:
        problem = str(gettext("It cannot be issued yet: the reasons stand below."))
    elif request.method == "POST" and form.validate():
        try:
            return take(do)
        except Certified as error:
            conn.rollback()
            problem = str(
                gettext("The certificate %(number)s is in force already.", number=error.number)
            )
        except Refused as error:  # something was written down meanwhile
            conn.rollback()
            found = error.verdict
            problem = str(gettext("It cannot be issued yet: the reasons stand below."))
    page = render_template(
        "trace/ask.html",
        form=form,
        lot=lot,
        produce=produce_name(lot.produce),
        left=kg(max(lot.left_kg, 0)),
        statement=STATEMENTS[BUYER if led.bought else PRODUCER],
        buyer=led.bought,
        reasons=reasons_text(found.against),
        closed=[
            (GROUND_NAMES[each], reasons_text(found.of_grounds[each]))
            for each in GROUNDS
            if found.of_grounds[each]
        ],
        allowed=found.allowed,
        problem=problem,
        entry_key=entry_key(),
    )
    return page, 409 if problem else 422 if request.method == "POST" else 200
