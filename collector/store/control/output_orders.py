"""Orders to the outputs of nodes: kept, numbered as they are sent, never sent past their time.

Whoever writes here or in `output_states` locks the node's row of ``output_node`` first, so that
one at a time gives numbers to a node's orders and judges its answers.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from collector.store.control import output_states
from collector.store.network import registry
from collector.store.network.node_commands import NoKey, ToSend
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from firmware.wire import outputs

SQL = queries.load("output_orders")
#: An order without an answer is sent again, and a node asked again, but not sooner.
AGAIN = timedelta(seconds=10)
#: So often a node is asked for the same states; it keeps the newest 40 of its start.
MOST_ASKED = 3
ID_BITS = 52


@dataclass(frozen=True)
class OutputOrder:
    """An order as it is kept.

    `act` is one of ``on``, ``off``, ``all_off``, ``auto``; `output` None: all of the node.
    `seconds` is the lease of ``on``; `hold` whether rules leave it off after ``off``. `made_by`
    names who wanted it, `source` is ``person``, ``schedule`` or ``sequence``. After `valid_until`
    it is not begun any more. `result` is None while the node has not answered: before
    `valid_until` it may come, later it is not known whether it was done. Else ``accepted``,
    ``refused`` for `reason`, or ``withdrawn``: a newer order took its place.
    """

    id: int
    node: str
    act: str
    output: int | None
    seconds: int | None
    hold: bool | None
    made: datetime
    person: int | None
    made_by: str
    source: str
    why: str
    valid_until: datetime
    sent: datetime | None
    times: int
    seq: int | None
    result: str | None
    reason: str | None
    answered: datetime | None

    def not_known(self, at: datetime) -> bool:
        """Whether it lapsed without a word: nobody knows whether the node did it."""
        return self.result is None and self.sent is not None and self.valid_until <= at


@dataclass(frozen=True)
class Now:
    """Where a node is by what it said: a start, and its uptime [s] now, or less."""

    epoch: int
    boot: int
    uptime: int


def give(
    conn: Connection,
    node: str,
    act: str,
    output: int | None = None,
    *,
    seconds: int | None = None,
    hold: bool | None = None,
    person: int | None,
    made_by: str,
    source: str,
    why: str,
    at: datetime,
    valid_until: datetime,
) -> int:
    """Keep an order for sending and return its id; what it overtakes is withdrawn.

    Parameters are those of `OutputOrder`.

    Raises
    ------
    UnknownNode, NoKey
    """
    rows = fetch(conn, SQL["epoch"], node=node)
    if not rows:
        raise registry.UnknownNode(node, (each.id for each in registry.nodes(conn)))
    if rows[0][0] is None:
        raise NoKey(node)
    output_states.lock(conn, [node])
    order = secrets.randbelow((1 << ID_BITS) - 1) + 1
    run(
        conn,
        SQL["put"],
        id=order,
        node=node,
        act=act,
        output=output,
        seconds=seconds,
        hold=hold,
        person=person,
        made_by=made_by,
        source=source,
        why=why,
        at=at,
        valid_until=valid_until,
    )
    fetch(conn, SQL["withdraw"], node=node, output=output, act=act, id=order, at=at)
    return order


def take(conn: Connection, at: datetime, where: Callable[[str], Now | None]) -> list[ToSend]:
    """Return what is to be sent now, noted as sent; the caller commits before it sends.

    Parameters
    ----------
    conn : Connection
    at : datetime
        Aware.
    where : callable
        Says where a node is; None: it was not heard, and is asked first.
    """
    found: list[ToSend] = []
    for node, epoch, taken, whole, next_k, asked, times, gap, answered in fetch(
        conn, SQL["busy"], at=at, again=AGAIN
    ):
        now = where(node)
        if now is not None and now.epoch != epoch:
            now = None
        if gap and answered and times >= MOST_ASKED:
            output_states.give_up(conn, node, at)
            gap = False
        ask = bool(gap)
        for row in fetch(conn, SQL["waiting"], node=node, at=at, again=AGAIN):
            body = _body(conn, node, epoch, taken, row, now, at)
            if body is not None:
                found.append(ToSend(node, epoch, body))
            # Its last number may be beyond ours, after a restore say: then it takes none of ours.
            if now is None or row[-1] is not None:
                ask |= asked is None or asked <= at - AGAIN
        if ask:
            run(conn, SQL["asked"], node=node, at=at)
            start = whole if gap else next_k
            found.append(ToSend(node, epoch, outputs.encode_order(outputs.state(start))))
    return found


def _body(
    conn: Connection,
    node: str,
    epoch: int,
    taken: int,
    row: tuple[Any, ...],
    now: Now | None,
    at: datetime,
) -> bytes | None:
    """Return the body of an order, noted as sent; None: it must be known first where the node is.

    It goes out as it was sent before, unless the node has taken a later number since, or stands
    in another start.
    """
    number, act, output, seconds, hold, valid_until, was_epoch, was_boot, seq, until, _ = row
    boot = None
    if act in ("on", "auto"):
        if now is None:
            return None
        boot = now.boot
    if seq is None or (was_epoch, was_boot) != (epoch, boot) or taken > seq:
        ((seq,),) = fetch(conn, SQL["next_seq"], node=node)
        left = min(int((valid_until - at).total_seconds()), outputs.MOST_AHEAD_S)
        until = outputs.until(now.uptime, 0, left) if boot and now else None
    if act == "on":
        order = outputs.on(seq, number, output, seconds, boot, until)
    elif act == "off":
        order = outputs.off(seq, number, output, hold)
    elif act == "auto":
        order = outputs.auto(seq, number, [] if output is None else [output], boot, until)
    else:
        order = outputs.all_off(seq, number)
    body: bytes = outputs.encode_order(order)
    run(conn, SQL["sent"], id=number, epoch=epoch, boot=boot, seq=seq, until=until, at=at)
    return body


def find(conn: Connection, ids: Iterable[int]) -> dict[int, OutputOrder]:
    """Return orders by their ids."""
    rows = fetch(conn, SQL["find"], ids=list(ids))
    return {row[0]: OutputOrder(*row) for row in rows}


def of_nodes(
    conn: Connection,
    nodes: Collection[str],
    *,
    before: datetime,
    output: int | None = None,
    limit: int = 50,
) -> list[OutputOrder]:
    """Return orders to nodes, or to one output of each, made before a time, the newest first."""
    rows = fetch(
        conn, SQL["of_nodes"], nodes=list(nodes), output=output, before=before, limit=limit
    )
    return [OutputOrder(*row) for row in rows]


def of_all(conn: Connection, since: datetime) -> list[OutputOrder]:
    """Return the orders to switch on of all nodes since a time, the oldest first."""
    return [OutputOrder(*row) for row in fetch(conn, SQL["of_all"], since=since)]


def newest(conn: Connection, nodes: Collection[str]) -> list[OutputOrder]:
    """Return the newest order to each output of nodes, and to all of each."""
    return [OutputOrder(*row) for row in fetch(conn, SQL["newest"], nodes=list(nodes))]
