"""The register: what inspectors see of lots and certificates, and what they do with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from collector.store.lots import certificates, lot_facts, lot_marks
from collector.store.lots.lot_marks import NoSuchStep, NothingToSetAside
from collector.store.lots.lots import Lot
from models.trace.certificate import FREED, HELD, RECALLED, Rules, may_override
from models.trace.codes import parse_code
from webapp.accounts.access import needs, reaches_area, scope
from webapp.accounts.lots import inspected_lot, note, who
from webapp.accounts.own import entry_key, take
from webapp.app.database import connection, now
from webapp.app.menu import NavItem
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.words import pick
from webapp.views.crops import crop_types
from webapp.views.forms import Line, Number
from webapp.views.trace.forms import substances_of
from webapp.views.trace.shown import (
    KIND_NAMES,
    STATE_NAMES,
    all_produce,
    kg,
    parts_of,
    places_text,
    produce_name,
    reasons_text,
    show_certificate,
    standing,
)

bp = Blueprint("register", __name__, url_prefix="/register")
NAV = NavItem(26, "register.page", lazy_gettext("Certificates"))
ACTIONS = {HELD: "lot_held", RECALLED: "lot_recalled", FREED: "lot_freed"}
OVERRIDE = "override"


class ReasonForm(Form):
    """Why an inspector does something."""

    reason = Line(lazy_gettext("Reason for it"), most=200, needed=True)


class RulesForm(Form):
    """What this installation asks for before a certificate."""

    tolerance = Number(
        lazy_gettext("Weights may differ by, in per cent"), low=0, high=50, needed=True
    )
    forbidden = Line(lazy_gettext("Forbidden here besides the national list"), most=400)


def _rules_form(typed: Any = None) -> RulesForm | None:
    """The form of the rules, for who inspects the whole city."""
    if not reaches_area(scope("inspect"), ""):
        return None
    found = lot_facts.rules(connection())
    stands = {"tolerance": round(found.tolerance * 100, 2)}
    return RulesForm(typed, data={**stands, "forbidden": "、".join(found.also_forbidden)})


@bp.get("/")
@needs("inspect", reads="register_seen")
def page() -> ResponseReturnValue:
    """List lots and their certificates, the newest first, or find one."""
    return _page(_rules_form(), 200)


def _page(form: RulesForm | None, status: int) -> ResponseReturnValue:
    conn, asked = connection(), request.args.get("q", "").strip()
    code = parse_code(asked) if asked else None
    found = [] if asked and code is None else certificates.register(conn, scope("inspect"), code)
    rows = [
        (
            each,
            produce_name(each.produce),
            kg(each.weight_kg),
            pick(each.place_zh, each.place_en),
            STATE_NAMES.get(each.state or ""),
        )
        for each in found
    ]
    page = render_template(
        "trace/register.html",
        rows=rows,
        asked=asked,
        most=certificates.MOST_SHOWN,
        form=form,
        required=lot_facts.rules(conn).test_required,
        produce=[(each, produce_name(each)) for each in all_produce()],
        entry_key=entry_key(),
    )
    return page, status


@bp.post("/rules")
@needs("inspect")
def rules() -> ResponseReturnValue:
    """Set the rules of certificates; for who inspects the whole city."""
    form = _rules_form(request.form)
    if form is None:
        abort(403)

    def do(_at: datetime) -> str:
        required = tuple(each for each in request.form.getlist("required") if each in all_produce())
        also = tuple(substances_of(form.forbidden.data or ""))
        lot_facts.set_rules(
            connection(), Rules(round(form.tolerance.data / 100, 4), required, also), now()
        )
        per_mille = round(form.tolerance.data * 10)
        told = {"per_mille": per_mille, "required": list(required), "forbidden": list(also)}
        note("certificate_rules_changed", "", **told)
        flash(gettext("The rules hold from now on."))
        return url_for("register.page")

    return take(do) if form.validate() else _page(form, 422)


@bp.get("/<lot_code>")
@needs("inspect", reads="register_seen", about="lot_code")
def one(lot_code: str) -> ResponseReturnValue:
    """Show a lot to an inspector, with what stands against a certificate now."""
    return _one(inspected_lot(lot_code), ReasonForm(), "", 200)


def _one(lot: Lot, form: ReasonForm, problem: str, status: int) -> ResponseReturnValue:
    conn = connection()
    led = lot_facts.led_to(conn, lot.code, crop_types())
    found = lot_facts.verdict(conn, led)
    states = lot_marks.states(conn, lot.code)
    made_of, went_into = parts_of(lot)
    page = render_template(
        "trace/inspected.html",
        lot=lot,
        produce=produce_name(lot.produce),
        kind=KIND_NAMES[lot.kind],
        weight=kg(lot.weight_kg),
        left=kg(max(lot.left_kg, 0)),
        place=places_text([vars(place) for place in led.places]),
        reasons=reasons_text(standing(lot, found)),
        may_override=any(may_override(each) for each in found.against),
        set_aside=reasons_text(found.set_aside),
        steps=lot_marks.NEXT[states[0].what if states else None],
        states=states,
        overrides=lot_marks.overrides(conn, lot.code),
        state_names={**STATE_NAMES, FREED: gettext("freed")},
        treatments=[each for origin in led.facts.origins for each in origin.treatments],
        tests=lot_marks.tests(conn, lot.code),
        given=[show_certificate(each) for each in certificates.of_lot(conn, lot.code)],
        made_of=made_of,
        went_into=went_into,
        form=form,
        problem=problem,
        entry_key=entry_key(),
    )
    return page, status


@bp.post("/<lot_code>/<act>")
@needs("inspect")
def act(lot_code: str, act: str) -> ResponseReturnValue:
    """Hold, recall or free a lot, or set aside what stands against a certificate; by name."""
    lot, form = inspected_lot(lot_code), ReasonForm(request.form)
    if act not in (*ACTIONS, OVERRIDE):
        abort(404)
    conn, reason = connection(), form.reason.data or ""

    def do(at: datetime) -> str:
        if act == OVERRIDE:
            led = lot_facts.led_to(conn, lot.code, crop_types())
            against = lot_facts.verdict(conn, led).against
            kinds = lot_marks.override(conn, lot.code, against, reason, who(at))
            note("certificate_overridden", lot.code, reason=reason, reasons=kinds)
        else:
            lot_marks.set_state(conn, lot.code, act, reason, who(at))
            note(ACTIONS[act], lot.code, reason=reason)
        return url_for("register.one", lot_code=lot.code)

    problem = ""
    if form.validate():
        try:
            return take(do)
        except NoSuchStep:
            conn.rollback()
            problem = str(gettext("Somebody else did something with this lot: look at it again."))
        except NothingToSetAside:
            conn.rollback()
            problem = str(gettext("Nothing stands against a certificate that may be overridden."))
    return _one(lot, form, problem, 409 if problem else 422)
