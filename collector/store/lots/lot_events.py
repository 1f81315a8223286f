"""Acts on lots, told as events in the chain of the party of who did them.

Each act is told in the transaction that does it. An inspector's is the bureau's, whoever it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch
from collector.store.trace import members, parties, traced
from collector.store.trace.parties import Party
from models.trace import telling
from models.trace.certificate import kind_of
from models.trace.planted import declared_wrong
from models.trace.telling import Amount, Grown, Made, moment_of, told_text

SQL = queries.load("lot_events")
#: Who inspects tells for this party.
BUREAU = Party("bureau", "农业农村局")
#: Sprays count for so long where nobody knows when the crop was sown.
A_YEAR = timedelta(days=365)
HARVEST = "harvest"
#: So many things are told of by one event.
MOST_THINGS = 500
STEPS = {"split": "splitting", "merge": "merging", "bought": "receiving"}


@dataclass(frozen=True)
class Act:
    """Something done to a lot: its event, and whose it is; `person` None: the bureau's."""

    person: int | None
    event: dict[str, Any]


def made(conn: Connection, lot: str) -> list[Act]:
    """Return how a lot was made: one act."""
    ((code, uri, kind, produce, weight, day, at, whose, *rest),) = fetch(conn, SQL["made"], lot=lot)
    place, place_code, uris, weights, certificate, planting = rest
    parts = [Amount(*each) for each in zip(uris, weights, strict=True)]
    found = Made(Amount(uri, weight), code, produce, day, at, parts)
    if kind == HARVEST:
        told = telling.harvested(found, Grown(place, place_code, planting))
    elif parts:
        told = telling.made_of(found, STEPS[kind], certificate)
    else:
        told = telling.bought(found)
    return [Act(whose, told)]


def _begun(conn: Connection, lot: str) -> datetime:
    (act,) = made(conn, lot)
    return datetime.fromisoformat(act.event["eventTime"])


def _left(uri: str, kg: float) -> Amount:
    return Amount(uri, round(kg, 3) if kg > 0 else None)


def assays(conn: Connection, lot: str, number: int | None = None) -> list[Act]:
    """Return the tests of a lot, or the one of a number."""
    found = []
    rows = fetch(conn, SQL["tests"], lot=lot, id=number)
    begun = _begun(conn, lot) if rows else None
    for uri, id_, kind, day, substances, passed, at, person, writer, left in rows:
        assert begun is not None
        # nothing is tested before it is there, on whatever day it was written down
        when = max(begun, moment_of(day, at))
        looked_for = [text for each in substances if (text := told_text(each, writer))]
        told = telling.tested(_left(uri, left), id_, kind, when, looked_for, passed)
        found.append(Act(person, told))
    return found


def states(conn: Connection, lot: str, number: int | None = None) -> list[Act]:
    """Return what inspectors made of a lot, or the one of a number."""
    rows = fetch(conn, SQL["states"], lot=lot, id=number)
    return [
        Act(None, telling.marked(_left(uri, left), id_, state, at))
        for uri, id_, state, at, left in rows
    ]


def issued(conn: Connection, lot: str, number: str | None = None) -> list[Act]:
    """Return the certificates of a lot, or the one of a number."""
    rows = fetch(conn, SQL["certificates"], lot=lot, number=number)
    return [
        Act(person, telling.certified(Amount(uri, kg), no, at, grounds))
        for uri, no, kg, grounds, at, person in rows
    ]


def voided(conn: Connection, lot: str, number: str | None = None) -> list[Act]:
    """Return which certificates of a lot were made void, or the one of a number."""
    rows = fetch(conn, SQL["voids"], lot=lot, number=number)
    return [
        Act(None if inspector else person, telling.voided(Amount(uri, kg), no, at))
        for uri, no, kg, at, person, inspector in rows
    ]


def overrides(conn: Connection, lot: str, number: int | None = None) -> list[Act]:
    """Return which reasons inspectors set aside for a lot, or the one of a number."""
    rows = fetch(conn, SQL["overrides"], lot=lot, id=number)
    return [
        Act(None, telling.overridden(_left(uri, left), id_, [*map(kind_of, reasons)], at))
        for uri, id_, reasons, at, left in rows
    ]


