"""A node is told something from its page, and what it answers stands there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from collector.keys import MasterKey
from collector.store.network import node_commands, registry
from collector.store.postgres.db import Connection
from firmware.wire.commands import RESULTS, Answer
from tests.webapp.pages.test_nodes import NOW, app, audit_of, send, technician, text_of
from tests.webapp.people import client_of
from webapp.app.database import App
from webapp.views.technician.told import RESULTS as SHOWN

__all__ = ["app", "technician"]
MASTER = MasterKey(bytes(range(32)))
PAGE = "/nodes/qf-001"


@pytest.fixture
def change(app: App) -> Callable[[Callable[[Connection], object]], object]:
    """Do something in the database."""

    def run(what: Callable[[Connection], object]) -> object:
        with app.pool.connection() as conn:
            return what(conn)

    run(lambda conn: registry.enroll(conn, MASTER, "qf-001", at=NOW))
    return run


def answer(number: int, result: str, more: object = None) -> Callable[[Connection], object]:
    said = Answer(number, result, more)
    return lambda conn: node_commands.answer(conn, "qf-001", 1, said, NOW)


def test_a_technician_tells_a_node_and_reads_its_answer(
    app: App, technician: FlaskClient, change: Callable[..., object]
) -> None:
    send(technician, f"{PAGE}/tell", word="selftest")
    page = text_of(technician, f"{PAGE}?lang=en")
    assert "Ask all sensors" in page
    assert "waits to be sent" in page
    assert ("node_told", "qf-001") in audit_of(app)
    change(lambda conn: node_commands.take(conn, MASTER, NOW, ()))
    assert "no answer yet" in text_of(technician, f"{PAGE}?lang=en")
    change(answer(1, "done", [[0, 1512], [3, None, 1], [31, 5], "x"]))
    page = text_of(technician, f"{PAGE}?lang=en")
    assert "Air temperature 2 m high: 15.1 °C" in page
    assert "Soil moisture" in page
    assert ": no value" in page


def test_what_was_never_answered_is_told(
    technician: FlaskClient, change: Callable[..., object]
) -> None:
    long_ago = NOW - timedelta(days=1)
    given = {"by": "Li", "at": long_ago, "expires": long_ago + timedelta(hours=2)}
    change(lambda conn: node_commands.give(conn, "qf-001", "send", **given))
    assert "never answered" in text_of(technician, f"{PAGE}?lang=en")


def test_each_result_has_its_words(technician: FlaskClient, change: Callable[..., object]) -> None:
    assert set(SHOWN) == set(RESULTS)
    given = {"by": "Li", "at": NOW, "expires": NOW + timedelta(hours=2), "shown": {"wifi": "shed"}}
    change(
        lambda conn: node_commands.give_more(
            conn, MASTER, "qf-001", "config", [{"sample_s": 300}, 900], **given
        )
    )
    change(answer(1, "undone", "not acknowledged in 900 s"))
    page = text_of(technician, PAGE)
    assert "更改配置：wifi shed" in page
    assert "用新配置发不出数据，已退回原配置：900 秒内没有收到服务器的应答" in page


def test_what_the_node_did_not_take_is_told(
    technician: FlaskClient, change: Callable[..., object]
) -> None:
    change(lambda conn: node_commands.put_refused(conn, "qf-001", "seal", 10, 1, NOW))
    page = text_of(technician, f"{PAGE}?lang=en")
    assert "The node did not take 10 messages: not sealed for it" in page


def test_who_may_not_or_what_cannot_be_told_is_refused(
    app: App, technician: FlaskClient, change: Callable[..., object]
) -> None:
    change(lambda conn: registry.revoke(conn, "py-002", reason="stolen", by="Li", at=NOW))
    assert "Ask all sensors" not in text_of(technician, "/nodes/py-002?lang=en")
    page = send(technician, "/nodes/py-002/tell?lang=en", 409, word="send")
    assert "This node has no key: enrol it first." in page
    page = send(technician, f"{PAGE}/tell?lang=en", 400, word="dance")
    assert "Answer with one of the buttons." in page
    officer = client_of(app, "officer")
    send(officer, f"{PAGE}/tell", 403, word="send")
    assert "Ask all sensors" not in text_of(officer, f"{PAGE}?lang=en")
