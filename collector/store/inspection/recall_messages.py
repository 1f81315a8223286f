"""Text messages of recalls: queued for the persons of a holder, each taken by one sender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run

SQL = queries.load("recall_messages")
#: A sender that took a message and says nothing for so long has died.
LOST = timedelta(minutes=15)
MOST_ATTEMPTS = 5
#: A text and its signature are one message of 70 letters.
MOST_TEXT = 60


@dataclass(frozen=True)
class Waiting:
    """A message to send: number, phone, text, how often it was tried with this time."""

    id: int
    phone: str
    text: str
    attempts: int


def queue(
    conn: Connection, recall: str, holder: str, persons: Sequence[int], text: str, at: datetime
) -> int:
    """Queue a text for persons of a holder who have a number; return for how many it is new."""
    given = {"recall": recall, "holder": holder, "persons": list(persons), "text": text, "at": at}
    return len(fetch(conn, SQL["queue"], **given))


def of_recall(conn: Connection, recall: str) -> dict[str, dict[str, int]]:
    """Return how many messages of each holder are in each state."""
    found: dict[str, dict[str, int]] = {}
    for holder, state, count in fetch(conn, SQL["of_recall"], recall=recall):
        found.setdefault(holder, {})[state] = count
    return found


def waiting(conn: Connection, limit: int, at: datetime) -> list[int]:
    """Give up what lost its sender, and return the numbers of what waits, the oldest first."""
    run(conn, SQL["give_up"], at=at, before=at - LOST)
    return [number for (number,) in fetch(conn, SQL["waiting"], limit=limit)]


def claim(conn: Connection, number: int, at: datetime) -> Waiting | None:
    """Take a message to send, None where another has it. Commit before it goes."""
    rows = fetch(conn, SQL["claim"], id=number, at=at)
    return Waiting(*rows[0]) if rows else None


def finish(
    conn: Connection, number: int, state: str, at: datetime, failure: str | None, detail: str
) -> None:
    """Note what became of a message; ``queued`` puts it back."""
    run(conn, SQL["finish"], id=number, state=state, at=at, failure=failure, detail=detail)
