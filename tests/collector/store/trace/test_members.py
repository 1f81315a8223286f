"""Who tells events for which party, and what this software tells for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from collector.store import people
from collector.store.postgres import db
from collector.store.trace import members, parties, traced
from collector.store.trace.parties import Party, PartyError
from collector.store.trace.traced import Added
from models.exchange.epcis.reading import EventError

AT = datetime(2026, 5, 8, 6, tzinfo=UTC)
EVENT = {
    "type": "ObjectEvent",
    "action": "OBSERVE",
    "eventTime": "2026-05-08T13:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "bizStep": "storing",
    "epcList": ["https://id.gs1.org/00/069012340000000016"],
    "nongqing:note": "冷库",
}


@pytest.fixture
def conn(dsn: str) -> Iterator[db.Connection]:
    conn = db.connect(dsn)
    conn.autocommit = True
    yield conn
    conn.close()


@pytest.fixture
def person(conn: db.Connection) -> people.Person:
    return people.add(conn, "王强", AT, phone="+8613800000002")


def test_without_a_party_somebody_gets_one_of_their_own_that_names_nobody(
    conn: db.Connection, person: people.Person
) -> None:
    own = members.party_of(conn, person.id, AT)
    assert own == Party(f"person-{person.id}", f"person {person.id}")
    assert members.party_of(conn, person.id, AT) == own
    assert parties.parties(conn) == [own]


def test_who_joined_a_party_tells_for_that_one_alone(
    conn: db.Connection, person: people.Person
) -> None:
    with pytest.raises(PartyError, match=r'"coop": no such party; see: nongqing trace parties'):
        members.join(conn, person.id, "coop", AT)
    coop = Party("coop", "柳格合作社")
    parties.add(conn, coop, AT)
    members.party_of(conn, person.id, AT)
    members.join(conn, person.id, "coop", AT)
    assert members.party_of(conn, person.id, AT) == coop
    assert members.members(conn, "coop") == [person.id]


def test_what_is_told_is_in_the_partys_chain(dsn: str, person: people.Person) -> None:
    conn = db.connect(dsn)
    with conn:
        own = members.party_of(conn, person.id, AT)
        assert members.tell(conn, own, [EVENT], AT) == Added(1, 0, ())
    with conn:
        assert members.tell(conn, own, [EVENT], AT) == Added(0, 1, ())
    with conn:
        assert traced.look(conn, own.id).whole
    conn.close()


def test_an_event_that_is_not_right_is_not_told(conn: db.Connection, person: people.Person) -> None:
    own = members.party_of(conn, person.id, AT)
    with pytest.raises(EventError, match="bizStep"):
        members.tell(conn, own, [EVENT | {"bizStep": "stor"}], AT)
