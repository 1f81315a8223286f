"""Items about outputs: what a node alarms of, with its evidence, until it is over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from collector.control.boards import acting_boards
from collector.control.shown import GRACE, Given, state_of
from collector.store import items
from collector.store.control import output_orders, output_states
from collector.store.control.output_states import Told
from collector.store.items import Found
from collector.store.postgres.db import Connection
from field_configs.acting import BoardOutput
from field_configs.events import Event, event
from field_configs.schema import Board
from firmware.wire.outputs import ALARMS

PREFIX = "output_"
KINDS = tuple(PREFIX + each for each in ALARMS)
UNPROVEN = ("no_proof", "unproven")
NOT_KNOWN = "output_not_known"
#: An order of which nobody knows what came is asked about for so long.
LOOK_BACK = timedelta(days=1)


def judge(conn: Connection, nodes: Collection[str], at: datetime) -> None:
    """Open an item for each alarm of these nodes that lasts, close those that are over.

    What was not proven lasts until something proves that the output works; the others until the
    node says that they are over, or begins anew.
    """
    boards = acting_boards()
    there = output_states.nodes(conn, boards, only=nodes)
    told = output_states.newest(conn, [node.node for node in there])
    found: list[Found] = []
    over: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for node in there:
        board = boards[node.board]
        for output in board.outputs:
            subject = f"{node.node}/{output.number}"
            lasting = {each for each in ALARMS if each not in UNPROVEN}
            for row in told.get((node.node, output.number), ()):
                if row.state == "alarm":
                    found.append(Found(_alarm(board, output, row), subject, node.node))
                    lasting.discard(row.more)
                elif row.state == "proof":
                    lasting |= set(UNPROVEN)
            for each in lasting:
                over[PREFIX + each].add(subject)
    for kind, subjects in over.items():
        if subjects:
            items.close_gone(conn, kind, subjects, at)
    items.raise_items(conn, found, at)


def _alarm(board: Board, output: BoardOutput, row: Told) -> Event:
    proof = next(each for each in board.channels if each.number == output.proof)
    given: dict[str, Any] = {
        "node": row.node,
        "output": output.number,
        "of_kind": output.kind,
        "at": row.when,
        "quantity": proof.quantity,
        "boot": row.boot,
        "state": row.k,
    }
    if row.more == "no_proof":
        return event("output_no_proof", **given)
    if row.more == "unproven":
        return event("output_unproven", **given)
    if row.more == "off_flow":
        return event("output_off_flow", **given)
    if row.more == "backward":
        return event("output_backward", **given)
    return event("output_stuck", **given)


def not_known(conn: Connection, at: datetime) -> int:
    """Open an item for each output of whose order nobody knows what came; return how many.

    It closes once the node has said something later of it, or after `LOOK_BACK`: the lease is over
    by then, whatever happened.
    """
    since = at - LOOK_BACK
    orders = output_orders.of_all(conn, since=since)
    told = output_states.of_orders(conn, [order.id for order in orders])
    given = [
        Given(order, rows, state_of(order, rows, at))
        for order in orders
        for rows in [tuple(told.get(order.id, ()))]
    ]
    heard = {n.node: n.said_at for n in output_states.nodes(conn, acting_boards())}
    found = {}
    for each in given:
        order = each.order
        said = heard.get(order.node)
        if each.state in ("not_known", "unheard") and order.act == "on":
            ended = order.valid_until + timedelta(seconds=order.seconds or 0) + GRACE
            if said is None or said < ended:
                subject = f"{order.node}/{order.output}"
                found[subject] = Found(
                    event(
                        "output_not_known",
                        node=order.node,
                        output=order.output,
                        seconds=order.seconds,
                        by=order.made_by,
                        at=order.made,
                        ends=ended - GRACE,
                    ),
                    subject,
                    order.node,
                )
    items.close_others(conn, NOT_KNOWN, found, at)
    items.raise_items(conn, found.values(), at)
    return len(found)
