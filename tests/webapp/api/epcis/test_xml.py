"""The same interface in XML: what is sent, what is answered, what is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from werkzeug.test import TestResponse

from collector.store.trace import captures
from models.exchange.epcis.xml.form import EPCIS, QUERY
from models.exchange.epcis.xml.reading import read_xml
from models.exchange.epcis.xml.writing import write_document
from tests.models.exchange.epcis_examples import examples
from tests.webapp.api.epcis.conftest import NOW, Speaker, document, event, problem, speaker
from tests.webapp.conftest import FixedClock
from webapp.api.epcis.capture import LARGEST, MOST_EVENTS, RUNS_S
from webapp.app.database import App

XML = {"Accept": "application/xml"}


def sent(party: Speaker, path: str, raw: bytes, **how: Any) -> TestResponse:
    how.setdefault("content_type", "application/xml")
    return party.post(path, raw, **how)


def captured(party: Speaker, raw: bytes, **how: Any) -> dict[str, Any]:
    answer = sent(party, "/capture", raw, **how)
    assert answer.status_code == 202, answer.text
    return dict(party.get(answer.headers["Location"].removeprefix("/epcis")))


def asked(party: Speaker, path: str = "/events", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    answer = party.open(path, headers={**XML, **named})
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/xml; charset=utf-8"
    return answer


def events_in(answer: TestResponse) -> list[dict[str, Any]]:
    body = read_xml(answer.data)["epcisBody"]
    return list(body["queryResults"]["resultsBody"]["eventList"])


def xml(*events: Any) -> bytes:
    return write_document(document(*events)).encode()


def xml_problem(answer: TestResponse, status: int, kind: str, why: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+xml"
    told = ElementTree.fromstring(answer.data)
    assert told.tag == f"{{{EPCIS}}}EPCISException"
    assert told.findtext("type") == f"epcisException:{kind}"
    assert told.findtext("status") == str(status)
    assert why in (told.findtext("detail") or "")


def test_an_event_has_one_identity_whether_it_comes_as_xml_or_as_json(packer: Speaker) -> None:
    told = event(1, example__own=None, ilmd={"example:grade": "A"}, action="ADD")
    assert packer.capture(told)["success"]
    assert captured(packer, xml(told))["success"]
    assert len(packer.events()) == 1  # the second is known, by the same hash
    answer = sent(packer, "/events", xml(told))
    problem(answer, 409, "ResourceAlreadyExistsException", "you have captured")


def test_every_example_goes_in_as_xml_and_comes_back_in_either_form(app: App) -> None:
    for number, (name, told) in enumerate(examples().items()):
        party = speaker(app, f"party-{number}")
        app.clock = FixedClock(NOW.replace(year=2030, minute=number))
        done = captured(party, write_document(told).encode())
        assert done["success"], (name, done)
        first = party.get("/events")["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert first
        assert (
            events_in(asked(party))
            == read_xml(write_document(party.get("/events")).encode())["epcisBody"]["queryResults"][
                "resultsBody"
            ]["eventList"]
        )


def test_answers_are_query_documents_with_their_pages(packer: Speaker) -> None:
    packer.capture(*(event(number) for number in range(1, 6)))
    answer = asked(packer, "/events?perPage=2&EQ_bizStep=packing")
    root = ElementTree.fromstring(answer.data)
    assert root.tag == f"{{{QUERY}}}EPCISQueryDocument"
    assert root.findtext(f"EPCISBody/{{{QUERY}}}QueryResults/queryName") == "SimpleEventQuery"
    assert {"Accept", "Authorization", "GS1-EPC-Format"} <= set(answer.vary)
    path, found = "/events?perPage=2&EQ_bizStep=packing", []
    while path:
        answer = asked(packer, path)
        found += events_in(answer)
        link = answer.headers.get("Link", "")
        path = link[1:].partition(">")[0].removeprefix("/epcis") if link else ""
    assert [each["epcList"] for each in found] == [event(n)["epcList"] for n in range(1, 6)]
    assert all(each["recordTime"] and each["eventID"] for each in found)
    packer.post("/queries", {"name": "mine", "query": {"EQ_action": "OBSERVE"}})
    named = asked(packer, "/queries/mine/events")
    assert "<queryName>mine</queryName>" in named.text
    assert len(events_in(asked(packer, "/bizSteps/packing/events"))) == 5
    one = quote(found[0]["eventID"], safe="")
    assert events_in(asked(packer, f"/events/{one}")) == [found[0]]


def test_one_event_goes_in_and_is_answered_as_a_document(packer: Speaker) -> None:
    answer = sent(packer, "/events", xml(event(1)), headers=XML)
    assert answer.status_code == 201, answer.text
    told = read_xml(answer.data)
    assert told["type"] == "EPCISDocument"
    (found,) = told["epcisBody"]["eventList"]
    where = answer.headers["Location"].removeprefix("/epcis")
    assert events_in(asked(packer, where)) == [found]
    answer = sent(packer, "/events", xml(event(2)))
    assert answer.json["epcList"] == event(2)["epcList"]
    answer = sent(packer, "/events", xml(event(3), event(4)))
    problem(answer, 400, "ValidationException", "2 events; send one here")
    problem(sent(packer, "/events", xml()), 400, "ValidationException", "0 events")
    query = write_document(packer.get("/events")).encode()
    problem(sent(packer, "/events", query), 400, "ValidationException", "0 events")


def test_identifiers_and_words_are_spelled_as_asked_for(packer: Speaker) -> None:
    packer.capture(event(1), event(2, epcList=["urn:epc:id:sgtin:6901234.056789.2"]))
    link, urn = "https://id.gs1.org/01/06901234567892/21/", "urn:epc:id:sgtin:6901234.056789."
    told = asked(packer).text
    assert f"<epc>{link}1</epc>" in told
    assert f"<epc>{urn}2</epc>" in told
    assert "urn:epcglobal:cbv:bizstep:packing" in told
    told = asked(packer, GS1_EPC_Format="Always_GS1_Digital_Link").text
    assert f"<epc>{link}2</epc>" in told
    told = asked(packer, GS1_EPC_Format="Always_EPC_URN").text
    assert f"<epc>{urn}1</epc>" in told
    told = asked(packer, GS1_CBV_XML_Format="Always_Web_URI").text
    assert "https://ref.gs1.org/cbv/BizStep-packing" in told
    for wrong in ("Never_Translates", "any"):
        answer = packer.open("/events", headers={**XML, "GS1-CBV-XML-Format": wrong})
        xml_problem(answer, 406, "NotAcceptableException", "Always_URN")
    # of JSON it says nothing
    assert packer.get("/events", headers={"GS1-CBV-XML-Format": "any"})
    asked_for = packer.open("/events", "OPTIONS").headers["GS1-CBV-XML-Format"]
    assert asked_for == "No_Preference, Always_Web_URI, Always_URN"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("application/xml", "application/xml"),
        ("text/xml", "text/xml"),
        ("*/*", "application/json"),
        ("application/xml;q=0.5, application/json", "application/json"),
        ("application/xml, application/json;q=0.5", "application/xml"),
        ("application/xml, */*;q=0.1", "application/xml"),
        ("application/*", "application/json"),
    ],
)
def test_the_form_is_what_is_preferred(packer: Speaker, accept: str, kind: str) -> None:
    answer = packer.open("/events", headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == kind


def test_what_xml_cannot_hold_is_not_acceptable_and_told_by_its_event(packer: Speaker) -> None:
    packer.capture(event(1), event(2, eventID="urn:x:2", **{"example:a": "\x01"}))
    answer = packer.open("/events", headers=XML)
    xml_problem(answer, 406, "NotAcceptableException", "urn:x:2: example:a: the character U+0001")
    assert len(packer.events()) == 2


def test_lists_and_queries_have_no_xml(packer: Speaker) -> None:
    for path in ("/", "/capture", "/epcs", "/queries", "/bizSteps"):
        xml_problem(
            packer.open(path, headers=XML), 406, "NotAcceptableException", "application/json"
        )
    answer = sent(packer, "/queries", b"<a/>")
    problem(answer, 415, "UnsupportedMediaTypeException", "send application/json or")
    problem(
        sent(packer, "/capture", b"a", content_type="text/csv"),
        415,
        "UnsupportedMediaTypeException",
    )


def test_what_became_of_a_capture_is_told_in_xml(packer: Speaker) -> None:
    wrong = event(2, epcList=["https://id.gs1.org/01/06901234567893/21/1"])
    answer = sent(packer, "/capture", xml(event(1), wrong), headers=XML)
    assert answer.status_code == 202
    job = ElementTree.fromstring(asked(packer, answer.headers["Location"][6:]).data)
    assert job.tag == f"{{{EPCIS}}}EPCISCaptureJob"
    assert job.attrib["success"] == job.attrib["running"] == "false"
    assert "eventList[1]" in (job.findtext("errors/error/detail") or "")
    assert packer.events() == []
    done = captured(
        packer, xml(event(1), wrong), headers={"GS1-Capture-Error-Behaviour": "proceed"}
    )
    assert len(done["errors"]) == 1
    assert len(packer.events()) == 1


def test_who_may_ask_again_is_told_when(app: App, packer: Speaker) -> None:
    answer = packer.post("/capture", document(event(1)))
    assert answer.headers["Retry-After"] == str(RUNS_S)
    assert "Retry-After" not in packer.open(answer.headers["Location"][6:]).headers
    with app.pool.connection() as conn:
        name = captures.begin(conn, "packer", b"{}", "rollback", NOW)
    for headers in ({}, XML):
        waits = packer.open(f"/capture/{name}", headers=headers)
        assert waits.status_code == 200
        assert waits.headers["Retry-After"] == str(RUNS_S)


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_a_database_that_does_not_answer_is_told_as_a_problem(down_app: App, accept: str) -> None:
    packer = Speaker(down_app.test_client(), "token", {})
    answer = packer.open("/events", headers={"Accept": accept})
    told = xml_problem if accept == "application/xml" else problem
    told(answer, 503, "ImplementationException", "does not answer")
    assert answer.headers["Retry-After"] == "30"
    assert b"secret" not in answer.data


def test_a_document_of_1_2_is_captured(packer: Speaker) -> None:
    raw = (
        '<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:1" schemaVersion="1.2" '
        'creationDate="2016-05-01T06:31:00Z"><EPCISBody><EventList><ObjectEvent>'
        "<eventTime>2016-05-01T06:30:00+08:00</eventTime>"
        "<eventTimeZoneOffset>+08:00</eventTimeZoneOffset><epcList/><action>ADD</action>"
        "<extension><quantityList><quantityElement>"
        "<epcClass>urn:epc:class:lgtin:6901234.056789.L1</epcClass><quantity>7</quantity>"
        "<uom>KGM</uom></quantityElement></quantityList></extension></ObjectEvent></EventList>"
        "</EPCISBody></epcis:EPCISDocument>"
    )
    assert captured(packer, raw.encode(), content_type="text/xml; charset=utf-8")["success"]
    (found,) = packer.events()
    assert found["quantityList"][0]["quantity"] == 7
    raw = raw.replace("xsd:1", "xsd:2").replace('"1.2"', '"3.0"')
    answer = sent(packer, "/capture", raw.encode())
    problem(answer, 400, "ValidationException", 'schemaVersion: "3.0": only EPCIS 2 is read')


def test_bad_xml_is_refused_with_line_and_column_in_either_form(packer: Speaker) -> None:
    raw = b"<a>\n <b></c></a>"
    problem(sent(packer, "/capture", raw), 400, "ValidationException", "line 2, column 7")
    answer = sent(packer, "/capture", raw, headers=XML)
    xml_problem(answer, 400, "ValidationException", "line 2, column 7")
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    problem(sent(packer, "/capture", bomb), 400, "ValidationException", "leave it out")
    other = sent(packer, "/capture", xml(event()), content_type="application/xml; charset=gbk")
    problem(other, 400, "ValidationException", "who says how it is encoded disagree")
    problem(sent(packer, "/capture", b""), 400, "ValidationException", "no element found")
    assert packer.events() == []


def test_too_much_at_once_is_refused(packer: Speaker) -> None:
    answer = sent(packer, "/capture", b"<a>" + b" " * (50 * 1024 * 1024) + b"</a>", headers=XML)
    xml_problem(answer, 413, "CaptureLimitExceededException", "too large")
    assert answer.headers["GS1-EPCIS-Capture-File-Size-Limit"] == str(LARGEST)
    answer = sent(packer, "/capture", xml(*map(event, range(MOST_EVENTS + 1))))
    problem(answer, 413, "CaptureLimitExceededException", f"at most {MOST_EVENTS}")


def test_master_data_says_what_place_lies_below_another(packer: Speaker) -> None:
    shelf, store = "urn:epc:id:sgln:6901234.00001.1", "urn:epc:id:sgln:6901234.00001.0"
    master = {
        "vocabularyList": [
            {
                "type": "urn:epcglobal:epcis:vtype:ReadPoint",
                "vocabularyElementList": [{"id": store, "children": [shelf]}],
            }
        ]
    }
    told = document(event(1, readPoint={"id": shelf}), epcisHeader={"epcisMasterData": master})
    assert captured(packer, write_document(told).encode())["success"]
    assert len(events_in(asked(packer, f"/events?WD_readPoint={store}"))) == 1
