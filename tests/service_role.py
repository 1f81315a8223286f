"""A role that has the rights of services and no others."""

from __future__ import annotations

import re

import psycopg2

from collector.store.postgres import db, rights
from collector.store.postgres.errors import StoreError

ROLE = "services"
MAKE = (
    "DO $$ BEGIN CREATE ROLE services LOGIN PASSWORD 's'; "
    "EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$"
)


def dsn_of_role(dsn: str) -> str:
    """The connection string of that role, for a database that we own with its schema in place."""
    conn = db.connect(dsn)
    with conn, conn.cursor() as cur:
        cur.execute(MAKE)
        rights.grant(conn, ROLE)
    conn.close()
    return re.sub(r"//[^@]*@", f"//{ROLE}:s@", dsn)


def let_pools_be_of_role() -> None:
    """Let every pool that is made from now on connect as that role, where it can."""
    real = db.Pool.__init__

    def of_role(self: db.Pool, dsn: str, size: int = 4) -> None:
        try:
            given = dsn_of_role(dsn)
        except (StoreError, psycopg2.Error):  # no such database, no schema: as the test wants it
            given = dsn
        real(self, given, size)

    db.Pool.__init__ = of_role  # type: ignore[method-assign]
