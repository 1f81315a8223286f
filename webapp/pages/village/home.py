"""The start page: counties with what threatens there today, and the way to one's village."""

import math
from dataclasses import replace
from datetime import datetime

import numpy as np
from flask import Blueprint, abort, render_template, request

from collector.store.advice import risk
from collector.store.advice.risk import VillageWorst
from collector.store.network import registry
from collector.store.network.registry import VillageRow
from collector.store.postgres.db import Connection
from field_configs.names import visible
from models.risk.hazard import STATUS
from models.weather.distances import distances_km, plane_km
from webapp.accounts.access import public
from webapp.app.database import connection, now, this_app
from webapp.app.menu import NavItem
from webapp.language.choices import choices
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.words import pick
from webapp.views.search import look_for
from webapp.views.village.villages import GRAVITY, PER_PAGE, WARNINGS, make_list, make_tiles

bp = Blueprint("home", __name__)
NAV = NavItem(10, "home.villages", lazy_gettext("Villages"))
EXTENSION = "nongqing.worst"
#: So many of the nearest villages are listed.
NEAREST = 10


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


def _nearest(rows: list[VillageRow]) -> tuple[list[VillageRow], dict[str, float]] | None:
    """The villages nearest to where the reader stands, and how far each is [km]; None: unasked."""
    given = request.args.get("longitude", ""), request.args.get("latitude", "")
    if not any(given):
        return None
    try:
        east, north = (float(text) for text in given)
    except ValueError:
        east, north = math.nan, math.nan
    if not (abs(east) <= 180 and abs(north) <= 90):
        abort(400, gettext("Give longitude and latitude in degrees, as in 115.03 and 35.76."))
    placed = [(each, each.place) for each in rows if each.place is not None]
    where = np.array([(east, north), *(place for _, place in placed)], dtype=float)
    apart = distances_km(plane_km(where[:1, 0], where[:1, 1]), plane_km(*where[1:].T))[0]
    km = {each.id: float(far) for (each, _), far in zip(placed, apart, strict=True)}
    near = sorted((each for each, _ in placed), key=lambda each: km[each.id])
    return near[:NEAREST], km


@bp.get("/")
@public
def villages() -> str:
    """Counties as tiles; or the villages of ``?county=``, of ``?q=`` or nearest to a position.

    Where there are few villages in all, they are listed at once.
    """
    rows = registry.villages(connection())
    worst = worst_of_villages(connection(), now())
    query = visible(request.args.get("q", ""))[:60].strip()
    county = request.args.get("county", "")[:12]
    page = request.args.get("page", 1, type=int)
    near = _nearest(rows)
    tiles, name = [], ""
    if near is not None:
        shown, km = near
        view = make_list(shown, worst, title=gettext("Nearest to you"), km=km)
    elif query:
        view = make_list(look_for(rows, query), worst, page=page, title=gettext("Found"))
    elif county:
        view = make_list([each for each in rows if each.county == county], worst, page=page)
        name = view.sections[0].title if view.sections else county
    elif len(rows) > PER_PAGE:
        tiles = make_tiles(rows, worst)
        view = replace(make_list(rows, worst), sections=[], pages=1)
    else:
        view = make_list(rows, worst, page=page)
    mine = next((row for row in rows if row.id == choices().village), None)
    return render_template(
        "village/home.html",
        view=view,
        tiles=tiles,
        query=query,
        county=county,
        county_name=name,
        near=near is not None,
        lost=near is None and "longitude" in request.args,
        placed=sum(each.place is not None for each in rows),
        total=len(rows),
        mine=mine,
        my_name=pick(mine.zh, mine.en) if mine else "",
    )
