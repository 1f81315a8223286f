"""Answers to advice: done or not done."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue

from collector.store.advice import replies
from collector.store.advice import village as store
from field_configs.names import unseen
from webapp.accounts.access import needs
from webapp.accounts.own import me, own_field, take
from webapp.app.database import connection, now
from webapp.language.i18n import gettext

bp = Blueprint("my_answers", __name__, url_prefix="/my")
MOST_NOTE = 200
DONE = {"done": True, "not_done": False}


@bp.post("/<field_id>/answer")
@needs("own")
def answer(field_id: str) -> ResponseReturnValue:
    """Keep whether the reader did what advice on their field asked."""
    own, form = own_field(field_id), request.form
    done, note = DONE.get(form.get("answer", "")), form.get("note", "").strip()
    if done is None:
        abort(400, gettext("Answer with one of the two buttons."))
    if len(note) > MOST_NOTE or unseen(note):
        abort(400, gettext("Write at most %(most)s characters.", most=MOST_NOTE))
    given = [
        each.advisory
        for each in store.advice(connection(), own.village, now(), past=False, own=own.id)
    ]
    asked = (form.get("crop", ""), form.get("hazard", ""), form.get("issued", ""))
    of = next(
        (
            (each.crop, each.hazard, each.issued)
            for each in given
            if each.site == own.id and (each.crop, each.hazard, each.issued.isoformat()) == asked
        ),
        None,
    )
    if of is None:
        abort(409, gettext("This advice is over; open the field's page anew."))
    return take(lambda at: _keep(own.id, of, done, note, at))


def _keep(site: str, of: tuple[str, str, datetime], done: bool, note: str, at: datetime) -> str:
    replies.put(connection(), site, of, me().id, done=done, note=note, at=at)
    flash(gettext("Written down: done.") if done else gettext("Written down: not done."))
    return url_for("my_field.page", field_id=site)
