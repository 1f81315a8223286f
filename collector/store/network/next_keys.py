"""Keys that nodes are told to change to: each counts beside the present one until it is settled."""

from __future__ import annotations

import secrets
from datetime import datetime

from collector.keys import MasterKey
from collector.store.network import registry
from collector.store.network.registry_version import touch
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from firmware.wire.seal import KEY_BYTES

SQL = queries.load("next_keys")


def prepare(conn: Connection, master: MasterKey, node_id: str, *, at: datetime) -> registry.NodeKey:
    """Make the key that a node is told to change to; the present one counts until it has.

    What it seals is taken in from now on. One that was prepared before is forgotten.
    """
    ((epoch,),) = fetch(conn, registry.SQL["next_epoch"], node=node_id)
    run(conn, SQL["drop"], node=node_id)
    key = secrets.token_bytes(KEY_BYTES)
    encrypted = master.encrypt(node_id, epoch, key)
    run(conn, SQL["put"], node=node_id, epoch=epoch, encrypted=encrypted, at=at)
    touch(conn, [node_id])
    return registry.NodeKey(node_id, epoch, key)


def settle(conn: Connection, node_id: str, epoch: int | None, *, at: datetime) -> None:
    """Let the next key of that epoch take over from the present one, or be forgotten (None)."""
    registry.lock(conn, node_id)
    if epoch is not None:
        for number, encrypted, made in fetch(conn, SQL["take"], node=node_id, epoch=epoch, at=at):
            given = {"node": node_id, "epoch": number, "encrypted": encrypted, "at": made}
            run(conn, registry.SQL["add_key"], **given)
    else:
        run(conn, SQL["drop"], node=node_id)
    touch(conn, [node_id])
