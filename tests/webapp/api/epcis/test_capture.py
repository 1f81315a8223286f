"""Capturing: documents in, jobs, one event, and everything that is refused."""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import quote

import pytest

from collector.store.trace import captures, traced
from tests.models.exchange.epcis_examples import examples
from tests.webapp.api.epcis.conftest import (
    CONTEXT,
    NOW,
    Speaker,
    document,
    event,
    problem,
    speaker,
)
from tests.webapp.conftest import FixedClock
from webapp.api.epcis.capture import LARGEST, MOST_EVENTS
from webapp.app.database import App


def whole(app: App) -> bool:
    with app.pool.connection() as conn:
        return traced.look(conn, "packer").whole


def test_a_document_is_captured_and_its_events_come_back(app: App, packer: Speaker) -> None:
    answer = packer.post("/capture", document(event(1), event(2)))
    assert answer.status_code == 202
    assert answer.headers["GS1-EPCIS-Version"] == "2.0.0"
    assert answer.mimetype == "application/json"
    done = packer.get(answer.headers["Location"].removeprefix("/epcis"))
    assert done["success"]
    assert not done["running"]
    assert done["captureErrorBehaviour"] == "rollback"
    assert done["errors"] == []
    found = packer.events()
    assert [each["epcList"] for each in found] == [event(1)["epcList"], event(2)["epcList"]]
    assert all(each["eventID"].startswith("ni:///sha-256;") for each in found)
    assert whole(app)


def test_every_example_comes_back_equal_but_for_its_record_time_and_a_generated_id(
    app: App,
) -> None:
    for number, (name, sent) in enumerate(examples().items()):
        party, at = speaker(app, f"party-{number}"), NOW.replace(year=2030, minute=number)
        app.clock = FixedClock(at)
        answer = party.post("/capture", sent, content_type="application/ld+json")
        assert answer.status_code == 202, name
        done = party.get(answer.headers["Location"].removeprefix("/epcis"))
        assert done["success"], (name, done)
        body = sent["epcisBody"]
        came = body.get("eventList") or body["queryResults"]["resultsBody"]["eventList"]
        since = quote(at.isoformat())  # others handled the same things and are seen as well
        found = party.events(f"/events?GE_recordTime={since}")
        assert len(found) == len(came)
        for one, other in zip(found, came, strict=True):
            assert one.pop("recordTime")
            other.pop("recordTime", None)
            if "eventID" not in other:
                assert one.pop("eventID").startswith("ni:///sha-256;")
            assert one == other, name
        context = party.get("/events")["@context"]
        assert all(part in json.dumps(context) for part in _names(sent["@context"])), name


def _names(context: Any) -> set[str]:
    return {name for part in context if isinstance(part, dict) for name in part}


def test_all_or_nothing_unless_the_client_goes_on(app: App, packer: Speaker) -> None:
    wrong = event(2, epcList=["https://id.gs1.org/01/06901234567893/21/1"])
    done = packer.capture(event(1), wrong, event(3))
    assert not done["success"]
    (error,) = done["errors"]
    assert error["type"] == "epcisException:ValidationException"
    assert "eventList[1]." in error["detail"]
    assert "check digit" in error["detail"]
    assert packer.events() == []
    done = packer.capture(event(1), wrong, event(3), GS1_Capture_Error_Behaviour="proceed")
    assert (done["success"], len(done["errors"])) == (False, 1)
    assert len(packer.events()) == 2
    assert whole(app)


