"""Parties that speak EPCIS with the application on a database of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.store.trace import parties
from tests.webapp.conftest import make_app, seed_module
from webapp.app.database import App

NOW: datetime = seed_module.NOW
CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "http://ns.example.com/epcis/"},
]


@dataclass
class Speaker:
    """A party with its token."""

    client: FlaskClient
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def open(self, path: str, method: str = "GET", **how: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **how.pop("headers", {})}
        answer = self.client.open(f"/epcis{path}", method=method, headers=headers, **how)
        answer.get_data()
        answer.close()
        return answer

    def get(self, path: str, **how: Any) -> Any:
        """What is answered, which must be right."""
        answer = self.open(path, **how)
        assert answer.status_code == 200, answer.text
        return answer.json

    def events(self, path: str = "/events", **how: Any) -> list[dict[str, Any]]:
        return list(self.get(path, **how)["epcisBody"]["queryResults"]["resultsBody"]["eventList"])

    def post(self, path: str, value: Any, **how: Any) -> TestResponse:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        how.setdefault("content_type", "application/json")
        return self.open(path, "POST", data=data, **how)

    def capture(self, *events: Any, **headers: str) -> dict[str, Any]:
        """Send events in a document; return what became of it."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        answer = self.post("/capture", document(*events), headers=named)
        assert answer.status_code == 202, answer.text
        return dict(self.get(answer.headers["Location"].removeprefix("/epcis")))


def document(*events: Any, **changes: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2016-05-01T06:30:00Z",
        "epcisBody": {"eventList": list(events)},
        **changes,
    }


def problem(answer: TestResponse, status: int, kind: str, why: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    told = json.loads(answer.text)
    assert told["type"] == f"epcisException:{kind}"
    assert told["status"] == status
    assert told["title"]
    assert why in told["detail"], told["detail"]


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    plain = {
        "type": "ObjectEvent",
        "eventTime": f"2016-04-30T{number % 24:02}:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "packing",
        "epcList": [f"https://id.gs1.org/01/06901234567892/21/{number}"],
    }
    return {k: v for k, v in {**plain, **changes}.items() if v is not None}


@pytest.fixture
def app(dsn: str) -> Iterator[App]:
    app = make_app(dsn)
    yield app
    app.pool.close()


def speaker(app: App, party: str) -> Speaker:
    with app.pool.connection() as conn:
        token = parties.make_token(conn, party, party.title(), NOW)
    return Speaker(app.test_client(), token)


@pytest.fixture
def packer(app: App) -> Speaker:
    return speaker(app, "packer")


@pytest.fixture
def carrier(app: App) -> Speaker:
    return speaker(app, "carrier")
