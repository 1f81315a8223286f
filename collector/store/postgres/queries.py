"""Reads the .sql files, named blocks of one statement each, and runs statements.

A block begins with ``-- name: <name>`` and ends at the next one. Parameters are psycopg's
``%(name)s``; a literal per cent sign is written ``%%``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

from psycopg2.extras import execute_values

from collector.store.postgres.db import Connection

FOLDER = Path(__file__).parents[1] / "sql" / "queries"
_NAME = re.compile(r"^-- name: *([a-z0-9_]+) *$", re.MULTILINE)


class QueryFileError(ValueError):
    """A .sql file is not made of named blocks."""


def parse_blocks(text: str, source: str) -> dict[str, str]:
    """Split the text of a .sql file into its named blocks.

    Parameters
    ----------
    text : str
        Text of the file.
    source : str
        Its name, for messages.

    Raises
    ------
    QueryFileError
        When a statement stands before the first name, a block is empty or a name comes twice.
    """
    head, *parts = _NAME.split(text)
    names, bodies = parts[::2], [body.strip() for body in parts[1::2]]
    bare = "\n".join(line for line in head.splitlines() if not line.startswith("--"))
    if bare.strip():
        raise QueryFileError(f"{source}: a statement stands before the first '-- name:' line")
    for name, body in zip(names, bodies, strict=True):
        if not body:
            raise QueryFileError(f"{source}: block {name} is empty; write its statement")
        if names.count(name) > 1:
            raise QueryFileError(f"{source}: block {name} comes twice; rename one")
    return dict(zip(names, bodies, strict=True))


@cache
def load(family: str) -> dict[str, str]:
    """Return the named statements of ``sql/queries/<family>.sql``."""
    path = FOLDER / f"{family}.sql"
    return parse_blocks(path.read_text("utf-8"), path.name)


def fetch(conn: Connection, statement: str, **params: Any) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows."""
    with conn.cursor() as cur:
        cur.execute(statement, params)
        return cur.fetchall()


def run(conn: Connection, statement: str, **params: Any) -> None:
    """Run a statement that returns nothing."""
    with conn.cursor() as cur:
        cur.execute(statement, params)


def array(values: Iterable[object], *, text: bool = False) -> str:
    """Return numbers, or words without quotes and backslashes, as one literal of an array.

    The server reads it faster than a list of thousands, and psycopg2 does not adapt each of it.
    """
    mark = '"' if text else ""
    return "{" + ",".join([f"{mark}{value}{mark}" for value in values]) + "}"


def put(conn: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run an INSERT of many rows, a thousand at a time."""
    if rows:
        with conn.cursor() as cur:
            execute_values(cur, statement, rows, page_size=1000)


def plain(value: Any) -> Any:
    """Turn NumPy scalars into Python's, and what the database has no number for to None."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not isfinite(value) else value