def things_recalled(number: str, things: Sequence[str], at: datetime) -> list[Act]:
    """Return that a recall recalls boxes and other single things, some of them at a time."""
    return [
        Act(None, telling.things_recalled(number, things[first : first + MOST_THINGS], at))
        for first in range(0, len(things), MOST_THINGS)
    ]


def party_of(conn: Connection, person: int | None, at: datetime) -> Party:
    """Return the party in whose chain acts of a person are told; of None, the bureau's."""
    if person is None:
        parties.add(conn, BUREAU, at)
        return BUREAU
    if fetch(conn, SQL["there"], person=person):
        return members.party_of(conn, person, at)
    gone = Party(f"person-{person}", f"person {person}")  # their acts stay when they go
    parties.add(conn, gone, at)
    return gone


def keep_chains(
    conn: Connection, persons: Sequence[int | None], at: datetime, *others: str
) -> None:
    """Keep the chains that acts of several are told in, before the first of them is told.

    Parameters
    ----------
    conn : Connection
    persons : sequence of int or None
        None: the bureau.
    at : datetime
        Aware.
    *others : str
        Parties besides.
    """
    traced.lock(conn, {*others, *(party_of(conn, person, at).id for person in persons)})


def teller_of_test(conn: Connection, lot: str, number: int) -> tuple[str, dict[str, Any]] | None:
    """Return in which party's chain a test is told, and its event; None where none stands."""
    ((uri,),) = fetch(conn, SQL["uri_of"], lot=lot)
    rows = fetch(conn, SQL["in_force"], id=telling.event_id(uri, f"test:{number}"))
    return (rows[0][0], rows[0][1]) if rows else None


def take_back_test(
    conn: Connection, lot: str, number: int, instead: int | None, at: datetime
) -> None:
    """Declare the event of a test an error; `instead` is the test that stands, if one does."""
    told = teller_of_test(conn, lot, number)
    if told is None:
        return
    ((uri,),) = fetch(conn, SQL["uri_of"], lot=lot)
    newer = "" if instead is None else telling.event_id(uri, f"test:{instead}")
    reason = "incorrect_data" if newer else "did_not_occur"
    wrong = declared_wrong(told[1], reason, at, newer)
    added = members.tell(conn, Party(told[0], told[0]), [wrong], at)
    assert not added.refused, added.refused  # it was told as it is


def tell(conn: Connection, acts: Sequence[Act], at: datetime) -> int:
    """Tell acts of one person, and return how many were told now; call it last in a transaction.

    Parameters
    ----------
    conn : Connection
    acts : sequence of Act
        All of one person, or all of the bureau.
    at : datetime
        When they are recorded, aware.
    """
    if not acts:
        return 0
    party = party_of(conn, acts[0].person, at)
    added = members.tell(conn, party, [each.event for each in acts], at)
    assert not added.refused, added.refused  # its identity is the act's alone
    return added.new


def lots(conn: Connection) -> list[str]:
    """Return the codes of all lots, the oldest first: what they were made of stands before them."""
    return [code for (code,) in fetch(conn, SQL["lots"])]


def known(conn: Connection, acts: Sequence[Act]) -> set[str]:
    """Return the ids of those acts that events tell of."""
    ids = [act.event["eventID"] for act in acts]
    return {name for (name,) in fetch(conn, SQL["told"], ids=ids)}


def untold(conn: Connection, lot: str) -> dict[int | None, list[Act]]:
    """Return the acts on a lot that no event tells of, by who did them, the oldest first."""
    ways = (made, assays, states, overrides, issued, voided)
    acts = [act for way in ways for act in way(conn, lot)]
    told = known(conn, acts)
    found: dict[int | None, list[Act]] = {}
    for act in sorted(acts, key=lambda act: str(act.event["eventTime"])):
        if act.event["eventID"] not in told:
            found.setdefault(act.person, []).append(act)
    return found
