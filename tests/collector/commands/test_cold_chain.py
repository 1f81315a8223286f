"""Commands about assets and loggers: done, noted, and refused with the mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from collector.store import audit
from collector.store.postgres import db
from collector.store.postgres.queries import fetch
from nongqing import Parts, main
from tests.collector.store.coldchain.world import World, build

Run = Callable[..., Result]


@pytest.fixture
def conn(dsn: str) -> Iterator[db.Connection]:
    conn = db.connect(dsn)
    conn.autocommit = True
    yield conn
    conn.close()


@pytest.fixture
def world(conn: db.Connection) -> World:
    return build(conn)


@pytest.fixture
def run(dsn: str, tmp_path: Any) -> Run:
    def invoke(*arguments: str) -> Result:
        env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": str(tmp_path)}
        return CliRunner().invoke(main, ["trace", *arguments], env=env, obj=Parts())

    return invoke


def test_a_logger_rides_and_is_taken_out(run: Run, conn: db.Connection, world: World) -> None:
    made = run("asset", "coop", "box", "箱 7")
    assert made.exit_code == 0, made.output
    number = made.output.split()[0]
    assert run("attach", "lg-001", number).output == "lg-001 rides in 箱 7\n"
    assert "箱 7  coop  lg-001" in run("assets").output
    assert '"node": "lg-001"' in run("assets", "--json").output
    again = run("attach", "lg-001", str(world.truck.id))
    assert again.exit_code == 2
    assert "rides in 箱 7 already; detach it there first" in again.output
    assert run("detach", "lg-001").output == "lg-001 rode in 箱 7\n"
    never = run("detach", "lg-001")
    assert (never.exit_code, "rides in no asset; attach it first" in never.output) == (2, True)
    actions = {each.action for each in audit.entries(conn, limit=50)}
    assert {"asset_added", "logger_attached", "logger_detached"} <= actions
    rows = fetch(
        conn, "SELECT action FROM trace_event WHERE type = 'AssociationEvent' ORDER BY number"
    )
    assert rows == [("ADD",), ("DELETE",)]


def test_what_is_asked_wrongly_is_said(run: Run, world: World) -> None:
    assert "no such party; see: nongqing trace parties" in run("asset", "x", "box", "箱").output
    assert "there is none of this number" in run("attach", "lg-001", "99").output
    assert "is no identifier" in run("asset", "coop", "box", "箱", "--uri", "box 7").output


def test_nothing_is_there_yet(run: Run) -> None:
    found = run("assets")
    assert (found.exit_code, found.output) == (1, "no asset yet\n")
