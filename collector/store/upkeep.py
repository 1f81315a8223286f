"""What the jobs ask of the store besides readings and risk: silence, and who leads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg2

from collector.store import items, queries
from collector.store.db import Connection, connect, lost_as_down
from collector.store.items import Found
from field_configs.events import event

SQL = queries.load("upkeep")


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall() if cur.description else []


def note_silence(conn: Connection, before: datetime, at: datetime) -> tuple[int, int]:
    """Open maintenance items for nodes and probes not heard since `before`, close the others.

    Returns
    -------
    tuple of int, int
        Silent nodes, and placements whose node reports without a valid value.
    """
    nodes = _fetch(conn, "silent_nodes", before=before)
    placements = _fetch(conn, "silent_placements", before=before)
    found = [
        Found(event("silent_node", node=node, seen=seen), node, node) for node, seen in nodes
    ] + [
        Found(event("silent_placement", placement=place, node=node, seen=seen), place, node)
        for place, node, seen in placements
    ]
    for kind in ("silent_node", "silent_placement"):
        still = [one.subject for one in found if one.event.kind == kind]
        items.close_others(conn, kind, still, at)
    items.raise_items(conn, found, at)
    return len(nodes), len(placements)


class Election:
    """At most one process leads; it does while it holds a lock on a connection of its own.

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
                    self._conn.autocommit = True
                name = "alive" if self._leads else "try_lead"
                ((answer,),) = _fetch(self._conn, name)
                self._leads = bool(answer)
            except (psycopg2.Error, psycopg2.InterfaceError):
                self.resign()
                raise
        return self._leads

    def resign(self) -> None:
        """Give up the lead, if this process has it."""
        if self._conn is not None:
            self._conn.close()
        self._conn, self._leads = None, False
