"""`nongqing node replace` and `retire`: done, kept with who and why, or refused with a mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

import nongqing
from collector.store.network import nodes, registry

if TYPE_CHECKING:
    from collector.store.postgres import db

    Run = Callable[..., Result]

WHY = ("--by", "李", "--reason", "雷击")


@pytest.fixture
def run(dsn: str, registered: db.Connection, tmp_path: Path) -> Run:
    env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": str(tmp_path)}

    def invoke(*arguments: str, **more: str) -> Result:
        return CliRunner().invoke(nongqing.main, ["node", *arguments], env=env | more)

    for name in ("qf-001", "qf-004"):
        out = str(tmp_path / f"{name}.json")
        done = invoke("enroll", name, "--broker", "mqtt://b", "--out", out)
        assert done.exit_code == 0, done.output
    return invoke


def serves(conn: db.Connection, node: str) -> set[str]:
    with conn:
        return {each.placement for each in nodes.channels(conn, node) if each.valid_to is None}


def newest(conn: db.Connection, action: str) -> tuple[str, str, Any]:
    with conn, conn.cursor() as cursor:
        cursor.execute(
            "SELECT actor, object, detail FROM audit_entry WHERE action = %s "
            "ORDER BY number DESC LIMIT 1",
            (action,),
        )
        return cursor.fetchone()


def test_another_node_takes_over_and_it_stands_in_the_audit_log(
    run: Run, registered: db.Connection
) -> None:
    places = serves(registered, "qf-001")
    assert run("retire", "qf-004", *WHY).exit_code == 0
    assert serves(registered, "qf-004") == set()
    done = run("replace", "qf-001", "qf-004", *WHY)
    assert done.exit_code == 0, done.output
    assert "qf-001: out of service; qf-004 serves qf-liuge-1" in done.output
    assert "qf-004: has no key yet: nongqing node enroll qf-004" in done.output
    assert serves(registered, "qf-004") == places
    with registered:
        old = nodes.facts(registered, "qf-001")
        assert old is not None
        assert old.epoch is None
        assert nodes.history(registered, "qf-001")[0].note == "雷击"
    actor, about, told = newest(registered, "node_replaced")
    assert (about, told["by"], told["said_by"]) == ("qf-001", "qf-004", "李")
    assert actor.endswith("@node replace")
    assert newest(registered, "node_retired")[1] == "qf-004"


def test_another_board_under_the_same_name_wants_a_new_key(
    run: Run, registered: db.Connection, tmp_path: Path
) -> None:
    places = serves(registered, "qf-001")
    done = run("replace", "qf-001", "qf-001", *WHY)
    assert done.exit_code == 0, done.output
    assert "another board has its name" in done.output
    assert "nongqing node enroll qf-001" in done.output
    with registered:
        assert registry.nodes(registered, "qf-001")[0].epoch is None
    out = str(tmp_path / "new.json")
    assert run("enroll", "qf-001", "--broker", "mqtt://b", "--out", out).exit_code == 0
    with registered:
        assert registry.nodes(registered, "qf-001")[0].epoch == 2
        assert nodes.history(registered, "qf-001")[0].detail == {"by": "qf-001"}
    assert serves(registered, "qf-001") == places


def test_what_cannot_take_over_is_named_with_the_mend(run: Run, registered: db.Connection) -> None:
    busy = run("replace", "qf-001", "qf-004", *WHY)
    assert busy.exit_code == 1
    assert "node qf-004: serves the field " in busy.output
    assert "retire it there first: nongqing node retire qf-004" in busy.output
    with registered, registered.cursor() as cursor:
        cursor.execute("UPDATE layout SET channels = '[[0, 1, 100]]'")
    assert run("retire", "qf-004", *WHY).exit_code == 0
    lacks = run("replace", "qf-001", "qf-004", *WHY)
    assert "node qf-004: has no channel for " in lacks.output
    assert "take a node of the same board" in lacks.output


def test_a_clock_that_goes_wrong_is_named(run: Run, registered: db.Connection) -> None:
    """A node that began to serve just now cannot have been replaced years ago."""
    assert run("retire", "qf-004", *WHY).exit_code == 0
    assert run("replace", "qf-001", "qf-004", *WHY).exit_code == 0
    past = run("replace", "qf-004", "qf-001", *WHY, NONGQING_CLOCK="sim:1262304000@1262304000*1e-9")
    assert "node qf-001: began to serve at 20" in past.output
    assert "which is not over yet; look at the clock of this machine" in past.output


def test_an_unknown_node_is_named_with_its_neighbour(run: Run) -> None:
    for arguments in (("replace", "qf-01", "qf-004"), ("retire", "qf-01")):
        said = run(*arguments, *WHY)
        assert said.exit_code == 1
        assert "node qf-01: not in the registry (did you mean" in said.output
    assert "Missing option '--reason'" in run("retire", "qf-001", "--by", "Li").output
