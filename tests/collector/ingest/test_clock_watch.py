"""A server's clock is judged by the nodes, by what it said before, and by the monotonic clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.clock import SimulatedClock
from collector.ingest.clock_watch import GAP_S, PATIENCE_S, STAYS_OLD_S, ClockWatch
from collector.store.network.server_clock import Kept
from field_configs.words import LANGUAGES, Words

NOW = datetime(2016, 5, 1, 12, tzinfo=UTC)
DAY_S, HOUR_S = 86_400.0, 3_600.0
NOTHING = Kept(None, None, 0)


class Machine:
    """A machine whose clock is off by `off`, and true time that passes; both in seconds."""

    def __init__(self, off: float = 0.0) -> None:
        self.passed, self.off = 0.0, off
        self.watch = ClockWatch(self, lambda: 5_000.0 + self.passed)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed + self.off)

    def spec(self) -> str:
        return "system"

    def real_seconds(self, seconds: float) -> float:
        return seconds

    def look(self, kept: Kept = NOTHING) -> str:
        self.watch.look(kept)
        return self.watch.doubt

    def hear(self, *nodes: str, off: float = 0.0, ago: float = 300.0) -> str:
        """Nodes send a sample taken `ago`, by clocks that are off."""
        for node in nodes:
            self.watch.hear([(node, NOW.timestamp() + self.passed - ago + off)])
        return self.watch.judge()


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_clock_that_runs_is_sure(machine: Machine) -> None:
    for _ in range(50):
        assert machine.look(Kept(machine.now() - timedelta(seconds=9), machine.now(), 0)) == ""
        machine.passed += 600.0


@pytest.mark.parametrize("off", [-90 * DAY_S, -HOUR_S, 31.0, 90 * DAY_S])
def test_a_step_is_doubted_until_the_clock_returns(machine: Machine, off: float) -> None:
    machine.look()
    machine.passed, machine.off = 10.0, off
    assert machine.look() == "stepped"
    machine.passed, machine.off = 32.0, 0.0
    assert machine.look() == ""


def test_a_step_to_the_right_time_is_confirmed_by_the_nodes() -> None:
    machine = Machine(off=-90 * DAY_S)
    assert machine.look() == ""  # nothing tells otherwise yet
    assert machine.hear("a", "b") == ""
    assert machine.hear("c") == "nodes_ahead"
    machine.off = 0.0  # somebody sets the clock right
    assert machine.look() == ""


def test_a_step_nobody_speaks_against_is_taken_after_an_hour(machine: Machine) -> None:
    machine.look()
    machine.off = 600.0
    assert machine.look() == "stepped"
    machine.passed += PATIENCE_S - 1.0
    assert machine.look() == "stepped"
    machine.passed += 1.0
    assert machine.look() == ""


@pytest.mark.parametrize("off", [200.0, 600.0, HOUR_S])
def test_a_step_that_old_samples_would_fit_too_is_confirmed_by_none(
    machine: Machine, off: float
) -> None:
    """Else nodes would be told it, and speak against the right time once it is back."""
    machine.look()
    machine.hear("a", "b", "c", "d")
    machine.passed, machine.off = 60.0, off
    assert machine.look() == "stepped"
    assert machine.hear("a", "b", "c", "d") == "stepped"
    assert machine.watch.sure() is None
    machine.passed, machine.off = 600.0, 0.0
    assert machine.look() == ""
    assert machine.hear("a", "b", "c", "d") == ""
    assert machine.watch.sure() == machine.now()


def test_a_clock_that_comes_back_is_right_whatever_nodes_learnt_meanwhile(machine: Machine) -> None:
    machine.look()
    machine.off = HOUR_S
    machine.look()
    machine.passed += PATIENCE_S
    assert machine.look() == ""  # nobody spoke against it: nodes are told a time an hour ahead
    assert machine.hear("a", "b", "c", "d", off=HOUR_S) == ""
    kept = Kept(machine.now(), None, 0)
    machine.passed, machine.off = machine.passed + HOUR_S, 0.0  # somebody sets it right
    settled = machine.watch.settled
    assert machine.look(kept) == ""
    assert machine.watch.settled > settled  # what was set aside is looked at again
    assert machine.hear("a", "b", "c", "d", off=HOUR_S) == ""
    assert machine.watch.sure() == machine.now()
    machine.passed += HOUR_S
    assert machine.hear("a", "b", "c", "d") == ""  # they have learnt it, and so has the database
    assert machine.look(Kept(machine.now(), None, 0)) == ""
    machine.off = -HOUR_S  # where it never was
    assert machine.look() == "nodes_ahead"


def test_a_clock_behind_what_came_in_earlier_is_never_taken_by_itself() -> None:
    machine = Machine(off=-90 * DAY_S)
    kept = Kept(NOW, None, 0)
    assert machine.look(kept) == "behind_received"
    machine.passed += 30 * DAY_S
    assert machine.look(kept) == "behind_received"
    # a person accepts it, and what was received "later" counts no longer
    assert machine.look(Kept(None, None, 1)) == ""


def test_a_receipt_of_the_future_is_overruled_by_the_nodes() -> None:
    """A clock that was ahead for a moment must not spoil the right time for ever."""
    machine = Machine()
    assert machine.look(Kept(NOW + timedelta(days=90), None, 0)) == "behind_received"
    assert machine.hear("a") == ""
    machine.passed += 5.0
    assert machine.look(Kept(NOW + timedelta(days=90), None, 0)) == ""


def test_one_wrong_node_says_nothing_against_the_server(machine: Machine) -> None:
    machine.look()
    assert machine.hear("fast", off=90 * DAY_S) == ""
    assert machine.hear("fast", "faster", off=DAY_S) == ""


def test_most_of_three_nodes_are_believed(machine: Machine) -> None:
    machine.look()
    machine.hear("a", "b", "c", off=HOUR_S)
    assert machine.watch.judge() == "nodes_ahead"
    assert machine.hear("d", "e", "f", "g") == ""


def test_nodes_that_stay_behind_show_a_clock_that_is_ahead() -> None:
    machine = Machine(off=90 * DAY_S)
    machine.look()
    for _ in range(4):
        said = machine.hear("a", "b", "c")
        machine.passed += STAYS_OLD_S / 2
        machine.look()
    assert said == "nodes_behind"


def test_a_backlog_is_no_clock_that_is_behind(machine: Machine) -> None:
    """Nodes that come back from weeks without a link send the oldest first, and catch up."""
    machine.look()
    for ago in (30, 22, 15, 8, 1):
        assert machine.hear("a", "b", "c", ago=ago * DAY_S) == ""
        machine.passed += STAYS_OLD_S / 2
        machine.look()
    assert machine.hear("a", "b", "c") == ""


def test_after_a_long_silence_the_clock_waits_for_a_witness(machine: Machine) -> None:
    kept = Kept(NOW - timedelta(seconds=GAP_S + 60), None, 0)
    assert machine.look(kept) == "unproven"
    assert machine.hear("a") == ""


def test_after_a_long_silence_without_nodes_an_hour_is_enough(machine: Machine) -> None:
    kept = Kept(NOW - timedelta(seconds=GAP_S + 60), None, 0)
    machine.look(kept)
    machine.passed += PATIENCE_S
    assert machine.look(kept) == ""


def test_the_clock_of_the_database_is_a_witness_unless_the_nodes_agree(machine: Machine) -> None:
    kept = Kept(None, NOW + timedelta(minutes=2), 0)
    assert machine.look(kept) == "database"
    assert machine.hear("a") == ""
    accepted = Machine()
    accepted.look(kept)
    assert accepted.look(Kept(None, NOW + timedelta(minutes=2), 1)) == ""


def test_nodes_not_heard_for_an_hour_count_no_longer(machine: Machine) -> None:
    machine.look()
    machine.hear("a", "b", "c", off=HOUR_S)
    machine.passed += HOUR_S + 1.0
    assert machine.look() == ""


def test_a_simulated_clock_may_run_fast() -> None:
    clock = SimulatedClock(NOW.timestamp(), 0.0, 60.0)
    at = [0.0]
    watch = ClockWatch(clock, lambda: at[0])
    watch.look(NOTHING)
    assert watch.doubt == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_doubt_has_its_words(language: str) -> None:
    words = Words.load(language)
    for reason in (
        *("stepped", "behind_received", "nodes_ahead", "nodes_behind", "database", "unproven"),
    ):
        assert words.text(f"clock_doubt.{reason}")
