"""Whose updates nodes take: the public key that each was enrolled with."""

from __future__ import annotations

from collections.abc import Iterable

from collector.store.postgres import queries
from collector.store.postgres.db import Connection

SQL = queries.load("update_keys")


def trust(conn: Connection, nodes: Iterable[str], update_key: str) -> None:
    """Note that nodes take updates signed with the key of this public one, in hexadecimal."""
    queries.run(conn, SQL["trust"], nodes=list(nodes), update_key=update_key)
