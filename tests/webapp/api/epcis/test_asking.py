"""Asking: parameters, pages, ways in, named queries, and who sees what."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.conftest import TEMPLATE
from tests.webapp.api.epcis.conftest import CONTEXT, Speaker, document, event, problem, speaker
from tests.webapp.conftest import make_app
from webapp.app.database import App

if TYPE_CHECKING:
    from tests.conftest import Server

LOT = "https://id.gs1.org/01/06901234567892/10/L1"
PALLET = "https://id.gs1.org/00/069012340000000016"
SHOP = "urn:epc:id:sgln:6901234.00001.0"


def q(text: str) -> str:
    return quote(text, safe="")


EVENTS: list[dict[str, Any]] = [
    event(
        1,
        action="ADD",
        bizStep="commissioning",
        epcList=None,
        quantityList=[{"epcClass": LOT, "quantity": 120.5, "uom": "KGM"}],
        ilmd={"example:grade": "A", "example:more": {"example:deep": 7}},
        bizTransactionList=[{"type": "po", "bizTransaction": "https://example.org/po/1"}],
        **{"example:rank": 10},
    ),
    event(
        2,
        type="AggregationEvent",
        action="ADD",
        epcList=None,
        parentID=PALLET,
        childEPCs=["urn:epc:id:sgtin:6901234.056789.7"],
        readPoint={"id": SHOP, "example:door": "3", "example:hall": {"example:row": 2}},
        disposition="in_progress",
        **{"example:rank": 9.5},
    ),
    event(
        3,
        type="TransformationEvent",
        action=None,
        epcList=None,
        inputQuantityList=[{"epcClass": LOT}],
        outputEPCList=["https://id.gs1.org/01/06901234567892/21/8"],
        persistentDisposition={"set": ["completeness_verified"]},
        transformationID="https://example.org/t/1",
        **{"example:rank": "late"},
    ),
    event(
        4,
        bizStep="sensor_reporting",
        bizLocation={"id": "https://id.gs1.org/414/6901234000016", "example:shelf": "top"},
        sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:6901234.00002"}],
        sensorElementList=[
            {
                "example:batch": {"example:run": 7},
                "sensorMetadata": {
                    "startTime": "2016-04-30T00:00:00Z",
                    "deviceID": "urn:d:1",
                    "example:checked": "2016-04-30T09:00:00+08:00",
                },
                "sensorReport": [
                    {
                        "type": "Temperature",
                        "minValue": 1.5,
                        "maxValue": 4,
                        "uom": "CEL",
                        "example:raw": 411,
                    },
                    {"type": "example:Odour", "stringValue": "fresh", "booleanValue": True},
                ],
            }
        ],
        **{
            "example:note": "cold",
            "example:count": 12,
            "example:sealed": "2016-04-29T23:30:00Z",
            "example:seal": {"example:made_of": "lead", "rdf:value": "4"},
        },
    ),
    event(
        5,
        errorDeclaration={
            "declarationTime": "2016-05-01T00:00:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"],
            "example:desk": "east",
            "example:form": {"example:page": 12},
        },
        **{"example:rank": 9.5},
    ),
]


@pytest.fixture(scope="module")
def shared(postgres: Server) -> Iterator[App]:
    """The application on a database that tests of this file read."""
    app = make_app(postgres.create(TEMPLATE))
    yield app
    app.pool.close()


@pytest.fixture(scope="module")
def full(shared: App) -> Speaker:
    packer = speaker(shared, "packer")
    done = packer.capture(*EVENTS)
    assert done["success"], done
    return packer


#: Question and the events that answer it, by their numbers.
ASKED = {
    "": {1, 2, 3, 4, 5},
    "eventType=AggregationEvent|TransformationEvent": {2, 3},
    "EQ_action=ADD": {1, 2},
    "EQ_bizStep=commissioning": {1},
    "EQ_bizStep=" + q("https://ref.gs1.org/cbv/BizStep-commissioning"): {1},
    "EQ_disposition=in_progress": {2},
    "EQ_readPoint=" + q("https://id.gs1.org/414/6901234000016"): {2},
    "WD_readPoint=" + q(SHOP): {2},
    "EQ_bizLocation=" + q(SHOP): {4},
    "EQ_transformationID=" + q("https://example.org/t/1"): {3},
    "MATCH_parentID=" + q(PALLET): {2},
    "MATCH_epc=" + q("https://id.gs1.org/01/06901234567892/21/7"): {2},
    "MATCH_epc=" + q("urn:epc:idpat:sgtin:6901234.056789.*"): {2, 4, 5},
    "MATCH_anyEPC=" + q("urn:epc:idpat:sgtin:6901234.056789.*"): {2, 3, 4, 5},
    "MATCH_outputEPC=" + q("https://id.gs1.org/01/06901234567892/21/8"): {3},
    "MATCH_inputEPC=" + q("https://id.gs1.org/01/06901234567892/21/8"): set(),
    "MATCH_epcClass=" + q("urn:epc:class:lgtin:6901234.056789.L1"): {1},
    "MATCH_inputEPCClass=" + q(LOT): {3},
    "MATCH_anyEPCClass=" + q("urn:epc:idpat:sgtin:6901234.056789.*"): {1, 3},
    "GT_quantity=100&LE_quantity=120.5": {1},
    "EQ_quantity=120.50": {1},
    "LT_quantity=120.5": set(),
    "EQ_persistentDisposition_set=completeness_verified": {3},
    "EQ_bizTransaction_po=" + q("https://example.org/po/1"): {1},
    "EQ_source_owning_party=" + q("urn:epc:id:pgln:6901234.00002"): {4},
    "EXISTS_errorDeclaration=true": {5},
    "GE_errorDeclarationTime=2016-05-01T00:00:00Z": {5},
    "LT_errorDeclarationTime=2016-05-01T00:00:00Z": set(),
    "EQ_errorReason=incorrect_data": {5},
    "EQ_correctiveEventID=urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8": {5},
    "EXISTS_sensorElementList=true": {4},
    "EQ_type=Temperature": {4},
    "EQ_deviceID=urn:d:1": {4},
    "EQ_stringValue=fresh&EQ_booleanValue=true": {4},
    "GE_startTime=2016-04-30T08:00:00%2B08:00": {4},
    "LT_startTime=2016-04-30T08:00:00%2B08:00": set(),
    "GT_maxValue_CEL=3.9": {4},
    "GT_maxValue_CEL=4": set(),
    "GT_maxValue_FAH=3": set(),
    "EQ_example:note=cold": {4},
    "GE_example:count=12": {4},
    "EXISTS_example:count=true": {4},
    "EQ_ILMD_example:grade=A": {1},
    "GT_INNER_ILMD_example:deep=6": {1},
    "EQ_quantity=7|120.5": {1},
    "EQ_quantity_KGM=120.5": {1},
    "GT_quantity_KGM=100": {1},
    "GT_quantity_GRM=100": set(),
    "EQ_maxValue_CEL=3|4": {4},
    "EQ_readPoint_example:door=3": {2},
    "EQ_INNER_readPoint_example:row=2": {2},
    "EQ_bizLocation_example:shelf=top": {4},
    "EQ_bizLocation_example:door=3": set(),
    "EQ_ERROR_DECLARATION_example:desk=east": {5},
    "EXISTS_ERROR_DECLARATION_example:form=1": {5},
    "GE_INNER_ERROR_DECLARATION_example:page=12": {5},
    "EXISTS_SENSORELEMENT_example:batch=1": {4},
    "LT_INNER_SENSORELEMENT_example:run=8": {4},
    "GE_SENSORMETADATA_example:checked=2016-04-30T01:00:00Z": {4},
    "GT_SENSORMETADATA_example:checked=2016-04-30T01:00:00Z": set(),
    "EQ_SENSORREPORT_example:raw=411": {4},
    "GT_SENSORREPORT_example:raw=411": set(),
    "LT_example:sealed=2016-04-30T08:00:00%2B08:00": {4},
    "LT_example:sealed=2016-04-29T23:30:00Z": set(),
    "HASATTR_example:seal=example:made_of": {4},
    "HASATTR_example:seal=example:weight": set(),
    "EQATTR_example:seal_example:made_of=lead|tin": {4},
    "EQ_ATTR_example:seal_example:made_of=tin": set(),
    "GE_eventTime=2016-04-30T03:00:00%2B08:00&LT_eventTime=2016-04-30T05:00:00%2B08:00": {3, 4},
    "GE_recordTime=2031-01-01T00:00:00Z": set(),
    "eventCountLimit=2&orderBy=eventTime": {5, 4},
}


def numbers(found: list[dict[str, Any]]) -> list[int]:
    return [int(each["eventTime"][11:13]) for each in found]


def test_every_question_finds_its_events(full: Speaker) -> None:
    extensions = {"GS1-Extensions": "example=http://ns.example.com/epcis/"}
    wrong = {
        asked: found
        for asked, right in ASKED.items()
        if (found := set(numbers(full.events(f"/events?{asked}", headers=extensions)))) != right
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("asked", "status", "kind", "why"),
    [
        ("EQ_colour=red", 400, "QueryParameterException", "there is no such parameter"),
        ("EQ_example:a=b", 400, "QueryParameterException", "GS1-Extensions"),
        ("GE_eventTime=now", 400, "QueryParameterException", "no time with zone"),
        ("perPage=0", 400, "QueryParameterException", "perPage"),
        ("perPage=x", 400, "QueryParameterException", "perPage"),
        ("nextPageToken=x", 400, "QueryParameterException", "nextPageToken"),
        (
            "nextPageToken=W1sieCIsMSwxXSw5OTk5OTk5OTk5XQ==",
            400,
            "QueryParameterException",
            "nextPageToken",
        ),
        ("nextPageToken=W10=", 400, "QueryParameterException", "nextPageToken"),
        ("nextPageToken=W1tdLDk5OTk5OTk5OTldCg==", 400, "QueryParameterException", "none of ours"),
        ("nextPageToken=W1tdLDFd", 400, "QueryParameterException", "is over"),
        ("maxEventCount=4", 413, "QueryTooLargeException", "more than 4 events"),
        ("EQ_eventID=" + "x" * 9000, 414, "URITooLongException", "named query"),
    ],
)
def test_what_cannot_be_asked_is_named(
    full: Speaker, asked: str, status: int, kind: str, why: str
) -> None:
    problem(full.open(f"/events?{asked}"), status, kind, why)


def pages(party: Speaker, path: str) -> list[Any]:
    found = []
    while path:
        answer = party.open(path)
        assert answer.status_code == 200, answer.text
        found.append(answer)
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("</epcis")
        assert bool(path) == ("GS1-Next-Page-Token-Expires" in answer.headers)
    return found


@pytest.mark.parametrize(
    "order", ["", "&orderBy=eventTime", "&orderBy=eventTime&orderDirection=ASC"]
)
def test_pages_hold_every_event_once(full: Speaker, order: str) -> None:
    found = pages(full, f"/events?perPage=2{order}")
    many = [
        json.loads(page.text)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        for page in found
    ]
    assert [len(each) for each in many] == [2, 2, 1]
    right = [5, 4, 3, 2, 1] if order.endswith("Time") else [1, 2, 3, 4, 5]
    assert [number for each in many for number in numbers(each)] == right


RANK = "&orderBy=http://ns.example.com/epcis/rank&orderDirection="


@pytest.mark.parametrize(("order", "right"), [("ASC", [2, 5, 1, 4, 3]), ("DESC", [3, 4, 1, 5, 2])])
def test_events_stand_in_the_order_of_a_field_of_ones_own(
    full: Speaker, order: str, right: list[int]
) -> None:
    """Numbers as numbers, before events without the field, before texts."""
    for per_page in (1, 2, 30):
        found = pages(full, f"/events?perPage={per_page}{RANK}{order}")
        many = [
            page.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"] for page in found
        ]
        assert [number for each in many for number in numbers(each)] == right


@pytest.mark.parametrize(
    "stood", [["1"], ["NaN", ""], [1, ""], ["1", "\0"], "2016-04-30T00:00:00+00:00", ["", ""]]
)
def test_a_token_of_another_order_is_none(full: Speaker, stood: Any) -> None:
    text = json.dumps([[stood, 1, 0], 9_999_999_999]).encode()
    token = base64.urlsafe_b64encode(text).decode()
    asked = f"/events?nextPageToken={token}{RANK}ASC"
    problem(full.open(asked), 400, "QueryParameterException", "is none of ours")


def test_a_limit_goes_over_pages(full: Speaker) -> None:
    found = pages(full, "/events?perPage=2&eventCountLimit=3")
    assert [
        len(page.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) for page in found
    ] == [2, 1]


def test_the_ways_in_list_what_there_is(full: Speaker) -> None:
    assert full.get("/bizSteps")["member"] == ["commissioning", "packing", "sensor_reporting"]
    assert full.get("/dispositions")["member"] == ["in_progress"]
    shop = "https://id.gs1.org/414/6901234000016"
    assert full.get("/readPoints")["member"] == full.get("/bizLocations")["member"] == [shop]
    assert set(full.get("/eventTypes")["member"]) == {
        "ObjectEvent",
        "AggregationEvent",
        "TransformationEvent",
    }
    things = [page.json["member"] for page in pages(full, "/epcs?perPage=2")]
    assert [len(page) for page in things] == [2, 2, 1]
    assert PALLET in things[0]
    assert "epcs" in full.get("/")["member"]
    for path, right in (
        (f"/epcs/{q(PALLET)}/events", [2]),
        ("/epcs/urn:epc:id:sscc:6901234.0000000001/events", [2]),
        ("/bizSteps/packing/events", [2, 3, 5]),
        ("/bizSteps/packing/events?EQ_action=OBSERVE", [5]),
        (f"/readPoints/{q(shop)}/events", [2]),
        (f"/bizLocations/{q(shop)}/events", [4]),
        ("/dispositions/in_progress/events", [2]),
        ("/eventTypes/ObjectEvent/events", [1, 4, 5]),
        ("/eventTypes/TransactionEvent/events", []),
    ):
        assert numbers(full.events(path)) == right, path
        assert full.get(path.partition("/events")[0].partition("?")[0])["member"] == ["events"]


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/bizSteps/shipping", 404, "NoSuchResourceException"),
        ("/bizSteps/shipping/events", 404, "NoSuchResourceException"),
        ("/epcs/urn:x:1/events", 404, "NoSuchResourceException"),
        (
            "/epcs/https%3A%2F%2Fid.gs1.org%2F00%2F069012340000000019",
            400,
            "QueryParameterException",
        ),
        ("/events/urn:x:1", 404, "NoSuchResourceException"),
        ("/bizSteps/packing/events?EQ_bizStep=x", 400, "QueryParameterException"),
        ("/capture/x", 404, "NoSuchResourceException"),
        ("/queries/x", 404, "NoSuchNameException"),
        ("/queries/x/events", 404, "NoSuchNameException"),
    ],
)
def test_what_is_not_there_is_not_found(full: Speaker, path: str, status: int, kind: str) -> None:
    problem(full.open(path), status, kind)


def test_a_party_sees_what_it_captured_and_what_happened_to_what_it_handled(
    packer: Speaker, carrier: Speaker
) -> None:
    seven, eight = (f"https://id.gs1.org/01/06901234567892/21/{n}" for n in (7, 8))
    packer.capture(event(1, epcList=[seven]), event(2, epcList=[eight]))
    assert carrier.events() == []
    assert carrier.get("/epcs")["member"] == []
    found = packer.events()[0]["eventID"]
    problem(carrier.open(f"/events/{q(found)}"), 404, "NoSuchResourceException")
    carrier.capture(event(3, epcList=["urn:epc:id:sgtin:6901234.056789.7"], bizStep="loading"))
    assert numbers(carrier.events()) == [1, 3]
    assert numbers(packer.events()) == [1, 2, 3]
    assert carrier.get("/epcs")["member"] == [seven]
    assert numbers(carrier.events("/bizSteps/packing/events")) == [1]
    product = event(
        4, epcList=None, quantityList=[{"epcClass": "https://id.gs1.org/01/06901234567892"}]
    )
    carrier.capture(product)  # a product alone opens nothing
    assert numbers(carrier.events()) == [1, 3, 4]


def test_places_below_a_place_by_master_data(packer: Speaker) -> None:
    hall, room = "https://example.org/loc/hall", "https://example.org/loc/room"
    header = {
        "epcisMasterData": {
            "vocabularyList": [
                {
                    "type": "urn:epcglobal:epcis:vtype:ReadPoint",
                    "vocabularyElementList": [{"id": hall, "children": [room]}],
                }
            ]
        }
    }
    sent = document(event(1, readPoint={"id": room}), epcisHeader=header)
    assert packer.post("/capture", sent).status_code == 202
    assert numbers(packer.events(f"/events?WD_readPoint={q(hall)}")) == [1]
    assert packer.events(f"/events?EQ_readPoint={q(hall)}") == []


def test_identifiers_in_the_spelling_that_is_asked_for(full: Speaker) -> None:
    asked = f"/events?MATCH_parentID={q(PALLET)}"
    (came,) = full.events(asked)
    assert came["childEPCs"] == EVENTS[1]["childEPCs"]
    (links,) = full.events(asked, headers={"GS1-EPC-Format": "Always_GS1_Digital_Link"})
    assert links["childEPCs"] == ["https://id.gs1.org/01/06901234567892/21/7"]
    assert links["readPoint"]["id"] == "https://id.gs1.org/414/6901234000016"
    (urns,) = full.events(asked, headers={"GS1-EPC-Format": "Always_EPC_URN"})
    assert urns["parentID"] == "urn:epc:id:sscc:6901234.0000000001"
    answer = full.open(asked, headers={"GS1-EPC-Format": "Any"})
    problem(answer, 406, "NotAcceptableException", "GS1-EPC-Format")


def test_json_ld_is_answered_where_it_is_asked_for(full: Speaker) -> None:
    answer = full.open("/events", headers={"Accept": "application/ld+json"})
    assert answer.mimetype == "application/ld+json"
    assert full.open("/events").mimetype == "application/json"


def test_a_prefix_that_means_two_things_stays_with_its_events(packer: Speaker) -> None:
    for number, to in ((1, "https://a.example/"), (2, "https://b.example/")):
        sent = document(event(number, **{"x:a": "1"}))
        sent["@context"] = [CONTEXT[0], {"x": to}]
        packer.post("/capture", sent)
    answer = packer.get("/events")
    first, second = answer["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert {"x": "https://a.example/"} in answer["@context"]
    assert "@context" not in first
    assert second["@context"] == [CONTEXT[0], {"x": "https://b.example/"}]


def test_queries_with_a_name(shared: App, full: Speaker) -> None:
    carrier = speaker(shared, "carrier")
    wanted = {"name": "packed", "query": {"EQ_bizStep": ["packing"], "eventType": ["ObjectEvent"]}}
    answer = full.post("/queries", wanted)
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/epcis/queries/packed"
    assert full.get("/queries") == [wanted]
    assert full.get("/queries/packed") == wanted
    assert numbers(full.events("/queries/packed/events")) == [5]
    problem(full.post("/queries", wanted), 409, "ResourceAlreadyExistsException")
    problem(carrier.open("/queries/packed/events"), 404, "NoSuchNameException")
    assert carrier.get("/queries") == []
    own = {"name": "graded", "query": {"EQ_ILMD_example:grade": "A"}, "@context": CONTEXT}
    assert full.post("/queries", own).status_code == 201
    assert numbers(full.events("/queries/graded/events")) == [1]
    assert [len(page.json) for page in pages(full, "/queries?perPage=1")] == [1, 1]
    assert full.open("/queries/packed", "DELETE").status_code == 204
    problem(full.open("/queries/packed", "DELETE"), 404, "NoSuchNameException")


@pytest.mark.parametrize(
    ("sent", "kind", "why"),
    [
        ([], "ValidationException", 'write {"name"'),
        ({"name": "x"}, "ValidationException", 'write {"name"'),
        ({"name": "a/b", "query": {}}, "ValidationException", "name: write 1 to 64"),
        (
            {"name": "x", "query": {"EQ_colour": "red"}},
            "QueryParameterException",
            "no such parameter",
        ),
        ({"name": "x", "query": 7}, "QueryParameterException", "write an object"),
    ],
)
def test_a_query_that_cannot_be_asked_gets_no_name(
    packer: Speaker, sent: Any, kind: str, why: str
) -> None:
    problem(packer.post("/queries", sent), 400, kind, why)
    assert packer.get("/queries") == []
