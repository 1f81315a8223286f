"""What is wrong with a node is seen, given to somebody, written about, closed."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue

from collector.store import audit, items
from collector.store.advice import photos
from collector.store.network.nodes import Facts
from field_configs.names import unseen, visible
from webapp.accounts.access import needs
from webapp.accounts.own import me, take
from webapp.accounts.reach import lookers, node_within, when_written
from webapp.app.database import connection
from webapp.app.given import takes
from webapp.language.i18n import gettext
from webapp.views.pictures import BadPicture, Picture, read_picture

bp = Blueprint("node_items", __name__)
MOST_NOTE, MOST_NUMBER = 400, 20
LARGEST_FORM = 24 * 1024 * 1024
#: What can be done with an item, and what the audit log calls it.
ACTIONS = {
    "seen": "item_seen",
    "assign": "item_assigned",
    "note": "item_noted",
    "close": "item_closed",
}


def _text(name: str, most: int) -> str:
    text = " ".join(request.form.get(name, "").split())
    if len(text) > most or unseen(text):
        abort(400, gettext("Write at most %(most)s characters.", most=most))
    return visible(text)


def _picture() -> Picture | None:
    sent = request.files.get("photo")
    data = sent.read() if sent else b""
    if sent:
        sent.close()
    if not data:
        return None
    try:
        return read_picture(data)
    except BadPicture as error:
        abort(400, str(error))


def _chosen(node: Facts) -> tuple[int, str]:
    """Who is to look after it, number and name; the reader where nobody was chosen."""
    number = _text("to", MOST_NUMBER) or str(me().id)
    known = lookers(node)
    if number not in known:
        abort(400, gettext("Choose one of those who look after this node."))
    return int(number), known[number]


@bp.post("/nodes/<node_id>/items/<int:number>")
@needs("nodes")
@takes(LARGEST_FORM)
def act(node_id: str, number: int) -> ResponseReturnValue:
    """Do with an item what the form asks."""
    node = node_within(node_id, "nodes")
    asked = request.form.get("act", "")
    if asked not in ACTIONS:
        abort(400, gettext("Answer with one of the buttons."))
    open_ones = {each.id for each in items.open_of(connection(), [node.id])}
    if number not in open_ones:
        abort(
            409, gettext("This is closed, or belongs to another node; open the node's page anew.")
        )
    note, picture = _text("note", MOST_NOTE), _picture()
    to = _chosen(node) if asked == "assign" else None
    if asked == "note" and not note and picture is None:
        abort(400, gettext("Write something, or choose a photo."))
    if asked == "close" and not note:
        abort(400, gettext("Write what was found or done."))
    try:
        return take(lambda _: _do(node, number, asked, note, to, picture))
    except photos.TooManyPhotos:
        connection().rollback()
        abort(
            409,
            gettext(
                "There are %(most)s photos of this field of today already: send it without one.",
                most=photos.MOST_A_DAY,
            ),
        )


def _do(
    node: Facts,
    number: int,
    asked: str,
    note: str,
    to: tuple[int, str] | None,
    picture: Picture | None,
) -> str:
    conn, at = connection(), when_written()
    if picture is not None or (note and asked in ("note", "close")):
        kept = None
        if picture is not None:
            size = picture.width, picture.height
            kept = photos.add(conn, node.field, picture.jpeg, *size, at)
        items.add_note(conn, number, (me().id, me().name), note, kept, at)
    told: dict[str, object] = {"by": me().name, "node": node.id}
    _change(number, asked, note, at)
    if to is not None:
        items.assign(conn, number, *to, at)
        told |= {"to": to[1], "person": to[0]}
    audit.append(conn, str(me().id), ACTIONS[asked], str(number), told, at=at)
    flash(gettext("Written down."))
    return url_for("node.page", node_id=node.id) + f"#item-{number}"


def _change(number: int, asked: str, note: str, at: datetime) -> None:
    conn = connection()
    if asked == "seen":
        items.note_seen(conn, number, me().name, at)
    elif asked == "close":
        items.close(conn, number, me().name, note, at)
