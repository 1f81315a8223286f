"""Who saw what is private is in the audit log: once for each person, page and hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Blueprint

from collector.store import audit, reads
from collector.store.postgres import db
from tests.webapp.accounts.ways import add
from tests.webapp.conftest import make_app
from tests.webapp.people import client_of
from webapp.accounts.access import needs, reader
from webapp.accounts.datastore import CLOCK
from webapp.app.database import App

NOON = datetime(2026, 11, 27, 12, 5, tzinfo=UTC)


@pytest.fixture
def app(dsn: str) -> Iterator[App]:
    app = make_app(dsn)
    bp = Blueprint("one", __name__)

    @bp.get("/one/<who>")
    @needs("reports", reads="person_seen", about="who")
    def page(who: str):
        return ("gone", 404) if who == "0" else f"{who}, read by {reader().id}"

    app.register_blueprint(bp)
    yield app
    app.pool.close()


def told(conn: db.Connection, *actions: str) -> list[tuple[str, str, str]]:
    conn.rollback()
    found = [one for one in audit.entries(conn) if one.action in actions]
    return [(one.actor, one.object, one.detail["page"]) for one in reversed(found)]


def test_a_page_is_noted_once_an_hour_however_often_it_is_polled(
    app: App, conn: db.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [NOON]
    monkeypatch.setattr(type(CLOCK), "now", lambda self: at[0])
    officer, other = client_of(app, "officer"), client_of(app, "officer")
    for minutes in (0, 1, 54):
        at[0] = NOON + timedelta(minutes=minutes)
        assert officer.get("/desk").status_code == 200
    assert other.get("/desk").status_code == 200
    assert officer.get("/status").status_code == 200
    at[0] = NOON + timedelta(minutes=55)  # the next hour of the clock
    tag = officer.get("/desk").headers["ETag"]
    assert officer.get("/desk", headers={"If-None-Match": tag}).status_code == 304
    first, second = "1", "2"
    assert told(conn, "drafts_seen", "network_seen") == [
        (first, "", "desk.page"),
        (second, "", "desk.page"),
        (first, "", "status.page"),
        (first, "", "desk.page"),
    ]


def test_what_was_not_shown_and_ones_own_are_not_noted(app: App, conn: db.Connection) -> None:
    agent = client_of(app, "agent")
    assert agent.get("/one/0").status_code == 404
    assert agent.get("/one/1").text == "1, read by 1"
    assert app.test_client().get("/one/2").status_code == 303
    assert client_of(app, "technician").get("/one/2").status_code == 403
    assert told(conn, "person_seen") == []
    assert agent.get("/one/2").status_code == 200
    assert told(conn, "person_seen") == [("1", "2", "one.page")]


def test_what_cannot_be_noted_is_not_shown(
    app: App, conn: db.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = client_of(app, "agent")

    def fails(*args: object) -> None:
        raise db.DatabaseDown("postgresql://x", OSError("no answer"))

    monkeypatch.setattr(reads, "note", fails)
    answer = agent.get("/one/2")
    assert answer.status_code == 503
    assert "read by" not in answer.text


def test_hours_of_days_ago_are_forgotten_and_entries_stay(conn: db.Connection) -> None:
    person = add(conn)
    assert reads.note(conn, person.id, "drafts_seen", "p", "", NOON)
    assert not reads.note(conn, person.id, "drafts_seen", "p", "", NOON)
    reads.tidy(conn, NOON + timedelta(hours=26))
    assert reads.note(conn, person.id, "drafts_seen", "p", "", NOON)
    assert len(audit.entries(conn, action="drafts_seen")) == 2
