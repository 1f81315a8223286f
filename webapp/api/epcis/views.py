"""`/epcis/epcs` and the other ways in: what there is, and the events of each."""

from __future__ import annotations

from flask import Blueprint, Response, request

from collector.store.trace import trace_asked
from models.exchange.epcis import vocabulary
from models.exchange.epcis.asking import Query, from_address, parse_query
from webapp.api.epcis.answering import answer
from webapp.api.epcis.problems import Problem
from webapp.api.epcis.speaking import (
    ANSWERS_XML,
    collection,
    link_on,
    names,
    page_token,
    party,
    per_page,
    spoken,
    told,
)
from webapp.app.database import connection

bp = Blueprint("epcis_views", __name__, url_prefix="/epcis")
#: A way in: the column that it lists (None: things), and the parameter that asks for one of them.
VIEWS = {
    "epcs": (None, "MATCH_anyEPC"),
    "bizSteps": ("biz_step", "EQ_bizStep"),
    "bizLocations": ("biz_location", "EQ_bizLocation"),
    "readPoints": ("read_point", "EQ_readPoint"),
    "dispositions": ("disposition", "EQ_disposition"),
    "eventTypes": ("type", "eventType"),
}
VIEW = f"<any({', '.join(VIEWS)}):view>"


@bp.route(f"/{VIEW}", methods=["GET", "OPTIONS"], provide_automatic_options=False)
@spoken()
def listed(view: str) -> Response:
    """What there is in the events that the party may see."""
    token, limit = page_token(str), per_page()
    column, _ = VIEWS[view]
    conn, who, after = connection(), party().id, token or ""
    if column is None:
        found = trace_asked.things(conn, who, after, limit + 1)
    else:
        found = trace_asked.words(conn, who, column, after, limit + 1)
    response = told(collection(found[:limit]))
    if len(found) > limit:
        link_on(response, found[limit - 1])
    return response


def _asked(view: str, value: str, others: bool) -> Query:
    """The query for the events of one; with the parameters of the address beside it."""
    name = VIEWS[view][1]
    values = from_address(list(request.args.items(multi=True))) if others else {}
    if name in values:
        raise Problem("QueryParameterException", f"{name}: is said by the address already")
    return parse_query({**values, name: [value]}, names())


def _prove_there(view: str, value: str) -> None:
    standard = view == "eventTypes" and value in vocabulary.STANDARD_TYPES
    query = _asked(view, value, others=False)
    if not standard and not trace_asked.events(connection(), party().id, query, None, 1):
        raise Problem("NoSuchResourceException", f"{value}: no event that you may see has it")


@bp.route(
    f"/{VIEW}/<path:value>",
    methods=["GET", "OPTIONS"],
    provide_automatic_options=False,
    merge_slashes=False,
)
@spoken()
def one(view: str, value: str) -> Response:
    """What there is below one of them: its events."""
    _prove_there(view, value)
    return told(collection(["events"]))


@bp.route(
    f"/{VIEW}/<path:value>/events",
    methods=["GET", "OPTIONS"],
    provide_automatic_options=False,
    merge_slashes=False,
)
@spoken(ANSWERS_XML)
def its_events(view: str, value: str) -> Response:
    """The events of one of them."""
    _prove_there(view, value)
    return answer(_asked(view, value, others=True))
