"""The demonstration's backlog is open until every node's is in the store."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from collector.ingest import intake
from collector.ingest.known_nodes import read_known_nodes
from collector.one_machine import backlog as subject
from collector.one_machine.backlog import Backlog
from collector.one_machine.demo import DemoState
from tests.collector.conftest import MASTER, NOW

if TYPE_CHECKING:
    from pathlib import Path

    from collector.store.postgres import db
    from tests.collector.conftest import Bench

DAY = 24


@pytest.fixture
def state(tmp_path: Path) -> DemoState:
    opens = (NOW + timedelta(days=1)).timestamp()
    path = tmp_path / "demo.json"
    return DemoState(path, path, opens, 1.0, opens, "zh", "en", opens, backlog_days=1)


@pytest.fixture
def backlog(pool: db.Pool, state: DemoState, bench: Bench, second: Bench) -> Backlog:
    return Backlog(pool, state, [bench.key.node, second.key.node])


def take(pool: db.Pool, bench: Bench, hours: range) -> None:
    messages = [bench.frame(t0=3600 * hour) for hour in hours]
    with pool.connection() as conn:
        known = read_known_nodes(conn, MASTER)
        assert intake.take(conn, known, messages, NOW + timedelta(days=3)).new_frames == len(hours)


def kept(state: DemoState) -> int:
    return int(json.loads(state.path.read_text())["backlog_days"])


def test_it_is_in_when_every_node_has_sent_its_own(
    pool: db.Pool, state: DemoState, backlog: Backlog, bench: Bench, second: Bench
) -> None:
    state.save()
    take(pool, bench, range(DAY))
    take(pool, second, range(DAY - 1))
    assert (backlog.stored(), backlog.expected) == (2 * DAY - 1, 2 * DAY)
    assert not backlog.look()
    take(pool, second, range(DAY - 1, DAY))
    assert backlog.look()
    assert (state.backlog_days, kept(state)) == (0, 0)


def test_more_frames_of_one_node_are_none_of_the_others(
    pool: db.Pool, backlog: Backlog, bench: Bench
) -> None:
    take(pool, bench, range(2 * DAY))
    assert backlog.stored() == DAY
    assert not backlog.look()


def test_a_reading_of_after_the_start_says_that_what_came_before_is_in(
    pool: db.Pool, state: DemoState, backlog: Backlog, bench: Bench, second: Bench
) -> None:
    """A node whose power failed while it measured has fewer, and no more to send."""
    take(pool, bench, range(3))
    take(pool, second, range(3))
    assert not backlog.look()
    opened = datetime.fromtimestamp(state.opens_unix, UTC) - NOW + timedelta(hours=6)
    for node in (bench, second):
        assert not backlog.look()
        take(pool, node, range(int(opened / timedelta(hours=1)), 31))
    assert backlog.look()


def test_what_is_not_in_when_time_is_up_stays_open(
    backlog: Backlog,
    state: DemoState,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(subject, "SHOWN_SECONDS", 0.05)
    monkeypatch.setattr(subject, "LOOK_SECONDS", 0.01)
    tended: list[int] = []
    backlog.show(lambda: tended.append(1), "the log")
    assert tended
    assert state.backlog_days == 1
    assert "0 of 48 frames came in 0 s; the rest follows; the nodes' log is in the log" in (
        capsys.readouterr().out
    )


def test_it_is_looked_after_while_everything_runs(
    pool: db.Pool, state: DemoState, backlog: Backlog, bench: Bench, second: Bench
) -> None:
    backlog.look_now_and_then()
    take(pool, bench, range(DAY))
    take(pool, second, range(DAY))
    backlog.look_now_and_then()
    assert state.backlog_days == 1, "not every second"
    backlog._next_look = 0.0
    backlog.look_now_and_then()
    assert state.backlog_days == 0
