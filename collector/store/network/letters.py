"""Dead letters that may be of use after all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from field_configs.events import Event

SQL = queries.load("letters")


@dataclass(frozen=True)
class Letter:
    """A dead letter, and how its frame stands where that is kept.

    `begins_s` is the start of the boot [s since 1970 UTC] that holds for the frame where it says
    none, or, if `moved`, whatever it says.
    """

    number: int
    received: datetime
    topic: str
    node: str
    frame_row: int | None
    state: str | None
    begins_s: int | None
    moved: bool
    reason: Event
    bytes: bytes


def still_open(
    conn: Connection,
    reasons: Sequence[str],
    after: int = 0,
    limit: int = 500,
    node: str | None = None,
) -> list[Letter]:
    """Return letters that were not repaired, by number, from behind `after` on."""
    rows = fetch(conn, SQL["open"], reasons=list(reasons), after=after, limit=limit, node=node)
    return [
        Letter(number, at, topic, of, row, state, begins, moved, Event(kind, params), data)
        for number, at, topic, of, row, state, begins, moved, kind, params, data in rows
    ]


def mark(conn: Connection, numbers: Iterable[int], at: datetime) -> None:
    """Note that letters were repaired."""
    run(conn, SQL["mark"], ids=sorted(numbers), at=at)


def settled(conn: Connection, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return of pairs of reason and node those of which no letter is left."""
    found = sorted(set(pairs))
    reasons, nodes = [one[0] for one in found], [one[1] for one in found]
    return [
        (reason, node) for reason, node in fetch(conn, SQL["settled"], reasons=reasons, nodes=nodes)
    ]
