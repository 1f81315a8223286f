"""`nongqing node tell` and `told`: kept, sent by a collector, answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

import nongqing
from collector.clock import SystemClock
from collector.ingest.batches import Collector
from collector.keys import load_master_key
from collector.store.network import node_commands, registry
from field_configs.board import layout_of
from field_configs.load import load
from firmware.wire import commands, seal, topics
from firmware.wire.commands import Answer
from firmware.workbench.config import changeable

if TYPE_CHECKING:
    from collector.store.postgres import db

    Run = Callable[..., Result]

NODE = "qf-001"
BY = ("--by", "Li")


@pytest.fixture
def run(dsn: str, registered: db.Connection, tmp_path: Path) -> Run:
    env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": str(tmp_path)}

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(nongqing.main, ["node", *arguments], env=env)

    done = invoke("enroll", NODE, "--broker", "mqtt://b", "--out", str(tmp_path / "n.json"))
    assert done.exit_code == 0, done.output
    return invoke


def sent(pool: db.Pool, folder: Path) -> list[commands.Command]:
    """What a collector sends now."""
    found: list[commands.Command] = []
    master = load_master_key(folder)
    with pool.connection() as conn:
        key = registry.key(conn, master, NODE)

    class Air:
        def publish(self, topic: str, payload: bytes) -> None:
            assert topic == topics.topic(NODE, "cmd")
            found.append(commands.decode_command(seal.open_(key.key, topic, payload)[1]))

    collector: Any = Collector(pool, master, SystemClock(), Air())
    collector._refresh()
    collector._command()
    return found


def test_a_configuration_goes_out_and_its_passwords_are_not_shown(
    run: Run, pool: db.Pool, registered: db.Connection, tmp_path: Path
) -> None:
    done = run(
        *("tell", "config", NODE, "--broker", "mqtt://u:pw1@new.example:1884", *BY),
        *("--wifi", "shed", "pw2", "--sample-s", "300", "--samples-per-frame", "12"),
    )
    assert done.exit_code == 0, done.output
    assert done.output == (
        "qf-001: command 1 is kept; it goes out when a collector runs and the node is in touch "
        "(last heard: never). What comes of it: nongqing node told qf-001\n"
    )
    (command,) = sent(pool, tmp_path)
    broker = {"host": "new.example", "port": 1884, "user": "u", "password": "pw1"}
    changes = {
        "broker": broker,
        "wifi": {"ssid": "shed", "password": "pw2"},
        "sample_s": 300,
        "samples_per_frame": 12,
    }
    assert (command.number, command.word, command.argument) == (1, "config", [changes, 900])
    told = run("told", NODE)
    assert told.exit_code == 0
    assert "wifi=shed broker=new.example:1884 sample_s=300" in told.output
    assert "by Li, sent 1 x: no answer yet" in told.output
    assert "pw1" not in told.output + run("told", NODE, "--json").output
    assert "pw2" not in told.output + run("told", NODE, "--json").output
    with registered:
        why = Answer(1, "undone", "not acknowledged in 900 s")
        node_commands.answer(registered, NODE, 1, why, SystemClock().now())
        node_commands.put_refused(registered, NODE, "seal", 10, 1, SystemClock().now())
    told = run("told", NODE)
    assert 'undone: "not acknowledged in 900 s"' in told.output
    assert "not taken: 10 x seal, last told 20" in told.output
    data = json.loads(run("told", NODE, "--json").output)
    assert (data["commands"][0]["result"], data["refused"][0]["count"]) == ("undone", 10)
    assert "did not take: 10 x seal" in run("list").output
    assert json.loads(run("list", "--json").output)[-1]["id"] != ""
    rows = {row["id"]: row for row in json.loads(run("list", "--json").output)}
    assert rows[NODE]["not_taken"] == {"seal": 10}


def test_a_board_goes_out_and_its_layout_is_known(
    run: Run, pool: db.Pool, registered: db.Connection, tmp_path: Path
) -> None:
    assert run("tell", "config", NODE, "--board", *BY).exit_code == 0
    board = load(site=None).boards["soilair-1"]
    (command,) = sent(pool, tmp_path)
    assert command.argument == [changeable(board), 900]
    with registered:
        assert layout_of(board).id in registry.layouts(registered)


@pytest.mark.parametrize("word", ["send", "selftest", "key"])
def test_what_needs_no_argument(run: Run, pool: db.Pool, tmp_path: Path, word: str) -> None:
    assert run("tell", word, NODE, *BY, "--within", "2").exit_code == 0
    (command,) = sent(pool, tmp_path)
    assert command.word == word


def test_what_is_wrong_is_said(run: Run, registered: db.Connection) -> None:
    done = run("told", NODE)
    assert (done.exit_code, done.output) == (1, "qf-001: was told nothing yet\n")
    done = run("tell", "config", NODE, *BY)
    assert done.exit_code == 2
    assert "nothing to change: give --broker, --wifi, --board, --sample-s" in done.output
    done = run("tell", "config", NODE, *BY, "--broker", "http://b")
    assert done.exit_code == 1
    assert "broker 'http://b': must be mqtt://host[:port]" in done.output
    done = run("tell", "send", "qf-0x1", *BY)
    assert done.exit_code == 1
    assert "node qf-0x1: not in the registry" in done.output
    done = run("tell", "send", "py-002", *BY)
    assert done.exit_code == 1
    assert "node py-002: has no key; run `nongqing node enroll py-002` first" in done.output
    assert run("tell", "send", NODE).exit_code == 2
