"""Events that were asked for, as the document that the standard answers with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, request

from collector.store.trace import trace_asked
from collector.store.trace.trace_asked import Found
from models.exchange.epcis.asking import Query
from models.exchange.epcis.spelling import FORMATS, spelled
from webapp.api.epcis.problems import Problem
from webapp.api.epcis.speaking import CONTEXT, link_on, page_token, party, per_page, told, when
from webapp.app.database import connection, now
from webapp.language.formats import iso


def _spelling() -> str:
    said = request.headers.get("GS1-EPC-Format", "Never_Translates")
    if said not in FORMATS:
        detail = f'GS1-EPC-Format: "{said}": write one of {", ".join(FORMATS)}'
        raise Problem("NotAcceptableException", detail)
    return said


def _parts(context: Any) -> list[Any]:
    return context if isinstance(context, list) else [context]


class _Contexts:
    """One context for many documents; an event whose prefixes mean something else has its own."""

    def __init__(self) -> None:
        self.links: list[str] = [CONTEXT]
        self.names: dict[str, Any] = {}

    def take(self, context: Any) -> bool:
        """Add a document's context; return whether it fits to those before."""
        parts = [part for part in _parts(context) if isinstance(part, dict)]
        told = {name: to for part in parts for name, to in part.items()}
        if any(self.names.get(name, to) != to for name, to in told.items()):
            return False
        self.names |= told
        links = (part for part in _parts(context) if isinstance(part, str))
        self.links += [link for link in links if link not in self.links]
        return True

    def all(self) -> list[Any]:
        """Return the context of all."""
        return [*self.links, self.names] if self.names else list(self.links)


def document(found: Sequence[Found], query_name: str) -> dict[str, Any]:
    """Return events as an EPCISQueryDocument."""
    conn, spelling, contexts = connection(), _spelling(), _Contexts()
    known = trace_asked.contexts(conn, {each.context for each in found})
    events = []
    for each in found:
        event = spelled(each.document, spelling)
        context = known[each.context]
        if not contexts.take(context) and "@context" not in event:
            event = {"@context": context, **event}
        events.append({**event, "eventID": each.name, "recordTime": iso(each.recorded)})
    return {
        "@context": contexts.all(),
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": iso(now()),
        "epcisBody": {
            "queryResults": {"queryName": query_name, "resultsBody": {"eventList": events}}
        },
    }


def answer(query: Query, query_name: str = "SimpleEventQuery") -> Response:
    """Answer a query, a page at a time.

    Raises
    ------
    Problem
        When there are more events than `query.most`, or the token of the page is none.
    """
    conn, who, limit = connection(), party().id, per_page()
    most = query.most
    if most is not None and len(trace_asked.events(conn, who, query, None, most + 1)) > most:
        detail = f"maxEventCount: there are more than {most} events; ask for less"
        raise Problem("QueryTooLargeException", detail)
    token = page_token(list)
    if token is not None and (len(token) != 3 or not all(type(n) is int for n in token[1:])):
        token = ["", 0, 0]
    after = None if token is None else (when(token[0]), token[1])
    left = query.limit if token is None or query.limit is None else token[2]
    size = limit if left is None else max(0, min(limit, left))
    found = trace_asked.events(conn, who, query, after, size + 1)
    response = told(document(found[:size], query_name))
    left = None if left is None else left - size
    if len(found) > size and left != 0:
        last = found[size - 1]
        link_on(response, [last.at.isoformat(), last.id, left or 0])
    return response
