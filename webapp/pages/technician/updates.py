"""Updates on their way to nodes: how far, what went wrong; halt them, let them go on."""

from __future__ import annotations

import re
from datetime import datetime

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store import audit
from collector.store.network import roll_outs
from collector.store.network.roll_outs import NoSuchRollOut, RollOut
from field_configs.names import unseen
from webapp.accounts.access import may, needs, reaches_area, scope
from webapp.accounts.own import entry_key, me, take
from webapp.app.database import connection
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views.technician.updates import (
    OF_ROLL_OUT,
    STATES,
    show_counts,
    show_node,
    show_rings,
    step_reason,
    step_text,
    total,
)

bp = Blueprint("updates", __name__)
SHOWN, MOST_PAGES, MOST_REASON = 50, 1000, 200
ACTS = {
    "halt": lazy_gettext("Halted: no offer goes out any more."),
    "resume": lazy_gettext("It goes on."),
    "again": lazy_gettext("It goes on."),
}


def _roll_out(number: int) -> RollOut:
    try:
        return roll_outs.find(connection(), number if number < 2**62 else 0)
    except NoSuchRollOut as error:
        back = Suggestion(url_for("updates.page"), gettext("Updates of nodes"))
        raise PageNotFound(gettext("There is no such roll-out."), [back]) from error


def _may_resume() -> bool:
    """Whether the reader looks after the nodes of the whole city: a roll-out goes to all."""
    return reaches_area(scope("nodes"), "")


@bp.get("/updates")
@needs("network", reads="network_seen")
def page() -> str:
    """List the roll-outs, the newest first."""
    found = roll_outs.newest(connection(), SHOWN)
    counts = roll_outs.counts(connection(), [each.number for each in found])
    rows = [
        (each, *OF_ROLL_OUT[each.state], show_counts(total(counts[each.number]))) for each in found
    ]
    return render_template("technician/updates.html", rows=rows)


@bp.get("/updates/<int:number>")
@needs("network", reads="network_seen", about="number")
def one(number: int) -> ResponseReturnValue:
    """Show a roll-out: its rings, its nodes in the reader's part of the tree, what became of it."""
    return _show(_roll_out(number))


def _show(shown: RollOut, wrong: str = "") -> ResponseReturnValue:
    conn = connection()
    counts = roll_outs.counts(conn, [shown.number])[shown.number]
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    asked = request.args.get("page", "1")
    place = int(asked) if re.fullmatch(r"[0-9]{1,4}", asked) else 1
    place = min(max(place, 1), MOST_PAGES)
    nodes = roll_outs.nodes(
        conn,
        shown.number,
        [state] if state else None,
        within=scope("network"),
        limit=SHOWN + 1,
        offset=(place - 1) * SHOWN,
    )
    steps = roll_outs.steps(conn, shown.number)
    said, tone = OF_ROLL_OUT[shown.state]
    page = render_template(
        "technician/update.html",
        one=shown,
        said_state=said,
        tone=tone,
        rings=show_rings(shown, counts),
        counts=show_counts(total(counts)),
        state=state,
        state_name=STATES[state][0] if state else "",
        nodes=[show_node(each) for each in nodes[:SHOWN]],
        more=len(nodes) > SHOWN,
        page=place,
        steps=[(each, step_text(each), step_reason(each)) for each in reversed(steps)],
        why=step_reason(steps[-1]) if shown.state == "halted" else "",
        works=may("nodes"),
        resumes=_may_resume(),
        typed=request.form.get("reason", ""),
        wrong=wrong,
        entry_key=entry_key(),
    )
    return page, 422 if wrong else 200


@bp.post("/updates/<int:number>")
@needs("nodes")
def act(number: int) -> ResponseReturnValue:
    """Halt a roll-out, or let it go on."""
    shown = _roll_out(number)
    asked = request.form.get("act", "")
    if asked not in ACTS:
        abort(400, gettext("Answer with one of the buttons."))
    if asked != "halt" and not _may_resume():
        abort(403)
    reason = " ".join(request.form.get("reason", "").split())
    if not reason:
        return _show(shown, gettext("Say why: it stands in the history of the roll-out."))
    if len(reason) > MOST_REASON or unseen(reason):
        return _show(shown, gettext("Write at most %(most)s characters.", most=MOST_REASON))
    try:
        return take(lambda at: _do(number, asked, reason, at))
    except NoSuchRollOut:
        connection().rollback()
        abort(409, gettext("Somebody else was faster: look at it again."))


def _do(number: int, asked: str, reason: str, at: datetime) -> str:
    conn, name = connection(), me().name
    if asked == "halt":
        roll_outs.halt(conn, number, {"reason": reason}, by=name, at=at)
    else:
        again = asked == "again"
        roll_outs.resume(conn, number, reason, once_more=again, by=name, at=at)
    told = {"reason": reason, "by": name}
    action = "roll_out_halted" if asked == "halt" else "roll_out_resumed"
    audit.append(conn, str(me().id), action, str(number), told, at=at)
    flash(str(ACTS[asked]))
    return url_for("updates.one", number=number)
