"""For which party a person tells events, and events that this software tells for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from collector.store.trace import parties, traced
from collector.store.trace.parties import Party, PartyError
from collector.store.trace.traced import Added
from models.exchange.epcis.reading import check

SQL = queries.load("members")
#: Context of the events that this software tells; its own fields have the prefix ``nongqing``.
CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"nongqing": "urn:nongqing:epcis:"},
]


def join(conn: Connection, person: int, party: str, at: datetime) -> None:
    """Let a person tell events for a party, and for no other.

    Raises
    ------
    PartyError
        When there is no such party.
    """
    if party not in {each.id for each in parties.parties(conn)}:
        raise PartyError(f'"{party}": no such party; see: nongqing trace parties')
    run(conn, SQL["join"], person=person, party=party, at=at)


def party_of(conn: Connection, person: int, at: datetime) -> Party:
    """Return the party that a person tells events for; who has none gets one of their own."""
    found = known_party(conn, person)
    if found is None:
        found = own_party(person)
        parties.add(conn, found, at)
        run(conn, SQL["join"], person=person, party=found.id, at=at)
    return found


def own_party(person: int) -> Party:
    """Return the party of one person, as `party_of` makes it.

    A party's name is seen by others and kept for good, so this one has no name of a person.
    """
    return Party(f"person-{person}", f"person {person}")


def known_party(conn: Connection, person: int) -> Party | None:
    """Return the party that a person tells events for; None where they have none yet."""
    rows = fetch(conn, SQL["of_person"], person=person)
    return Party(*rows[0]) if rows else None


def members(conn: Connection, party: str) -> list[int]:
    """Return the persons who tell events for a party."""
    return [person for (person,) in fetch(conn, SQL["members"], party=party)]


def tell(conn: Connection, party: Party, events: Sequence[dict[str, Any]], at: datetime) -> Added:
    """Add events that this software made to a party's chain; call it last in a transaction.

    Parameters
    ----------
    conn : Connection
    party : Party
    events : sequence of dict
        As the JSON binding has them, without a context; `CONTEXT` is theirs.
    at : datetime
        When they are recorded, aware.

    Raises
    ------
    EventError
        When one is not right: a fault of whoever made it.
    """
    right = [check(each, CONTEXT, at) for each in events]
    return traced.add(conn, party.id, CONTEXT, right, all_or_none=True, at=at)
