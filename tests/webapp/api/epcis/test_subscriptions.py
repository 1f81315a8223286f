"""Subscriptions, what is answered to who wants a WebSocket, asking again and again, tokens."""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from werkzeug.test import TestResponse

from collector.jobs.context import Context
from collector.jobs.trace_callbacks import call_back
from collector.keys import TokenSeal
from collector.settings import Settings
from collector.store.trace import subscriptions
from tests.collector.receiver import receiving, status
from tests.models.exchange.epcis_examples import need
from tests.webapp.api.epcis.conftest import NOW, Speaker, event, problem
from tests.webapp.conftest import FixedClock, serving
from webapp.app.database import App

DEST = "https://client.example.com/queryCallback"
TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"
PATH = "/queries/packed/subscriptions"
WEB_KEY = base64.b64encode(bytes(32)).decode()


@pytest.fixture(autouse=True)
def query(packer: Speaker) -> None:
    named = {"name": "packed", "query": {"EQ_bizStep": ["packing"]}}
    assert packer.post("/queries", named).status_code == 201


def subscribe(party: Speaker, path: str = PATH, **changes: Any) -> TestResponse:
    plain = {"dest": DEST, "signatureToken": TOKEN, "stream": True}
    return party.post(path, {k: v for k, v in {**plain, **changes}.items() if v is not None})


def prove_form(value: Any) -> None:
    """Hold an answer against the schemas of the standard's interface."""
    document = json.loads((need() / "openapi.json").read_text("utf-8"))
    schema = {
        "components": document["components"],
        "allOf": [
            {"$ref": "#/components/schemas/AbstractQuerySubscriptionResponse"},
            {
                "oneOf": [
                    {"$ref": "#/components/schemas/QueryScheduleSubscription"},
                    {"$ref": "#/components/schemas/QueryStreamSubscription"},
                ]
            },
        ],
    }
    for name in ("Second", "Minute", "Hour", "DayOfMonth", "Month", "DayOfWeek"):
        # written for another kind of expressions, which no checker of JSON reads
        del schema["components"]["schemas"][f"GS1-Query-{name}"]["pattern"]
    jsonschema_rs.Draft7Validator(schema, validate_formats=True).validate(value)


def test_a_stream_as_the_interface_shows_it(packer: Speaker) -> None:
    answer = subscribe(packer)
    assert answer.status_code == 201
    assert answer.headers["GS1-EPCIS-Version"] == "2.0.0"
    made = answer.json
    assert made == {
        "subscriptionID": made["subscriptionID"],
        "queryName": "packed",
        "dest": DEST,
        "createdAt": "2016-05-08T06:20:00Z",
        "initialRecordTime": "2016-05-08T06:20:00Z",
        "minRecordTime": "2016-05-08T06:20:00Z",
        "epcFormat": "Never_Translates",
        "stream": True,
        "state": "active",
    }
    prove_form(made)
    place = answer.headers["Location"].removeprefix("/epcis")
    assert place == f"{PATH}/{made['subscriptionID']}"
    assert packer.get(place) == made
    assert packer.get(PATH) == [made]
    assert TOKEN not in answer.text
    assert packer.open(place, "DELETE").status_code == 204
    problem(packer.open(place), 404, "NoSuchResourceException", "no such subscription")
    problem(packer.open(place, "DELETE"), 404, "NoSuchResourceException", "no such subscription")
    assert packer.get(PATH) == []


def test_a_schedule_as_the_interface_shows_it(packer: Speaker) -> None:
    answer = subscribe(
        packer,
        stream=None,
        reportIfEmpty=True,
        initialRecordTime="2016-04-04T20:33:31.116-06:00",
        schedule={"hour": "1", "minute": "5"},
    )
    assert answer.status_code == 201
    made = answer.json
    prove_form(made)
    assert made["schedule"] == {"hour": "1", "minute": "5"}
    assert made["reportIfEmpty"] is True
    assert made["initialRecordTime"] == made["minRecordTime"] == "2016-04-05T02:33:31Z"
    assert "stream" not in made


def test_the_spelling_of_identifiers_is_that_of_the_header(packer: Speaker) -> None:
    plain = {"dest": DEST, "stream": True}
    headers = {"GS1-EPC-Format": "Always_EPC_URN"}
    assert packer.post(PATH, plain, headers=headers).json["epcFormat"] == "Always_EPC_URN"
    answer = packer.post(PATH, plain, headers={"GS1-EPC-Format": "URN"})
    problem(answer, 406, "NotAcceptableException", "GS1-EPC-Format")


