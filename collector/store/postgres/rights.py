"""What a user must be allowed to do in the database: proved before it is needed, or given.

Services read and write rows and make temporary tables; what has to be made or dropped is done by
functions with their owner's rights (``ensure_reading_partition`` and its like). So they may run as
a role that owns nothing, and whoever runs the migrations as another.
"""

from __future__ import annotations

from psycopg2 import sql

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, DatabaseUnfit
from collector.store.postgres.errors import StoreError
from collector.store.postgres.queries import fetch

SQL = queries.load("rights")
#: Tables whose rows are never changed but locked now and then, which takes the right to UPDATE.
LOCKED = ("lot", "recall", "sample", "shipment")


class GrantError(StoreError):
    """A role cannot be given the rights of services; the message says why and what to do."""


def needed(conn: Connection) -> dict[str, list[str]]:
    """Return the rights that services need, by table."""
    return dict(fetch(conn, SQL["needed"], locked=list(LOCKED)))


def lacking(conn: Connection) -> list[str]:
    """Return, in words of PostgreSQL, the rights that this user lacks; empty: none."""
    ((read_only,),) = fetch(conn, SQL["read_only"])
    if read_only:
        return ["a transaction that writes"]
    pairs = [(table, right) for table, rights in needed(conn).items() for right in rights]
    tables, rights = [each[0] for each in pairs], [each[1] for each in pairs]
    return [str(row[0]) for row in fetch(conn, SQL["lacking"], tables=tables, rights=rights)]


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
            "run `nongqing db grant` for it as the owner, or name another user or the primary "
            "server in NONGQING_DSN",
        )


def grant(conn: Connection, role: str) -> dict[str, list[str]]:
    """Give a role the rights that services need, and take others on our tables away.

    Safe to run twice, and to be run after each migration. The caller commits.

    Parameters
    ----------
    conn : Connection
        Of the owner of the tables.
    role : str
        One that is there, and is not the owner.

    Returns
    -------
    dict
        What it may do now, by table.

    Raises
    ------
    GrantError
        When there is no such role, it may do everything anyway, or we are not the owner of the
        tables or of their schema.
    """
    ((schema, database, user, owner),) = fetch(conn, SQL["here"])
    if not owner:
        raise GrantError(
            f"{user} does not own the tables in database {database}; name the user who ran "
            "`nongqing db migrate` in NONGQING_DSN"
        )
    found = fetch(conn, SQL["role"], role=role)
    if not found:
        raise GrantError(
            f'there is no role "{role}"; make it first: CREATE ROLE {role} LOGIN PASSWORD …'
        )
    if any(found[0]):
        raise GrantError(
            f'role "{role}" is a superuser or owns the tables, and may do everything anyway; '
            "name one that does not"
        )
    names = {
        "schema": sql.Identifier(schema),
        "database": sql.Identifier(database),
        "role": sql.Identifier(role),
    }
    with conn.cursor() as cur:
        for each in ("withdraw", "close_schema", "open_schema", "open_database"):
            cur.execute(sql.SQL(SQL[each]).format(**names))
        cur.execute(sql.SQL(SQL["give_numbers"]).format(**names))
        given = needed(conn)
        for table, rights in given.items():
            words = sql.SQL(", ").join(map(sql.SQL, rights))
            cur.execute(
                sql.SQL(SQL["give"]).format(rights=words, table=sql.Identifier(table), **names)
            )
    if fetch(conn, SQL["may_create"], role=role) == [(True,)]:
        raise GrantError(
            f'role "{role}" can still make tables in schema {schema}, which another owns; its '
            f"owner must run first: REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC"
        )
    return given
