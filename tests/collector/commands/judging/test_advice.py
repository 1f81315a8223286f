"""`nongqing advice release` goes the way of the desk: holds, rejections, other officers count."""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from collector.commands.judging.advice import advice_group
from collector.store import audit, people, settings_table
from collector.store.advice import risk
from collector.store.advice import village as pages
from collector.store.bureau import decisions, deliveries, desk, publishing
from collector.store.bureau.decisions import By, Overtaken
from models.risk.hazard import HIGH
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import FixedClock

if TYPE_CHECKING:
    from collector.clock import Clock
    from collector.store.postgres import db
    from collector.store.postgres.db import Connection, Pool

_spec = importlib.util.spec_from_file_location(
    "seed_of_advice", Path(__file__).parents[3] / "webapp" / "seed.py"
)
assert _spec is not None
assert _spec.loader is not None
seed: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(seed)
NOW = seed.NOW
KEY, COUNTY = ("410922104", "wheat_fhb", "winter_wheat"), "410922"
VILLAGE = "qf-liuge"
LI = By(None, "Li", NOW, "no head blight found")


class LaterParts(Parts):
    """What the front door hands over, at the time of the tests' small world."""

    def clock(self) -> Clock:
        return FixedClock(NOW)


@pytest.fixture
def dsn(world_dsn: str) -> str:
    return world_dsn


@pytest.fixture
def world(conn: db.Connection) -> Connection:
    return conn


def release(dsn: str, by: str = "Wang", *more: str) -> Any:
    parts = LaterParts({"NONGQING_DSN": dsn})
    arguments = ["release", VILLAGE, "wheat_fhb", "--by", by, *more]
    return CliRunner().invoke(advice_group, arguments, obj=parts)


def public(conn: Connection) -> set[str]:
    conn.rollback()
    return {e.advisory.site for e in pages.advice(conn, VILLAGE, NOW, past=False) if e.public}


def decide(conn: Connection, act: str, **changes: Any) -> None:
    seen = replace(decisions.find(conn, KEY, COUNTY), **changes)
    decisions.act(conn, seen, act, LI)
    conn.commit()


@pytest.mark.parametrize(
    ("act", "changes", "said"),
    [
        ("hold", {"until": date(2016, 5, 20)}, "was held until 2016-05-20 by Li"),
        ("reject", {}, "was rejected by Li"),
    ],
)
def test_what_the_desk_keeps_off_is_not_released_and_who_why_and_the_mend_are_named(
    dsn: str, world: Connection, act: str, changes: dict[str, Any], said: str
) -> None:
    decide(world, act, **changes)
    answer = release(dsn)
    assert answer.exit_code == 1
    for words in (
        f"wheat_fhb in winter_wheat {said} at 2016-05-08 06:20 UTC",
        'because "no head blight found"',
        "open it again at the desk, page /desk/410922104/winter_wheat/wheat_fhb",
    ):
        assert words in answer.output, words
    assert public(world) == set()
    listed = CliRunner().invoke(
        advice_group, ["list", VILLAGE], obj=LaterParts({"NONGQING_DSN": dsn})
    )
    assert "kept off at the desk" in listed.output
    with world.cursor() as cur:
        cur.execute("SELECT count(*) FROM advisory_release")
        assert cur.fetchall() == [(0,)]
    assert [each.act for each in decisions.steps(world, KEY)] == [act]
    assert list(audit.entries(world)) == []
    decide(world, "reopen")
    assert release(dsn).exit_code == 0
    assert public(world) == {"qf-liuge-1", "qf-liuge-2"}


def test_what_was_cancelled_is_not_released_again(dsn: str, world: Connection) -> None:
    assert release(dsn).exit_code == 0
    world.rollback()
    decisions.cancel(world, decisions.find(world, KEY, COUNTY), LI)
    world.commit()
    answer = release(dsn)
    assert answer.exit_code == 1
    assert "was cancelled by Li" in answer.output
    assert public(world) == set()


