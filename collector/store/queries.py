"""Reads the .sql files: named blocks, one statement each.

A block begins with ``-- name: <name>`` and ends at the next one. Parameters are psycopg's
``%(name)s``; a literal per cent sign is written ``%%``.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "sql" / "queries"
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
