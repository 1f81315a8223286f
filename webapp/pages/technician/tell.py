"""A node is told to measure now, or to ask all its sensors."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue

from collector.store import audit
from collector.store.network import node_commands
from collector.store.network.node_commands import NoKey
from webapp.accounts.access import needs
from webapp.accounts.own import me, take
from webapp.accounts.reach import node_within
from webapp.app.database import connection
from webapp.language.i18n import gettext

bp = Blueprint("tell", __name__)
WORDS = ("send", "selftest")
#: A technician beside the node wants it now; a node that sleeps wakes once an hour.
WITHIN = timedelta(hours=2)


@bp.post("/nodes/<node_id>/tell")
@needs("nodes")
def act(node_id: str) -> ResponseReturnValue:
    """Keep a command for the node; it goes out when the node is in touch."""
    node = node_within(node_id, "nodes")
    word = request.form.get("word", "")
    if word not in WORDS:
        abort(400, gettext("Answer with one of the buttons."))
    try:
        return take(lambda at: _tell(node.id, word, at))
    except NoKey:
        connection().rollback()
        abort(409, gettext("This node has no key: enrol it first."))


def _tell(node_id: str, word: str, at: datetime) -> str:
    conn, name = connection(), me().name
    number = node_commands.give(conn, node_id, word, by=name, at=at, expires=at + WITHIN)
    told = {"number": number, "command": word, "by": name}
    audit.append(conn, str(me().id), "node_told", node_id, told, at=at)
    flash(gettext("It is told to the node when it is in touch next. Look again in a while."))
    return url_for("node.page", node_id=node_id) + "#commands"