def test_a_release_is_a_step_of_the_desk_with_colour_reason_and_messages(
    dsn: str, world: Connection
) -> None:
    agent = people.add(world, "Agent", NOW, phone="+8613800000001")
    people.grant(world, agent, "agent", "village", VILLAGE, NOW, "test")
    decide(world, "edit", sms="清沟排水")
    settings_table.put(world, desk.COLOURS_KEY, '{"yellow": [3, 0]}', NOW)
    world.commit()
    answer = release(dsn, "Wang", "--reason", "seen in two fields")
    assert answer.exit_code == 0, answer.output
    assert "qf-liuge-2: released by Wang" in answer.output
    step, _ = decisions.steps(world, KEY)
    assert (step.act, step.state, step.name, step.reason, step.colour, step.villages) == (
        "publish", "published", "Wang", "seen in two fields", "yellow", [VILLAGE],
    )  # fmt: skip
    assert len(deliveries.waiting(world, 9)) == 1
    (entry,) = audit.entries(world)
    assert (entry.action, entry.object) == ("advice_published", "410922104 wheat_fhb winter_wheat")


def test_a_mapping_that_cannot_be_read_leaves_the_shipped_colours(
    dsn: str, world: Connection
) -> None:
    settings_table.put(world, desk.COLOURS_KEY, "{", NOW)
    world.commit()
    assert release(dsn).exit_code == 0
    assert decisions.steps(world, KEY)[0].colour in ("orange", "red")


def test_the_second_officer_is_told_who_released_it(dsn: str, world: Connection) -> None:
    assert release(dsn, "Wang").exit_code == 0
    answer = release(dsn, "Zhao")
    assert answer.exit_code == 1
    assert "wheat_fhb is released by Wang already, and nothing is new in it" in answer.output
    assert "cancel it at the desk" in answer.output
    assert [each.name for each in decisions.steps(world, KEY)] == ["Wang"]


def test_what_is_new_is_released_as_an_update(dsn: str, world: Connection) -> None:
    assert release(dsn).exit_code == 0
    world.rollback()
    risk.end_advisories(world, [("qf-liuge-2", "winter_wheat", "wheat_fhb")], NOW)
    worse = seed.status("qf-liuge-2", "wheat_fhb", HIGH, time=NOW)
    risk.save_advisories(world, [seed.advisory(worse, issued=NOW)], NOW)
    world.commit()
    assert release(dsn, "Zhao").exit_code == 0
    acts = [(each.act, each.name) for each in decisions.steps(world, KEY)]
    assert acts == [("update", "Zhao"), ("publish", "Wang")]


def test_of_two_who_release_at_the_same_moment_one_is_told(world: Connection, pool: Pool) -> None:
    gate, outcomes = threading.Barrier(2), []

    def go(name: str) -> None:
        with pool.connection() as conn:
            publishing.release(conn, VILLAGE, "wheat_fhb", By(None, name, NOW, "at once"))
            gate.wait()

    def second() -> None:
        gate.wait()
        try:
            with pool.connection() as conn:
                publishing.release(conn, VILLAGE, "wheat_fhb", By(None, "Zhao", NOW, "at once"))
        except (Overtaken, publishing.NothingNew) as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=go, args=("Wang",)), threading.Thread(target=second)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(outcomes) == 1
    assert "Wang" in outcomes[0]
    world.rollback()
    assert [each.name for each in decisions.steps(world, KEY)] == ["Wang"]


@pytest.mark.parametrize(("option", "said"), [("--by", "name who stands"), ("--reason", "say why")])
def test_a_blank_name_or_reason_is_refused(
    dsn: str, world: Connection, option: str, said: str
) -> None:
    given = ("Wang", "--reason", " ") if option == "--reason" else (" ",)
    answer = release(dsn, *given)
    assert answer.exit_code != 0
    assert option in answer.output
    assert public(world) == set()
