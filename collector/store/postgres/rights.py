"""What this user must be allowed to do in the database, proved before it is needed."""

from __future__ import annotations

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, DatabaseUnfit

SQL = queries.load("rights")


def lacking(conn: Connection) -> list[str]:
    """Return, in words of PostgreSQL, the rights that this user lacks; empty: none.

    A table of which only some month's partition is missing is no use without the right to make
    the next one; so rights to create count as much as those to write.
    """
    with conn.cursor() as cur:
        cur.execute(SQL["read_only"])
        ((read_only,),) = cur.fetchall()
        if read_only:
            return ["a transaction that writes"]
        cur.execute(SQL["lacking"])
        return [str(row[0]) for row in cur.fetchall()]


def prove(conn: Connection, dsn: str) -> None:
    """Make sure that nothing will be refused later for want of a right.

    Raises
    ------
    DatabaseUnfit
        When the database is read-only, or this user lacks a right; the message names them.
    """
    found = lacking(conn)
    if found:
        raise DatabaseUnfit(
            dsn,
            f"this user lacks: {', '.join(found)}",
            "grant it, or name another user or the primary server in NONGQING_DSN",
        )
