"""Events of the chain, as parties of it tell them of goods from a field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from collector.store.lots import lots
from collector.store.trace import members, parties
from collector.store.trace.parties import Party
from tests.webapp.conftest import seed_module
from webapp.app.database import App

NOW: datetime = seed_module.NOW  # 14:20 of 8 May 2016, local
COOP, CARRIER = Party("liuge-coop", "柳格合作社"), Party("carrier", "濮阳冷链运输")
GTIN = "06901234567892"
BOX, PALLET = "https://id.gs1.org/00/069012345678901238", "https://id.gs1.org/00/069012345678901306"


def at(hours: float) -> str:
    """So many hours before now, as events tell it."""
    return (NOW - timedelta(hours=hours)).isoformat()


def event(kind: str, hours: float, **more: Any) -> dict[str, Any]:
    action = {} if kind == "TransformationEvent" else {"action": "OBSERVE"}
    head = {"type": kind, "eventTime": at(hours), "eventTimeZoneOffset": "+08:00"}
    return {**head, **action, **more}


def goods(uri: str, kg: float = 800) -> list[dict[str, Any]]:
    return [{"epcClass": uri, "quantity": kg, "uom": "KGM"}]


def packed(
    parent: str, hours: float, action: str = "ADD", lots: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    """Lots that were put into a box, or taken out of it."""
    inside = {"childQuantityList": [each for lot in lots for each in goods(lot, 5)]} if lots else {}
    step = "packing" if action == "ADD" else "unpacking"
    given = {"action": action, "parentID": parent, "bizStep": step, **inside}
    return event("AggregationEvent", hours, **(given | more))


def sensed(
    thing: str, first: float, last: float, low: float, high: float, **more: Any
) -> dict[str, Any]:
    """Temperatures of a box between so many hours before now and so many."""
    report = {
        "type": "gs1:Temperature",
        "minValue": low,
        "maxValue": high,
        "meanValue": (low + high) / 2,
        "uom": "CEL",
    }
    when = {"startTime": at(first), "endTime": at(last)}
    told = [{"sensorMetadata": when, "sensorReport": [report | more]}]
    return event(
        "ObjectEvent", last, epcList=[thing], bizStep="sensor_reporting", sensorElementList=told
    )


def tell(app: App, party: Party, *events: dict[str, Any]) -> None:
    """Let a party tell events."""
    with app.pool.connection() as conn:
        parties.add(conn, party, NOW)
        members.tell(conn, party, events, NOW)


def uri_of(app: App, lot: str) -> str:
    """The name of a lot in events, from its address or code."""
    with app.pool.connection() as conn:
        found = lots.find(conn, lot.rsplit("/", 1)[-1])
    assert found is not None
    return found.uri
