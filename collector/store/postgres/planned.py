"""Statements that pages ask so often that the server keeps them parsed and planned.

Reading and planning a page's statements costs the server twice what answering them does. A prepared
statement is a session's, and a pooler gives another session to each transaction; so a transaction
asks once what its session has, along with whatever it asks first, and prepares what is wanting.
The name is a hash of the text: another version of Nongqing in the same session has other names.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import Any

import psycopg2.errors
import psycopg2.extensions

from collector.store.postgres import queries
from collector.store.postgres.connecting import Connection
from collector.store.postgres.queries import fetch

SQL = queries.load("planned")
_PARAMETER = re.compile(r"%\(([a-z_]+)\)s|%%")


@cache
def _prepared(statement: str, changes: int) -> tuple[str, str, str]:
    """Return a statement's name, how it is prepared and how it is run."""
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        if found[1] is None:
            return "%"
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    text = _PARAMETER.sub(numbered, statement)
    name = f"nongqing_{hashlib.sha256(statement.encode()).hexdigest()[:24]}_{changes}"
    given = f"({', '.join(f'%({each})s' for each in names)})" if names else ""
    return name, f"PREPARE {name} AS {text}", f"EXECUTE {name}{given}"


class _Changes:
    """How often tables were found changed below what is prepared: names go on with it."""

    seen = 0


def run_planned(cur: psycopg2.extensions.cursor, statement: str, params: dict[str, Any]) -> None:
    """Run a statement as ``cur.execute`` does; the server keeps its plan.

    Parameters
    ----------
    cur : cursor
        Of a `Connection`.
    statement : str
        One whose parameters are all of a type that their place in it tells.
    params : dict
        By name.

    Raises
    ------
    psycopg2.errors.FeatureNotSupported
        Once, when columns that it returns were given another type since it was prepared.
    """
    conn = cur.connection
    assert isinstance(conn, Connection)
    name, prepare, execute = _prepared(statement, _Changes.seen)
    if conn.prepared is None:
        ((here,),) = fetch(conn, SQL["prepared"])
        conn.prepared = set(here)
    if name not in conn.prepared:
        cur.execute(prepare)
        conn.prepared.add(name)
    try:
        cur.execute(execute, params)
    except psycopg2.errors.FeatureNotSupported:
        _Changes.seen += 1
        raise


def fetch_planned(conn: Connection, statement: str, **params: Any) -> list[tuple[Any, ...]]:
    """As `queries.fetch`, by `run_planned`."""
    with conn.cursor() as cur:
        run_planned(cur, statement, params)
        return cur.fetchall()


def limit_statements(conn: Connection, seconds: float) -> None:
    """Let each statement of the transaction that begins here take so long at most [s].

    One that takes longer is ended by the server and raises `DatabaseUnfit`.
    """
    ((here,),) = fetch(conn, SQL["limited"], limit_ms=f"{seconds * 1000:.0f}")
    conn.prepared = set(here)
