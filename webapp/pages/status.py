"""For technicians: nodes, jobs, and everything that was refused, dead or in conflict."""

from flask import Blueprint, render_template
from flask_babel import lazy_gettext

from collector.store import frames, job_runs, registry
from webapp.database import connection, now
from webapp.menu import NavItem
from webapp.node_view import node_rows

bp = Blueprint("status", __name__)
NAV = NavItem(20, "status.page", lazy_gettext("Network"))
SHOWN = 20


@bp.get("/status")
def page() -> str:
    """What the network does and what a person should look at; the latest of each kind."""
    conn = connection()
    places = {field.id: field for field in registry.fields(conn)}
    return render_template(
        "status.html",
        counts=frames.counts(conn),
        nodes=node_rows(registry.nodes(conn), places, now()),
        jobs=job_runs.latest(conn),
        items=frames.open_items(conn)[-SHOWN:],
        letters=frames.dead_letters(conn, SHOWN),
        refusals=frames.refusals(conn, SHOWN),
    )
