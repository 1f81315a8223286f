"""Villages that were merged: their fields and people go to the one that took them in."""

from __future__ import annotations

from collector.store.network.registry_version import begin_change
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run

SQL = queries.load("merging")


class CannotMerge(StoreError):  # noqa: N818 - named for what is wrong
    """Two villages cannot be merged; the message says why and the mend."""


def village_now(conn: Connection, village: str) -> str | None:
    """Return the village itself, the one that took it in, or None where there is none."""
    rows = fetch(conn, SQL["village_now"], village=village)
    return rows[0][0] if rows else None


def merge(conn: Connection, old: str, new: str) -> tuple[int, int]:
    """Merge a village into another: its address leads there, its fields and rights move.

    Returns
    -------
    tuple of int
        How many fields and how many rights of people moved.

    Raises
    ------
    CannotMerge
        When one of them does not exist, both are the same, or one is merged already.
    """
    begin_change(conn)
    there = {id_: into for id_, _, into in fetch(conn, SQL["stand"], old=old, new=new)}
    for village in (old, new):
        if village not in there:
            raise CannotMerge(f"village {village}: is not in the registry")
        if there[village] is not None:
            raise CannotMerge(f"village {village}: is part of {there[village]} already; name that")
    if old == new:
        raise CannotMerge(f"village {old}: cannot be merged into itself; name another")
    run(conn, SQL["mark"], old=old, new=new)
    fields = fetch(conn, SQL["move_fields"], old=old, new=new)
    run(conn, SQL["give_grants"], old=old, new=new)
    return len(fields), len(fetch(conn, SQL["take_grants"], old=old))
