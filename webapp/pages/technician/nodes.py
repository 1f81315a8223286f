"""Nodes by urgency: what is wrong with which, where it stands, and a way from one to the next."""

from __future__ import annotations

import math
import re

from flask import Blueprint, Response, make_response, render_template, request

from collector.store import items
from collector.store.network import nodes as store
from collector.store.network.nodes import Wanted
from collector.store.network.roll_outs import TROUBLES
from field_configs.names import visible
from webapp.accounts.access import needs, scope
from webapp.accounts.own import me
from webapp.app.database import connection, now
from webapp.app.menu import NavItem
from webapp.language.events import event_text
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.words import pick
from webapp.views.technician import node_map
from webapp.views.technician.upkeep import CAUSES, STATES, TONES, rows_of, tone_of

bp = Blueprint("nodes", __name__)
NAV = NavItem(19, "nodes.page", lazy_gettext("Nodes"))
SHOWN, MOST_PAGES, MOST_LETTERS = 50, 1000, 60
ORDERS = ("urgency", "route")


def _asked(name: str, among: object) -> str:
    value = request.args.get(name, "")
    return value if value in among else ""  # type: ignore[operator]


def _start() -> node_map.Place | None:
    """Where the reader says they are [degree]."""
    try:
        found = float(request.args["longitude"]), float(request.args["latitude"])
    except (KeyError, ValueError):
        return None
    sound = all(map(math.isfinite, found)) and abs(found[0]) <= 180 and abs(found[1]) <= 90
    return found if sound else None


@bp.get("/nodes")
@needs("network", reads="network_seen")
def page() -> Response:
    """The nodes of the reader's part of the tree, those that need somebody first."""
    conn, within, at = connection(), scope("network"), now()
    counties = {code: pick(zh, en) for code, zh, en in store.counties(conn, within)}
    wanted = Wanted(
        text=visible(request.args.get("q", "")[:MOST_LETTERS]),
        county=_asked("county", counties),
        state=_asked("state", store.STATES),
        cause=_asked("cause", CAUSES),
        mine=me().id if _asked("mine", ("1",)) else None,
    )
    order = _asked("order", ORDERS) or ORDERS[0]
    asked = request.args.get("page", "1")
    number = int(asked) if re.fullmatch(r"[0-9]{1,4}", asked) else 1
    number = min(max(number, 1), MOST_PAGES)
    offset = (number - 1) * SHOWN
    found, counts = store.listed(conn, within, wanted, at, SHOWN + 1, offset)
    more, found = len(found) > SHOWN, found[:SHOWN]
    start, length = _start(), 0.0
    if order == "route":
        placed = [(each, place) for each in found if (place := each.place) is not None]
        way = node_map.route([place for _, place in placed], start)
        # where nobody measured, no way leads: those come last
        found = [placed[i][0] for i in way] + [each for each in found if each.place is None]
        ordered = [placed[i][1] for i in way]
        length = node_map.length_km([start, *ordered] if start else ordered)
    places = [each.place for each in found]
    rows = rows_of(found, store.open_items_of(conn, [each.id for each in found]), at, offset + 1)
    drawn = ""
    if any(places):
        drawn = node_map.draw(
            places,
            [tone_of(each) for each in found],
            gettext("Map of the nodes below, by their numbers"),
            gettext("{km} km"),
            line=order == "route",
            first=offset + 1,
        )
    kept = {
        "q": wanted.text or None,
        "county": wanted.county or None,
        "state": wanted.state or None,
        "cause": wanted.cause or None,
        "mine": "1" if wanted.mine else None,
        "order": order if order != ORDERS[0] else None,
        "longitude": f"{start[0]:.5f}" if start else None,
        "latitude": f"{start[1]:.5f}" if start else None,
    }
    return make_response(
        render_template(
            "technician/nodes.html",
            rows=rows,
            map=drawn,
            wanted=wanted,
            order=order,
            counties=counties,
            causes=CAUSES,
            states=[(state, STATES[state], TONES[state]) for state in store.STATES],
            counts=counts,
            kept=kept,
            start=start,
            length=length,
            page=number,
            more=more,
            halted=[(event_text(e.event), e.subject) for e in items.open_of_kinds(conn, TROUBLES)],
        )
    )
