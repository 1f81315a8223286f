"""Who leads among several schedulers."""

from __future__ import annotations

from typing import Any

import psycopg2

from collector.store import queries
from collector.store.db import Connection, connect, lost_as_down

SQL = queries.load("election")


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall() if cur.description else []


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
