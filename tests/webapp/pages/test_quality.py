"""A technician strikes readings of a node, sees what was decided, and takes it back."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from flask.testing import FlaskClient

from collector.store.measured import qc_decisions
from collector.store.measured.qc_decisions import FOUND, Decision
from collector.store.network import limits
from collector.store.network.limits import Limits
from models.weather.quality import AT_ODDS, STRUCK
from tests.conftest import Server
from tests.webapp.conftest import make_app, seed_module
from tests.webapp.people import client_of
from webapp.app.database import App

NOW = seed_module.NOW
PAGE = "/nodes/qf-001/quality?lang=en"
PLACE = "qf-liuge-1-t"
_keys = itertools.count()


@pytest.fixture(scope="module")
def app(postgres: Server, known_world: str) -> Iterator[App]:
    app = make_app(postgres.create(known_world))
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.pool.close()


@pytest.fixture
def technician(app: App) -> FlaskClient:
    return client_of(app, "technician")


def send(client: FlaskClient, status: int = 303, **form: str) -> str:
    given = {"way": "strike", "placement": PLACE, "since": "2016-05-01T08:00"}
    given |= {"until": "2016-05-02T08:00", "reason": "lay on the ground"}
    given |= {"entry_key": f"quality-{next(_keys):08d}"} | form
    answer = client.post(PAGE, data=given)
    assert answer.status_code == status, answer.text[-3000:]
    return answer.text


def decided(app: App) -> list[Decision]:
    with app.pool.connection() as conn:
        _, series = limits.placed(conn, PLACE)
        return qc_decisions.history(
            conn, series, NOW - timedelta(days=900), NOW + timedelta(days=900)
        )


def test_readings_are_struck_and_taken_back(app: App, technician: FlaskClient) -> None:
    page = technician.get(PAGE).text
    assert "The usual limits; nothing was decided." in page
    send(technician)
    (one,) = decided(app)
    assert (one.name, one.stands, one.person, one.reason) == (
        "struck",
        True,
        True,
        "lay on the ground",
    )
    assert one.since.isoformat() == "2016-05-01T00:00:00+00:00"
    page = technician.get(PAGE).text
    assert "Written down; summaries and advice follow within minutes." in page
    assert "struck by a person" in page
    assert "lay on the ground" in page
    send(technician, way="unstrike", reason="the other probe")
    assert [each.stands for each in decided(app)] == [False, True]
    assert "taken back: struck by a person" in technician.get(PAGE).text
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("SELECT action, object FROM audit_entry ORDER BY number DESC LIMIT 2")
        assert cur.fetchall() == [("readings_unstruck", PLACE), ("readings_struck", PLACE)]
        cur.execute("SELECT count(*) FROM reading WHERE qc & %s <> 0", [STRUCK])
        assert cur.fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"placement": "py-bagongqiao-1-t"}, "Choose what was measured wrongly."),
        ({"since": ""}, "Say from when on."),
        ({"since": "yesterday"}, "Write a day and a time, like 2026-05-01T08:00."),
        ({"until": "2016-05-01T07:00"}, "The end must lie after the beginning."),
        ({"reason": " "}, "Say why: it stays beside the readings."),
        ({"reason": "x" * 201}, "Write at most 200 characters."),
    ],
)
def test_what_is_wrong_with_a_form_is_said(
    app: App, technician: FlaskClient, changes: dict[str, str], said: str
) -> None:
    before = len(decided(app))
    page = send(technician, 422, **changes)
    assert said in page
    assert "Not sent yet" in page
    assert len(decided(app)) == before


def test_limits_of_a_placement_are_shown(app: App, technician: FlaskClient) -> None:
    with app.pool.connection() as conn:
        given = Limits(high=70.0, apart=12.0)
        limits.give(conn, PLACE, (NOW, None), given, by="Li", reason="kiln beside it", at=NOW)
    page = technician.get(PAGE).text
    assert "Limits of its own: highest 70, how far from its neighbours 12 °C" in page
    assert "Li: kiln beside it" in page


def test_another_button_is_refused(technician: FlaskClient) -> None:
    assert "Answer with one of the buttons." in send(technician, 400, way="burn")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("dew point", "humidity 98.5 %: with the temperature beside it a dew point of 19.2 °C"),
        ("saturated", "humidity stands at 98.5 % for a day: with the temperature beside it"),
    ],
)
def test_a_dew_point_in_doubt_is_told_in_words(
    app: App, technician: FlaskClient, rule: str, said: str
) -> None:
    told = {"rule": rule, "humidity": 98.5, "dew_point": 19.2, "dew_point_around": 12.4}
    told |= {"apart": 6.1, "neighbours": 3}
    with app.pool.connection() as conn:
        _, series = limits.placed(conn, "qf-liuge-1-rh")
        hour = int(NOW.timestamp()) // 3600 - next(_keys)
        found = np.array([(series, hour, AT_ODDS, True)], FOUND)
        by = {"by": "job quality/2", "at": NOW}
        qc_decisions.put_found(conn, found, [json.dumps(told)], np.array([False]), **by)
    page = technician.get(PAGE).text
    assert said in page
    assert "around it 12.4 °C by 3 neighbours; over the day 6.1 °C apart" in page