@pytest.mark.parametrize(
    ("changes", "kind", "why"),
    [
        ({"stream": None}, "SubscriptionControlsException", "either a schedule, or stream"),
        ({"schedule": {"hour": "1"}}, "SubscriptionControlsException", "one of them and not both"),
        ({"stream": False}, "SubscriptionControlsException", "stream: write true"),
        ({"stream": "true"}, "SubscriptionControlsException", "stream: write true"),
        (
            {"stream": None, "schedule": {"hour": "25"}},
            "SubscriptionControlsException",
            'schedule.hour: "25" is out of range',
        ),
        ({"stream": None, "schedule": {}}, "SubscriptionControlsException", "at least one field"),
        ({"dest": None}, "ValidationException", "dest: write the address"),
        ({"dest": 7}, "ValidationException", "dest: write the address"),
        ({"dest": "http://client.example.com/"}, "ValidationException", '"http" is not sent by'),
        ({"dest": "https://127.0.0.1/"}, "ValidationException", "no public address"),
        ({"dest": "https://169.254.169.254/"}, "ValidationException", "no public address"),
        ({"dest": "https://localhost/"}, "ValidationException", "a name of a network of ours"),
        ({"dest": "https://a:b@client.example.com/"}, "ValidationException", "cannot be read"),
        ({"signatureToken": ""}, "ValidationException", "signatureToken: write 1 to"),
        ({"signatureToken": "x" * 1001}, "ValidationException", "signatureToken: write 1 to"),
        ({"signatureToken": 5}, "ValidationException", "signatureToken: write 1 to"),
        ({"reportIfEmpty": "yes"}, "ValidationException", "reportIfEmpty: write true or false"),
        ({"initialRecordTime": "yesterday"}, "ValidationException", "is no time"),
        ({"initialRecordTime": "2016-05-01T08:00:00"}, "ValidationException", "is no time"),
        ({"initialRecordTime": 5}, "ValidationException", "is no time"),
        ({"secret": "x"}, "ValidationException", "secret: is no field"),
    ],
)
def test_what_cannot_be_had_is_named(
    packer: Speaker, changes: dict[str, Any], kind: str, why: str
) -> None:
    problem(subscribe(packer, **changes), 400, kind, why)
    assert packer.get(PATH) == []


def test_what_is_no_subscription_at_all(packer: Speaker) -> None:
    problem(packer.post(PATH, []), 400, "ValidationException", '{"dest"')
    problem(packer.post(PATH, b"{"), 400, "ValidationException", "no JSON")
    answer = packer.post(PATH, {}, content_type="text/plain")
    problem(answer, 415, "UnsupportedMediaTypeException")
    problem(subscribe(packer, "/queries/none/subscriptions"), 404, "NoSuchNameException", "none")
    problem(packer.open("/queries/none/subscriptions"), 404, "NoSuchNameException")
    problem(packer.open("/queries/none/subscriptions/1"), 404, "NoSuchNameException")
    problem(packer.open(f"{PATH}/1"), 404, "NoSuchResourceException")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"eventCountLimit": 5}, "eventCountLimit, which is for one answer"),
        ({"maxEventCount": 5}, "maxEventCount, which is for one answer"),
        ({"orderBy": "eventTime"}, "orderBy, which is for one answer"),
    ],
)
def test_queries_for_one_answer_are_not_subscribed_to(
    packer: Speaker, more: dict[str, Any], why: str
) -> None:
    assert packer.post("/queries", {"name": "few", "query": more}).status_code == 201
    answer = subscribe(packer, "/queries/few/subscriptions")
    problem(answer, 400, "SubscriptionControlsException", why)


def test_a_query_explains_its_own_prefixes(packer: Speaker) -> None:
    named = {"name": "own", "query": {"EQ_our:grade": ["A"]}}
    header = {"GS1-Extensions": "our=http://ns.example.com/"}
    assert packer.post("/queries", named, headers=header).status_code == 201
    answer = subscribe(packer, "/queries/own/subscriptions")
    problem(answer, 400, "SubscriptionControlsException", "its own @context")
    named = {"@context": {"our": "http://ns.example.com/"}, **named, "name": "whole"}
    assert packer.post("/queries", named).status_code == 201
    assert subscribe(packer, "/queries/whole/subscriptions").status_code == 201


def test_there_is_a_limit_and_pages(packer: Speaker) -> None:
    made = {subscribe(packer).json["subscriptionID"] for _ in range(subscriptions.MOST)}
    problem(subscribe(packer), 403, "SecurityException", "you have 20 subscriptions")
    found: list[str] = []
    path = f"{PATH}?perPage=7"
    while path:
        answer = packer.open(path)
        found += [each["subscriptionID"] for each in answer.json]
        link = answer.headers.get("Link", "")
        path = link.partition(">")[0].removeprefix("</epcis")
    assert found == sorted(made)


