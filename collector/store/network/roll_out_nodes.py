"""What nodes say of an update that they were offered, and what they ask of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extras import Json

from collector.store.network.roll_outs import OPEN
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from firmware.wire.commands import LAST, Answer

SQL = queries.load("roll_out_nodes")
UNDER_WAY = ("taken", "fetching", "trial", "unreachable")
#: What a node may say, and in which states it is news.
NEWS = {
    "fetching": ("offered", "taken", "fetching", "unreachable"),
    "trial": ("offered", *UNDER_WAY),
    "kept": (*OPEN, "undone", "failed", "refused", "gone"),
    "undone": (*UNDER_WAY, "kept", "failed"),
    "failed": ("offered", *UNDER_WAY),
}
#: A refusal that is over within hours: the node is offered it again.
FOR_NOW = "another update on trial"


@dataclass(frozen=True)
class Asking:
    """An update that a node is fetching."""

    node: str
    number: int
    roll_out: int
    release: int
    halted: bool


@dataclass(frozen=True)
class UpdateOfNode:
    """A roll-out as one node sees it; `shown` is its state, or excused."""

    roll_out: int
    version: str
    state: str
    ring: int
    shown: str
    since: datetime
    more: Any


def is_news(state: str, boot: int | None, said: str, said_boot: int) -> bool:
    """Tell whether what a node says moves its state.

    What it said before can come again, late or by somebody who has heard it: what is of an earlier
    start than the last word is old, and it goes back to the old program only by a new start.
    """
    if state not in NEWS[said]:
        return False
    if boot is None:
        return True
    return said_boot > boot if said == "undone" else said_boot >= boot


def reported(
    conn: Connection, node: str, number: int, said: str, more: object, *, boot: int, at: datetime
) -> bool:
    """Keep how far a node is with an update; return whether it was ever offered to it.

    Parameters
    ----------
    conn : Connection
    node : str
    number : int
        Of the release.
    said : str
        One of `NEWS`.
    more : object
        Why, or how many bytes are still to come.
    boot : int
        In which it said so.
    at : datetime
        Aware.
    """
    rows = queries.fetch(conn, SQL["by_number"], node=node, number=number)
    for roll_out, state, before in rows:
        if is_news(state, before, said, boot):
            given = {"roll_out": roll_out, "node": node, "state": said, "more": Json(more)}
            queries.run(conn, SQL["move"], boot=boot, at=at, **given)
    return bool(rows)


def answered(conn: Connection, node: str, said: Answer, at: datetime) -> None:
    """Keep whether a node takes an offer; what it could not take for now is offered anew."""
    if said.result not in LAST or said.result in ("expired", "cut") or said.more == FOR_NOW:
        return
    done = said.result == "done"
    more = None if done else Json(said.more)
    given = {"node": node, "command": said.number, "done": done, "more": more}
    queries.run(conn, SQL["answered"], at=at, **given)


def asking(conn: Connection, nodes: Collection[str]) -> list[Asking]:
    """Return which updates some nodes may fetch, or could if they were not halted."""
    return [Asking(*row) for row in queries.fetch(conn, SQL["asking"], nodes=sorted(nodes))]


def note_asked(conn: Connection, found: Iterable[Asking], at: datetime) -> None:
    """Note that nodes are fetching."""
    pairs = sorted({(each.roll_out, each.node) for each in found})
    given = {"roll_outs": [each for each, _ in pairs], "nodes": [each for _, each in pairs]}
    if pairs:
        queries.run(conn, SQL["note_asked"], at=at, **given)


def of_node(conn: Connection, node: str, limit: int = 3) -> list[UpdateOfNode]:
    """Return the updates that a node was in, the newest first."""
    rows = queries.fetch(conn, SQL["of_node"], node=node, limit=limit)
    return [UpdateOfNode(*row) for row in rows]
