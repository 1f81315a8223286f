"""For technicians: nodes, jobs, and everything that was refused, dead or in conflict."""

from collections import Counter

from flask import Blueprint, render_template

from collector.store import items, job_runs
from collector.store.network import frames
from collector.store.network import nodes as node_store
from collector.store.network.roll_outs import TROUBLES
from webapp.accounts.access import needs
from webapp.app.database import connection, now
from webapp.app.menu import NavItem
from webapp.app.shares import heavy
from webapp.language.events import event_name, event_text, job_name, node_name, refusal_name
from webapp.language.i18n import lazy_gettext
from webapp.views.technician.upkeep import STATES, TONES

bp = Blueprint("status", __name__)
NAV = NavItem(20, "status.page", lazy_gettext("Network"))
SHOWN = 20


@bp.get("/status")
@needs("network", reads="network_seen")
@heavy
def page() -> str:
    """What the network does and what a person should look at; the latest of each kind."""
    conn = connection()
    nodes: Counter[str] = Counter()
    for _county, _board, state, count, _since in node_store.counts(conn, now()):
        nodes[state] += count
    return render_template(
        "technician/status.html",
        event_name=event_name,
        event_text=event_text,
        refusal_name=refusal_name,
        job=job_name,
        node_name=node_name,
        counts=frames.counts(conn),
        nodes=[(TONES[each], word, nodes[each]) for each, word in STATES.items() if nodes[each]],
        jobs=job_runs.latest(conn),
        items=items.newest_open(conn, SHOWN),
        troubles=TROUBLES,
        closed=items.closed_items(conn, SHOWN),
        letters=frames.dead_letters(conn, SHOWN),
        refusals=frames.refusals(conn, SHOWN),
    )
