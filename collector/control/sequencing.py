"""Sequences over outputs, one step after another; what goes wrong ends them, all off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from collector.control import giving, shown
from collector.control.boards import output_of
from collector.control.giving import Who
from collector.store import audit, items
from collector.store.control import control_list, output_orders, output_states, sequences
from collector.store.control.output_orders import OutputOrder
from collector.store.control.output_states import Told
from collector.store.control.sequences import Given, SequenceRow, Step
from collector.store.items import Found
from collector.store.postgres.db import Connection, StoreError
from field_configs.events import event

ITEM = "sequence_stopped"
RUNNING = ("waiting", "sent", "accepted", "on", "proven")
#: Beside the shortest rest of an output, before it is switched on again.
MORE_REST = timedelta(seconds=10)


def begin(
    conn: Connection,
    field: str,
    steps: Sequence[Step],
    who: Who,
    at: datetime,
    m3: float | None = None,
) -> int:
    """Begin a sequence on a field; return its number. Whether `who` may was asked before.

    Raises
    ------
    UnknownField, UnknownNode, UnknownOutput, BeyondLimit
    Busy
        When the field has one that is not over.
    """
    control_list.field(conn, field)
    for step in steps:
        now = giving.node_of(conn, step.node)
        giving.check_lease(now, output_of(step.node, now.board, step.output), step.seconds)
    number = sequences.add(conn, field, steps, m3=m3, by=who.name, why=who.why, at=at)
    told = {"sequence": number, "steps": [list(vars(step).values()) for step in steps]}
    told |= {"by": who.name, "why": who.why}
    audit.append(conn, who.actor, "sequence_begun", field, told, at=at)
    return number


def go_on(conn: Connection, at: datetime) -> int:
    """Give what is next in each sequence that is under way; return how many orders."""
    given = 0
    for one in sequences.under_way(conn, lock=True):
        steps = sequences.steps(conn, [one.id]).get(one.id, [])
        ids = [step.order for step in steps if step.order is not None]
        orders = output_orders.find(conn, ids)
        told = output_states.of_orders(conn, ids)
        state = {
            number: _state(order, tuple(told.get(number, ())), at)
            for number, order in orders.items()
        }
        wrong = next((each for each in state.values() if each not in (*RUNNING, "off")), None)
        wrong = wrong or _stopped_by_hand(conn, one, steps)
        if wrong is not None:
            _stop(conn, one, steps, state, wrong, at)
            continue
        waiting = [step for step in steps if step.order is None]
        if not waiting:
            if all(each == "off" for each in state.values()):
                sequences.end(conn, one.id, "done", None, at)
                items.close_gone(conn, ITEM, [one.field], at)
            continue
        if _is_due(conn, waiting[0], steps, state, told, at):
            try:
                who = Who(None, one.made_by, f"system:sequence {one.id}", one.why, "sequence")
                step = waiting[0].step
                order = giving.switch_on(conn, step.node, step.output, step.seconds, who, at)
            except StoreError as error:
                _stop(conn, one, steps, state, str(error), at)
            else:
                sequences.note_given(conn, waiting[0], order)
                given += 1
    return given


def _stopped_by_hand(conn: Connection, one: SequenceRow, steps: Sequence[Given]) -> str | None:
    """Say so where a person switched something of a sequence off since it began.

    Between two steps nothing is on that could tell of it.
    """
    outputs = {_output(step) for step in steps}
    newest = output_orders.newest(conn, sorted({node for node, _ in outputs}))
    for order in newest:
        concerns = order.output is None or (order.node, order.output) in outputs
        by_hand = order.source == "person" and order.act in ("off", "all_off")
        if by_hand and concerns and order.made >= one.made:
            return f"off by {order.made_by}"
    return None


def _state(order: OutputOrder, told: tuple[Told, ...], at: datetime) -> str:
    """Return how far a step is; what did not end by its lease is named by why it ended."""
    word = shown.state_of(order, told, at)
    if word == "refused":
        return f"refused: {order.reason}"
    if word == "alarm":
        return next(str(each.more) for each in told if each.state == "alarm")
    ended = next((each.more for each in told if each.state == "off"), "lease")
    return word if word != "off" or ended == "lease" else f"off: {ended}"


def _is_due(
    conn: Connection,
    next_one: Given,
    steps: Sequence[Given],
    state: dict[int, str],
    told: dict[int, list[Told]],
    at: datetime,
) -> bool:
    before = [step for step in steps[: next_one.number] if step.order is not None]
    words = [state[step.order] for step in before if step.order is not None]
    if next_one.step.after == "on":
        return bool(words) and words[-1] in ("on", "proven")
    if any(word != "off" for word in words):
        return False
    now = giving.node_of(conn, next_one.step.node)
    rest = timedelta(seconds=output_of(now.node, now.board, next_one.step.output).rest_s)
    same = [s.order for s in before if (s.step.node, s.step.output) == _output(next_one)]
    ended = [each.when for order in same if order for each in told[order] if each.state == "off"]
    return not ended or at >= max(ended) + rest + MORE_REST


def _output(given: Given) -> tuple[str, int]:
    return given.step.node, given.step.output


def _stop(
    conn: Connection,
    one: SequenceRow,
    steps: Sequence[Given],
    state: dict[int, str],
    why: str,
    at: datetime,
) -> None:
    """End a sequence: what it may have on is switched off, what comes first in it last."""
    who = Who(None, one.made_by, f"system:sequence {one.id}", f"stopped: {why}", "sequence")
    seen = set()
    for step in reversed(steps):
        over = step.order is None or state[step.order] == "off"
        if not over and _output(step) not in seen:
            seen.add(_output(step))
            giving.switch_off(conn, step.step.node, step.step.output, who, at, hold=False)
    sequences.end(conn, one.id, "stopped", why, at)
    said = event("sequence_stopped", sequence=one.id, field=one.field, by=one.made_by, detail=why)
    nodes = [step.step.node for step in steps]
    items.raise_items(conn, [Found(said, one.field, nodes[0] if nodes else None)], at)
