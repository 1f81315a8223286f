"""Places with outputs that the reader may switch; all of a place off, in one step."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, flash, make_response, render_template, url_for

from collector.control import giving, watering
from collector.store.network.registry import village
from models.weather.local_days import local_day
from webapp.accounts.access import needs
from webapp.accounts.own import entry_key, take
from webapp.accounts.switching import by_me, place_within, seen_outputs
from webapp.app.database import connection, now
from webapp.language.i18n import gettext, ngettext
from webapp.language.words import pick
from webapp.views.control.outputs import place_of, show, silent

bp = Blueprint("control", __name__, url_prefix="/control")


@bp.get("")
@needs(None)
def page() -> Response:
    """List the places of the reader's lists and reach, with what their outputs do."""
    conn, at = connection(), now()
    places = []
    for outputs in seen_outputs():
        node = outputs[0].node
        found = village(conn, node.village)
        by_node: dict[str, list[object]] = {}
        for each, one in zip(outputs, show(conn, outputs, at), strict=True):
            by_node.setdefault(each.node.node, []).append(one)
        places.append(
            {
                "field": node.field,
                "name": place_of(node),
                "village": pick(found.zh, found.en) if found else node.village,
                "nodes": by_node,
                "silent": {each.node.node: silent(each.node, at) for each in outputs},
                "water": watering.account(conn, node.field, local_day(at)),
            }
        )
    response = make_response(
        render_template("control/places.html", places=places, entry_key=entry_key())
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/place/<field_id>/all-off")
@needs(None)
def all_off(field_id: str) -> Response:
    """Switch all of a place off, for whoever is on its list."""
    place = place_within(field_id)

    def do(at: datetime) -> str:
        why = str(gettext("everything off, by the button"))
        given = giving.all_off(connection(), place.id, by_me(why), at)
        if given:
            said = ngettext(
                "Everything off: ordered from %(num)d node of %(place)s. It holds until somebody "
                "gives it back to automatic.",
                "Everything off: ordered from %(num)d nodes of %(place)s. It holds until somebody "
                "gives it back to automatic.",
                len(given),
                place=pick(place.zh, place.en),
            )
        else:
            said = gettext("No node of this place can be reached: none has a key.")
        flash(said)
        return url_for("control.page")

    return take(do)
