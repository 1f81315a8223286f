"""One node: what it measures, how it is, where it stood, what was done with it."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from collector.store import items
from collector.store.measured import readings
from collector.store.network import node_commands, node_firmware, roll_out_nodes
from collector.store.network import nodes as store
from webapp.accounts.access import may, needs
from webapp.accounts.own import entry_key
from webapp.accounts.reach import lookers, node_within
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound
from webapp.language.formats import days_before
from webapp.language.i18n import gettext
from webapp.language.words import pick
from webapp.views.measures import DAYS
from webapp.views.places import position_text
from webapp.views.technician.node_facts import (
    began,
    boards,
    boot_cause,
    frozen,
    show_channels,
    show_curves,
)
from webapp.views.technician.told import show_commands, show_refused
from webapp.views.technician.updates import configuration, show_updates
from webapp.views.technician.upkeep import STATES, TONES, past_text, show_items, silence

bp = Blueprint("node", __name__)
MOST_TOLD, MOST_UPDATES = 5, 3


@bp.get("/nodes/<node_id>")
@needs("network", reads="network_seen", about="node_id")
def page(node_id: str) -> str:
    """All that is known of a node."""
    conn, at = connection(), now()
    node = node_within(node_id, "network")
    channels = store.channels(conn, node.id)
    hour = at.replace(minute=0, second=0, microsecond=0)
    window = (days_before(hour, DAYS - 1), hour)
    serving = [each for each in channels if each.valid_to is None]
    places = [(each.placement, each.field, each.quantity) for each in serving]
    curves = readings.placement_curves(conn, places, *window) if places else {}
    found = items.of_node(conn, node.id)
    state = node.state(at)
    board = boards().get(node.board)
    signals = [each for each in serving if each.quantity == "signal_strength"]
    runs = node_firmware.of_node(conn, node.id)
    works = may("nodes", node.village)
    return render_template(
        "technician/node.html",
        node=node,
        village=pick(node.village_zh, node.village_en),
        county=pick(node.county_zh, node.county_en),
        field=pick(node.field_zh, node.field_en),
        position=position_text(node.longitude, node.latitude),
        state=STATES[state],
        tone=TONES[state],
        silence=silence(state, node.last_seen, at),
        channels=show_channels(channels),
        standing={each.channel: frozen(each) for each in serving},
        curves=show_curves(channels, curves, window),
        signals=bool(signals),
        battery=any(each.quantity == "battery_voltage" for each in serving),
        board=board,
        board_name=pick(board.zh, board.en) if board else node.board,
        boots=[(each, began(each), boot_cause(each)) for each in store.boots(conn, node.id)],
        newest=store.newest_frame(conn, node.id),
        runs=runs,
        configuration=configuration(runs),
        updates=show_updates(roll_out_nodes.of_node(conn, node.id, MOST_UPDATES)),
        keys=store.keys(conn, node.id),
        served=[each for each in channels if each.valid_to is not None],
        items=show_items(found, items.notes(conn, [each.id for each in found])),
        history=[(each, past_text(each)) for each in store.history(conn, node.id)],
        told=show_commands(node_commands.of_node(conn, node.id, MOST_TOLD), serving, at),
        not_taken=show_refused(node_commands.refused(conn, node.id)),
        works=works,
        lookers=lookers(node) if works else {},
        entry_key=entry_key(),
    )


@bp.get("/nodes/<node_id>/photo/<int:number>")
@needs("network", reads="network_seen", about="node_id")
def photo(node_id: str, number: int) -> Response:
    """A photo of something that was wrong with a node."""
    node = node_within(node_id, "network")
    found = items.photo(connection(), node.id, number) if number < 2**62 else None
    if found is None:
        raise PageNotFound(gettext("There is no such photo of this node."))
    answer = Response(found, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer
