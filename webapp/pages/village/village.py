"""A village's page: what threatens its crops today, soil and air now, seven days, its nodes."""

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from flask import Blueprint, render_template, url_for
from flask_babel import gettext

from collector.freshness import ANSWER_FRESH, freshness
from collector.store.advice import outlook as outlook_store
from collector.store.advice import risk, works
from collector.store.measured import field_weather, readings
from collector.store.network import registry
from collector.store.network.registry import VillageRow
from collector.store.postgres.db import Connection
from field_configs.schema import Field
from firmware.wire.quantities import by_name
from models.advice.relief import relieved
from models.hazards.catalogue import catalogue
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.formats import days_before
from webapp.language.words import pick
from webapp.views.crops import crop_types
from webapp.views.measures import (
    DAYS,
    OF_DEVICE,
    Place,
    ShownCurve,
    day_sums,
    order_of,
    show_curve,
    show_places,
)
from webapp.views.nodes import ShownNode, node_rows
from webapp.views.outlook import by_hazard
from webapp.views.risks import Coming, CropRisks, Headline, headline, show_crops, unproven
from webapp.views.works import show_works

bp = Blueprint("village", __name__)
SUGGESTED = 3


@dataclass(frozen=True)
class VillagePage:
    """What the page shows."""

    name: str
    place: str
    illustrative: bool
    newest: datetime | None
    data_state: str
    worst: Headline
    computed: datetime | None
    unproven: str
    crops: list[CropRisks]
    places: list[Place]
    works: list[str]
    curves: list[ShownCurve]
    nodes: list[ShownNode]


def place_name(village: VillageRow) -> str:
    """County and township of a village, in the reader's language."""
    township = pick(village.township_zh, village.township_en)
    county = pick(village.county_zh, village.county_en)
    return " · ".join(part for part in (county, township) if part)


def unknown_village(conn: Connection, asked: str) -> PageNotFound:
    """Name the villages whose id or name is near to what was asked for."""
    names: dict[str, VillageRow] = {}
    for village in registry.villages(conn):
        names |= {village.id: village, village.zh: village, village.en.casefold(): village}
    close = get_close_matches(asked.casefold(), names, n=2 * SUGGESTED, cutoff=0.4)
    near = list(dict.fromkeys(names[name].id for name in close))[:SUGGESTED]
    rows = {village.id: village for village in names.values()}
    return PageNotFound(
        str(gettext("There is no village “%(id)s” in the registry.", id=asked)),
        [
            Suggestion(
                url_for("village.page", village_id=each),
                f"{pick(rows[each].zh, rows[each].en)} · {each}",
            )
            for each in near
        ],
    )


def _curves(
    conn: Connection, village_id: str, at: datetime
) -> tuple[list[ShownCurve], dict[tuple[str, float | None], float]]:
    # To the full hour: a chart that moved by the minute would make each minute a new page.
    at = at.replace(minute=0, second=0, microsecond=0)
    start = days_before(at, DAYS - 1)
    found = {place.quantity for place in registry.placements(conn, village_id)}
    shown: list[ShownCurve] = []
    rain: dict[tuple[str, float | None], float] = {}
    for quantity in sorted(found - set(OF_DEVICE), key=order_of):
        curves = readings.curve(conn, village_id, quantity, start, at)
        if not curves:
            continue
        if by_name(quantity).method == "sum":
            rain |= day_sums(curves)
        shown.append(show_curve(quantity, curves, (start, at)))
    return shown, rain


def _batteries(latest: list[readings.LatestReading]) -> dict[str, float]:
    return {
        each.field: each.value
        for each in latest
        if each.quantity == "battery_voltage" and each.value is not None
    }


def make_page(conn: Connection, village: VillageRow, at: datetime) -> VillagePage:
    """Gather a village's page at a time on the system's clock, aware."""
    places: dict[str, Field] = {field.id: field for field in registry.fields(conn, village.id)}
    latest = readings.latest(conn, village.id)
    newest = max((each.time for each in latest if each.time), default=None)
    curves, rain = _curves(conn, village.id, at)
    statuses = risk.latest_statuses(conn, at, village.id)
    fresh = [each for each in statuses if each.time >= at - ANSWER_FRESH]
    crops = show_crops(
        fresh,
        risk.current_advisories(conn, village.id),
        crop_types(),
        places,
        Coming(
            by_hazard(outlook_store.outlook(conn, at, village.id), at),
            at,
            field_weather.field_weather(conn, village.id),
            relieved(fresh, latest, catalogue()),
        ),
    )
    nodes = [node for node in registry.nodes(conn) if node.village == village.id]
    return VillagePage(
        name=pick(village.zh, village.en),
        place=place_name(village),
        illustrative=village.position == "illustrative",
        newest=newest,
        data_state=freshness(newest, at) if newest else "none",
        worst=headline(crops),
        computed=max((each.time for each in statuses), default=None),
        unproven=unproven(crops),
        crops=crops,
        places=show_places(latest, places, rain),
        works=show_works(works.recorded(conn, village.id), places, at),
        curves=curves,
        nodes=node_rows(nodes, places, at, _batteries(latest)),
    )


@bp.get("/v/<village_id>")
def page(village_id: str) -> str:
    """Show a village, or say which ids are near to one that does not exist."""
    conn = connection()
    village = registry.village(conn, village_id)
    if village is None:
        raise unknown_village(conn, village_id)
    return render_template("village/village.html", view=make_page(conn, village, now()))
