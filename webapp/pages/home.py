"""The start page: villages by county with their worst status of today, and a search."""

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext

from collector.store import registry, risk
from webapp.database import connection
from webapp.menu import NavItem
from webapp.village_list import make_list

bp = Blueprint("home", __name__)
NAV = NavItem(10, "home.villages", lazy_gettext("Villages"))


@bp.get("/")
def villages() -> str:
    """List the villages that match ``?q=``, page by page."""
    conn = connection()
    view = make_list(
        registry.villages(conn),
        {field.id: field.village for field in registry.fields(conn)},
        risk.latest_statuses(conn),
        query=request.args.get("q", "")[:60],
        page=request.args.get("page", 1, type=int),
    )
    return render_template("home.html", view=view)
