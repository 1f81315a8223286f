"""`/epcis/events`: one event is captured at once; events are asked for; `/epcis` lists the rest."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request, url_for

from collector.store.trace import trace_asked, traced
from models.exchange.epcis import schema
from models.exchange.epcis.asking import Condition, Query, from_address, parse_query
from models.exchange.epcis.documents import event_document
from models.exchange.epcis.reading import check, read_json, single
from webapp.api.epcis.answering import answer, document
from webapp.api.epcis.capture import LARGEST
from webapp.api.epcis.problems import Problem
from webapp.api.epcis.speaking import (
    ANSWERS_XML,
    READS_XML,
    collection,
    document_body,
    names,
    party,
    sent_xml,
    spoken,
    told,
    told_document,
    wants_xml,
)
from webapp.app.database import connection, now
from webapp.app.given import takes
from webapp.language.formats import iso

bp = Blueprint("epcis_events", __name__, url_prefix="/epcis")
RESOURCES = (
    "capture",
    "events",
    "eventTypes",
    "epcs",
    "bizSteps",
    "bizLocations",
    "readPoints",
    "dispositions",
    "queries",
)


@bp.route("/", methods=["GET", "OPTIONS"], provide_automatic_options=False)
@spoken()
def resources() -> Response:
    """What there is."""
    return told(collection(list(RESOURCES)))


@bp.route("/events", methods=["GET", "POST", "OPTIONS"], provide_automatic_options=False)
@takes(LARGEST)
@spoken(ANSWERS_XML, READS_XML, GS1_EPCIS_Capture_File_Size_Limit=str(LARGEST))
def events() -> Response:
    """Ask for events, or capture one."""
    if request.method == "POST":
        return _capture()
    pairs = list(request.args.items(multi=True))
    return answer(parse_query(from_address(pairs), names()))


def _capture() -> Response:
    value = read_json(document_body())
    if sent_xml():
        value = _only(value)
    elif isinstance(value, dict) and value.get("type") in schema.DOCUMENTS:
        detail = "type: a document is sent to /epcis/capture; send one event here"
        raise Problem("ValidationException", detail)
    sent, conn = single(value), connection()
    event = check(sent.events[0], sent.context, now())
    added = traced.add(conn, party().id, sent.context, [event], all_or_none=True, at=now())
    if added.refused:
        raise Problem("ResourceAlreadyExistsException", added.refused[0].why)
    if added.known:
        detail = f"eventID: you have captured {event.id} before, and it is the same event"
        raise Problem("ResourceAlreadyExistsException", detail)
    assert added.at is not None
    recorded = {"eventID": event.id, "recordTime": iso(added.at)}
    location = url_for(".event", event_id=event.id)
    if wants_xml():
        shown = event_document({**event.event, **recorded}, sent.context, now())
        return told_document(shown, 201, Location=location)
    return told({"@context": sent.context, **event.event, **recorded}, 201, Location=location)


def _only(document: dict[str, Any]) -> dict[str, Any]:
    """The one event of a document: in XML no event stands alone."""
    events = document["epcisBody"].get("eventList", ())
    if len(events) != 1:
        detail = f"{len(events)} events; send one here, and more of them to /epcis/capture"
        raise Problem("ValidationException", detail)
    return {"@context": document["@context"], **events[0]}


@bp.route(
    "/events/<path:event_id>",
    methods=["GET", "OPTIONS"],
    provide_automatic_options=False,
    merge_slashes=False,
)
@spoken(ANSWERS_XML)
def event(event_id: str) -> Response:
    """One event, with its error declarations."""
    query = Query((Condition("column", ("event_id",), (event_id,)),))
    found = trace_asked.events(connection(), party().id, query, None, 1000)
    if not found:
        raise Problem("NoSuchResourceException", f"{event_id}: there is no such event for you")
    return told_document(document(found, "SimpleEventQuery"))
