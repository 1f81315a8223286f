"""Outputs as people see them: what the node last said and when, what is left, what was proven."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.control.boards import acting_boards
from collector.store.control import output_orders, output_states
from collector.store.control.output_orders import OutputOrder
from collector.store.control.output_states import NodeNow, Told
from collector.store.postgres.db import Connection
from field_configs.acting import BoardOutput

#: How long after its lease's end a node may take to tell that an output went off.
GRACE = timedelta(minutes=2)
PROOFS = ("proof", "no_proof", "unproven")


@dataclass(frozen=True)
class OutputNow:
    """One output of a node.

    `is_on`: True, False, or None: not known, because the node never said so, or says nothing since
    its lease ended. `said` is when the node spoke last of its outputs, `since` when it went on or
    off. `left_s` is what is at most left of the lease [s]; None where it is off. `reason` says why
    it is off (`firmware.wire.outputs.OFF_REASONS`, or ``boot``). `hold`: rules leave it alone,
    people switch it; None: not known. `proof` is None, ``proof``, or the alarm in its place, of
    when it was on last; `proof_at` when that was. `alarms` are those that last. `by` is the order
    that it follows, or 0 and below. `order` is the newest order to it. `used_s` is for how long it
    was on within 24 h of running, as the node said last.
    """

    node: NodeNow
    output: BoardOutput
    is_on: bool | None
    since: datetime | None
    said: datetime | None
    left_s: int | None
    reason: str | None
    by: int
    hold: bool | None
    proof: str | None
    proof_at: datetime | None
    alarms: tuple[str, ...]
    used_s: int | None
    order: OutputOrder | None


def outputs_of(
    conn: Connection,
    at: datetime,
    *,
    fields: Collection[str] | None = None,
    nodes: Collection[str] | None = None,
) -> list[OutputNow]:
    """Return the outputs of nodes, of fields, or of all, as they are by what was said.

    Parameters
    ----------
    conn : Connection
    at : datetime
        Now, aware.
    fields, nodes : collection of str, optional
        Only those of these.
    """
    boards = acting_boards()
    found = output_states.nodes(conn, boards, fields=fields, only=nodes)
    names = [node.node for node in found]
    told = output_states.newest(conn, names)
    orders: dict[tuple[str, int | None], OutputOrder] = {}
    for order in output_orders.newest(conn, names):
        orders[order.node, order.output] = order
    shown = []
    for node in found:
        for output in boards[node.board].outputs:
            rows = sorted(
                told.get((node.node, output.number), []) + told.get((node.node, None), []),
                key=lambda row: row.k,
            )
            given = [orders.get((node.node, each)) for each in (output.number, None)]
            last = max((o for o in given if o), key=lambda o: o.made, default=None)
            shown.append(_shown(node, output, rows, last, at))
    return shown


def _shown(
    node: NodeNow, output: BoardOutput, rows: list[Told], order: OutputOrder | None, at: datetime
) -> OutputNow:
    is_on: bool | None = None
    since = left = reason = hold = proof = proof_at = used = None
    by = 0
    alarms: tuple[str, ...] = ()
    row = next((each for each in node.rows if each.output == output.number), None)
    if row is not None and node.said_at is not None:
        is_on, by, hold, used = row.on, row.by, row.hold, row.used_s
        ends = node.said_at + timedelta(seconds=row.left_s)
        left = ends if row.on else None
    for each in rows:
        counts = each.k >= node.said_k or node.said_at is None
        if each.state in ("on", "off"):
            # What was said of all outputs later is of the same lease, where it says the same.
            if counts or (each.state == "on") == is_on:
                since = each.when
            if counts:
                is_on, by, reason = each.state == "on", each.by, None
                left = each.when + timedelta(seconds=each.more) if is_on else None
            if each.state == "off" and is_on is False:
                reason = each.more
        elif each.state in ("hold", "auto") and counts:
            hold = each.state == "hold"
        elif each.state == "proof" or each.more in PROOFS:
            proof, proof_at = each.more if each.state == "alarm" else "proof", each.when
        elif each.state == "alarm":
            alarms += (each.more,)
    if node.restarted:
        is_on, left, reason, by, alarms = False, None, "boot", 0, ()
    if is_on and left is not None and at > left + GRACE:
        is_on, reason = None, "lease"
    if proof_at is not None and is_on and since is not None and proof_at < since:
        proof = proof_at = None
    seconds = None if left is None or not is_on else max(0, int((left - at).total_seconds()))
    return OutputNow(
        node,
        output,
        is_on,
        since,
        node.received,
        seconds,
        reason,
        by,
        hold,
        proof,
        proof_at,
        alarms,
        used,
        order,
    )


@dataclass(frozen=True)
class Given:
    """An order and what came of it, in the order of happening.

    `state` is one word for it: ``waiting`` to be sent, ``sent``, ``not_known`` (it lapsed without
    a word), ``lapsed`` (it was never sent: the node was not heard), ``withdrawn``, ``refused``,
    ``accepted``, ``on``, ``proven``, ``alarm``, ``off``, ``unheard`` (it must be over, and the node
    said nothing of its end).
    """

    order: OutputOrder
    told: tuple[Told, ...]
    state: str


def history(
    conn: Connection,
    nodes: Collection[str],
    at: datetime,
    *,
    output: int | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> list[Given]:
    """Return orders to nodes, or to one output of each, with what came of them, newest first."""
    end = at + timedelta(seconds=1) if before is None else before
    orders = output_orders.of_nodes(conn, nodes, before=end, output=output, limit=limit)
    told = output_states.of_orders(conn, [order.id for order in orders])
    return [
        Given(order, rows, state_of(order, rows, at))
        for order in orders
        for rows in [tuple(told.get(order.id, ()))]
    ]


def state_of(order: OutputOrder, told: tuple[Told, ...], at: datetime) -> str:
    """Return the word for how far an order is, as `Given` has it."""
    if order.result is None:
        if order.sent is None:
            return "waiting" if order.valid_until > at else "lapsed"
        return "not_known" if order.not_known(at) else "sent"
    if order.result != "accepted":
        return order.result
    word = "accepted"
    ends = None
    for each in told:
        if each.state == "on":
            word, ends = "on", each.when + timedelta(seconds=each.more)
        elif each.state == "proof" and word != "off":
            word = "proven"
        elif each.state == "alarm":
            word = "alarm"
        elif each.state == "off" and word != "alarm":
            word = "off"
    if word in ("on", "proven") and ends is not None and at > ends + GRACE:
        return "unheard"
    if order.act == "on" and word == "accepted" and at > order.valid_until + GRACE:
        return "unheard"
    return word
