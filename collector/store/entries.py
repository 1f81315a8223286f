"""What came from a form once is taken once, however often a phone sends it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from psycopg2.extras import Json

from collector.store.postgres import queries
from collector.store.postgres.db import Connection

SQL = queries.load("entries")
_KEY = re.compile(r"[\w:.-]{8,100}", re.ASCII)


class BadKey(ValueError):  # noqa: N818 - named for what is wrong
    """A key of an entry is not one; the message names it and the mend."""

    def __init__(self, key: str) -> None:
        super().__init__(f"entry_key {key[:40]!r}: 8 to 100 letters, digits, '-', ':', '.', '_'")


def once(conn: Connection, key: str, at: datetime, do: Callable[[], Any]) -> Any:
    """Do something and keep its result under a key; a repeated key gets the first result.

    A second caller waits until the first has committed or failed; if it failed, the second does it.
    The caller commits: what `do` writes and the key stand or fall together.

    Parameters
    ----------
    conn : Connection
        In READ COMMITTED, as all connections of the pool are.
    key : str
        Names the entry; put the person before a key that comes from a browser, as in
        ``f"{person}:{entry_key}"``, so that nobody gets another's result.
    at : datetime
        When it came, aware.
    do : callable
        Writes through `conn` and returns what JSON can hold.

    Raises
    ------
    BadKey
        When the key cannot be one.
    """
    if not _KEY.fullmatch(key):
        raise BadKey(key)
    if not queries.fetch(conn, SQL["claim"], key=key, at=at):
        ((result,),) = queries.fetch(conn, SQL["result"], key=key)
        return result
    result = do()
    queries.run(conn, SQL["keep"], key=key, result=Json(result))
    return result
