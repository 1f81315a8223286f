"""A node or a probe is replaced, moved, retired, revoked; the curve of a place goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store import audit
from collector.store.network import handover, nodes, registry
from collector.store.network.handover import CannotHandOver, Done
from collector.store.network.nodes import Facts
from field_configs.names import unseen
from webapp.accounts.access import may, needs
from webapp.accounts.own import entry_key, me, take
from webapp.accounts.reach import done_by_me, node_within
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound
from webapp.language.i18n import gettext
from webapp.language.risks import quantity_name
from webapp.language.words import pick
from webapp.views.measures import where

bp = Blueprint("handover", __name__)
MOST_REASON = 200
WAYS = ("replace", "probe", "move", "retire", "revoke")


@bp.route("/nodes/<node_id>/handover", methods=["GET", "POST"])
@needs("nodes", reads="network_seen", about="node_id")
def page(node_id: str) -> ResponseReturnValue:
    """Show the forms, and do what one of them asks."""
    node = node_within(node_id, "nodes")
    errors: dict[str, str] = {}
    asked = request.form.get("way", "")
    if request.method == "POST":
        if asked not in WAYS:
            abort(400, gettext("Answer with one of the buttons."))
        errors, do = _read(node, asked)
        if not errors and do is not None:
            try:
                return take(lambda _: _done(node, asked, do()))
            except CannotHandOver as error:
                connection().rollback()
                errors = {asked: _why(error)}
    serving = [each for each in nodes.channels(connection(), node.id) if each.valid_to is None]
    return (
        render_template(
            "technician/handover.html",
            node=node,
            village=pick(node.village_zh, node.village_en),
            probes=[
                (each.channel, f"{quantity_name(each.quantity)} {where(each.height_m)}".strip())
                for each in serving
            ],
            errors=errors,
            asked=asked,
            typed=request.form,
            entry_key=entry_key(),
        ),
        422 if errors else 200,
    )


def _reason() -> tuple[str, str]:
    """What somebody gives as the reason, and what is wrong with it."""
    text = " ".join(request.form.get("reason", "").split())
    if not text:
        return "", str(gettext("Say why: it stands in the history of the node."))
    if len(text) > MOST_REASON or unseen(text):
        return "", str(gettext("Write at most %(most)s characters.", most=MOST_REASON))
    return text, ""


def _read(node: Facts, asked: str) -> tuple[dict[str, str], Callable[[], dict[str, object]] | None]:
    """What the form asks to be done, or what is wrong with it."""
    reason, wrong = _reason()
    if wrong:
        return {asked: wrong}, None
    conn, done = connection(), done_by_me(reason)
    if asked == "replace":
        return _replacing(node, done)
    if asked == "move":
        return _moving(node, done)
    if asked == "probe":
        numbers = {int(each) for each in request.form.getlist("channel") if each.isdecimal()}
        serving = [each for each in nodes.channels(conn, node.id) if each.valid_to is None]
        names = [each.quantity for each in serving if each.channel in numbers]
        if not names:
            return {asked: gettext("Choose what the new probe measures.")}, None

        def probe() -> dict[str, object]:
            handover.note(conn, node.id, "probe_replaced", done, {"quantities": names})
            return {"quantities": names}

        return {}, probe
    if asked == "retire":

        def retire() -> dict[str, object]:
            handover.retire(conn, node.id, done)
            return {}

        return {}, retire

    def revoke() -> dict[str, object]:
        keys = registry.revoke(conn, node.id, reason=reason, by=me().name, at=now())
        handover.note(conn, node.id, "revoked", done)
        return {"keys": keys}

    return {}, revoke


def _replacing(
    node: Facts, done: Done
) -> tuple[dict[str, str], Callable[[], dict[str, object]] | None]:
    try:
        other = node_within(request.form.get("by", "").strip(), "nodes")
    except PageNotFound:
        return {"replace": gettext("There is no such node where you look after nodes.")}, None

    def replace() -> dict[str, object]:
        kept = handover.replace_node(connection(), node.id, other.id, done)
        return {"by": other.id, "placements": len(kept)}

    return {}, replace


def _moving(
    node: Facts, done: Done
) -> tuple[dict[str, str], Callable[[], dict[str, object]] | None]:
    field = registry.field(connection(), request.form.get("field", "").strip())
    if field is None or not may("nodes", field.village):
        return {"move": gettext("There is no such field where you look after nodes.")}, None

    def move() -> dict[str, object]:
        handover.move(connection(), node.id, field.id, done)
        return {"from": node.field, "to": field.id}

    return {}, move


def _why(error: CannotHandOver) -> str:
    """Say why a node cannot take over."""
    said = {
        "same": gettext("It is there already: name another."),
        "busy": gettext("Node %(node)s serves another field; retire it there first."),
        "lacks": gettext("Node %(node)s has no channel for %(what)s; take one of the same board."),
        "early": gettext("It came into use only later than that; do this without waiting."),
        "taken": gettext("Node %(what)s measures there already; retire or replace it first."),
    }[error.why]
    what = quantity_name(error.what) if error.why == "lacks" else error.what
    return said % {"node": error.node, "what": what} if "%(" in said else said


ACTIONS = {
    "replace": "node_replaced",
    "probe": "probe_replaced",
    "move": "node_moved",
    "retire": "node_retired",
    "revoke": "node_revoked",
}


def _done(node: Facts, asked: str, told: dict[str, object]) -> str:
    at: datetime = now()
    detail = told | {"reason": " ".join(request.form.get("reason", "").split())}
    audit.append(connection(), str(me().id), ACTIONS[asked], node.id, detail, at=at)
    flash(gettext("Written down."))
    shown = str(told.get("by", node.id))
    return url_for("node.page", node_id=shown)
