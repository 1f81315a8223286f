"""Commands about assets and loggers: done, noted, and refused with the mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from collector.store import audit
from collector.store.coldchain import assets, shipments
from collector.store.postgres import db
from collector.store.postgres.queries import fetch
from nongqing import Parts, main
from tests.collector.store.coldchain.world import AT, World, build

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


def test_a_logger_is_attached_since_a_time_that_was(
    run: Run, conn: db.Connection, world: World
) -> None:
    number = str(world.truck.id)
    late = run("attach", "lg-001", number, "--since", "2200-01-01T00:00+08:00")
    assert (late.exit_code, "is still to come; give a time before now" in late.output) == (2, True)
    assert run("attach", "lg-001", number, "--since", "2016-05-10T06:00+08:00").exit_code == 0
    (ride,) = assets.attachments(conn, world.truck.id)
    assert ride.since.isoformat()[:16] in ("2016-05-09T22:00", "2016-05-10T06:00")


def test_a_logger_is_given_to_a_party(run: Run, conn: db.Connection, world: World) -> None:
    nobody = run("logger", "lg-001")
    assert (nobody.exit_code, nobody.output) == (1, "lg-001: nobody's yet\n")
    assert run("logger", "lg-001", "market").output == "lg-001  market  郑州批发市场\n"
    refused = run("attach", "lg-001", str(world.truck.id))
    assert refused.exit_code == 2
    assert "belongs to 郑州批发市场, not to 柳格合作社; ask them" in refused.output
    for given, said in (
        (("lg-009", "coop"), "node lg-009: not in the registry"),
        (("lg-001", "x"), '"x": no such party'),
    ):
        wrong = run("logger", *given)
        assert (wrong.exit_code, said in wrong.output) == (2, True)
    assert "logger_given" in {each.action for each in audit.entries(conn, limit=50)}


def test_a_recall_by_a_logger_prints_what_was_with_it_and_where_that_is(
    run: Run, conn: db.Connection, world: World
) -> None:
    assets.attach(conn, "lg-001", world.truck.id, world.sender, "张三", AT)
    parties = (world.sender, world.receiver.id)
    given = (world.lot, 400.0, "garlic_scape", world.truck.id, parties, world.who)
    shipments.ship(conn, *given)
    span = ("--from", "2016-05-10T10:30+08:00", "--until", "2016-05-10T12:00+08:00")
    found = run("recall", "lg-001", *span)
    assert found.exit_code == 0, found.output
    first, empty, lot = found.output.splitlines()
    assert first == f"{world.lot}  豫J12345  2016-05-10 10:30 - 2016-05-10 12:00  400 kg"
    assert empty == ""
    assert "柳格合作社  shipping" in lot
    assert run("recall", world.lot).output.splitlines() == [lot]
    wrong = [
        (("lg-001", *span[:2]), "a logger is asked for with both --from and --until"),
        (("lg-009", *span), 'logger "lg-009": there is none of this number'),
        (("lg-001", "--from", "2016-05-10T10:30", *span[2:]), "is no time with zone; write"),
        (
            ("lg-001", "--from", "2016-05-09T10:30+08:00", "--until", "2016-05-09T12:00+08:00"),
            "rode in nothing from 2016-05-09 10:30 UTC+08:00 until",
        ),
    ]
    for arguments, said in wrong:
        answer = run("recall", *arguments)
        assert (answer.exit_code, said in answer.output) == (2, True), answer.output
