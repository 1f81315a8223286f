"""Roll-outs of updates in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.store.network.node_firmware import Running
from collector.store.network.roll_out_nodes import UpdateOfNode
from collector.store.network.roll_outs import Counts, RollOut, RollOutNode, Step
from webapp.language.i18n import gettext, lazy_gettext, ngettext
from webapp.views.technician.reasons import reason

#: Of a node in a roll-out: its word and the status whose colour it has, the worst first.
STATES = {
    "undone": (lazy_gettext("went back to its old program"), "high"),
    "failed": (lazy_gettext("gave up"), "high"),
    "refused": (lazy_gettext("refused"), "high"),
    "excused": (lazy_gettext("failed, noted"), "medium"),
    "unreachable": (lazy_gettext("cannot be reached"), "medium"),
    "waiting": (lazy_gettext("waiting"), "out_of_season"),
    "offered": (lazy_gettext("offered"), "cannot_say"),
    "taken": (lazy_gettext("has accepted it"), "cannot_say"),
    "fetching": (lazy_gettext("fetching"), "cannot_say"),
    "trial": (lazy_gettext("on trial"), "cannot_say"),
    "kept": (lazy_gettext("updated"), "no_risk"),
    "gone": (lazy_gettext("out of service"), "out_of_season"),
    "replaced": (lazy_gettext("gets another instead"), "out_of_season"),
}
OF_ROLL_OUT = {
    "running": (lazy_gettext("under way"), "no_risk"),
    "halted": (lazy_gettext("halted"), "high"),
    "finished": (lazy_gettext("finished"), "out_of_season"),
}


@dataclass(frozen=True)
class Count:
    """How many nodes are in a state."""

    state: str
    name: str
    tone: str
    count: int


@dataclass(frozen=True)
class ShownRing:
    """A ring: whether it has begun, how many nodes, and how many of them are in each state."""

    number: int
    begun: bool
    nodes: int
    counts: list[Count]


@dataclass(frozen=True)
class ShownNode:
    """A node of a roll-out."""

    node: str
    ring: int
    name: str
    tone: str
    since: datetime
    why: str
    version: str | None


def show_counts(found: Mapping[str, int]) -> list[Count]:
    """Show how many nodes are in each state, the worst first."""
    return [
        Count(state, str(name), tone, found[state])
        for state, (name, tone) in STATES.items()
        if found.get(state)
    ]


def show_rings(one: RollOut, found: Counts) -> list[ShownRing]:
    """Show the rings of a roll-out."""
    return [
        ShownRing(ring, ring <= one.ring, sum(states.values()), show_counts(states))
        for ring, states in sorted(found.items())
    ]


def total(found: Counts) -> dict[str, int]:
    """Return how many nodes of all rings are in each state."""
    whole: dict[str, int] = {}
    for states in found.values():
        for state, count in states.items():
            whole[state] = whole.get(state, 0) + count
    return whole


def show_node(one: RollOutNode) -> ShownNode:
    """Show a node of a roll-out."""
    name, tone = STATES[one.shown]
    return ShownNode(
        one.node, one.ring, str(name), tone, one.since, why(one.state, one.more), one.version
    )


def why(state: str, more: Any) -> str:
    """Say what a node added to its state; '' where nothing is to be said."""
    if isinstance(more, str):
        return reason(more)
    if state == "fetching" and isinstance(more, int):
        return str(ngettext("%(num)d byte to fetch", "%(num)d bytes to fetch", more))
    if state == "replaced":
        return str(gettext("roll-out %(number)s", number=more))
    return ""


def show_updates(found: Iterable[UpdateOfNode]) -> list[tuple[UpdateOfNode, str, str]]:
    """Show the updates of one node: how far each is, and what the node said of it."""
    return [(each, str(STATES[each.shown][0]), why(each.shown, each.more)) for each in found]


def configuration(runs: Running | None) -> str:
    """Say whether a node's configuration is the one that it was given last."""
    if runs is None or runs.config is None:
        return str(gettext("not told by the node"))
    if runs.given:
        return str(gettext("changed from here; it will tell at its next start"))
    if runs.explained:
        return str(gettext("not changed but from here"))
    return str(gettext("changed, and not from here"))


def step_text(step: Step) -> str:
    """Say what became of a roll-out."""
    detail = step.detail
    if step.kind == "begun":
        return str(
            ngettext("Offered to %(num)d node", "Offered to %(num)d nodes", detail.get("nodes", 0))
        )
    if step.kind == "ring":
        return str(gettext("Ring %(ring)s begins", ring=detail.get("ring", "?")))
    if step.kind == "halted":
        return str(gettext("Halted"))
    if step.kind == "resumed":
        if detail.get("once_more"):
            return str(gettext("Goes on, also for those that failed"))
        return str(gettext("Goes on without those that failed"))
    if step.kind == "replaced":
        return str(
            gettext("Ended: roll-out %(number)s takes over", number=detail.get("number", "?"))
        )
    return str(gettext("Finished"))


def step_reason(step: Step) -> str:
    """Say why, where somebody said so or a limit did; '' where neither."""
    detail = step.detail
    if "reason" in detail:
        return str(detail["reason"])
    if step.kind == "halted":
        said = {key: detail.get(key, "?") for key in ("failures", "ring", "most")}
        return str(
            gettext("by itself: failures in ring %(ring)s: %(failures)s, limit %(most)s", **said)
        )
    return ""
