"""`/epcis/queries/…/subscriptions`: what is new for a query is sent to an address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request, url_for

from collector.keys import TokenSeal, load_or_make_web_key
from collector.senders.public import DestinationError, parse_destination
from collector.store.trace import callbacks, subscriptions
from collector.store.trace.subscriptions import Subscription, TooMany, Wanted
from models.exchange.epcis.asking import QueryError
from models.exchange.epcis.reading import read_json
from models.exchange.epcis.schedule import ScheduleError, parse_schedule
from webapp.api.epcis.answering import spelling
from webapp.api.epcis.problems import Problem
from webapp.api.epcis.queries import named_query
from webapp.api.epcis.speaking import body, link_on, page_token, party, per_page, spoken, told
from webapp.app.database import connection, now, this_app
from webapp.language.formats import iso

bp = Blueprint("epcis_subscriptions", __name__, url_prefix="/epcis/queries/<name>/subscriptions")
FIELDS = ("dest", "signatureToken", "initialRecordTime", "reportIfEmpty", "schedule", "stream")
LONGEST_TOKEN = 1000
#: Parameters of a query that say nothing of what is new.
OF_ONE_ANSWER = ("eventCountLimit", "maxEventCount", "orderBy", "orderDirection")


@bp.route("", methods=["GET", "POST", "OPTIONS"], provide_automatic_options=False)
@spoken()
def listed(name: str) -> Response:
    """List the subscriptions to a query, or add one."""
    query = named_query(name)
    if request.method == "POST":
        return _add(name, query)
    token, limit = page_token(str), per_page()
    found = subscriptions.page(connection(), party().id, name, token or "", limit + 1)
    response = told([_described(each) for each in found[:limit]])
    if len(found) > limit:
        link_on(response, found[limit - 1].id)
    return response


@bp.route("/<subscription>", methods=["GET", "DELETE", "OPTIONS"], provide_automatic_options=False)
@spoken()
def one(name: str, subscription: str) -> Response:
    """A subscription."""
    named_query(name)
    conn, who = connection(), party().id
    if request.method == "DELETE":
        if not subscriptions.drop(conn, who, name, subscription, now()):
            raise _unknown(subscription)
        return Response(status=204)
    found = subscriptions.one(conn, who, name, subscription)
    if found is None:
        raise _unknown(subscription)
    return told(_described(found))


def _unknown(subscription: str) -> Problem:
    detail = f"{subscription[:60]}: you have no such subscription to this query"
    return Problem("NoSuchResourceException", detail)


def _add(name: str, query: Any) -> Response:
    wanted = _wanted(name, read_json(body()))
    _prove_query(name, query)
    conn, who = connection(), party().id
    try:
        made = subscriptions.add(conn, who, wanted, now(), _seal())
    except TooMany:
        detail = f"you have {subscriptions.MOST} subscriptions; end one first"
        raise Problem("Forbidden", detail) from None
    found = subscriptions.one(conn, who, name, made)
    assert found is not None
    location = url_for(".one", name=name, subscription=made)
    return told(_described(found), 201, Location=location)


def _seal() -> TokenSeal | None:
    settings = this_app().settings
    if settings is None:
        return None
    return TokenSeal(load_or_make_web_key(settings.state_dir, settings.web_key))


def _prove_query(name: str, query: Any) -> None:
    """Refuse a query that cannot be asked again and again for what is new."""
    for each in OF_ONE_ANSWER:
        if each in query:
            detail = f"{name}: has {each}, which is for one answer; subscribe to a query without it"
            raise Problem("SubscriptionControlsException", detail)
    try:
        callbacks.of_named(query)
    except QueryError as error:
        detail = f"{name}: {error}. A query that is subscribed to says it in its own @context"
        raise Problem("SubscriptionControlsException", detail) from error


def _wanted(name: str, value: Any) -> Wanted:
    if not isinstance(value, dict):
        raise Problem("ValidationException", 'write {"dest": "https://…", "stream": true}')
    for each in value:
        if each not in FIELDS:
            detail = f"{each[:60]}: is no field of a subscription; write {', '.join(FIELDS)}"
            raise Problem("ValidationException", detail)
    if ("schedule" in value) == ("stream" in value):
        detail = "write either a schedule, or stream: true; one of them and not both"
        raise Problem("SubscriptionControlsException", detail)
    if value.get("stream", True) is not True:
        raise Problem("SubscriptionControlsException", "stream: write true, or a schedule instead")
    schedule = value.get("schedule")
    if "schedule" in value:
        try:
            parse_schedule(schedule)
        except ScheduleError as error:
            raise Problem("SubscriptionControlsException", str(error)) from error
    if_empty = value.get("reportIfEmpty", False)
    if not isinstance(if_empty, bool):
        raise Problem("ValidationException", "reportIfEmpty: write true or false")
    return Wanted(
        query=name,
        dest=_dest(value.get("dest")),
        token=_token(value.get("signatureToken")),
        spelling=spelling(),
        initial=_initial(value.get("initialRecordTime")),
        schedule=schedule,
        report_if_empty=if_empty,
    )


def _dest(value: Any) -> str:
    if not isinstance(value, str):
        raise Problem("ValidationException", "dest: write the address that events are sent to")
    settings = this_app().settings
    try:
        parse_destination(value, here=settings is not None and settings.webhooks_here)
    except DestinationError as error:
        raise Problem("ValidationException", f"dest: {error}") from error
    return value


def _token(value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and 1 <= len(value) <= LONGEST_TOKEN):
        detail = f"signatureToken: write 1 to {LONGEST_TOKEN} characters, or leave it out"
        raise Problem("ValidationException", detail)
    return value


def _initial(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(str(value).upper())
        if found.tzinfo is None:
            raise ValueError
        found.timestamp()
    except (ValueError, OverflowError):
        detail = f'initialRecordTime: "{str(value)[:40]}" is no time; write 2026-05-01T08:00:00Z'
        raise Problem("ValidationException", detail) from None
    return found


def _described(found: Subscription) -> dict[str, Any]:
    """Return a subscription as it is told: never with its signatureToken."""
    initial = found.made if found.initial is None else found.initial
    how: dict[str, Any] = {"stream": True}
    if found.schedule is not None:
        how = {"schedule": found.schedule, "reportIfEmpty": found.report_if_empty}
    state = "active" if found.failing is None else "failing"
    shown: dict[str, Any] = {
        "subscriptionID": found.id,
        "queryName": found.query,
        "dest": found.dest,
        "createdAt": iso(found.made),
        "initialRecordTime": iso(initial),
        "minRecordTime": iso(found.last_run or initial),
        "epcFormat": found.spelling,
        **how,
        "state": state if found.ended is None else "givenUp",
    }
    if found.notified is not None:
        shown["lastNotifiedAt"] = iso(found.notified)
    if found.failing is not None:
        shown["failure"] = {"why": found.failure, "since": iso(found.failing)}
        shown["failure"]["attempts"] = found.attempts
        if found.ended is None and found.not_before is not None:
            shown["failure"]["nextAttemptAt"] = iso(found.not_before)
        if found.ended is not None:
            shown["failure"]["givenUpAt"] = iso(found.ended)
    return shown
