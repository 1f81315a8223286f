"""What was ordered of a node's outputs, by whom and why, and what they did, newest first."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, render_template, request

from collector.control import shown
from collector.control.alarms import KINDS, NOT_KNOWN
from collector.store import items
from collector.store.control import output_states
from webapp.accounts.access import needs
from webapp.accounts.switching import outputs_of_node
from webapp.app.database import connection, now
from webapp.language.events import event_name, event_text
from webapp.views.control.history import acts_of
from webapp.views.control.outputs import name_of, place_of

bp = Blueprint("switch_history", __name__, url_prefix="/control")
#: So many orders, and so much that the node did by itself, are read for a page.
READ = 40
#: Later than any that was, on any clock.
LATEST = datetime(9999, 1, 1, tzinfo=UTC)


@bp.get("/<node_id>/history")
@needs(None)
def page(node_id: str) -> Response:
    """Show a page of a node's history, up to the time that its address names."""
    found = outputs_of_node(node_id)
    conn, at = connection(), now()
    before = _before(request.args.get("before", ""))
    node = found[0].node
    end = before or LATEST
    orders = shown.history(conn, [node.node], at, before=end, limit=READ)
    told = output_states.history(conn, [node.node], before=end, limit=READ)
    names = {each.output.number: name_of(each.output) for each in found}
    acts, further = acts_of(orders, told, names, READ)
    kinds = {*KINDS, NOT_KNOWN}
    alarms = [each for each in items.of_node(conn, node.node) if each.event.kind in kinds]
    response = make_response(
        render_template(
            "control/history.html",
            node=node,
            place=place_of(node),
            acts=acts,
            alarms=[(each, event_name(each.event.kind), event_text(each.event)) for each in alarms],
            before=before,
            further=None if further is None else int(further.timestamp()),
        )
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _before(typed: str) -> datetime | None:
    """The time that an address names [s since 1970 UTC]; None: the newest is wanted."""
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 11):
        return None
    return datetime.fromtimestamp(int(typed), UTC)
