"""Captures: a document is kept as it came, answered, and its events are added afterwards.

What is wrong with events is kept with the capture, as `Fault`. A process that ends in between loses
nothing: a job takes up what waits.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extras import Json

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, DatabaseDown, Pool
from collector.store.trace import traced
from models.exchange.epcis.reading import Checked, Document, EventError, check, read_document

SQL = queries.load("captures")
LOG = logging.getLogger(__name__)
ROLLBACK, PROCEED = "rollback", "proceed"
BEHAVIOURS = (ROLLBACK, PROCEED)
#: Of one capture, so that what a client reads stays short; the number of all is told.
MOST_FAULTS = 100


@dataclass(frozen=True)
class Fault:
    """What is wrong with an event: its place in the list, and why it was refused."""

    place: int
    why: str


@dataclass(frozen=True)
class Capture:
    """What became of a document; `finished` None while its events wait."""

    id: str
    created: datetime
    finished: datetime | None
    behaviour: str
    captured: int
    errors: list[dict[str, Any]]


def begin(conn: Connection, party: str, body: bytes, behaviour: str, at: datetime) -> str:
    """Keep a document whose frame is right; return the id of its capture."""
    name = secrets.token_urlsafe(12)
    queries.run(conn, SQL["put"], id=name, party=party, at=at, behaviour=behaviour, body=body)
    return name


def checked(document: Document, now: datetime) -> tuple[list[Checked], list[int], list[Fault]]:
    """Check each event of a document.

    Returns
    -------
    events : list of Checked
        Those that are right.
    places : list of int
        Where each of them stands in the list.
    faults : list of Fault
    """
    events, places, faults = [], [], []
    for place, event in enumerate(document.events):
        try:
            events.append(check(event, document.context, now))
            places.append(place)
        except EventError as error:
            faults.append(Fault(place, str(error)))
    return events, places, faults


def finish(conn: Connection, name: str, at: datetime) -> bool:
    """Add the events of a capture that waits, in the caller's transaction.

    Of several at once one does it; the others return False.
    """
    rows = queries.fetch(conn, SQL["take"], id=name)
    if not rows:
        return False
    party, behaviour, body = rows[0]
    document = read_document(bytes(body))
    events, places, faults = checked(document, at)
    captured = 0
    if not faults or behaviour == PROCEED:
        alone = behaviour == ROLLBACK
        added = traced.add(conn, party, document.context, events, all_or_none=alone, at=at)
        faults += [Fault(places[each.place], each.why) for each in added.refused]
        captured = added.new
        if not (faults and alone):
            traced.put_places(conn, party, document.places)
    faults.sort(key=lambda fault: fault.place)
    shown = [{"place": each.place, "why": each.why} for each in faults[:MOST_FAULTS]]
    if len(faults) > MOST_FAULTS:
        shown.append({"place": None, "why": f"and {len(faults) - MOST_FAULTS} more"})
    queries.run(conn, SQL["finish"], id=name, at=at, captured=captured, errors=Json(shown))
    return True


def give_up(conn: Connection, name: str, why: str, at: datetime) -> None:
    """End a capture that failed by a fault of ours: nothing of it was added."""
    errors = Json([{"place": None, "why": why}])
    queries.run(conn, SQL["finish"], id=name, at=at, captured=0, errors=errors)


def waiting(conn: Connection) -> list[str]:
    """Return the captures whose events wait, the oldest first."""
    return [name for (name,) in queries.fetch(conn, SQL["waiting"])]


def one(conn: Connection, party: str, name: str) -> Capture | None:
    """Return a capture of a party; None where it has none of that id."""
    rows = queries.fetch(conn, SQL["one"], party=party, id=name)
    return Capture(*rows[0]) if rows else None


def page(
    conn: Connection, party: str, after: tuple[datetime, str] | None, limit: int
) -> list[Capture]:
    """Return captures of a party, the newest first; `after`: time and id of the last one seen."""
    before, before_id = after or (None, None)
    rows = queries.fetch(
        conn, SQL["page"], party=party, before=before, before_id=before_id, limit=limit
    )
    return [Capture(*row) for row in rows]


def finish_or_give_up(pool: Pool, name: str, at: datetime) -> bool:
    """Add the events of a capture that waits; one that fails by a fault of ours is ended.

    Returns
    -------
    bool
        Whether it was ended here.

    Raises
    ------
    DatabaseDown
        When the database does not answer: the capture goes on waiting.
    """
    try:
        with pool.connection() as conn:
            return finish(conn, name, at)
    except DatabaseDown:
        raise
    except Exception as error:
        LOG.exception("capture %s", name)
        with pool.connection() as conn:
            give_up(conn, name, f"a fault here, not in the document: {type(error).__name__}", at)
        return True


def finish_all(pool: Pool, at: datetime) -> int:
    """Add the events of all captures that wait; return how many were ended."""
    with pool.connection() as conn:
        names = waiting(conn)
    return sum(finish_or_give_up(pool, name, at) for name in names)