BAD = {
    "check digit": ({"epcList": ["https://id.gs1.org/01/06901234567893/21/1"]}, "check digit"),
    "future": ({"eventTime": "2016-05-30T00:00:00Z"}, "in the future"),
    "unknown word": ({"bizStep": "paking"}, 'did you mean "packing"'),
    "no action": ({"action": None}, '"action" is a required property'),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_event_captures_nothing(packer: Speaker, name: str) -> None:
    changes, why = BAD[name]
    done = packer.capture(event(1), event(2, **changes))
    assert [why in each["detail"] for each in done["errors"]] == [True]
    answer = packer.post("/events", {"@context": CONTEXT, **event(2, **changes)})
    problem(answer, 400, "ValidationException", why)
    assert packer.events() == []


def test_a_replayed_capture_is_one(app: App, packer: Speaker) -> None:
    for _ in range(3):
        assert packer.capture(event(1), event(2), event(1))["success"]
    assert len(packer.events()) == 2
    assert whole(app)


def test_one_event_is_captured_at_once_and_only_once(packer: Speaker) -> None:
    sent = {"@context": CONTEXT, **event(1)}
    answer = packer.post("/events", sent)
    assert answer.status_code == 201
    shown = json.loads(answer.text)
    assert {k: v for k, v in shown.items() if k not in ("eventID", "recordTime")} == sent
    (found,) = packer.events(answer.headers["Location"].removeprefix("/epcis"))
    assert found["eventID"] == shown["eventID"]
    problem(packer.post("/events", sent), 409, "ResourceAlreadyExistsException", "the same event")
    other = {"@context": CONTEXT, **event(2), "eventID": shown["eventID"]}
    problem(packer.post("/events", other), 409, "ResourceAlreadyExistsException", "another event")
    assert len(packer.events()) == 1
    problem(packer.post("/events", document(event(5))), 400, "ValidationException", "/capture")


def test_an_event_and_its_error_are_found_together(packer: Speaker) -> None:
    wrong = event(1, errorDeclaration={"declarationTime": "2016-05-01T00:00:00Z"})
    assert packer.capture(event(1), wrong)["success"]
    first, second = packer.events()
    assert first["eventID"] == second["eventID"]
    assert len(packer.events(f"/events/{quote(first['eventID'], safe='')}")) == 2
    assert packer.events("/events?EXISTS_errorDeclaration=true") == [second]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"{", "no JSON"),
        (b"[" * 5000 + b"]" * 5000, "deep"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "deep"),
        (b"\xff\xfe", "no UTF-8"),
        (b"null", "say what this is"),
        (json.dumps(document(schemaVersion="x")).encode(), "schemaVersion"),
        (json.dumps(document(schemaVersion="1.2")).encode(), "schemaVersion"),
        (json.dumps({**document(), "@context": 7}).encode(), "@context"),
    ],
)
def test_what_is_no_document_is_refused_at_once(packer: Speaker, raw: bytes, why: str) -> None:
    problem(packer.post("/capture", raw), 400, "ValidationException", why)
    assert packer.get("/capture") == []


def test_too_much_is_refused_with_the_limits(packer: Speaker) -> None:
    answer = packer.post("/capture", b" " * (LARGEST + 1))
    problem(answer, 413, "CaptureLimitExceededException", "too large")
    assert answer.headers["GS1-EPCIS-Capture-File-Size-Limit"] == str(LARGEST)
    answer = packer.post("/capture", document(*[event(1)] * (MOST_EVENTS + 1)))
    problem(answer, 413, "CaptureLimitExceededException", "1001 events")
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == str(MOST_EVENTS)
    assert packer.get("/capture") == []


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"Authorization": ""}, 401, "SecurityException"),
        ({"Authorization": "Basic eDp5"}, 401, "SecurityException"),
        ({"Authorization": "Bearer wrong"}, 401, "SecurityException"),
        ({"GS1-EPCIS-Version": "1.2"}, 406, "NotAcceptableException"),
        ({"GS1-EPCIS-Min": "2.1"}, 406, "NotAcceptableException"),
        ({"GS1-CBV-Max": "1.2"}, 406, "NotAcceptableException"),
        ({"GS1-CBV-Max": "new"}, 406, "NotAcceptableException"),
        ({"Accept": "text/csv"}, 406, "NotAcceptableException"),
        ({"Content-Type": "text/csv"}, 415, "UnsupportedMediaTypeException"),
        ({"GS1-Capture-Error-Behaviour": "hope"}, 400, "ValidationException"),
    ],
)
def test_who_asks_wrongly_is_told_so(
    packer: Speaker, headers: dict[str, str], status: int, kind: str
) -> None:
    kept = {k: v for k, v in headers.items() if k != "Content-Type"}
    how = {"content_type": headers.get("Content-Type", "application/json")}
    answer = packer.post("/capture", document(event(1)), headers=kept, **how)
    problem(answer, status, kind)
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert packer.events() == []


