"""Shipments: what is on its way, how warm it is, what is left; sending and handing over."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store import items
from collector.store.coldchain import assets, conditions
from collector.store.coldchain import shipments as store
from collector.store.coldchain.assets import AssetError
from collector.store.coldchain.conditions import ALARMS
from collector.store.coldchain.shipments import Line, Shipment, ShipmentError
from collector.store.lots import lots
from collector.store.lots.lot_events import BUREAU
from collector.store.trace import parties
from models.trace.codes import parse_code
from models.weather.local_days import local_day
from webapp.accounts.access import may, needs
from webapp.accounts.coldchain import inspects, known_party, may_see, my_party, seen_shipment
from webapp.accounts.lots import note, who
from webapp.accounts.own import entry_key, take
from webapp.app.database import connection, now
from webapp.app.menu import NavItem
from webapp.language.events import event_name, event_text
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views.coldchain import shown
from webapp.views.coldchain.curves import HUMIDITY, moment, show_curves
from webapp.views.coldchain.forms import WHOLE, HandoverForm, ShipmentForm
from webapp.views.coldchain.load import load_rows
from webapp.views.coldchain.problems import problem_of
from webapp.views.trace.shown import kg

bp = Blueprint("shipments", __name__, url_prefix="/shipments")
NAV = NavItem(28, "shipments.page", lazy_gettext("Shipments"))


@bp.get("/")
@needs(None)
def page() -> str:
    """List the shipments of the reader's party, and those that they inspect."""
    conn, party = connection(), known_party()
    found = {each.code: each for each in store.of_party(conn, party.id)} if party else {}
    if may("inspect"):
        found |= {each.code: each for each in store.newest(conn) if inspects(each)}
    alarms = {one.subject: one for one in items.open_of_kinds(conn, ALARMS)}
    names = {code: event_name(one.event.kind) for code, one in alarms.items()}
    loads: dict[str, list[Shipment]] = {}
    for each in sorted(found.values(), key=lambda one: one.shipped, reverse=True):
        loads.setdefault(each.load, []).append(each)
    rows = [_row(load, names) for load in loads.values()]
    return render_template("coldchain/shipments.html", rows=rows, party=party)


def _row(load: list[Shipment], names: dict[str, str]) -> dict[str, object]:
    """What the list shows of a load: one line, whatever number of lots it has."""
    load = sorted(load, key=lambda one: one.code != one.load)
    alarmed = [each for each in load if each.handover is None and each.code in names]
    waiting = [each for each in load if each.handover is None]
    disputed = [each for each in load if each.handover and not each.handover.accepted]
    return {
        "shipment": (alarmed or waiting or disputed or load)[0],
        "produce": gettext("; ").join(
            f"{shown.product_name(each.product)} · {kg(each.weight_kg)}" for each in load
        ),
        "alarm": names[alarmed[0].code] if alarmed else "",
        "waiting": bool(waiting),
        "disputed": bool(disputed),
    }


@bp.route("/new", methods=["GET", "POST"])
@needs("own")
def new() -> ResponseReturnValue:
    """Send a lot of the reader's on its way."""
    conn, party, problem = connection(), known_party(), ""
    own = assets.assets(conn, party.id) if party else []
    nobody = {BUREAU.id, party.id if party else ""}
    others = [each for each in parties.parties(conn) if each.id not in nobody]
    form = ShipmentForm(
        request.form if request.method == "POST" else request.args, assets=own, parties=others
    )

    def do(at: datetime) -> str:
        lines = [_line(typed, weight) for typed, weight in form.lots]
        between = (my_party(), str(form.receiver.data))
        made = store.ship_together(conn, lines, int(form.asset.data), between, who(at))
        for code, line in zip(made, lines, strict=True):
            note("shipment_sent", code, lot=line.lot, grams=round(line.weight_kg * 1000))
        return url_for("shipments.one", shipment_code=made[0])

    if request.method == "POST" and form.validate():
        try:
            return take(do)
        except (AssetError, ShipmentError) as error:
            conn.rollback()
            problem = problem_of(error)
    page = render_template(
        "coldchain/new.html",
        form=form,
        problem=problem,
        assets=own,
        parties=others,
        entry_key=entry_key(),
    )
    return page, 422 if request.method == "POST" else 200


def _line(typed: str, weight: float) -> Line:
    code = parse_code(typed)
    lot = lots.find(connection(), code) if code else None
    if lot is None:
        raise ShipmentError("no_lot", lot=typed)
    product = conditions.product_of(lot.produce, shown.products())
    if product is None:
        raise ShipmentError("no_limits", lot=lot.code)
    return Line(lot.code, weight, product.id)


@bp.get("/<shipment_code>")
@needs(None)
def one(shipment_code: str) -> ResponseReturnValue:
    """Show a shipment: where it is, how warm, what is left, what comes next."""
    found = seen_shipment(shipment_code, "shipments.one")
    return _show(found, None, "", 200)


def _waiting(found: Shipment) -> list[Shipment]:
    return [each for each in store.of_load(connection(), found.load) if each.handover is None]


def _show(
    found: Shipment, form: HandoverForm | None, problem: str, status: int
) -> ResponseReturnValue:
    conn, at = connection(), now()
    load = [each for each in store.of_load(conn, found.load) if may_see(each)]
    waiting = sum(each.handover is None for each in load)
    product = shown.products().get(found.product)
    state = conditions.condition(conn, found, product, at) if product else None
    party = known_party()
    nodes = sorted({each.node for each in state.channels}) if state else []
    checks = assets.checks(conn, nodes)
    alarms = [item for each in load for item in items.of_subject(conn, ALARMS, each.code)]
    alarms.sort(key=lambda item: item.opened, reverse=True)
    told = [(event_name(each.event.kind), event_text(each.event), each) for each in alarms]
    page = render_template(
        "coldchain/shipment.html",
        shipment=found,
        product=product,
        produce=shown.product_name(found.product),
        weight=kg(found.weight_kg),
        kind=shown.KIND_NAMES[found.asset_kind],
        limits=shown.limits_text(product) if product else "",
        unverified=shown.unverified(product) if product else "",
        state=state,
        load=load_rows(conn, load, at) if len(load) > 1 else [],
        waiting=waiting,
        curves=show_curves(state, found, product) if state and product else [],
        damp=show_curves(state, found, product, HUMIDITY) if state and product else [],
        damp_limits=shown.humidity_text(product) if product else "",
        outside=shown.show_outside(state) if state else [],
        next_hour=shown.next_hour(state) if state else "",
        place=shown.place_text(state) if state else None,
        between=shown.between,
        out=shown.out_text(state) if state else "",
        used=shown.used_text(state) if state else "",
        lasting=shown.lasting,
        doors=[tuple(map(moment, door)) for door in state.doors] if state else [],
        assumed=conditions.assumed(conn),
        loggers=[
            (node, shown.show_check(checks.get(node), local_day(at)), assets.owner(conn, node))
            for node in nodes
        ],
        alarms=told,
        may_hand_over=found.handover is None and party is not None and party.id == found.receiver,
        form=form or HandoverForm(waiting=waiting),
        problem=problem,
        entry_key=entry_key(),
        inspects=may("inspect"),
    )
    return page, status


@bp.post("/<shipment_code>/handover")
@needs(None)
def handover(shipment_code: str) -> ResponseReturnValue:
    """Accept or dispute a shipment, or all of its load that waits, for its receiver."""
    found, conn = seen_shipment(shipment_code, "shipments.handover"), connection()
    form = HandoverForm(request.form, waiting=len(_waiting(found)))

    def do(at: datetime) -> str:
        chosen = _waiting(found) if form.whole.data == WHOLE else []
        for each in chosen or [found]:
            _hand_over(each, form, at)
        return url_for("shipments.one", shipment_code=found.code)

    if not form.validate():
        return _show(found, form, "", 422)
    try:
        return take(do)
    except ShipmentError as error:
        conn.rollback()
        again = seen_shipment(shipment_code, "shipments.handover")
        return _show(again, form, problem_of(error), 409)


def _hand_over(found: Shipment, form: HandoverForm, at: datetime) -> None:
    product = shown.products().get(found.product)
    state = conditions.condition(connection(), found, product, at) if product else None
    accepted = form.verdict.data == "accepted"
    store.hand_over(
        connection(),
        found.code,
        my_party(),
        accepted=accepted,
        celsius=form.celsius.data,
        logger_celsius=state.warmest_now if state else None,
        note=form.note.data or "",
        who=who(at),
    )
    note("shipment_accepted" if accepted else "shipment_disputed", found.code)
