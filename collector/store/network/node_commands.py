"""Commands to nodes: kept until they are answered, and sent again to who is heard."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extras import Json

from collector.keys import MasterKey
from collector.store.network import next_keys, registry
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from firmware.wire import commands
from firmware.wire.commands import Answer, Command

SQL = queries.load("node_commands")
#: A command without an answer is sent again to a node that is heard, but not sooner.
AGAIN = timedelta(minutes=1)


class NoKey(StoreError):  # noqa: N818 - named for what is so
    """A node that has no key cannot be told anything."""

    def __init__(self, node: str) -> None:
        super().__init__(f"node {node}: has no key; run `nongqing node enroll {node}` first")


@dataclass(frozen=True)
class ToSend:
    """A command to be sealed: the key's epoch, and its body."""

    node: str
    epoch: int
    body: bytes


@dataclass(frozen=True)
class NodeCommand:
    """A command and what came of it.

    `shown` is what may be seen of its argument. `result` is what the node said last, at `heard`;
    `answered` is None until that was its last word. `times` counts how often it was sent.
    """

    node: str
    number: int
    word: str
    shown: Mapping[str, Any]
    made: datetime
    made_by: str
    expires: datetime
    sent: datetime | None
    times: int
    result: str | None
    more: Any
    heard: datetime | None
    answered: datetime | None


@dataclass(frozen=True)
class NodeRefused:
    """Messages that a node did not take: how many in the boot in which it said so last."""

    node: str
    reason: str
    count: int
    received: datetime


def give(
    conn: Connection, node: str, word: str, *, by: str, at: datetime, expires: datetime
) -> int:
    """Keep a command without an argument for sending; return its number.

    Parameters
    ----------
    conn : Connection
    node : str
    word : str
        One of `firmware.wire.commands.WORDS`.
    by : str
    at, expires : datetime
        Aware.

    Raises
    ------
    UnknownNode, NoKey
    """
    number, epoch = _begin(conn, node)
    command = Command(number, int(expires.timestamp()), word, None)
    _put(conn, node, command, None, epoch=epoch, shown={}, by=by, at=at, expires=expires)
    return number


def give_more(
    conn: Connection,
    master: MasterKey,
    node: str,
    word: str,
    argument: object,
    *,
    shown: Mapping[str, Any],
    by: str,
    at: datetime,
    expires: datetime,
) -> int:
    """Keep a command with an argument, as `give` does.

    Parameters
    ----------
    master : MasterKey
        Encrypts the argument, which may hold passwords.
    argument : object
        What `firmware.wire.commands` can encode. Of ``key`` it is made here.
    shown : mapping
        What of it may be seen.

    Raises
    ------
    UnknownNode, NoKey
    """
    number, epoch = _begin(conn, node)
    current = registry.key(conn, master, node)
    if word == "key" and current is not None:
        other = next_keys.prepare(conn, master, node, at=at)
        hidden = commands.wrap_key(current.key, node, number, other.key)
        argument = [other.epoch, hidden]
    command = Command(number, int(expires.timestamp()), word, argument)
    body = master.encrypt(f"{node}/cmd", number, commands.encode_command(command))
    _put(conn, node, command, body, epoch=epoch, shown=dict(shown), by=by, at=at, expires=expires)
    return number


def _begin(conn: Connection, node: str) -> tuple[int, int]:
    """Return the number of the next command to a node, and the epoch of its key."""
    registry.lock(conn, node)
    found = queries.fetch(conn, SQL["epoch"], node=node)
    if not found:
        raise NoKey(node)
    ((number,),) = queries.fetch(conn, SQL["next_number"], node=node)
    return int(number), int(found[0][0])


def _put(conn: Connection, node: str, command: Command, body: bytes | None, **columns: Any) -> None:
    columns["shown"] = Json(columns["shown"])
    given = {"node": node, "number": command.number, "word": command.word, "body": body}
    queries.run(conn, SQL["put"], **given, **columns)


def withdraw(conn: Connection, given: Collection[tuple[str, int]], at: datetime) -> int:
    """Let commands that nobody answered go out no more; return how many there were.

    Parameters
    ----------
    given : collection
        Node and number of each.
    """
    nodes, numbers = [node for node, _ in given], [number for _, number in given]
    return len(queries.fetch(conn, SQL["withdraw"], nodes=nodes, numbers=numbers, at=at))


def take(conn: Connection, master: MasterKey, at: datetime, heard: Collection[str]) -> list[ToSend]:
    """Return what is to be sent now, and note it as sent; the caller commits before it sends."""
    rows = queries.fetch(conn, SQL["take"], at=at, before=at - AGAIN, heard=sorted(heard))
    found = []
    for node, number, epoch, word, expires, encrypted in rows:
        if encrypted is None:
            plain = Command(number, int(expires.timestamp()), word, None)
            body = commands.encode_command(plain)
        else:
            body = master.decrypt(f"{node}/cmd", number, encrypted)
        found.append(ToSend(node, epoch, body))
    return found


def answer(conn: Connection, node: str, epoch: int, said: Answer, at: datetime) -> bool:
    """Keep what a node answers; return whether there was a command that waits for it.

    A node that says so under its next key has changed to it; one that gives it up stays.
    """
    last = said.result in commands.LAST
    rows = queries.fetch(
        conn,
        SQL["answer"],
        node=node,
        number=said.number,
        result=said.result,
        more=Json(said.more),
        at=at,
        last=last,
    )
    if rows and rows[0][0] == "key" and last:
        next_keys.settle(conn, node, epoch if said.result == "done" else None, at=at)
    return bool(rows)


def of_node(conn: Connection, node: str, limit: int = 20) -> list[NodeCommand]:
    """Return the commands to a node, the newest first."""
    return [NodeCommand(*r) for r in queries.fetch(conn, SQL["of_node"], node=node, limit=limit)]


def put_refused(
    conn: Connection, node: str, reason: str, count: int, boot: int, at: datetime
) -> None:
    """Keep how many messages a node did not take for a reason."""
    given = {"node": node, "reason": reason, "count": count, "boot": boot, "at": at}
    queries.run(conn, SQL["put_refused"], **given)


def refused(conn: Connection, node: str | None = None) -> list[NodeRefused]:
    """Return what a node, or every node, did not take."""
    return [NodeRefused(*row) for row in queries.fetch(conn, SQL["refused"], node=node)]