def test_a_new_token_ends_the_old_one(app: App, packer: Speaker) -> None:
    new = speaker(app, "packer")
    problem(packer.open("/events"), 401, "SecurityException", "nobody's (any more)")
    assert new.events() == []


def test_captures_are_their_partys(packer: Speaker, carrier: Speaker) -> None:
    done = packer.capture(event(1))
    problem(carrier.open(f"/capture/{done['captureID']}"), 404, "NoSuchResourceException")
    assert carrier.get("/capture") == []
    other = packer.capture(event(2))
    answer = packer.open("/capture?perPage=1")
    (first,) = json.loads(answer.text)
    next_page = answer.headers["Link"].partition(">")[0].removeprefix("</epcis")
    answer = packer.open(next_page)
    (second,) = json.loads(answer.text)
    assert "Link" not in answer.headers
    assert {first["captureID"], second["captureID"]} == {done["captureID"], other["captureID"]}


def test_a_capture_that_was_cut_off_is_taken_up(app: App, packer: Speaker) -> None:
    """The process ended after the answer and before the events were added."""
    with app.pool.connection() as conn:
        body = json.dumps(document(event(1))).encode()
        name = captures.begin(conn, "packer", body, "rollback", NOW)
    waiting = packer.get(f"/capture/{name}")
    assert waiting["running"]
    assert "finishedAt" not in waiting
    assert captures.finish_all(app.pool, NOW) == 1
    assert captures.finish_all(app.pool, NOW) == 0
    assert packer.get(f"/capture/{name}")["success"]
    assert len(packer.events()) == 1


def test_a_capture_that_fails_here_is_ended_and_says_so(app: App, packer: Speaker) -> None:
    with app.pool.connection() as conn:
        name = captures.begin(conn, "packer", b"{", "rollback", NOW)
    assert captures.finish_all(app.pool, NOW) == 1
    (error,) = packer.get(f"/capture/{name}")["errors"]
    assert error["type"] == "epcisException:ImplementationException"
    assert "a fault here, not in the document" in error["detail"]


def test_one_capture_is_added_once_by_several_at_once(app: App, packer: Speaker) -> None:
    events = [event(number) for number in range(40)]
    with app.pool.connection() as conn:
        body = json.dumps(document(*events)).encode()
        name = captures.begin(conn, "packer", body, "rollback", NOW)
    done: list[bool] = []
    many = [
        threading.Thread(
            target=lambda: done.append(captures.finish_or_give_up(app.pool, name, NOW))
        )
        for _ in range(3)
    ]
    for each in many:
        each.start()
    for each in many:
        each.join()
    assert sorted(done) == [False, False, True]
    assert len(packer.events("/events?perPage=100")) == 40


def test_options_tell_what_there_is(packer: Speaker) -> None:
    answer = packer.open("/capture", "OPTIONS")
    assert answer.status_code == 204
    assert {"GET", "POST", "OPTIONS"} <= set(answer.headers["Allow"].split(", "))
    assert answer.headers["GS1-EPCIS-Min"] == answer.headers["GS1-EPCIS-Max"] == "2.0.0"
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == str(MOST_EVENTS)
    assert answer.headers["GS1-Capture-Error-Behaviour"] == "rollback, proceed"
    assert packer.open("/events", "OPTIONS").status_code == 204
