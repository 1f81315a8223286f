"""The registry's version: every change raises it, so that readers know when to read what again."""

from __future__ import annotations

from collections.abc import Iterable

from collector.store.postgres import queries
from collector.store.postgres.db import Connection

SQL = queries.load("registry_version")


def version(conn: Connection) -> int:
    """Return a number that every change of the registry raises."""
    ((number,),) = queries.fetch(conn, SQL["version"])
    return int(number)


def hold_still(conn: Connection) -> None:
    """Keep every other change of the registry waiting until this transaction ends."""
    queries.fetch(conn, SQL["hold_still"])


def begin_change(conn: Connection) -> None:
    """Raise the version; to be called before anything else of the registry is locked.

    Other changes wait until this transaction ends, so versions are in the order of commits: who
    has read one has read everything of it and before.
    """
    queries.run(conn, SQL["begin_change"])


def touch(conn: Connection, nodes: Iterable[str]) -> None:
    """Note that the version begun changed these nodes, their keys or what their channels serve."""
    queries.run(conn, SQL["touch"], nodes=sorted(set(nodes)))


def touch_serving(conn: Connection, placements: Iterable[str]) -> None:
    """Note that the version begun changed the nodes that serve or served these placements."""
    queries.run(conn, SQL["touch_serving"], placements=sorted(set(placements)))
