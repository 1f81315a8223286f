"""Rings of a roll-out: which nodes are in which, and when the next one begins. Nothing else."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from collector.store.network.roll_outs import FAILURES, OPEN, Counts, Plan

#: Shares of all nodes in the rings after the first; the rest is the last one.
SHARES = (0.05, 0.25)
#: In so many rings a number of failures halts, in the later ones a share.
CAREFUL_RINGS = 2


def divide(
    villages: Mapping[str, str], first: Collection[str] = (), seed: str = ""
) -> dict[str, int]:
    """Divide nodes into rings: the first ones, 5 %, 25 %, the rest; return the ring of each.

    Rings after the first take one node from every village before a second from any, so that each
    has seen as many places as it can. The same nodes and seed give the same rings.

    Parameters
    ----------
    villages : mapping
        Village of each node.
    first : collection
        Nodes of the first ring; empty: one is chosen.
    seed : str
        Of the release, so that it is not always the same nodes that go first.
    """
    by_village: dict[str, list[str]] = {}
    for node in sorted(villages, key=lambda each: _mixed(seed, each)):
        by_village.setdefault(villages[node], []).append(node)
    order = [
        node
        for _, _, node in sorted(
            (place, _mixed(seed, village), node)
            for village, nodes in by_village.items()
            for place, node in enumerate(nodes)
        )
    ]
    rings = dict.fromkeys(first or order[:1], 1)
    rest = [node for node in order if node not in rings]
    start, number = 0, 2
    for share in (*SHARES, 1.0):
        end = min(len(rest), start + math.ceil(share * len(villages)))
        rings |= dict.fromkeys(rest[start:end], number)
        number += end > start
        start = end
    return rings


def _mixed(seed: str, name: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{name}".encode()).digest()


@dataclass(frozen=True)
class Halt:
    """A ring has as many failures as are too many."""

    ring: int
    failures: int
    most: int


@dataclass(frozen=True)
class Begin:
    """A ring begins."""

    ring: int


@dataclass(frozen=True)
class Settled:
    """Since when nothing of the ring is open; None: something is."""

    since: datetime | None


@dataclass(frozen=True)
class Stuck:
    """Nobody keeps the update: there is nothing to judge it by."""

    ring: int


@dataclass(frozen=True)
class Finish:
    """Nothing is left to do."""


Decision = Halt | Begin | Settled | Stuck | Finish


def most_failures(ring: int, nodes: int, plan: Plan) -> int:
    """Return how many failures of a ring of so many nodes halt a roll-out."""
    if ring <= CAREFUL_RINGS:
        return plan.most_failures
    return max(1, math.ceil(plan.most_share * nodes))


def decide(
    counts: Counts, ring: int, settled: datetime | None, plan: Plan, now: datetime
) -> Decision:
    """Say what comes next.

    A node that is unreachable, was excused or is gone holds nothing up; nor does one that failed
    while failures are few enough. But no ring begins on the word of nobody: some node must have
    kept the update, or somebody have excused one that failed.

    Parameters
    ----------
    counts : Counts
        Nodes in each state by ring.
    ring : int
        The last one that has begun, 0: none has.
    settled : datetime or None
        Since when nothing of it is open, as it was kept.
    plan : Plan
    now : datetime
        Aware.
    """
    begun = {number: states for number, states in counts.items() if number <= ring}
    for number, states in sorted(begun.items()):
        failures = sum(states.get(state, 0) for state in FAILURES)
        most = most_failures(number, sum(states.values()), plan)
        if failures >= most:
            return Halt(number, failures, most)
    if not any(states.get(state, 0) for states in counts.values() for state in OPEN):
        return Finish()
    if ring == 0:
        return Begin(min(counts))
    if any(counts[ring].get(state, 0) for state in OPEN if state != "unreachable"):
        return Settled(None)
    if not any(s.get(state, 0) for s in begun.values() for state in ("kept", "excused")):
        return Stuck(ring)
    later = [number for number in counts if number > ring]
    if settled is None or not later or now - settled < plan.soak:
        return Settled(settled or now)
    return Begin(min(later))
