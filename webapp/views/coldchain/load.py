"""All lots of one load side by side, each by its own limits; what stands worst comes first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.store.coldchain import conditions
from collector.store.coldchain.conditions import Condition
from collector.store.coldchain.shipments import Shipment
from collector.store.postgres.db import Connection
from webapp.language.i18n import gettext
from webapp.views.coldchain.shown import between, lasting, limits_text, product_name, products
from webapp.views.trace.shown import kg


@dataclass(frozen=True)
class Row:
    """A lot of a load: what it is, its limits, how it stands, and what is left of it."""

    shipment: Shipment
    produce: str
    weight: str
    limits: str
    tone: str
    stands: str
    left: str


def load_rows(conn: Connection, load: Sequence[Shipment], at: datetime) -> list[Row]:
    """Judge every shipment of a load by its own product, the worst first, what arrived last."""
    judged = []
    for each in load:
        product = products().get(each.product)
        state = conditions.condition(conn, each, product, at) if product else None
        tone, stands = _stands(each, state)
        left = between(state.ride.life_left, 1, str(gettext("days"))) if state else ""
        limits = limits_text(product) if product else ""
        row = Row(each, product_name(each.product), kg(each.weight_kg), limits, tone, stands, left)
        judged.append((_rank(each, state), row))
    return [row for _, row in sorted(judged, key=lambda one: one[0])]


def _rank(found: Shipment, state: Condition | None) -> tuple[bool, float, float, str]:
    soonest = state.ride.soonest if state else math.nan
    left = state.ride.life_left.worst if state else math.nan
    never = math.inf
    return (
        found.handover is not None,
        never if math.isnan(soonest) else soonest,
        never if math.isnan(left) else left,
        found.code,
    )


def _stands(found: Shipment, state: Condition | None) -> tuple[str, str]:
    if found.handover is not None:
        accepted = found.handover.accepted
        said = gettext("accepted") if accepted else gettext("disputed")
        return "no_risk" if accepted else "high", str(said)
    soonest = state.ride.soonest if state else math.nan
    if math.isnan(soonest):
        return "cannot_say", str(gettext("nothing can be said of the next hour"))
    if soonest == 0:
        return "high", str(gettext("beyond a limit"))
    if math.isinf(soonest):
        return "no_risk", str(gettext("within its limits"))
    said = gettext("a limit breaks in %(soonest)s at the soonest", soonest=lasting(soonest))
    return "medium", str(said)
