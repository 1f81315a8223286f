"""`/epcis/queries`: queries that a party gave a name, and their events."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request, url_for

from collector.store.trace import trace_asked
from models.exchange.epcis.asking import from_address, parse_query
from models.exchange.epcis.reading import read_json
from models.exchange.epcis.schedule import FIELDS
from webapp.api.epcis.answering import answer
from webapp.api.epcis.problems import Problem
from webapp.api.epcis.speaking import (
    ANSWERS_XML,
    body,
    link_on,
    names,
    page_token,
    party,
    per_page,
    spoken,
    told,
)
from webapp.app.database import connection, now

bp = Blueprint("epcis_queries", __name__, url_prefix="/epcis/queries")
#: What may stand beside a named query: who asks again and again asks for what is new.
SINCE = ("GE_recordTime", "LT_recordTime")
#: What the address of a subscription by WebSocket says.
OF_WEBSOCKETS = ("stream", "reportIfEmpty", "initialRecordTime", *FIELDS)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@bp.route("", methods=["GET", "POST", "OPTIONS"], provide_automatic_options=False)
@spoken()
def listed() -> Response:
    """List the party's queries, or add one."""
    if request.method == "POST":
        return _add()
    token, limit = page_token(str), per_page()
    found = trace_asked.named(connection(), party().id, token or "", limit + 1)
    response = told([{"name": name, "query": query} for name, query in found[:limit]])
    if len(found) > limit:
        link_on(response, found[limit - 1][0])
    return response


def _add() -> Response:
    value = read_json(body())
    if not isinstance(value, dict) or set(value) - {"@context"} != {"name", "query"}:
        raise Problem("ValidationException", 'write {"name": …, "query": {…}}')
    name, query = value["name"], value["query"]
    if not isinstance(name, str) or not NAME.fullmatch(name):
        detail = "name: write 1 to 64 letters, digits, points, dashes or underlines"
        raise Problem("ValidationException", detail)
    kept = query
    if isinstance(query, dict) and "@context" in value:
        kept = {"@context": value["@context"], **query}
    parse_query(kept, names(kept.get("@context") if isinstance(kept, dict) else None))
    if not trace_asked.put_named(connection(), party().id, name, kept, now()):
        raise Problem("ResourceAlreadyExistsException", f"{name}: you have a query of this name")
    return Response(status=201, headers={"Location": url_for(".one", name=name)})


def named_query(name: str) -> Any:
    """Return the parameters of a query of the party's.

    Raises
    ------
    Problem
        When it has none of this name.
    """
    found = trace_asked.named_one(connection(), party().id, name)
    if found is None:
        raise Problem("NoSuchNameException", f"{name}: you have no query of this name")
    return found


@bp.route("/<name>", methods=["GET", "DELETE", "OPTIONS"], provide_automatic_options=False)
@spoken()
def one(name: str) -> Response:
    """A query with a name."""
    if request.method == "DELETE":
        if not trace_asked.drop_named(connection(), party().id, name):
            raise Problem("NoSuchNameException", f"{name}: you have no query of this name")
        return Response(status=204)
    return told({"name": name, "query": named_query(name)})


@bp.route("/<name>/events", methods=["GET"], websocket=True, provide_automatic_options=False)
@bp.route("/<name>/events", methods=["GET", "OPTIONS"], provide_automatic_options=False)
@spoken(ANSWERS_XML)
def its_events(name: str) -> Response:
    """The events that a query with a name finds now, or those of them since a time."""
    query = named_query(name)
    _refuse_websocket(name)
    beside = from_address(list(request.args.items(multi=True)))
    for each in beside:
        if each not in SINCE:
            detail = f"{each}: a named query is asked as it is; beside it stand {', '.join(SINCE)}"
            raise Problem("QueryParameterException", detail)
    prefixes = names(query.get("@context"))
    asked, since = parse_query(query, prefixes), parse_query(beside, prefixes)
    return answer(replace(asked, conditions=asked.conditions + since.conditions), name)


def _refuse_websocket(name: str) -> None:
    """Say that subscriptions by WebSocket are not offered, which the standard leaves open."""
    asked = request.headers.get("Upgrade", "").lower() == "websocket"
    if asked or any(each in request.args for each in OF_WEBSOCKETS):
        detail = (
            "there are no subscriptions by WebSocket here; subscribe by webhook at "
            f"{url_for('epcis_subscriptions.listed', name=name)}, or ask for what is new by "
            f"{' and '.join(SINCE)}"
        )
        raise Problem("NotOffered", detail)
