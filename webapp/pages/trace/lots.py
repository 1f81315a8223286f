"""A person's lots: from a harvest, divided, put together, tested."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store.advice import works
from collector.store.advice.works import HARVEST, FieldWork
from collector.store.lots import certificates, lot_marks, lots
from collector.store.lots.lot_facts import led_to, verdict
from collector.store.lots.lots import Certified, LotError, MoreThanThere, NotTheSame
from collector.store.network import own_fields
from models.weather.local_days import local_day
from webapp.accounts.access import needs
from webapp.accounts.lots import note, own_lot, who
from webapp.accounts.own import entry_key, me, own_field, take, written
from webapp.app.database import connection, now
from webapp.app.menu import NavItem
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views.crops import crop_types
from webapp.views.trace.forms import AssayForm, HarvestForm, MergeForm, SplitForm, substances_of
from webapp.views.trace.shown import (
    kg,
    lot_line,
    parts_of,
    places_text,
    produce_name,
    reasons_text,
    standing,
)

bp = Blueprint("lots", __name__, url_prefix="/lots")
NAV = NavItem(13, "lots.page", lazy_gettext("Lots"))


def _today() -> date:
    return local_day(now())


def _status() -> int:
    return 422 if request.method == "POST" else 200


def problem_of(error: LotError) -> str:
    """Say what cannot be done with a lot, and the mend."""
    if isinstance(error, MoreThanThere):
        return str(
            gettext(
                "%(left)s are left of %(lot)s, and %(asked)s were asked for: take less.",
                left=kg(error.left),
                lot=error.lot,
                asked=kg(error.asked),
            )
        )
    if isinstance(error, NotTheSame):
        return str(
            gettext(
                "These are different things (%(produce)s): only lots of the same become one.",
                produce=gettext("; ").join(produce_name(each) for each in error.produce),
            )
        )
    if isinstance(error, Certified):
        return str(
            gettext(
                "%(lot)s has the certificate %(number)s, which says how much it is: make that one "
                "void first.",
                lot=error.lot,
                number=error.number,
            )
        )
    raise error


@bp.get("/")
@needs("own")
def page() -> str:
    """List the reader's lots, and where another can come from."""
    conn = connection()
    rows = [
        (lot, produce_name(lot.produce), lot_line(lot)) for lot in lots.of_person(conn, me().id)
    ]
    fields = [own for own in own_fields.mine(conn, me().id) if own.crop in crop_types()]
    return render_template("trace/lots.html", rows=rows, fields=fields)


@bp.route("/harvest/<field_id>", methods=["GET", "POST"])
@needs("own")
def harvest(field_id: str) -> ResponseReturnValue:
    """Enter a harvest: it becomes a lot."""
    own = own_field(field_id)
    form = HarvestForm(request.form, own=own, today=written(), now=_today())
    if not form.produce.choices:
        return render_template("trace/nothing.html", own=own), 409

    def do(at: datetime) -> str:
        conn, day = connection(), form.day.data
        if form.over.data == "yes":
            by, origin = me().name, f"person:{me().id}"
            of = ("", "", None, "", origin, "", None, None, secrets.token_hex(8))
            works.write(conn, FieldWork(own.id, HARVEST, day, by, True, *of), at)
            own_fields.end_season(conn, own.id, day)
        code = lots.harvest(conn, own, str(form.produce.data), form.weight.data, day, who(at))
        note("lot_made", code, kind=lots.HARVEST, grams=round(form.weight.data * 1000))
        return url_for("lots.one", lot_code=code)

    if request.method == "POST" and form.validate():
        return take(do)
    page = render_template("trace/harvest.html", form=form, own=own, entry_key=entry_key())
    return page, _status()


