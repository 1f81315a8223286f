"""How the word of a published decision went out: by page, message, loudspeaker, from door to door.

Nobody keeps who opens a page. That a village heard of it is known by what an agent attests and by
the answers of people to the advice, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run

SQL = queries.load("deliveries")
#: A village that has heard and answered nothing after so long is late; provisional.
LATE = timedelta(hours=24)
#: A message that has been on its way for so long has lost its sender.
LOST = timedelta(hours=1)
#: A message that was not taken is tried so often.
MOST_ATTEMPTS = 3
#: What an agent can attest.
HEARD = ("loudspeaker", "door")


@dataclass(frozen=True)
class Claimed:
    """A message that its caller, and nobody else, sends now."""

    id: int
    channel: str
    phone: str
    text: str
    hazard: str
    village: str
    attempts: int


@dataclass(frozen=True)
class Told:
    """What is known of how a village was told; counts are of messages and of people."""

    id: str
    zh: str
    en: str
    township: str | None
    county: str
    since: datetime
    messages: int
    sent: int
    failed: int
    reminders: int
    heard: str | None
    heard_by: str | None
    heard_at: datetime | None
    answered: int
    did: int

    def late(self, at: datetime) -> bool:
        """Whether it has heard and answered nothing in time."""
        return not self.heard and not self.answered and at - self.since > LATE


def queue(conn: Connection, step: int, villages: Sequence[str], sms: str, at: datetime) -> None:
    """Queue what follows from a published step, in its transaction; a step's word goes out once.

    Parameters
    ----------
    conn : Connection
    step : int
        Number of the step.
    villages : sequence of str
    sms : str
        The officer's words for messages; without them no message goes out.
    at : datetime
        Now, aware.
    """
    params = {"step": step, "villages": list(villages), "at": at}
    run(conn, SQL["queue_page"], **params)
    if sms:
        run(conn, SQL["queue_sms"], **params)


def remind(conn: Connection, at: datetime) -> None:
    """Queue a reminder for the agents of villages that are late, once for each step."""
    run(conn, SQL["queue_reminders"], at=at, before=at - LATE)


def tidy(conn: Connection, at: datetime) -> None:
    """Stop what was taken back, and give up what lost its sender."""
    run(conn, SQL["stop"], at=at)
    run(conn, SQL["give_up"], at=at, before=at - LOST)


def waiting(conn: Connection, limit: int) -> list[int]:
    """Return the numbers of messages that wait to go out, the oldest first."""
    return [number for (number,) in fetch(conn, SQL["waiting"], limit=limit)]


def claim(conn: Connection, number: int, at: datetime) -> Claimed | None:
    """Take a message to send, None where another has it or it is over. Commit before it goes."""
    found = fetch(conn, SQL["claim"], id=number, at=at)
    return Claimed(*found[0]) if found else None


def finish(conn: Connection, number: int, state: str, at: datetime) -> None:
    """Note what became of a message; ``queued`` puts it back."""
    run(conn, SQL["finish"], id=number, state=state, at=at)


def hear(
    conn: Connection, decision: int, village: str, channel: str, by: str, note: str, at: datetime
) -> bool:
    """Keep that an agent attests a village to have heard; false where that is known or not asked.

    Parameters
    ----------
    conn : Connection
    decision : int
    village : str
    channel : str
        One of `HEARD`.
    by : str
        The agent's name.
    note : str
    at : datetime
        Now, aware.
    """
    params = {"decision": decision, "village": village, "channel": channel}
    return bool(fetch(conn, SQL["hear"], **params, by=by, note=note, at=at))


def late(conn: Connection, decisions: Collection[int], at: datetime) -> dict[int, int]:
    """Return how many villages of each decision have heard and answered nothing in time."""
    if not decisions:
        return {}
    return dict(fetch(conn, SQL["late"], decisions=sorted(decisions), before=at - LATE))


def told(conn: Connection, decision: int) -> list[Told]:
    """Return what is known of each village that a decision told."""
    return [Told(*row) for row in fetch(conn, SQL["told"], decision=decision)]
