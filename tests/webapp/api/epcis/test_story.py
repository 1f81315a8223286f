"""A small story of garlic scapes, told by four parties to the real server, asked and followed."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from collector.store.trace import following, traced
from tests.collector.commands.test_trace import BOXES, HARVEST, OTHER, PACKED, PALLET, STORY
from tests.webapp.api.epcis.conftest import document, speaker
from webapp.app.database import App


class Line:
    """A party that speaks over a socket."""

    def __init__(self, address: str, token: str) -> None:
        self.host, self.token = urlsplit(address).netloc, token

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, Any, dict[str, str]]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection(self.host, timeout=60)) as line:
            line.request("GET" if body is None else "POST", path, body, headers)
            answer = line.getresponse()
            text = answer.read()
        kind = answer.headers.get_content_type()
        told = json.loads(text) if kind.endswith("json") and text else text
        return answer.status, told, dict(answer.headers)


@pytest.fixture
def lines(app: App, address: str) -> dict[str, Line]:
    return {party: Line(address, speaker(app, party).token) for party in STORY}


def test_from_the_field_to_the_shop(app: App, lines: dict[str, Line]) -> None:
    for party, events in STORY.items():
        status, _, headers = lines[party].ask(
            "/epcis/capture", json.dumps(document(*events)).encode()
        )
        assert status == 202
        done = {"running": True}
        while done["running"]:  # captured after the answer
            done = lines[party].ask(headers["Location"])[1]
            time.sleep(0.01)
        assert done["success"], done

    def seen(party: str, path: str) -> list[str]:
        status, told, _ = lines[party].ask(f"/epcis{path}")
        assert status == 200
        listed = told["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        return [each["bizStep"] for each in listed]

    assert seen("carrier", "/events") == [
        "loading",
        "transporting",
        "receiving",
        "unpacking",
    ]
    assert seen("coop", "/events") == ["commissioning", "commissioning", "packing", "packing"]
    assert seen("shop", f"/epcs/{quote(BOXES[0], safe='')}/events") == [
        "packing",
        "loading",
        "retail_selling",
    ]
    with app.pool.connection() as conn:
        assert set(following.back(conn, BOXES[0])) == {BOXES[0], PACKED, HARVEST}
        reached = following.forward(conn, HARVEST)
        assert set(reached) == {HARVEST, PACKED, *BOXES, PALLET}
        assert OTHER not in reached
        steps = [step.biz_step for step in following.story(conn, reached)]
        assert steps[0] == "commissioning"
        assert steps[-1] == "retail_selling"
        assert all(traced.look(conn, party).whole for party in STORY)


def test_fifty_megabytes_are_refused_and_nothing_is_kept(app: App, lines: dict[str, Line]) -> None:
    try:
        status = lines["coop"].ask("/epcis/capture", b" " * 50_000_000)[0]
    except ConnectionError:  # refused while it was being sent
        status = 413
    assert status == 413
    assert lines["coop"].ask("/epcis/capture")[1] == []
