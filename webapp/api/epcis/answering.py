"""Events that were asked for, as the document that the standard answers with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Response, request

from collector.store.trace import trace_asked
from collector.store.trace.trace_asked import Found
from models.exchange.epcis.asking import OWN_ORDER, Query
from models.exchange.epcis.documents import query_document
from models.exchange.epcis.spelling import FORMATS
from webapp.api.epcis.problems import Problem
from webapp.api.epcis.speaking import link_on, page_token, party, per_page, told_document, when
from webapp.app.database import connection, now

#: A number as the database writes it, or what stands for none.
NUMBER = re.compile(r"-?[0-9]{1,2000}(?:\.[0-9]{1,2000})?|Infinity")


def spelling() -> str:
    """Return how identifiers are to be written, as the request says it.

    Raises
    ------
    Problem
    """
    said = request.headers.get("GS1-EPC-Format", "Never_Translates")
    if said not in FORMATS:
        detail = f'GS1-EPC-Format: "{said}": write one of {", ".join(FORMATS)}'
        raise Problem("NotAcceptableException", detail)
    return said


def document(found: Sequence[Found], query_name: str) -> dict[str, Any]:
    """Return events as an EPCISQueryDocument."""
    recorded = trace_asked.recorded(connection(), found)
    return query_document(recorded, query_name, now(), spelling())


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
    after = None if token is None else (_stood(query, token[0]), token[1])
    left = query.limit if token is None or query.limit is None else token[2]
    size = limit if left is None else max(0, min(limit, left))
    found = trace_asked.events(conn, who, query, after, size + 1)
    response = told_document(document(found[:size], query_name))
    left = None if left is None else left - size
    if len(found) > size and left != 0:
        last = found[size - 1]
        stood = last.at if isinstance(last.at, list) else last.at.isoformat()
        link_on(response, [stood, last.id, left or 0])
    return response


def _stood(query: Query, stands: Any) -> datetime | list[str]:
    """Where the last event of the page before stood in the order of a query."""
    if not query.order.startswith(OWN_ORDER):
        return when(stands)
    if isinstance(stands, list) and len(stands) == 2 and all(isinstance(n, str) for n in stands):
        number, text = stands
        if NUMBER.fullmatch(number) and "\0" not in text:
            return [number, text]
    return when("")
