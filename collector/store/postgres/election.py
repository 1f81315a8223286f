"""Who leads among several schedulers."""

from __future__ import annotations

from typing import Any

import psycopg2

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, connect, lost_as_down

SQL = queries.load("election")


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall() if cur.description else []


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
