"""Everything about a village: models and what they rest on, curves of seven days, its nodes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, render_template

from collector.freshness import ANSWER_FRESH, freshness
from collector.store.advice import outlook as outlook_store
from collector.store.advice import risk, works
from collector.store.advice import village as village_store
from collector.store.advice.village import Advice
from collector.store.measured import field_weather, readings
from collector.store.network import registry
from collector.store.network.registry import VillageRow
from collector.store.postgres.db import Connection
from field_configs.schema import Field
from firmware.wire.quantities import by_name
from models.advice.advisory import Advisory
from models.advice.relief import relieved
from models.hazards.catalogue import catalogue
from webapp.accounts.access import public
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
from webapp.views.places import may_be_id, near_villages, no_village, place_name
from webapp.views.village.outlook import by_hazard
from webapp.views.village.risks import Coming, CropRisks, show_crops, unproven
from webapp.views.village.works import show_works

bp = Blueprint("details", __name__)


@dataclass(frozen=True)
class Details:
    """What the page shows."""

    id: str
    name: str
    place: str
    illustrative: bool
    newest: datetime | None
    data_state: str
    computed: datetime | None
    unproven: str
    crops: list[CropRisks]
    places: list[Place]
    works: list[str]
    curves: list[ShownCurve]
    nodes: list[ShownNode]


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


def _public(found: Iterable[Advice]) -> list[Advisory]:
    """Advice that may stand on a public page; there it is no draft any more."""
    return [replace(each.advisory, draft=False) for each in found if each.public]


def make_details(conn: Connection, village: VillageRow, at: datetime) -> Details:
    """Gather the details of a village at a time on the system's clock, aware."""
    places: dict[str, Field] = {field.id: field for field in registry.fields(conn, village.id)}
    latest = readings.latest(conn, village.id)
    newest = max((each.time for each in latest if each.time), default=None)
    curves, rain = _curves(conn, village.id, at)
    statuses = risk.latest_statuses(conn, at, village.id)
    fresh = [each for each in statuses if each.time >= at - ANSWER_FRESH]
    crops = show_crops(
        fresh,
        _public(village_store.advice(conn, village.id, at, past=False)),
        crop_types(),
        places,
        Coming(
            by_hazard(outlook_store.outlook(conn, at, village.id), at),
            at,
            field_weather.field_weather(conn, village.id),
            relieved(fresh, latest, catalogue()),
        ),
    )
    nodes = registry.nodes(conn, village=village.id)
    return Details(
        id=village.id,
        name=pick(village.zh, village.en),
        place=place_name(village),
        illustrative=village.position == "illustrative",
        newest=newest,
        data_state=freshness(newest, at) if newest else "none",
        computed=max((each.time for each in statuses), default=None),
        unproven=unproven(crops),
        crops=crops,
        places=show_places(latest, places, rain, at),
        works=show_works(works.recorded(conn, village.id), places, at),
        curves=curves,
        nodes=node_rows(nodes, places, at, _batteries(latest)),
    )


@bp.get("/v/<village_id>/details")
@public
def page(village_id: str) -> str:
    """Show a village, or say which ids are near to one that does not exist."""
    conn = connection()
    village = registry.village(conn, village_id) if may_be_id(village_id) else None
    if village is None:
        others = near_villages(registry.villages(conn), village_id)
        raise PageNotFound(no_village(village_id), [Suggestion(*each) for each in others])
    return render_template("village/details.html", view=make_details(conn, village, now()))
