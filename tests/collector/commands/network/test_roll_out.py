"""`nongqing node ota offer|status|halt|resume`, and the job that does what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

import nongqing
from collector.commands.network.roll_out_choice import tell_left_out
from collector.jobs.context import Context
from collector.jobs.roll_outs import JOBS, roll_out
from collector.keys import MasterKey
from collector.settings import Settings
from collector.store import audit, items
from collector.store.network import (
    node_commands,
    node_firmware,
    roll_out_nodes,
    roll_outs,
    update_keys,
)
from collector.store.network.frames import BootId
from firmware.wire import update
from firmware.wire.update import Head
from tests.collector.conftest import NOW, FixedClock, enrol
from tests.collector.releases import PUBLIC, TARGET, Made, run_before

if TYPE_CHECKING:
    from collector.store.postgres import db
    from field_configs.schema import Configs

    Run = Callable[..., Result]

MASTER_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@dataclass
class Read:
    """An update as the workbench reads it."""

    head: Head
    head_bytes: bytes
    signature: bytes
    manifest_bytes: bytes
    travels: list[bytes]


class Parts(nongqing.Parts):
    """What the front door hands over, with a reader of folders that needs no compiler."""

    made: Made | RuntimeError = Made()

    def read_signed(self, folder: Path, key_file: Path) -> Read:  # type: ignore[override]
        if isinstance(self.made, RuntimeError):
            raise self.made
        made = self.made
        head = update.decode_head(made.head)
        return Read(head, made.head, made.signature, made.manifest, made.travels)

    def signer(self, key_file: Path) -> str:
        return PUBLIC.hex()

    def clock(self) -> FixedClock:  # type: ignore[override]
        return FixedClock()


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def run(dsn: str, tmp_path: Path, parts: Parts) -> Run:
    env = {
        "NONGQING_DSN": dsn,
        "NONGQING_STATE_DIR": str(tmp_path),
        "NONGQING_MASTER_KEY": MASTER_TEXT,
    }
    (tmp_path / "key.pub").write_text("of whom nodes trust")

    def invoke(*arguments: str) -> Result:
        given = ["node", "ota", *arguments]
        if arguments[0] == "offer":
            given += [str(tmp_path), "--key", str(tmp_path / "key.pub"), "--by", "Li"]
        return CliRunner().invoke(nongqing.main, given, env=env, obj=parts)

    return invoke


@pytest.fixture
def nodes(registered: db.Connection, configs: Configs) -> list[str]:
    """The nodes of the demonstration, enrolled; all have said what they run."""
    names = sorted(configs.nodes)
    for name in names:
        enrol(registered, name)
    with registered:
        run_before(registered, names, NOW)
        update_keys.trust(registered, names, PUBLIC.hex())
        with registered.cursor() as cur:
            cur.execute("UPDATE node SET last_seen = %s WHERE id = %s", (NOW, names[3]))
    return names


@pytest.fixture
def later(pool: db.Pool, tmp_path: Path) -> Callable[[float], object]:
    """The job, so many hours from now."""
    settings = Settings(None, None, tmp_path, MASTER_TEXT)

    def run_job(hours: float) -> object:
        context = Context(pool, NOW + timedelta(hours=hours), settings)
        assert JOBS[0].wanted is not None
        return roll_out(context) if JOBS[0].wanted(context) else None

    return run_job


def says(conn: db.Connection, node: str, state: str, more: object = None, boot: int = 2) -> None:
    with conn:
        given = {"boot": boot, "at": NOW}
        assert roll_out_nodes.reported(conn, node, Made().number, state, more, **given)


def actions(conn: db.Connection) -> list[tuple[str, str]]:
    with conn:
        return [(each.action, each.object) for each in audit.chain(conn)]


def open_kinds(conn: db.Connection) -> list[str]:
    with conn:
        return [each.event.kind for each in items.open_items(conn)]


def test_offered_to_all_it_goes_ring_by_ring_until_it_is_everywhere(
    run: Run, nodes: list[str], registered: db.Connection, later: Callable[[float], object]
) -> None:
    done = run("offer", "--all")
    assert done.exit_code == 0, done.output
    assert done.output == (
        f"roll-out 1: 9.1.0 for {TARGET} goes to {len(nodes)} nodes (ring 1: 1, ring 2: 1, "
        f"ring 3: {RING3}, ring 4: {len(nodes) - 2 - RING3}); the jobs service begins with "
        f"{nodes[3]}. What comes of it: nongqing node ota status 1\n"
    )
    assert ("update_offered", "1") in actions(registered)
    assert str(later(0)) == ("1 roll-outs run: 1 nodes offered an update, 0 halted or finished")
    hours = 0.0
    for ring in (1, 2, 3, 4):
        with registered:
            of_ring = [e for e in roll_outs.nodes(registered, 1, limit=99) if e.ring == ring]
            given = node_commands.of_node(registered, of_ring[0].node)
        assert {each.shown for each in of_ring} == {"offered"}
        assert [(e.word, e.shown) for e in given] == [
            ("update", {"version": "9.1.0", "roll_out": 1})
        ]
        for each in of_ring:
            says(registered, each.node, "kept")
        later(hours + 0.1)
        hours += 24.2
        later(hours)
    with registered:
        assert roll_outs.find(registered, 1).state == "finished"
    assert later(hours + 1) is None
    shown = run("status")
    assert shown.exit_code == 0
    assert "finished, offered 2016-05-01 12:00 UTC by Li" in shown.output
    assert f"  ring 3: {RING3} nodes: {RING3} kept" in shown.output


RING3 = 2


def test_a_failure_halts_it_and_says_so_until_somebody_resumes(
    run: Run, nodes: list[str], registered: db.Connection, later: Callable[[float], object]
) -> None:
    assert run("offer", "--all", "--first", nodes[0]).exit_code == 0
    later(0)
    says(registered, nodes[0], "trial", boot=2)
    says(registered, nodes[0], "undone", "not acknowledged in 3 starts", boot=3)
    later(0.1)
    later(0.2)
    assert open_kinds(registered) == ["roll_out_halted"]
    shown = run("status", "1")
    assert "9.1.0 for soilair-1/ip, halted" in shown.output
    assert "by itself: 1 failures in ring 1, 1 halt it" in shown.output
    assert "  ring 1: 1 nodes: 1 undone" in shown.output
    assert "  ring 2 (not begun): 1 nodes: 1 waiting" in shown.output
    assert (
        f"  {nodes[0]}  undone 2016-05-01 12:00 UTC: not acknowledged in 3 starts" in shown.output
    )
    again = run("resume", "1", "--by", "Wu", "--reason", "its card was loose", "--once-more")
    assert again.output == "roll-out 1: goes on\n"
    assert open_kinds(registered) == []
    later(0.3)
    with registered:
        (first,) = roll_outs.nodes(registered, 1, ["offered"], limit=9)
        assert first.node == nodes[0]
    says(registered, nodes[0], "failed", "no room", boot=4)
    later(0.4)
    assert run("resume", "1", "--by", "Wu", "--reason", "only this one").exit_code == 0
    later(0.5)
    later(25)
    with registered:
        kinds = [(each.kind, each.by) for each in roll_outs.steps(registered, 1)]
        ringed = roll_outs.nodes(registered, 1, ["offered"], limit=9)
    assert [each.ring for each in ringed] == [2]
    assert kinds == [
        ("begun", "Li"),
        ("ring", ""),
        ("halted", ""),
        ("resumed", "Wu"),
        ("halted", ""),
        ("resumed", "Wu"),
        ("ring", ""),
    ]
    assert [each for each in actions(registered) if each[0].startswith("roll_out")] == [
        ("roll_out_resumed", "1"),
        ("roll_out_resumed", "1"),
    ]


def test_somebody_halts_it_and_offers_that_waited_go_out_no_more(
    run: Run, nodes: list[str], registered: db.Connection, later: Callable[[float], object]
) -> None:
    assert run("offer", "--all").exit_code == 0
    later(0)
    done = run("halt", "1", "--by", "Wu", "--reason", "rain counts double")
    assert done.output == "roll-out 1: halted; 1 offers that waited were taken back\n"
    assert later(1) is None
    with registered:
        (command,) = node_commands.of_node(registered, nodes[3])
        assert command.expires == NOW
    assert "halted 2016-05-01 12:00 UTC by Wu: rain counts double" in run("status", "1").output
    assert ("roll_out_halted", "1") in actions(registered)
    assert open_kinds(registered) == []  # who halts it knows
    twice = run("halt", "1", "--by", "Wu", "--reason", "x")
    assert (twice.exit_code, twice.output) == (
        1,
        "Error: roll-out 1: does not run; see `nongqing node ota status`\n",
    )
    running = run("resume", "7", "--by", "Wu", "--reason", "x")
    assert "roll-out 7: there is none of this number" in running.output
    assert run("resume", "1", "--by", "Wu", "--reason", "x").exit_code == 0
    assert "roll-out 1: is not halted" in run("resume", "1", "--by", "W", "--reason", "x").output


def test_a_newer_release_takes_over_what_an_older_one_was_to_bring(
    run: Run,
    parts: Parts,
    nodes: list[str],
    registered: db.Connection,
    later: Callable[[float], object],
) -> None:
    assert run("offer", "--all", "--first", nodes[0]).exit_code == 0
    later(0)
    says(registered, nodes[0], "trial")
    says(registered, nodes[0], "undone", "x", boot=3)
    later(0.1)
    again = run("offer", "--all")
    assert again.exit_code == 1
    assert (
        f"left out: {len(nodes) - 1} nodes that are being brought it or a newer one" in again.output
    )
    assert run("offer", "--nodes", nodes[0]).exit_code == 0  # the one that failed, by name
    parts.made = replace(Made(), version="9.1.1")
    done = run("offer", "--all", "--first", nodes[0])
    assert done.exit_code == 0, done.output
    with registered:
        assert {each.state for each in roll_outs.nodes(registered, 1, limit=99)} == {
            "undone",
            "replaced",
        }
        assert [roll_outs.find(registered, each).state for each in (1, 2, 3)] == [
            "finished",
            "finished",
            "running",
        ]
    assert open_kinds(registered) == []
    parts.made = Made()
    older = run("offer", "--nodes", nodes[1])
    assert older.exit_code == 2
    assert "of those that are being brought it or a newer one" in older.output


def test_the_offer_of_an_older_release_goes_out_no_more(
    run: Run,
    parts: Parts,
    nodes: list[str],
    registered: db.Connection,
    later: Callable[[float], object],
) -> None:
    assert run("offer", "--nodes", nodes[0]).exit_code == 0
    later(0)
    parts.made = replace(Made(), version="9.1.1")
    assert run("offer", "--nodes", nodes[0]).exit_code == 0
    later(0.1)
    with registered:
        newer, older = node_commands.of_node(registered, nodes[0])
        waiting = node_commands.take(registered, MasterKey(bytes(range(32))), NOW, ())
    assert (newer.shown["version"], older.shown["version"]) == ("9.1.1", "9.1.0")
    assert older.expires == NOW
    assert [each.node for each in waiting] == [nodes[0]]


def test_another_program_under_the_same_version_is_refused(
    run: Run, parts: Parts, nodes: list[str]
) -> None:
    assert run("offer", "--nodes", nodes[0]).exit_code == 0
    parts.made = Made(files={"firmware/a.mpy": b"other"})
    done = run("offer", "--nodes", nodes[1])
    assert (done.exit_code, done.output) == (
        1,
        "Error: soilair-1/ip 9.1.0: another program was offered under this version before; raise "
        "VERSION in firmware/__init__.py, build and sign it anew\n",
    )
    parts.made = Made()
    assert run("offer", "--nodes", nodes[1]).exit_code == 0  # the same again


def test_what_is_not_signed_is_not_offered(run: Run, parts: Parts, nodes: list[str]) -> None:
    parts.made = RuntimeError("x/update.sig: is not by the key; sign it")
    done = run("offer", "--all")
    assert (done.exit_code, done.output) == (1, "Error: x/update.sig: is not by the key; sign it\n")


def test_a_number_that_is_not_the_versions_is_refused(
    run: Run, parts: Parts, nodes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Made, "number", property(lambda _: 5))
    done = run("offer", "--all")
    assert done.exit_code == 1
    assert "9.1.0: is number 9001000, and the update was signed as 5" in done.output


def test_without_a_key_nothing_is_offered(
    dsn: str, tmp_path: Path, parts: Parts, nodes: list[str]
) -> None:
    given = ["node", "ota", "offer", str(tmp_path), "--all", "--by", "Li"]
    done = CliRunner().invoke(nongqing.main, given, env={"NONGQING_DSN": dsn}, obj=parts)
    assert done.exit_code == 2
    assert "--key or in NONGQING_UPDATE_KEY" in " ".join(done.output.split())
    (tmp_path / "k").write_text("k")
    env = {"NONGQING_DSN": dsn, "NONGQING_UPDATE_KEY": str(tmp_path / "k")}
    done = CliRunner().invoke(nongqing.main, given, env=env, obj=parts)
    assert done.exit_code == 0, done.output


def test_who_is_left_out_and_who_cannot_be_named(
    run: Run, nodes: list[str], registered: db.Connection
) -> None:
    with registered:
        boots = [BootId(name, 1, 2) for name in nodes[:3]]
        node_firmware.put(registered, boots[0], "9.1.0", TARGET, None, NOW)
        node_firmware.put(registered, boots[1], "1.0.0", "soilair-1/nbiot", None, NOW)
        node_firmware.put(registered, boots[2], "of my own", TARGET, None, NOW)
        with registered.cursor() as cur:
            cur.execute("UPDATE node_key SET retired = %s WHERE node = %s", (NOW, nodes[4]))
    for name, why in (
        (nodes[0], "run it or a newer one (it said it runs 9.1.0, target soilair-1/ip)"),
        (nodes[1], "are for another program or have not said what they run (it said it runs 1.0.0"),
        (nodes[4], "have no key"),
    ):
        done = run("offer", "--nodes", name)
        assert done.exit_code == 2
        assert why in done.output.replace("\n", " ")
    assert (
        "node qf-00x: not in the registry; did you mean" in run("offer", "--nodes", "qf-00x").output
    )
    for options in ((), ("--all", "--nodes", nodes[0])):
        assert "say to whom" in run("offer", *options).output
    strange = run("offer", "--nodes", nodes[2], "--first", nodes[3])
    assert f"--first {nodes[3]}: is not among the nodes; name another" in strange.output
    strange = run("offer", "--all", "--first", nodes[0])
    assert f"--first {nodes[0]}: is of those that run it or a newer one" in strange.output
    done = run("offer", "--all", "--soak", "0", "--failures", "2", "--percent", "10")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[:3] == [
        "left out: 1 nodes that have no key",
        "left out: 1 nodes that are for another program or have not said what they run",
        "left out: 1 nodes that run it or a newer one",
    ]
    with registered:
        plan = roll_outs.find(registered, 1).plan
    assert (plan.soak, plan.most_failures, plan.most_share) == (timedelta(0), 2, 0.1)
    assert run("offer", "--all").exit_code == 1


def test_nodes_that_trust_no_or_another_key_are_left_out_by_name(
    run: Run, nodes: list[str], registered: db.Connection, later: Callable[[float], object]
) -> None:
    enrol(registered, nodes[1])  # again, without a key of updates
    with registered:
        update_keys.trust(registered, [nodes[2]], "00" * 32)
    named = run("offer", "--nodes", nodes[1])
    assert named.exit_code == 2
    said = " ".join(named.output.replace("│", " ").split())
    assert "that take no updates over the air" in said
    assert "enrol each with --update-key and flash it anew" in said
    done = run("offer", "--all")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[:2] == [
        f"left out: 1 nodes that take no updates over the air: {nodes[1]}; enrol each with "
        "--update-key and flash it anew",
        f"left out: 1 nodes that take updates of another key: {nodes[2]}; sign it with the key "
        "that they trust, or enrol and flash them anew",
    ]
    with registered:
        taken = {each.node for each in roll_outs.nodes(registered, 1, limit=99)}
    assert taken == {*nodes} - {nodes[1], nodes[2]}


def test_what_halted_is_not_offered_to_others_instead(
    run: Run, parts: Parts, nodes: list[str], registered: db.Connection
) -> None:
    assert run("offer", "--nodes", nodes[0]).exit_code == 0
    assert run("halt", "1", "--by", "Li", "--reason", "rain doubles").exit_code == 0
    done = run("offer", "--all")
    assert done.exit_code == 1
    assert "9.1.0 for soilair-1/ip: roll-out 1 of it is halted; see why" in done.output
    with registered:
        assert len(roll_outs.newest(registered)) == 1
    parts.made = replace(Made(), version="9.1.1")
    assert run("offer", "--all").exit_code == 0


def test_of_many_that_are_left_out_some_are_named() -> None:
    (said,) = tell_left_out({"no_update_key": [f"n-{number:02}" for number in range(25)]})
    assert said.startswith("left out: 25 nodes that take no updates over the air: n-00, n-01, ")
    assert "n-19 and 5 more; enrol each" in said


def test_status_as_json_and_of_nothing(run: Run, nodes: list[str]) -> None:
    empty = run("status")
    assert (empty.exit_code, empty.output) == (1, "no update was offered yet\n")
    assert "roll-out 9: there is none" in run("status", "9").output
    run("offer", "--nodes", nodes[0])
    (told,) = json.loads(run("status", "--json").output)
    assert told["roll_out"]["version"] == "9.1.0"
    assert told["rings"] == {"1": {"waiting": 1}}


def test_a_first_node_that_never_answers_is_told_of(
    run: Run, nodes: list[str], registered: db.Connection, later: Callable[[float], object]
) -> None:
    assert run("offer", "--all", "--unreachable", "10").exit_code == 0
    later(0)
    later(11)
    later(12)
    assert open_kinds(registered) == ["roll_out_stuck"]
    later(100)
    with registered:
        assert roll_outs.find(registered, 1).ring == 1
    says(registered, nodes[3], "kept")
    later(101)
    assert open_kinds(registered) == []


def test_a_retired_node_holds_nothing_up(
    run: Run, nodes: list[str], registered: db.Connection, later: Callable[[float], object]
) -> None:
    assert run("offer", "--nodes", ",".join(nodes[:2]), "--first", nodes[0]).exit_code == 0
    later(0)
    says(registered, nodes[0], "kept")
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE node_key SET retired = %s WHERE node = %s", (NOW, nodes[1]))
    later(0.1)
    with registered:
        assert roll_outs.find(registered, 1).state == "finished"
        assert roll_outs.counts(registered, [1])[1] == {1: {"kept": 1}, 2: {"gone": 1}}