def test_subscriptions_are_their_partys_alone(packer: Speaker, carrier: Speaker) -> None:
    made = subscribe(packer).json["subscriptionID"]
    problem(carrier.open(PATH), 404, "NoSuchNameException")
    named = {"name": "packed", "query": {}}
    assert carrier.post("/queries", named).status_code == 201
    assert carrier.get(PATH) == []
    problem(carrier.open(f"{PATH}/{made}"), 404, "NoSuchResourceException")
    problem(carrier.open(f"{PATH}/{made}", "DELETE"), 404, "NoSuchResourceException")
    assert len(packer.get(PATH)) == 1
    for path in (PATH, f"{PATH}/{made}"):
        answer = packer.client.get(f"/epcis{path}")
        problem(answer, 401, "SecurityException", "Bearer")


def test_a_deleted_query_ends_its_subscriptions(packer: Speaker) -> None:
    subscribe(packer)
    assert packer.open("/queries/packed", "DELETE").status_code == 204
    named = {"name": "packed", "query": {}}
    assert packer.post("/queries", named).status_code == 201
    assert packer.get(PATH) == []


def test_what_is_allowed_is_discovered(packer: Speaker) -> None:
    allowed = {PATH: "GET, OPTIONS, POST", f"{PATH}/1": "DELETE, GET, OPTIONS"}
    for path, methods in {**allowed, "/nextPageToken/x": "DELETE, OPTIONS"}.items():
        answer = packer.open(path, "OPTIONS")
        assert answer.status_code == 204
        assert answer.headers["GS1-EPCIS-Min"] == "2.0.0"
        found = set(answer.headers["Allow"].split(", ")) - {"HEAD"}
        assert found == set(methods.split(", "))


def test_a_token_is_kept_encrypted_and_shown_to_nobody(app: App, packer: Speaker) -> None:
    app.settings = replace(Settings.from_env({}), web_key=WEB_KEY)
    made = subscribe(packer)
    assert made.status_code == 201, made.text
    assert TOKEN not in made.text
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("SELECT token, token_sealed FROM trace_subscription")
        ((token, sealed),) = cur.fetchall()
    assert token is None
    seal = TokenSeal(bytes(32))
    assert seal.open(made.json["subscriptionID"], bytes(sealed)) == TOKEN


