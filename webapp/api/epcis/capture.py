"""`/epcis/capture`: documents are taken, answered at once, and captured afterwards."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request, url_for

from collector.store.postgres.db import DatabaseDown
from collector.store.trace import captures
from collector.store.trace.captures import BEHAVIOURS, ROLLBACK, Capture
from models.exchange.epcis.problems import described
from models.exchange.epcis.reading import read_document
from models.exchange.epcis.xml.answers import write_job
from webapp.api.epcis.problems import Problem
from webapp.api.epcis.speaking import (
    ANSWERS_XML,
    READS_XML,
    document_body,
    link_on,
    note,
    page_token,
    party,
    per_page,
    spoken,
    told,
    told_xml,
    wants_xml,
    when,
)
from webapp.app.database import connection, now, this_app
from webapp.app.given import takes
from webapp.language.formats import iso

bp = Blueprint("epcis_capture", __name__, url_prefix="/epcis/capture")
MOST_EVENTS = 1000
LARGEST = 4 * 1024 * 1024
#: After so long it is worth asking again what became of a document [s].
RUNS_S = 2
LIMITS = {
    "GS1_EPCIS_Capture_Limit": str(MOST_EVENTS),
    "GS1_EPCIS_Capture_File_Size_Limit": str(LARGEST),
}


def _behaviour() -> str:
    said = request.headers.get("GS1-Capture-Error-Behaviour", ROLLBACK)
    if said not in BEHAVIOURS:
        detail = f'GS1-Capture-Error-Behaviour: "{said}": write {" or ".join(BEHAVIOURS)}'
        raise Problem("ValidationException", detail)
    return said


def _described(capture: Capture) -> dict[str, Any]:
    errors = [
        described(
            "ImplementationException" if each["place"] is None else "ValidationException",
            each["why"] if each["place"] is None else f"eventList[{each['place']}].{each['why']}",
        )
        for each in capture.errors
    ]
    finished = {} if capture.finished is None else {"finishedAt": iso(capture.finished)}
    return {
        "captureID": capture.id,
        "createdAt": iso(capture.created),
        **finished,
        "running": capture.finished is None,
        "success": not capture.errors,
        "captureErrorBehaviour": capture.behaviour,
        "errors": errors,
    }


def _finish_later(answer: Response, name: str) -> None:
    """Capture once the answer is out and the document is kept."""
    app = this_app()

    def finish() -> None:
        with app.app_context():
            try:
                captures.finish_or_give_up(app.pool, name, app.clock.now())
            except DatabaseDown as error:  # the job takes it up
                note("capture %s waits: %s", name, error)

    answer.call_on_close(finish)


@bp.route("", methods=["GET", "POST", "OPTIONS"], provide_automatic_options=False)
@takes(LARGEST)
@spoken(READS_XML, GS1_Capture_Error_Behaviour=", ".join(BEHAVIOURS), **LIMITS)
def captured() -> Response:
    """Take a document, or list the party's captures."""
    if request.method == "GET":
        return _list()
    behaviour, sent = _behaviour(), document_body()
    document = read_document(sent)
    if not document.version.startswith("2."):
        detail = f'schemaVersion: "{document.version}": only EPCIS 2 is read'
        raise Problem("ValidationException", detail)
    if len(document.events) > MOST_EVENTS:
        detail = f"{len(document.events)} events; send at most {MOST_EVENTS} at once"
        raise Problem("CaptureLimitExceededException", detail, **LIMITS)
    name = captures.begin(connection(), party().id, sent, behaviour, now())
    answer = Response(status=202)
    answer.headers["Location"] = url_for(".one", name=name)
    answer.headers["GS1-Capture-Error-Behaviour"] = behaviour
    answer.headers["Retry-After"] = str(RUNS_S)
    _finish_later(answer, name)
    return answer


def _list() -> Response:
    token, limit = page_token(list), per_page()
    after = None if token is None else (when(token[0] if token else ""), str(token[-1]))
    found = captures.page(connection(), party().id, after, limit + 1)
    answer = told([_described(each) for each in found[:limit]])
    if len(found) > limit:
        last = found[limit - 1]
        link_on(answer, [last.created.isoformat(), last.id])
    return answer


@bp.route("/<name>", methods=["GET", "OPTIONS"], provide_automatic_options=False)
@spoken(ANSWERS_XML)
def one(name: str) -> Response:
    """What became of a document."""
    found = captures.one(connection(), party().id, name)
    if found is None:
        raise Problem("NoSuchResourceException", f"{name}: you have no such capture")
    job = _described(found)
    later = {"Retry_After": str(RUNS_S)} if job["running"] else {}
    return told_xml(write_job(job), 200, **later) if wants_xml() else told(job, 200, **later)
