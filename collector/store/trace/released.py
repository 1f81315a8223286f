"""Tokens of next pages that a party has released before their time."""

from __future__ import annotations

import hashlib
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection

SQL = queries.load("released")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def release(conn: Connection, party: str, token: str, at: datetime, over: datetime) -> None:
    """Let a token lead nowhere from now on.

    Parameters
    ----------
    conn : Connection
    party, token : str
    at : datetime
        Now, aware.
    over : datetime
        What was released earlier has expired by itself and is forgotten, aware.
    """
    queries.run(conn, SQL["forget"], party=party, over=over)
    queries.run(conn, SQL["put"], party=party, token=_digest(token), at=at)


def is_released(conn: Connection, party: str, token: str) -> bool:
    """Whether a party has released a token."""
    return bool(queries.fetch(conn, SQL["one"], party=party, token=_digest(token)))