def test_events_arrive_and_what_went_wrong_is_told(app: App, packer: Speaker) -> None:
    """From a capture by HTTP to a receiver, which fails once."""
    app.settings = replace(Settings.from_env({}), webhooks_here=True, web_key=WEB_KEY)
    with receiving() as receiver:
        answer = subscribe(packer, dest=receiver.url)
        assert answer.status_code == 201, answer.text
        place = answer.headers["Location"].removeprefix("/epcis")
        packer.capture(event(1), event(2), event(3, bizStep="shipping"))
        receiver.answers = [status(500, b"what stands behind it")]
        real = FixedClock(NOW)
        call_back(Context(app.pool, NOW, app.settings), real)
        shown = packer.get(place)
        assert shown["state"] == "failing"
        assert shown["failure"] == {
            "why": "answered 500",
            "since": "2016-05-08T06:20:00Z",
            "attempts": 1,
            "nextAttemptAt": "2016-05-08T06:20:10Z",
        }
        assert "lastNotifiedAt" not in shown
        real.at += timedelta(seconds=10)
        call_back(Context(app.pool, NOW, app.settings), real)
        shown = packer.get(place)
        assert (shown["state"], shown["lastNotifiedAt"]) == ("active", "2016-05-08T06:20:00Z")
        assert "failure" not in shown
        prove_form(shown)
        sent = receiver.documents()[-1]
        found = sent["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert found == packer.events("/queries/packed/events")
        with app.pool.connection() as conn, conn.cursor() as cur:
            cur.execute("UPDATE trace_subscription SET failing = made, ended = made")
        shown = packer.get(place)
        assert shown["state"] == "givenUp"
        assert shown["failure"]["givenUpAt"] == "2016-05-08T06:20:00Z"


@pytest.mark.parametrize(
    ("asked", "headers"),
    [
        ("?stream=true", {"Upgrade": "websocket", "Connection": "Upgrade"}),
        ("", {"Upgrade": "WebSocket", "Connection": "Upgrade"}),
        ("?minute=5&hour=1", {}),  # as it comes through a proxy that drops both headers
        ("?reportIfEmpty=true&stream=true", {}),
    ],
)
def test_websockets_are_not_offered(packer: Speaker, asked: str, headers: dict[str, str]) -> None:
    answer = packer.open(f"/queries/packed/events{asked}", headers=headers)
    problem(answer, 501, "ImplementationException", "no subscriptions by WebSocket")
    assert "/epcis/queries/packed/subscriptions" in json.loads(answer.text)["detail"]


def test_the_handshake_of_a_websocket_is_answered_by_the_server_that_serves(
    app: App, packer: Speaker
) -> None:
    with serving(app) as address:
        port = int(address.rpartition(":")[2])
        conn = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {
            "Authorization": f"Bearer {packer.token}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": "13",
        }
        conn.request("GET", "/epcis/queries/packed/events?stream=true", headers=headers)
        answer = conn.getresponse()
        told = json.loads(answer.read())
        conn.close()
    assert answer.status == 501
    assert told["type"] == "epcisException:ImplementationException"


def test_asking_again_and_again_for_what_is_new(app: App, packer: Speaker) -> None:
    """The last recordTime that was seen is asked from; the eventID tells what was there before."""
    clock = app.clock
    assert isinstance(clock, FixedClock)
    seen: dict[str, str] = {}
    new: list[list[str]] = []
    since = "2016-05-01T00:00:00Z"
    for number in range(4):
        clock.at = NOW + timedelta(seconds=number * 0.4)  # several within one second
        packer.capture(*(event(number * 3 + each) for each in range(3)))
        came, path = [], f"/queries/packed/events?perPage=2&GE_recordTime={since}"
        while path:
            answer = packer.open(path)
            assert answer.status_code == 200, answer.text
            results = answer.json["epcisBody"]["queryResults"]
            for each in results["resultsBody"]["eventList"]:
                if each["eventID"] not in seen:
                    came.append(each["eventID"])
                seen[each["eventID"]] = since = each["recordTime"]
            link = answer.headers.get("Link", "")
            path = link.partition(">")[0].removeprefix("</epcis")
        new.append(came)
    assert [len(each) for each in new] == [3, 3, 3, 3]
    assert [name for each in new for name in each] == [
        each["eventID"] for each in packer.events("/queries/packed/events")
    ]


def test_beside_a_named_query_stands_only_since_when(packer: Speaker) -> None:
    answer = packer.open("/queries/packed/events?EQ_action=ADD")
    problem(answer, 400, "QueryParameterException", "EQ_action: a named query is asked as it is")
    answer = packer.open("/queries/packed/events?GE_recordTime=now")
    problem(answer, 400, "QueryParameterException", "GE_recordTime")


def test_a_token_that_was_given_back_leads_nowhere(packer: Speaker, carrier: Speaker) -> None:
    packer.capture(*(event(each) for each in range(3)))
    path = packer.open("/events?perPage=1").headers["Link"].partition(">")[0]
    path = path.removeprefix("</epcis")
    token = path.partition("nextPageToken=")[2]
    assert carrier.open(f"/nextPageToken/{token}", "DELETE").status_code == 204
    assert len(packer.events(path)) == 1  # what others give back is theirs
    assert packer.open(f"/nextPageToken/{token}", "DELETE").status_code == 204
    assert packer.open(f"/nextPageToken/{token}", "DELETE").status_code == 204
    problem(packer.open(path), 400, "QueryParameterException", "nextPageToken: is over")
    answer = packer.open("/nextPageToken/x", "DELETE")
    problem(answer, 404, "NoSuchResourceException", "nextPageToken")
    problem(packer.client.delete(f"/epcis/nextPageToken/{token}"), 401, "SecurityException")


def test_a_token_is_over_when_it_was_told(app: App, packer: Speaker) -> None:
    clock = app.clock
    assert isinstance(clock, FixedClock)
    packer.capture(*(event(each) for each in range(3)))
    answer = packer.open("/events?perPage=1")
    path = answer.headers["Link"].partition(">")[0].removeprefix("</epcis")
    assert answer.headers["GS1-Next-Page-Token-Expires"] == "2016-05-09T06:20:00Z"
    clock.at = NOW + timedelta(days=1) - timedelta(seconds=1)
    assert len(packer.events(path)) == 1
    clock.at = NOW + timedelta(days=1)
    problem(packer.open(path), 400, "QueryParameterException", "nextPageToken: is over")
    token = path.partition("nextPageToken=")[2]
    assert packer.open(f"/nextPageToken/{token}", "DELETE").status_code == 204
