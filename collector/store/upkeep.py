"""What the jobs ask of the store besides readings and risk: silence, and who leads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg2

from collector.store import frames, queries
from collector.store.db import Connection, connect, lost_as_down

SQL = queries.load("upkeep")


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall() if cur.description else []


def note_silence(conn: Connection, before: datetime, at: datetime) -> tuple[int, int]:
    """Open maintenance items for nodes and probes without a word since `before`, close others.

    Returns
    -------
    tuple of int, int
        Silent nodes, and placements whose node reports without a valid value.
    """
    _fetch(conn, "close_silent_nodes", before=before, at=at)
    _fetch(conn, "close_silent_placements", before=before, at=at)
    nodes = _fetch(conn, "silent_nodes", before=before)
    placements = _fetch(conn, "silent_placements", before=before)
    items: list[tuple[str, str, str | None, str]] = []
    for node, seen in nodes:
        text = f"node {node}: last heard {_when(seen)}; see to its power, radio and antenna"
        items.append(("silent_node", node, node, text))
    for placement, node, seen in placements:
        text = (
            f"placement {placement}: node {node} reports, but had its last valid value "
            f"{_when(seen)}; see to the probe and its cable"
        )
        items.append(("silent_placement", placement, node, text))
    frames.raise_items(conn, items, at)
    return len(nodes), len(placements)


def _when(seen: datetime | None) -> str:
    return "never" if seen is None else f"{seen:%Y-%m-%d %H:%M} UTC"


class Election:
    """At most one process leads; it does while it holds a lock on a connection of its own.

    The lock is a transaction's, which stays open: PgBouncer would give a session's away with the
    server connection after each statement. A transaction that only holds a lock keeps nothing
    from being vacuumed.

    Parameters
    ----------
    dsn : str
        Connection string.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._conn: Connection | None = None
        self._leads = False

    def leads(self) -> bool:
        """Tell whether this process leads; take the lead when nobody has it.

        Raises
        ------
        DatabaseDown
            When the database does not answer; the lead is lost then.
        """
        with lost_as_down(self.dsn):
            try:
                if self._conn is None:
                    self._conn = connect(self.dsn)
                    # a snapshot that lasts would hold back vacuum
                    self._conn.set_session(isolation_level="READ COMMITTED")
                name = "alive" if self._leads else "try_lead"
                ((answer,),) = _fetch(self._conn, name)
                self._leads = bool(answer)
                if not self._leads:
                    self._conn.rollback()
            except (psycopg2.Error, psycopg2.InterfaceError):
                self.resign()
                raise
        return self._leads

    def resign(self) -> None:
        """Give up the lead, if this process has it."""
        if self._conn is not None:
            self._conn.close()
        self._conn, self._leads = None, False
