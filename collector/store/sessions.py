"""Who is signed in, in one question: what each page of theirs begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from collector.permissions import ROLE_SETTING, Grant, roles_with
from collector.store.people import Person
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch

SQL = queries.load("sessions")


@dataclass(frozen=True)
class Session:
    """Who is signed in, what they hold, and the permissions of every role."""

    person: Person
    grants: list[Grant]
    roles: Mapping[str, tuple[str, ...]]


def session_of(conn: Connection, uniquifier: str, at: datetime, limit_s: float) -> Session | None:
    """Return whose session a name is, None where it is nobody's any more.

    Parameters
    ----------
    conn : Connection
    uniquifier : str
        Names the person in sessions.
    at : datetime
        Now, aware, for deputies.
    limit_s : float
        How long each later statement of the transaction may take [s]; it is set along the way.
    """
    rows = fetch(
        conn,
        SQL["session"],
        uniquifier=uniquifier,
        at=at,
        roles=f"{ROLE_SETTING}%",
        limit_ms=f"{limit_s * 1000:.0f}",
    )
    if not rows:
        return None
    *row, held, settings, _, here = rows[0]
    conn.prepared = set(here)
    return Session(Person(*row), [Grant(*each) for each in held], roles_with(settings))
