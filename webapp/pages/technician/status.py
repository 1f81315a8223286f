"""For technicians: nodes, jobs, and everything that was refused, dead or in conflict."""

from collections import Counter

from flask import Blueprint, render_template

from collector.store import items, job_runs
from collector.store.network import frames, registry
from webapp.accounts.access import needs
from webapp.app.database import connection, now
from webapp.app.menu import NavItem
from webapp.app.shares import heavy
from webapp.language.events import event_name, event_text, job_name, node_name, refusal_name
from webapp.language.i18n import lazy_gettext
from webapp.views.nodes import node_rows

bp = Blueprint("status", __name__)
NAV = NavItem(20, "status.page", lazy_gettext("Network"))
SHOWN = 20
NODES_SHOWN = 40
WORST_FIRST = ("high", "cannot_say", "medium", "out_of_season", "no_risk")


@bp.get("/status")
@needs("network", reads="network_seen")
@heavy
def page() -> str:
    """What the network does and what a person should look at; the latest of each kind."""
    conn = connection()
    places = {field.id: field for field in registry.fields(conn)}
    nodes = node_rows(registry.nodes(conn), places, now())
    nodes.sort(key=lambda node: (WORST_FIRST.index(node.tone), node.id))
    return render_template(
        "technician/status.html",
        event_name=event_name,
        event_text=event_text,
        refusal_name=refusal_name,
        job=job_name,
        node_name=node_name,
        counts=frames.counts(conn),
        nodes=nodes[:NODES_SHOWN],
        more_nodes=max(0, len(nodes) - NODES_SHOWN),
        node_counts=[
            (*state, count) for state, count in Counter((n.tone, n.state) for n in nodes).items()
        ],
        jobs=job_runs.latest(conn),
        items=items.open_items(conn)[-SHOWN:],
        closed=items.closed_items(conn, SHOWN),
        letters=frames.dead_letters(conn, SHOWN),
        refusals=frames.refusals(conn, SHOWN),
    )
