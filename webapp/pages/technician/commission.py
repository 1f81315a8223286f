"""A node is put up: from its QR code to the place on the map, the self-test, and the signature."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form
from wtforms.validators import ValidationError

from collector.store import audit
from collector.store.network import handover, registry
from collector.store.network.nodes import Facts
from webapp.accounts.access import needs
from webapp.accounts.own import entry_key, me, take, waited
from webapp.accounts.reach import done_by_me, node_within, when_written
from webapp.app.database import connection, now, this_app
from webapp.language.formats import clock_time, iso
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.words import pick
from webapp.views.forms import Choice, Line, Number
from webapp.views.technician.labels import address_of
from webapp.views.technician.node_facts import report_within
from webapp.views.technician.qr import qr_svg
from webapp.views.technician.self_test import SelfTest, self_test

bp = Blueprint("commission", __name__)
#: Nobody stands at a node for longer than this; what came before says nothing of today.
LONGEST_STAY = timedelta(hours=12)
#: The page of values reads anew each so many seconds, for so long: a phone may be left lying.
EACH_S, LIVE = 10, timedelta(minutes=15)


class SignOff(Form):
    """Where the node stands, and what is to be said of it."""

    field = Choice(lazy_gettext("Field"))
    longitude = Number(lazy_gettext("Longitude, degrees east"), low=110, high=121, needed=True)
    latitude = Number(lazy_gettext("Latitude, degrees north"), low=31, high=40, needed=True)
    note = Line(lazy_gettext("Note"), most=400)

    def __init__(self, *args: Any, fields: dict[str, str], passed: bool, **given: Any) -> None:
        super().__init__(*args, **given)
        self.field.choices = list(fields.items())
        self.passed = passed

    def validate_note(self, field: Line) -> None:
        """Ask why it is signed off although the self-test did not pass."""
        if not self.passed and not field.data:
            raise ValidationError(
                gettext("Not all of the self-test has passed: write why it is signed off.")
            )


def _since(latest: datetime, name: str = "since") -> datetime:
    """When whoever signs came to the node: what the page said, else now; never long ago."""
    asked = request.values.get(name, "")
    try:
        found = datetime.fromisoformat(asked.replace("Z", "+00:00"))
    except ValueError:
        return latest
    if found.tzinfo is None:
        return latest
    return min(max(found, latest - LONGEST_STAY), latest)


def _shown(test: SelfTest) -> dict[str, object]:
    """What both pages say of a self-test."""
    return {
        "node": test.node,
        "village": pick(test.node.village_zh, test.node.village_en),
        "since": test.since,
        "since_text": iso(test.since),
        "heard": test.heard,
        "channels": test.channels,
        "signals": test.signals,
    }


@bp.route("/nodes/<node_id>/commission", methods=["GET", "POST"])
@needs("nodes", reads="network_seen", about="node_id")
def page(node_id: str) -> ResponseReturnValue:
    """Show what a node says while somebody stands beside it, and take their signature."""
    conn, node, written = connection(), node_within(node_id, "nodes"), when_written()
    since = _since(written)
    test = self_test(connection(), node, since)
    fields = {
        each.id: f"{pick(each.zh, each.en)} · {each.id}"
        for each in registry.fields(conn, node.village)
    }
    asked = {"field": node.field}
    if node.surveyed:
        asked |= {"longitude": node.longitude, "latitude": node.latitude}  # type: ignore[dict-item]
    later = waited() != timedelta(0)
    form = SignOff(request.form, data=asked, fields=fields, passed=test.passed or later)
    problem = ""
    if request.method == "POST" and form.validate():
        try:
            return take(lambda _: _sign(node, form, test.checks))
        except handover.CannotHandOver as error:
            connection().rollback()
            problem = gettext(
                "In that field node %(node)s measures already: retire or replace it first.",
                node=error.what or node.id,
            )
            form.field.errors = [problem]
    status = 422 if request.method == "POST" else 200
    return (
        render_template(
            "technician/commission.html",
            form=form,
            minutes=int(report_within(node.board).total_seconds() // 60),
            passed=test.passed,
            **_shown(test),
            entry_key=entry_key(),
        ),
        status,
    )


@bp.get("/nodes/<node_id>/commission/live")
@needs("nodes", reads="network_seen", about="node_id")
def live(node_id: str) -> Response:
    """Show what a node says as it comes, and nothing to type, which reading anew would lose."""
    at, node = now(), node_within(node_id, "nodes")
    since, begun = _since(at), _since(at, "begun")
    test = self_test(connection(), node, since)
    asked = "since" in request.args and "stop" not in request.args
    goes_on = asked and not test.passed and at - begun < LIVE
    answer = make_response(
        render_template(
            "technician/live.html",
            passed=test.passed,
            each=EACH_S if goes_on else 0,
            most=int(LIVE.total_seconds() // 60),
            read_at=clock_time(at),
            **_shown(test),
        )
    )
    if goes_on:
        here = url_for(
            "commission.live", node_id=node.id, since=iso(since), begun=iso(begun), _anchor="test"
        )
        answer.headers["Refresh"] = f"{EACH_S}; url={here}"
    return answer


def _sign(node: Facts, form: SignOff, checks: dict[str, str]) -> str:
    conn = connection()
    place = round(form.longitude.data, 6), round(form.latitude.data, 6)
    done = done_by_me(form.note.data or "", place)
    if form.field.data != node.field:
        handover.move(conn, node.id, form.field.data, done)
    handover.note(conn, node.id, "signed_off", done, {"checks": checks, "field": form.field.data})
    told = {"field": form.field.data, "passed": set(checks.values()) == {"pass"}}
    audit.append(conn, str(me().id), "node_signed_off", node.id, told, at=now())
    flash(gettext("Signed off."))
    return url_for("node.page", node_id=node.id)


@bp.get("/nodes/<node_id>/label")
@needs("nodes", reads="network_seen", about="node_id")
def label(node_id: str) -> str:
    """A label to print and stick on a node: who reads its code stands at its page."""
    node = node_within(node_id, "nodes")
    settings = this_app().settings
    home = (settings.url if settings else None) or request.host_url.rstrip("/")
    address = address_of(home, node.id)
    return render_template(
        "technician/label.html",
        node=node,
        village=pick(node.village_zh, node.village_en),
        address=address,
        code=qr_svg(address, gettext("QR code of node %(id)s", id=node.id)),
    )
