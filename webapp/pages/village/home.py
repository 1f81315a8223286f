"""The start page: villages by county with their worst status of today, and a search."""

from datetime import datetime

from flask import Blueprint, render_template, request

from collector.store.advice import risk
from collector.store.advice.risk import VillageWorst
from collector.store.network import registry
from collector.store.postgres.db import Connection
from field_configs.names import visible
from models.risk.hazard import STATUS
from webapp.accounts.access import public
from webapp.app.database import connection, now, this_app
from webapp.app.menu import NavItem
from webapp.language.choices import choices
from webapp.language.i18n import lazy_gettext
from webapp.language.words import pick
from webapp.views.villages import GRAVITY, WARNINGS, make_list

bp = Blueprint("home", __name__)
NAV = NavItem(10, "home.villages", lazy_gettext("Villages"))
EXTENSION = "nongqing.worst"


def worst_of_villages(conn: Connection, at: datetime) -> dict[str, VillageWorst]:
    """The status that stands for each village; asked again when there is a new one, or hourly."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    mark = risk.newest_status(conn), hour
    kept = this_app().extensions.get(EXTENSION)
    if kept is None or kept[0] != mark:
        gravity = [GRAVITY[code] for code in range(len(STATUS))]
        kept = mark, risk.village_worst(conn, gravity, WARNINGS, hour)
        this_app().extensions[EXTENSION] = kept
    found: dict[str, VillageWorst] = kept[1]
    return found


@bp.get("/")
@public
def villages() -> str:
    """List the villages that match ``?q=``, page by page."""
    conn = connection()
    rows = registry.villages(conn)
    view = make_list(
        rows,
        worst_of_villages(conn, now()),
        query=visible(request.args.get("q", ""))[:60],
        page=request.args.get("page", 1, type=int),
    )
    mine = next((row for row in rows if row.id == choices().village), None)
    name = pick(mine.zh, mine.en) if mine else ""
    return render_template("village/home.html", view=view, mine=mine, my_name=name)
