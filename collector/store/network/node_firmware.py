"""Which program and configuration each node runs, as it said at its last start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collector.store.network.frames import BootId
from collector.store.postgres import queries
from collector.store.postgres.db import Connection

SQL = queries.load("node_firmware")


@dataclass(frozen=True)
class Running:
    """What a node runs; `config` are the first bytes of SHA-256 of its configuration.

    `explained`: the configuration is the one of before, or one was given from here. `given`: one
    was given since the node said so.
    """

    version: str
    target: str | None
    config: bytes | None
    explained: bool
    received: datetime
    given: bool


def put(
    conn: Connection,
    boot: BootId,
    version: str,
    target: str | None,
    config: bytes | None,
    at: datetime,
) -> None:
    """Keep what a node said at a start; what it said at an earlier one changes nothing."""
    given = {"version": version, "target": target, "config": config, "at": at}
    queries.run(conn, SQL["put"], node=boot.node, epoch=boot.epoch, boot=boot.boot, **given)


def of_node(conn: Connection, node: str) -> Running | None:
    """Return what a node runs, None where it has not said so."""
    rows = queries.fetch(conn, SQL["of_node"], node=node)
    if not rows:
        return None
    version, target, config, *rest = rows[0]
    return Running(version, target, None if config is None else bytes(config), *rest)
