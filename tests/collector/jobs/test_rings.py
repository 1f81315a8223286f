"""Rings of a roll-out: who is in which, and what comes next."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.jobs.rings import (
    Begin,
    Finish,
    Halt,
    Settled,
    Stuck,
    decide,
    divide,
    most_failures,
)
from collector.store.network.roll_outs import STATES, Plan
from tests.collector.conftest import NOW

PLAN = Plan()


def of_villages(nodes: int, villages: int) -> dict[str, str]:
    return {f"n-{number:05}": f"v{number % villages}" for number in range(nodes)}


def test_ten_thousand_nodes_in_rings() -> None:
    nodes = of_villages(10_000, 3_000)
    rings = divide(nodes, seed="9.1.0")
    assert Counter(rings.values()) == {1: 1, 2: 500, 3: 2500, 4: 6999}
    second = [nodes[node] for node, ring in rings.items() if ring == 2]
    assert len(set(second)) == 500  # no village twice before all had one
    assert divide(dict(reversed(nodes.items())), seed="9.1.0") == rings
    assert divide(nodes, seed="9.2.0") != rings
    early = {node for node, ring in rings.items() if ring <= 3}
    assert len({nodes[node] for node in early}) == 3000


def test_nodes_that_are_named_go_first() -> None:
    rings = divide(of_villages(40, 4), ["n-00007", "n-00008"])
    assert {node for node, ring in rings.items() if ring == 1} == {"n-00007", "n-00008"}
    assert Counter(rings.values()) == {1: 2, 2: 2, 3: 10, 4: 26}


@pytest.mark.parametrize(
    ("nodes", "sizes"),
    [(1, {1: 1}), (2, {1: 1, 2: 1}), (3, {1: 1, 2: 1, 3: 1}), (6, {1: 1, 2: 1, 3: 2, 4: 2})],
)
def test_few_nodes_leave_no_ring_empty(nodes: int, sizes: dict[int, int]) -> None:
    assert Counter(divide(of_villages(nodes, 2)).values()) == sizes


def test_nodes_that_are_all_first_are_one_ring() -> None:
    assert divide({"a1": "v", "b1": "v"}, ["a1", "b1"]) == {"a1": 1, "b1": 1}


REST = {2: {"waiting": 5}, 3: {"waiting": 25}, 4: {"waiting": 70}}


def test_a_roll_out_that_goes_well() -> None:
    assert decide({1: {"waiting": 1}} | REST, 0, None, PLAN, NOW) == Begin(1)
    for state in ("waiting", "offered", "taken", "fetching", "trial"):
        assert decide({1: {state: 1}} | REST, 1, None, PLAN, NOW) == Settled(None)
    kept = {1: {"kept": 1}} | REST
    assert decide(kept, 1, None, PLAN, NOW) == Settled(NOW)
    almost = NOW + PLAN.soak - timedelta(seconds=1)
    assert decide(kept, 1, NOW, PLAN, almost) == Settled(NOW)
    assert decide(kept, 1, NOW, PLAN, NOW + PLAN.soak) == Begin(2)
    all_kept = {1: {"kept": 1}, 2: {"kept": 5}, 3: {"kept": 24, "undone": 1}, 4: {"kept": 70}}
    assert decide(all_kept, 4, NOW, PLAN, NOW) == Finish()


def test_what_cannot_be_reached_holds_up_the_end_alone() -> None:
    second = {1: {"kept": 1}, 2: {"kept": 1, "unreachable": 4}, 3: {"waiting": 25}}
    assert decide(second, 2, NOW, PLAN, NOW + PLAN.soak) == Begin(3)
    last = {1: {"kept": 1}, 2: {"kept": 4, "unreachable": 1}}
    assert decide(last, 2, NOW, PLAN, NOW + 99 * PLAN.soak) == Settled(NOW)


def test_no_ring_begins_on_the_word_of_nobody() -> None:
    for state in ("unreachable", "gone", "replaced"):
        assert decide({1: {state: 1}} | REST, 1, NOW, PLAN, NOW + 9 * PLAN.soak) == Stuck(1)
    excused = {1: {"excused": 1}} | REST
    assert decide(excused, 1, NOW, PLAN, NOW + PLAN.soak) == Begin(2)


@pytest.mark.parametrize("state", ["undone", "failed", "refused"])
def test_one_failure_in_the_first_two_rings_halts(state: str) -> None:
    assert decide({1: {state: 1}} | REST, 1, None, PLAN, NOW) == Halt(1, 1, 1)
    second = {1: {"kept": 1}, 2: {"kept": 2, state: 1, "fetching": 2}, 3: {"waiting": 25}}
    assert decide(second, 2, None, PLAN, NOW) == Halt(2, 1, 1)
    assert decide(second, 2, None, Plan(most_failures=2), NOW) == Settled(None)


def test_a_late_failure_of_an_early_ring_halts() -> None:
    late = {1: {"kept": 1}, 2: {"kept": 4, "undone": 1}, 3: {"offered": 25}}
    assert decide(late, 3, None, PLAN, NOW) == Halt(2, 1, 1)


def test_afterwards_five_per_cent_halt() -> None:
    base = {1: {"kept": 1}, 2: {"kept": 50}}
    few = base | {3: {"kept": 240, "undone": 5, "failed": 7, "offered": 9}, 4: {"waiting": 9}}
    assert most_failures(3, 261, PLAN) == 14
    assert decide(few, 3, None, PLAN, NOW) == Settled(None)
    many = base | {3: {"kept": 240, "undone": 7, "refused": 7, "offered": 7}, 4: {"waiting": 9}}
    assert decide(many, 3, None, PLAN, NOW) == Halt(3, 14, 14)
    assert most_failures(3, 3, PLAN) == 1


states = st.dictionaries(st.sampled_from([*STATES, "excused"]), st.integers(1, 9), min_size=1)


@given(st.lists(states, min_size=1, max_size=4), st.integers(0, 4), st.booleans())
def test_a_ring_never_begins_before_the_one_before_has_settled(
    rings: list[dict[str, int]], ring: int, rested: bool
) -> None:
    counts = dict(enumerate(rings, 1))
    ring = min(ring, len(rings))
    settled = NOW - PLAN.soak if rested else None
    found = decide(counts, ring, settled, PLAN, NOW)
    if isinstance(found, Begin) and ring:
        assert found.ring == ring + 1
        assert rested
        held = {"waiting", "offered", "taken", "fetching", "trial"}
        assert not held & set(counts[ring])
        for number in range(1, min(ring, 2) + 1):
            assert not {"undone", "failed", "refused"} & set(counts[number])
