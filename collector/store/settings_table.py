"""Settings that belong to the data and not to a process: the demo's banner and the like."""

from __future__ import annotations

from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection

SQL = queries.load("settings_table")


def get(conn: Connection, key: str) -> str | None:
    """Return a setting, None where it was never put."""
    with conn.cursor() as cur:
        cur.execute(SQL["get"], {"key": key})
        row = cur.fetchone()
    return None if row is None else str(row[0])


def put(conn: Connection, key: str, value: str, at: datetime) -> None:
    """Keep a setting; `at` is the time of the change, aware."""
    with conn.cursor() as cur:
        cur.execute(SQL["put"], {"key": key, "value": value, "at": at})


def everything(conn: Connection) -> dict[str, str]:
    """Return all settings."""
    with conn.cursor() as cur:
        cur.execute(SQL["all"])
        return dict(cur.fetchall())
