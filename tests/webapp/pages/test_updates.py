"""Updates of nodes as technicians see them: how far, what failed and why, halting and resuming."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from collector.keys import MasterKey
from collector.store import items
from collector.store.items import Found
from collector.store.network import (
    node_commands,
    node_firmware,
    nodes,
    registry,
    roll_out_nodes,
    roll_outs,
    update_keys,
)
from collector.store.network.frames import BootId
from collector.store.postgres.db import Connection
from field_configs.events import event
from firmware.wire.commands import Answer
from tests.collector.releases import PUBLIC, TARGET, Made, begin, run_before
from tests.webapp.pages.test_nodes import NOW, app, audit_of, send, technician, text_of
from tests.webapp.people import client_of
from webapp.app.database import App
from webapp.views.technician.self_test import self_test
from webapp.views.technician.updates import OF_ROLL_OUT, STATES

__all__ = ["app", "technician"]
MASTER = MasterKey(bytes(range(32)))
RINGS = {"qf-001": 1, "qf-002": 2, "qf-003": 3, "py-001": 3, "py-002": 3}


@pytest.fixture
def change(app: App) -> Callable[[Callable[[Connection], Any]], Any]:
    """Do something in the database, where a roll-out has offered 9.1.0 to the first node."""

    def run(what: Callable[[Connection], Any]) -> Any:
        with app.pool.connection() as conn:
            return what(conn)

    def start(conn: Connection) -> None:
        registry.enroll(conn, MASTER, "qf-001", at=NOW)
        run_before(conn, list(RINGS), NOW)
        number = begin(conn, RINGS, NOW)
        roll_outs.begin_ring(conn, number, 1, NOW)
        roll_outs.give_offers(conn, MASTER, roll_outs.find(conn, number), limit=9, at=NOW)

    run(start)
    return run


def says(state: str, more: object = None, boot: int = 2) -> Callable[[Connection], object]:
    given = ("qf-001", Made().number, state, more)
    return lambda conn: roll_out_nodes.reported(conn, *given, boot=boot, at=NOW)


def listed(page: str) -> list[str]:
    return re.findall(r'<a class="row[^"]*" href="/nodes/([^"]+)"', page)


def test_every_state_has_its_words() -> None:
    assert set(STATES) == {*roll_outs.STATES, "excused"}
    assert set(OF_ROLL_OUT) == {"running", "halted", "finished"}


def test_how_far_a_roll_out_is(technician: FlaskClient, change: Callable[..., Any]) -> None:
    assert "还没有下发过升级" not in text_of(technician, "/updates")
    page = text_of(technician, "/updates?lang=en")
    assert 'href="/updates/1"' in page
    assert "then to 5 %, 25 % and the rest" in page
    assert "9.1.0" in page
    change(says("fetching", 2305))
    page = text_of(technician, "/updates/1?lang=en")
    for words in (
        "Update 9.1.0",
        "under way",
        TARGET,
        "Ring 1",
        "2305 bytes to fetch",
        "runs 0.1.0",
        "later 5 % of a ring",
        "Offered to 5 nodes",
        "Ring 1 begins",
        "A ring rests 24 h before the next",
    ):
        assert words in page, words
    assert listed(page)[0] == "qf-001"
    assert listed(text_of(technician, "/updates/1?state=waiting&page=x")) == [
        "qf-002",
        "py-001",
        "py-002",
        "qf-003",
    ]
    assert listed(text_of(technician, "/updates/1?state=waiting&page=2")) == []
    assert len(listed(text_of(technician, "/updates/1?state=nothing"))) == 5
    zh = text_of(technician, "/updates/1?lang=zh")
    for words in ("升级 9.1.0", "第 1 批", "进行中", "还要下载 2305 字节", "失败 5% 就暂停"):
        assert words in zh, words


def test_what_is_not_there(technician: FlaskClient, app: App) -> None:
    assert "还没有下发过升级" in text_of(technician, "/updates")
    for number in (1, 2**62, 10**30):
        text_of(technician, f"/updates/{number}", 404)


def test_a_technician_halts_it_and_lets_it_go_on(
    app: App, technician: FlaskClient, change: Callable[..., Any]
) -> None:
    assert "请写明原因" in send(technician, "/updates/1", 422, act="halt", reason=" ")
    assert "最多写 200 个字" in send(technician, "/updates/1", 422, act="halt", reason="x" * 201)
    send(technician, "/updates/1", 400, act="delete", reason="x")
    send(technician, "/updates/1", act="halt", reason="雨量翻倍")
    page = text_of(technician, "/updates/1")
    assert "已暂停：雨量翻倍" in page
    assert ("roll_out_halted", "1") in audit_of(app)
    (command,) = change(lambda conn: node_commands.of_node(conn, "qf-001"))
    assert command.expires < NOW + timedelta(days=1)  # taken back
    send(technician, "/updates/1", 409, act="halt", reason="again")
    send(technician, "/updates/1", act="resume", reason="看过了")
    assert ("roll_out_resumed", "1") in audit_of(app)
    assert change(lambda conn: roll_outs.find(conn, 1)).state == "running"


def test_one_that_halted_by_itself_says_why(
    technician: FlaskClient, change: Callable[..., Any]
) -> None:
    change(says("trial"))
    change(says("undone", "not acknowledged in 3 starts", boot=3))
    detail = {"ring": 1, "failures": 1, "most": 1}
    change(lambda conn: roll_outs.halt(conn, 1, detail, by="", at=NOW))
    page = text_of(technician, "/updates/1?lang=en")
    assert "Halted: by itself: failures in ring 1: 1, limit 1" in page
    assert "not acknowledged in 3 starts" in page
    assert "went back to its old program" in page
    assert listed(page)[0] == "qf-001"
    send(technician, "/updates/1", act="again", reason="ok")
    assert "Goes on, also for those that failed" in text_of(technician, "/updates/1?lang=en")
    states = change(lambda conn: roll_outs.counts(conn, [1]))[1][1]
    assert states == {"waiting": 1}


def test_a_halt_stands_above_the_nodes_and_among_the_items(
    technician: FlaskClient, change: Callable[..., Any]
) -> None:
    assert 'role="alert"' not in text_of(technician, "/nodes")
    counted = {"ring": 1, "failures": 1, "most": 1}
    said = event("roll_out_halted", number=1, version="9.1.0", **counted)
    change(lambda conn: items.raise_items(conn, [Found(said, "1")], NOW))
    for path in ("/nodes", "/status"):
        page = text_of(technician, path)
        assert "升级任务 1（版本 9.1.0）：第 1 批有 1 台设备没有升级成功" in page, path
    for path in ("/nodes", "/status"):
        assert 'href="/updates/1"' in text_of(technician, path), path
    assert "1 nodes of ring 1 did not keep it" in text_of(technician, "/nodes?lang=en")


def test_a_part_of_the_tree_sees_its_nodes_and_may_halt_alone(
    app: App, change: Callable[..., Any]
) -> None:
    county = client_of(app, "technician", "county", "410928")
    page = text_of(county, "/updates/1?lang=en")
    assert listed(page) == ["py-001", "py-002"]
    assert "Halt the update" in page
    send(county, "/updates/1", act="halt", reason="x")
    page = text_of(county, "/updates/1?lang=en")
    assert "Who looks after the nodes of the whole city can let it go on." in page
    send(county, "/updates/1", 403, act="resume", reason="x")
    officer = client_of(app, "officer")
    assert "<form class=" not in text_of(officer, "/updates/1")
    send(officer, "/updates/1", 403, act="resume", reason="x")


def test_a_node_shows_what_it_runs_and_what_it_is_brought(
    technician: FlaskClient, change: Callable[..., Any]
) -> None:
    page = text_of(technician, "/nodes/qf-001?lang=en")
    for words in ("0.1.0", TARGET, "Update 9.1.0</a>: offered", "not changed but from here"):
        assert words in page, words
    assert "Update its program: 9.1.0<" in page
    assert "takes none: it was enrolled without a key of updates" in page
    change(lambda conn: update_keys.trust(conn, ["qf-001"], PUBLIC.hex()))
    assert f"用密钥 {PUBLIC.hex()[:8]} 签名的" in text_of(technician, "/nodes/qf-001")

    def starts(boot: int, config: bytes) -> None:
        name, at = BootId("qf-001", 1, boot), NOW + timedelta(minutes=2 * boot)
        change(lambda conn: node_firmware.put(conn, name, "9.1.0", TARGET, config, at))

    starts(2, b"else")
    assert "被改过，不是从这里改的" in text_of(technician, "/nodes/qf-001")
    at = NOW + timedelta(minutes=4, seconds=30)
    given = {"shown": {}, "by": "Li", "at": at, "expires": NOW + timedelta(days=9)}
    changes = ("qf-001", "config", [{"sample_s": 300}, 900])
    number = change(lambda conn: node_commands.give_more(conn, MASTER, *changes, **given))
    said, done = Answer(number, "done", None), NOW + timedelta(minutes=5)
    change(lambda conn: node_commands.answer(conn, "qf-001", 1, said, done))
    assert "已从这里更改，下次启动时上报" in text_of(technician, "/nodes/qf-001")
    starts(3, b"new ")
    assert "除这里下发的以外没有改过" in text_of(technician, "/nodes/qf-001")


def test_a_self_test_counts_nothing_that_was_said_under_an_earlier_key(app: App) -> None:
    """Else a new board passes by what the old one had measured."""
    since = NOW - timedelta(hours=12)
    with app.pool.connection() as conn, app.app_context():
        node = nodes.facts(conn, "qf-001")
        assert node is not None
        before = self_test(conn, node, since)
        assert before.heard
        assert "pass" in before.checks.values()
        registry.enroll(conn, MASTER, "qf-001", at=NOW + timedelta(minutes=1))
        after = self_test(conn, node, since)
    assert after.since == NOW + timedelta(minutes=1)
    assert set(after.checks.values()) == {"missing"}
