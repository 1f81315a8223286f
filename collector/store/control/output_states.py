"""What nodes say of their outputs: each state once, gaps known, and what follows for orders."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extras import Json

from collector.store.network.frames import BootId
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from firmware.wire.outputs import Now as Row
from firmware.wire.outputs import Outputs, State

SQL = queries.load("output_states")
#: Why a node did not take an order that another number, start or time mends.
MENDABLE = ("late", "boot", "ahead")
#: So often an order is sent before such an answer is its last.
MOST_SENT = 4


@dataclass(frozen=True)
class Told:
    """A state as a node told it.

    `boot` is the start it belongs to and `k` its number there; `uptime` when it happened [s of
    uptime], `at` the same in UTC, None while nobody knows when that start was. `by` is the id of
    the order, 0: the node itself, -n: its n-th rule. `more` is what docs/control.md says.
    """

    node: str
    epoch: int
    boot: int
    k: int
    uptime: int
    output: int | None
    state: str
    by: int
    more: Any
    received: datetime
    at: datetime | None

    @property
    def when(self) -> datetime:
        """When it happened, or, where that is not known, when it came in."""
        return self.at or self.received


@dataclass(frozen=True)
class NodeNow:
    """A node of a board with outputs, where it stands, and what it said last.

    `last_seen` is of its frames, `received` of its newest word about outputs; both None where it
    has said nothing. `rows` are all its outputs at `said_uptime` [s] of the start `boot`, as of
    state `said_k`. `restarted`: frames of a later start came in, so all of this is over. `lost`
    counts states that never came. `began` is when the start was [s since 1970 UTC], if known.
    """

    node: str
    board: str
    field: str
    village: str
    field_zh: str
    field_en: str
    last_seen: datetime | None
    epoch: int | None
    boot: int | None
    uptime: int | None
    received: datetime | None
    rows: tuple[Row, ...]
    said_k: int
    said_uptime: int
    said_at: datetime | None
    lost: int
    restarted: bool
    began: int | None


def lock(conn: Connection, nodes: Collection[str]) -> None:
    """Make sure that nobody else gives numbers to orders of these nodes, or judges answers."""
    for node in sorted(nodes):
        run(conn, SQL["begin"], node=node)
    fetch(conn, SQL["lock"], nodes=sorted(nodes))


def begin(conn: Connection, boot: BootId) -> None:
    """Note a start of a node that has outputs: what was on before is off."""
    run(conn, SQL["start"], node=boot.node, epoch=boot.epoch, boot=boot.boot)


def take(conn: Connection, boot: BootId, said: Sequence[State | Outputs], at: datetime) -> int:
    """Keep what a node says of its outputs, in the order of arrival; return how much is new.

    Orders are answered by it. What was there already changes nothing. The caller has the node
    `lock`ed.
    """
    begin(conn, boot)
    new = 0
    key = {"node": boot.node, "epoch": boot.epoch, "boot": boot.boot}
    for one in said:
        next_k = one.k if isinstance(one, Outputs) else one.k + 1
        run(conn, SQL["heard"], **key, uptime=one.uptime, at=at, next_k=next_k)
        if isinstance(one, Outputs):
            rows = Json([list(row) for row in one.rows])
            values = {"said": rows, "k": one.k, "uptime": one.uptime, "seq": one.seq, "at": at}
            run(conn, SQL["said"], **key, **values)
        elif _put(conn, key, one, at):
            new += 1
    _count(conn, boot.node, at)
    return new


def _put(conn: Connection, key: dict[str, Any], one: State, at: datetime) -> bool:
    values = one._asdict() | {"more": None if one.more is None else Json(one.more)}
    if not fetch(conn, SQL["put"], **key, **values, at=at):
        return False
    if one.by > 0:
        order = {"node": key["node"], "id": one.by}
        run(conn, SQL["taken"], **order)
        if one.state != "refused":
            fetch(conn, SQL["accepted"], **order, at=at)
        elif one.more not in MENDABLE or not fetch(
            conn, SQL["once_more"], **order, at=at, most=MOST_SENT
        ):
            run(conn, SQL["refused"], **order, reason=one.more, at=at)
    return True


def _count(conn: Connection, node: str, at: datetime) -> None:
    """Note up to which number all states of the newest start are here."""
    ((whole, _, numbers),) = fetch(conn, SQL["numbers"], node=node)
    for k in numbers:
        if k != whole:
            break
        whole += 1
    run(conn, SQL["whole"], node=node, whole=whole, lost=0, at=at)


def give_up(conn: Connection, node: str, at: datetime) -> None:
    """Wait no longer for states that the node has forgotten; they are counted as lost."""
    ((whole, next_k, numbers),) = fetch(conn, SQL["numbers"], node=node)
    first = next((k for k in numbers if k >= whole), next_k)
    run(conn, SQL["whole"], node=node, whole=first, lost=first - whole, at=at)
    _count(conn, node, at)


def nodes(
    conn: Connection,
    boards: Iterable[str],
    *,
    fields: Collection[str] | None = None,
    only: Collection[str] | None = None,
) -> list[NodeNow]:
    """Return the nodes of some board types, in fields or by name where given."""
    named = {
        "fields": None if fields is None else list(fields),
        "nodes": None if only is None else list(only),
    }
    found = []
    for row in fetch(conn, SQL["nodes"], boards=list(boards), **named):
        said, said_k, said_uptime, said_at, lost, newest, began = row[11:]
        rows = tuple(Row(*each) for each in said or ())
        restarted = newest is not None and newest > row[8]
        later = (said_k or 0, said_uptime or 0, said_at, lost or 0, restarted, began)
        found.append(NodeNow(*[*row[:11], rows, *later]))
    return found


def newest(conn: Connection, nodes: Collection[str]) -> dict[tuple[str, int | None], list[Told]]:
    """Return the last states of each kind of each output (None: of all of a node), in order."""
    found: dict[tuple[str, int | None], list[Told]] = {}
    for row in fetch(conn, SQL["newest"], nodes=list(nodes)):
        told = Told(*row)
        found.setdefault((told.node, told.output), []).append(told)
    for each in found.values():
        each.sort(key=lambda told: told.k)
    return found


def of_orders(conn: Connection, ids: Iterable[int]) -> dict[int, list[Told]]:
    """Return what came of orders, in the order of happening, by the orders' ids."""
    found: dict[int, list[Told]] = {}
    for row in fetch(conn, SQL["of_orders"], ids=list(ids)):
        told = Told(*row)
        found.setdefault(told.by, []).append(told)
    return found


def history(
    conn: Connection,
    nodes: Collection[str],
    *,
    before: datetime,
    output: int | None = None,
    limit: int = 100,
) -> list[Told]:
    """Return what nodes said of their outputs before a time, the newest first."""
    rows = fetch(conn, SQL["history"], nodes=list(nodes), before=before, output=output, limit=limit)
    return [Told(*row) for row in rows]
