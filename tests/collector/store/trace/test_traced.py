"""Events in a real PostgreSQL: added once, chained, and whatever may be done to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg2
import pytest

from collector.audit.checking import Fault
from collector.store import audit
from collector.store.postgres import db
from collector.store.trace import parties, traced
from collector.store.trace.traced import Added
from models.exchange.epcis.reading import Checked, check
from tests.collector.conftest import NOW

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"x": "https://x.cn/"}]


def event(number: int, **changes: Any) -> dict[str, Any]:
    plain = {
        "type": "ObjectEvent",
        "eventTime": "2016-04-30T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "packing",
        "epcList": [f"https://id.gs1.org/01/06901234567892/21/{number}"],
        "x:weight": 12.5,
        "x:zero": -1e-7,
    }
    return {**plain, **changes}


def right(*events: dict[str, Any]) -> list[Checked]:
    return [check(each, CONTEXT, NOW) for each in events]


def add(conn: db.Connection, *events: dict[str, Any], party: str = "packer", **how: Any) -> Added:
    with conn:
        how = {"all_or_none": True, "at": NOW + timedelta(microseconds=1), **how}
        return traced.add(conn, party, CONTEXT, right(*events), **how)


@pytest.fixture
def chained(conn: db.Connection) -> db.Connection:
    """A chain of five events of a packer in two captures, and one of a carrier."""
    with conn:
        for name in ("packer", "carrier"):
            parties.make_token(conn, name, name.title(), NOW)
    assert add(conn, event(1), event(2), event(3)) == Added(3, 0, ())
    assert add(conn, event(4), event(5)) == Added(2, 0, ())
    add(conn, event(1), party="carrier")
    return conn


def look(conn: db.Connection, party: str = "packer") -> traced.Look:
    with conn:
        return traced.look(conn, party)


def test_what_is_added_is_whole(chained: db.Connection) -> None:
    found = look(chained)
    assert found.whole
    assert (found.verdict.entries, found.verdict.heads, found.verdict.covered) == (5, 2, 5)
    assert look(chained, "carrier").whole


def test_the_same_event_twice_is_one(chained: db.Connection) -> None:
    assert add(chained, event(1), event(6), event(6)) == Added(1, 2, ())
    assert look(chained).verdict.entries == 6


def test_one_with_its_hash_given_is_the_same(chained: db.Connection) -> None:
    (computed,) = right(event(1))
    assert add(chained, event(1, eventID=computed.id)) == Added(0, 1, ())


def test_an_event_and_its_error_are_two_with_one_name(chained: db.Connection) -> None:
    wrong = event(1, errorDeclaration={"declarationTime": "2016-05-01T00:00:00Z"})
    assert right(wrong)[0].id == right(event(1))[0].id
    assert add(chained, wrong) == Added(1, 0, ())
    assert add(chained, wrong) == Added(0, 1, ())


def test_another_event_of_the_same_name_is_refused_with_all_or_alone(
    chained: db.Connection,
) -> None:
    name = "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"
    add(chained, event(7, eventID=name))
    refused = add(chained, event(9), event(8, eventID=name))
    assert (refused.new, [each.place for each in refused.refused]) == (0, [1])
    assert f"another event of yours has {name}" in refused.refused[0].why
    assert look(chained).verdict.entries == 6
    alone = add(chained, event(9), event(8, eventID=name), all_or_none=False)
    assert (alone.new, [each.place for each in alone.refused]) == (1, [1])
    assert add(chained, event(8, eventID=name), party="carrier").new == 1  # a name of its own


def tamper(conn: db.Connection, statement: str) -> None:
    """Do what only a superuser can who has switched the safeguards off."""
    with conn, conn.cursor() as cur:
        cur.execute("SET session_replication_role = replica")
        cur.execute(statement)
        cur.execute("SET session_replication_role = origin")


WRONG = {
    "edit": (
        "UPDATE trace_event SET document = replace(document::text, '12.5', '99')::json "
        "WHERE party = 'packer' AND number = 2",
        Fault("changed", 2, 2),
    ),
    "time": (
        "UPDATE trace_event SET record_time = record_time - interval '1 s' "
        "WHERE party = 'packer' AND number = 3",
        Fault("changed", 3, 3),
    ),
    "context": (
        "INSERT INTO trace_context SELECT sha256('x'), '{\"x\": \"https://y.cn/\"}'; "
        "UPDATE trace_event SET context = sha256('x') WHERE party = 'packer' AND number = 4",
        Fault("changed", 4, 4),
    ),
    "removal": (
        "DELETE FROM trace_event WHERE party = 'packer' AND number = 2",
        Fault("missing", 2, 2),
    ),
    "order": (
        "UPDATE trace_event SET number = CASE number WHEN 2 THEN 13 ELSE 12 END "
        "WHERE party = 'packer' AND number IN (2, 3); "
        "UPDATE trace_event SET number = number - 10 WHERE party = 'packer' AND number > 10",
        Fault("changed", 2, 2),
    ),
    "end": (
        "DELETE FROM trace_event WHERE party = 'packer' AND number > 3",
        Fault("cut", 4, 5),
    ),
    "all": ("DELETE FROM trace_event WHERE party = 'packer'", Fault("cut", 1, 3)),
}


@pytest.mark.parametrize("deed", WRONG)
def test_what_was_done_to_events_is_found(chained: db.Connection, deed: str) -> None:
    statement, fault = WRONG[deed]
    tamper(chained, statement)
    assert look(chained).verdict.fault == fault
    assert look(chained, "carrier").whole


def test_a_context_that_was_edited_is_found(chained: db.Connection) -> None:
    """Its digest is in the chain, and the digest is of it."""
    tamper(chained, "UPDATE trace_context SET context = (context::text || ' ')::json")
    assert look(chained).misled == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trace_event SET biz_step = 'shipping' WHERE number = 2",
        "UPDATE trace_event SET event_time = event_time - interval '1 h' WHERE number = 2",
        "DELETE FROM trace_term WHERE event IN (SELECT id FROM trace_event WHERE number = 2)",
        "INSERT INTO trace_term SELECT 'epc', 'urn:x:1', id FROM trace_event WHERE number = 2",
    ],
)
def test_what_is_looked_up_and_does_not_follow_from_the_event_is_found(
    chained: db.Connection, statement: str
) -> None:
    tamper(chained, statement)
    found = look(chained)
    assert found.misled == 2
    assert not found.whole


def test_a_chain_that_was_written_anew_is_told_by_the_audit_log(chained: db.Connection) -> None:
    tamper(chained, "DELETE FROM trace_term; DELETE FROM trace_event WHERE party = 'packer'")
    with chained:
        heads = audit.entries(chained, action=traced.ACTION, object_="packer")
    assert len(heads) == 2
    add(chained, event(11), event(12), event(13), event(14), event(15))
    assert look(chained).verdict.fault == Fault("rewritten", 1, 3)


def test_events_stay(chained: db.Connection) -> None:
    for statement in ("UPDATE trace_event SET number = 9", "DELETE FROM trace_event"):
        with pytest.raises(psycopg2.Error), chained, chained.cursor() as cur:
            cur.execute(statement)


def test_two_at_once_add_to_one_chain_in_turn(chained: db.Connection, dsn: str) -> None:
    import threading

    def write(first: int) -> None:
        conn = db.connect(dsn)
        for number in range(first, first + 10):
            add(conn, event(number))
        conn.close()

    writers = [threading.Thread(target=write, args=(first,)) for first in (100, 200)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    found = look(chained)
    assert found.whole
    assert found.verdict.entries == 25