@bp.get("/<lot_code>")
@needs("own")
def one(lot_code: str) -> str:
    """Show a lot: what it is, where it came from, whether a certificate can be issued."""
    lot, conn = own_lot(lot_code), connection()
    led = led_to(conn, lot.code, crop_types())
    found = verdict(conn, led)
    made_of, went_into = parts_of(lot)
    return render_template(
        "trace/lot.html",
        lot=lot,
        produce=produce_name(lot.produce),
        weight=kg(lot.weight_kg),
        left=kg(max(lot.left_kg, 0)),
        line=lot_line(lot),
        place=places_text([vars(place) for place in led.places]),
        reasons=reasons_text(standing(lot, found)),
        allowed=found.allowed,
        treatments=[each for origin in led.facts.origins for each in origin.treatments],
        tests=lot_marks.tests(conn, lot.code),
        made_of=made_of,
        went_into=went_into,
        bought=lots.bought(conn, lot.code),
        given=certificates.of_lot(conn, lot.code),
    )


@bp.route("/<lot_code>/split", methods=["GET", "POST"])
@needs("own")
def split(lot_code: str) -> ResponseReturnValue:
    """Divide a lot into parts of one weight."""
    lot, problem = own_lot(lot_code), ""
    form = SplitForm(request.form)

    def do(at: datetime) -> str:
        parts = [form.weight.data] * int(form.count.data)
        made = lots.split(connection(), lot.code, parts, who(at))
        note("lot_made", lot.code, kind=lots.SPLIT, parts=made)
        flash(gettext("Divided into %(parts)s.", parts=gettext("; ").join(made)))
        return url_for("lots.one", lot_code=lot.code)

    if request.method == "POST" and form.validate():
        try:
            return take(do)
        except LotError as error:
            connection().rollback()
            problem = problem_of(error)
    page = render_template(
        "trace/split.html",
        form=form,
        lot=lot,
        left=kg(max(lot.left_kg, 0)),
        problem=problem,
        entry_key=entry_key(),
    )
    return page, _status()


@bp.route("/merge", methods=["GET", "POST"])
@needs("own")
def merge() -> ResponseReturnValue:
    """Put lots together: what is left of each becomes one lot."""
    chosen = list(dict.fromkeys(request.form.getlist("lot")))[: lots.MOST_SHOWN]
    picked = [own_lot(code) for code in chosen]
    form, problem = MergeForm(request.form), ""

    def do(at: datetime) -> str:
        code = lots.merge(connection(), [lot.code for lot in picked], form.weight.data, who(at))
        note("lot_made", code, kind=lots.MERGE, parts=[lot.code for lot in picked])
        return url_for("lots.one", lot_code=code)

    if request.method == "POST" and len(picked) < 2:
        problem = str(gettext("Choose two lots at least."))
    elif request.method == "POST" and form.validate():
        try:
            return take(do)
        except LotError as error:
            connection().rollback()
            problem = problem_of(error)
    mine = [lot for lot in lots.of_person(connection(), me().id) if lot.left_kg > 0]
    page = render_template(
        "trace/merge.html",
        form=form,
        rows=[(lot, produce_name(lot.produce), lot_line(lot), kg(lot.left_kg)) for lot in mine],
        chosen=chosen,
        problem=problem,
        entry_key=entry_key(),
    )
    return page, _status()


@bp.route("/<lot_code>/test", methods=["GET", "POST"])
@needs("own")
def test(lot_code: str) -> ResponseReturnValue:
    """Enter what a test of a lot found."""
    lot, today = own_lot(lot_code), _today()
    form = AssayForm(request.form, lot=lot, today=written(), now=today)

    def do(at: datetime) -> str:
        lot_marks.add_test(
            connection(),
            lot.code,
            str(form.kind.data),
            form.day.data,
            substances_of(form.substances.data or ""),
            form.passed.data == "yes",
            form.tested_by.data or "",
            form.report.data or "",
            who(at),
        )
        note("lot_tested", lot.code, passed=form.passed.data == "yes")
        return url_for("lots.one", lot_code=lot.code)

    if request.method == "POST" and form.validate():
        return take(do)
    page = render_template("trace/test.html", form=form, lot=lot, entry_key=entry_key())
    return page, _status()
