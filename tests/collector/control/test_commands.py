"""The commands `control`: what a person orders on the command line, and what they are told."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

import nongqing
from collector.store import audit
from collector.store.people import Person
from collector.store.postgres import db
from tests.collector.conftest import Parts
from tests.collector.control.conftest import DRIP, NODE, House

Run = Callable[..., Result]
BY = ("--by", "+8613800000001", "--why", "dry")


@pytest.fixture
def run(dsn: str, li: Person) -> Run:
    return lambda *words: CliRunner().invoke(
        nongqing.main.commands["control"], [str(word) for word in words], obj=Parts(dsn)
    )


def test_an_output_is_switched_listed_and_looked_back_on(run: Run, house: House) -> None:
    house.say(house.all(1000))
    assert f"{NODE} 0 drip valve: off; by rules; said 2016-05-01 12:00" in run("list").output
    done = run("on", NODE, DRIP, 600, *BY)
    assert (done.exit_code, "on for 600 s" in done.output) == (0, True)
    house.collector._command()
    (row,) = json.loads(run("history", NODE, "--output", 0, "--json").output)
    assert (row["act"], row["state"], row["made_by"], row["why"]) == ("on", "sent", "Li", "dry")
    house.say(house.state(1001, "on", row["id"], 600))
    first, _ = json.loads(run("list", "--field", "qf-liuge-1", "--json").output)
    assert (first["is_on"], first["left_s"], first["order"]["id"]) == (True, 600, row["id"])
    assert "on, 600 s left" in run("list").output
    assert "order" in run("off", NODE, DRIP, *BY).output
    assert run("auto", NODE, *BY).exit_code == 0
    assert "1 nodes are told" in run("all-off", "qf-liuge-1", *BY).output
    lines = run("history", NODE).output.splitlines()
    assert [line.split("  ")[1].split()[0] for line in lines] == ["all_off", "auto", "off", "on"]
    assert "withdrawn" in lines[1]
    assert run("list", "--field", "py-bagongqiao-1").exit_code == 1
    run("allow", "py-bagongqiao-1", "+8613800000001", "--by", "Z", "--why", "x")
    assert "0 nodes are told" in run("all-off", "py-bagongqiao-1", *BY).output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("on", NODE, 5, 60), "has no output 5; it has 0 (drip valve), 1 (vent)"),
        (("on", NODE, 0, 9000), "9000 s is no time to be on; give 1 to 7200 s"),
        (("on", "qf-0x1", 0, 60), "node qf-0x1: not in the registry"),
        (("all-off", "qf-0"), "field qf-0: not in the registry"),
        (("schedule", "add", NODE, 0, "06:30", "06:30"), "to: is the same time as from"),
        (("schedule", "end", 9), "schedule 9: none in force has this number"),
        (("water", "qf-liuge-1", 10), "nobody has released for this season"),
    ],
)
def test_what_cannot_be_is_one_line(run: Run, words: tuple[object, ...], why: str) -> None:
    done = run(*words, *BY)
    assert done.exit_code == 1
    assert why in done.output


def test_nobody_without_the_right_switches(run: Run, conn: db.Connection, li: Person) -> None:
    assert run("on", NODE, 0, 60, "--by", "nobody", "--why", "x").exit_code == 1
    done = run("disallow", "qf-liuge-1", li.id, "--by", "Zhang", "--why", "moved")
    assert "field qf-liuge-1: nobody on its list" in done.output
    done = run("on", NODE, 0, 60, *BY)
    assert (done.exit_code, "is not on the list of field qf-liuge-1" in done.output) == (1, True)
    assert run("all-off", "qf-liuge-1", *BY).exit_code == 1
    assert run("disallow", "qf-liuge-1", li.id, "--by", "Zhang", "--why", "x").exit_code == 1
    assert "Li on its list" in run("allow", "qf-liuge-1", li.id, "--by", "Z", "--why", "x").output
    with conn:
        acts = [each.action for each in audit.entries(conn)][::-1]
    assert acts == ["control_disallowed", "control_allowed"]


def test_a_silent_node_is_said(run: Run, conn: db.Connection) -> None:
    with conn, conn.cursor() as cur:
        cur.execute("UPDATE node SET last_seen = NULL WHERE id = %s", (NODE,))
    done = run("on", NODE, 0, 60, *BY)
    assert f"node {NODE}: was not heard yet" in done.output


def test_schedules_are_kept_and_ended(run: Run) -> None:
    assert run("schedule", "list").exit_code == 1
    done = run("schedule", "add", NODE, 0, "06:30", "07:00", "--days", "1,3", *BY)
    assert "schedule 1: node qf-001, output 0, 06:30 to 07:00" in done.output
    assert "06:30 to 07:00 on 1,3  by Li: dry" in run("schedule", "list").output
    (row,) = json.loads(run("schedule", "list", "--json").output)
    assert (row["days"], row["node"]) == ([1, 3], NODE)
    assert run("schedule", "end", 1, *BY).exit_code == 0
    wrong = run("schedule", "add", NODE, 0, "06:30", "07:00", "--days", "Mon", *BY)
    assert (wrong.exit_code, "write days as 1,3,5" in wrong.output) == (2, True)


def test_advice_is_released_and_followed_and_water_accounted(run: Run, conn: db.Connection) -> None:
    with conn, conn.cursor() as cur:
        cur.execute("UPDATE field SET area_ha = 0.1 WHERE id = 'qf-liuge-1'")
    span = ("--from", "2016-03-01", "--to", "2016-06-15")
    assert run("flow", NODE, 0, 2, *BY).exit_code == 0
    assert run("release", "qf-liuge-1", *span, "--most-mm", 30, *BY).exit_code == 0
    assert "10 m3 from 2016-03-01" in run("allocate", "qf-liuge-1", 10, *span, *BY).output
    assert "sequence 1 gives 3 mm" in run("water", "qf-liuge-1", 3, *BY).output
    assert run("unrelease", "qf-liuge-1", *BY).exit_code == 0
    assert run("unrelease", "qf-liuge-1", *BY).exit_code == 1
    done = run("account", "qf-liuge-1")
    assert (done.exit_code, "0.00 m3; 10.00 m3 left" in done.output) == (1, True)
    assert json.loads(run("account", "qf-liuge-1", "--json").output)["left"] == 10
    back = run("allocate", "qf-liuge-1", 10, "--from", "2016-06-15", "--to", "2016-03-01", *BY)
    assert (back.exit_code, "--to must not lie before --from" in back.output) == (2, True)
