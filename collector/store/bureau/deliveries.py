"""How the word of a published decision went out: by page, message, loudspeaker, from door to door.

Nobody keeps who opens a page, only how often a village's was (`collector.store.bureau.openings`).
That a village heard of it is known by what an agent attests and by the answers of people to the
advice, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.permissions import Grant
from collector.store.bureau.desk import within
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
#: States of a message that an officer may have sent again, and what a list can be narrowed to.
OVER = ("sent", "failed", "unknown")
WHOM = ("", "missed", "failed")
MOST_NUMBER, MOST_AGAIN = 2**63, 2**15


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
    opened: int

    def late(self, at: datetime) -> bool:
        """Whether it has heard and answered nothing in time."""
        return not self.heard and not self.answered and at - self.since > LATE


@dataclass(frozen=True)
class Recipient:
    """The newest message to a person by a channel; `failure` is the event by which it did not go.

    `heard` where an agent attests it of the village, `answered` where the person did since;
    `again` is how often it was sent again.
    """

    id: int
    person: int
    name: str
    phone: str | None
    active: bool
    village: str
    zh: str
    en: str
    township: str | None
    county: str
    channel: str
    state: str
    at: datetime
    failure: str | None
    detail: str
    again: int
    answered: bool
    heard: bool

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent again: it is over, reached nobody, and there is a number."""
        missed = self.channel != "withdrawal" and not (self.answered or self.heard)
        return self.state in OVER and missed and self.active and self.phone is not None


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


def withdraw(conn: Connection, decision: int, step: int, at: datetime) -> None:
    """Queue word to whom a message went that it is taken back, in the transaction that does it.

    Parameters
    ----------
    conn : Connection
    decision, step : int
        Numbers of the decision and of the step that cancels it.
    at : datetime
        Now, aware.
    """
    run(conn, SQL["queue_withdrawals"], decision=decision, step=step, at=at)


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


def finish(
    conn: Connection,
    number: int,
    state: str,
    at: datetime,
    failure: str | None = None,
    detail: str = "",
) -> None:
    """Note what became of a message; ``queued`` puts it back.

    Parameters
    ----------
    conn : Connection
    number : int
    state : str
    at : datetime
        Now, aware.
    failure : str, optional
        Kind of the event by which it did not go out.
    detail : str
        What the gateway said.
    """
    told = {"failure": failure, "detail": detail}
    run(conn, SQL["finish"], id=number, state=state, at=at, **told)


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


def recipients(
    conn: Connection,
    decision: int,
    grants: Iterable[Grant],
    whom: str = "",
    *,
    only: int | None = None,
    limit: int = 40,
    offset: int = 0,
) -> tuple[list[Recipient], int]:
    """Return who was sent a message of a decision where grants reach, and how many there are.

    Parameters
    ----------
    conn : Connection
    decision : int
    grants : iterable of Grant
    whom : str
        One of `WHOM`: all, who has not been reached, or whose message did not go out.
    only : int, optional
        The only message that is asked about.
    limit, offset : int
        How many, after how many.
    """
    params = {"decision": decision, "whom": whom, "only": only, "limit": limit, "offset": offset}
    rows = fetch(conn, SQL["recipients"], **params, **within(grants))
    return [Recipient(*row[:-1]) for row in rows], int(rows[0][-1]) if rows else 0


def decision_of(conn: Connection, number: int) -> int | None:
    """Return the decision of a message, None where there is no such message."""
    found = fetch(conn, SQL["of_delivery"], id=number) if number < MOST_NUMBER else []
    return int(found[0][0]) if found else None


def send_again(conn: Connection, number: int, again: int, at: datetime) -> bool:
    """Put a message that is over back to be sent; false where it waits, or somebody was quicker.

    Parameters
    ----------
    conn : Connection
    number : int
    again : int
        How often it had been sent again when whoever asks saw it.
    at : datetime
        Now, aware.
    """
    if again >= MOST_AGAIN:
        return False
    params = {"id": number, "again": again, "states": list(OVER), "at": at}
    return bool(fetch(conn, SQL["send_again"], **params))
