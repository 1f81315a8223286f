"""Flags in a real database: put as events come, cleared by late events and error declarations."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from collector.jobs.context import Context
from collector.jobs.trace_flags import look
from collector.permissions import Grant
from collector.store.lots import lots
from collector.store.postgres import db
from collector.store.trace import flags, members, parties
from collector.store.trace.flags import Flag
from collector.store.trace.parties import Party
from models.trace.certificate import Rules
from tests.collector.conftest import NOW
from tests.collector.store.lots.test_lots import grower, scapes, set_rules
from tests.models.trace.test_breaks import (
    ADD,
    BOX,
    GOOD,
    LOT,
    OTHER,
    PACKED,
    PALLET,
    SECOND,
    SHIP,
    make,
    of,
    pack,
    thing,
)

Tell = Callable[..., dict[str, Any]]
CITY = [Grant("inspector", "city", "")]


@pytest.fixture
def tell(conn: db.Connection) -> Tell:
    """Tells an event of a story a day before now, and returns it as it was told."""

    def told(story: Any, **more: Any) -> dict[str, Any]:
        hour, by, step, document = story
        at = NOW - timedelta(days=1) + timedelta(hours=hour)
        event = {
            **document,
            "eventTime": at.isoformat(),
            "eventTimeZoneOffset": "+00:00",
            "bizStep": step if ":" in step or step != "x" else "storing",
            **more,
        }
        with conn:
            parties.add(conn, Party(by, by.title()), NOW)
            assert members.tell(conn, Party(by, by), [event], NOW).new == 1
        return event

    return told


@pytest.fixture
def run(dsn: str, conn: db.Connection) -> Any:
    """Runs the job; returns kinds of the flags that stand, and what it said."""
    pool = db.Pool(dsn)

    def once(minutes: int = 0) -> tuple[list[str], dict[str, Any]]:
        said = look(Context(pool, NOW + timedelta(minutes=minutes))).params
        return [each.what.kind for each in stand(conn)], dict(said)

    yield once
    pool.close()


def stand(conn: db.Connection, **asked: Any) -> list[Flag]:
    with conn:
        return flags.flags(conn, CITY, **asked)


def test_events_are_looked_at_once(tell: Tell, run: Any) -> None:
    tell(SHIP)
    assert run() == ([], {"events": 1, "cleared": 0, "open": 0})
    assert run()[1]["events"] == 0


def test_more_events_than_one_transaction_takes_are_all_looked_at(
    tell: Tell, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flags, "EVENTS_AT_A_TIME", 2)
    for story in (ADD, pack(8, PALLET, BOX), SHIP, thing(8, "shipping", OTHER)):
        tell(story)
    tell(pack(9, SECOND, BOX))
    assert run() == (["flag_two_parents"], {"events": 5, "cleared": 0, "open": 1})


def test_an_error_declaration_mends(tell: Tell, run: Any, conn: db.Connection) -> None:
    tell(thing(7, "commissioning", BOX, "ADD"))
    wrong = tell(thing(6, "storing", BOX), eventID="urn:uuid:0b7e6c1d-1f5b-4a7e-8a55-9d1c2b3a4f5e")
    assert run()[0] == ["flag_before_begin"]
    (flag,) = stand(conn)
    assert (flag.thing, flag.party, flag.event_id) == (BOX, "Coop", wrong["eventID"])
    assert str(flag.what).startswith(f"{BOX} was seen at")
    declared = {"declarationTime": NOW.isoformat(), "reason": "did_not_occur"}
    tell((6, "stranger", "storing", wrong), errorDeclaration=declared)
    assert run()[0] == ["flag_before_begin"], "nobody takes back what another told"
    tell((6, "coop", "storing", wrong), errorDeclaration=declared)
    assert run(9) == ([], {"events": 1, "cleared": 1, "open": 0})
    (mended,) = stand(conn, cleared=True)
    assert mended.cleared == NOW + timedelta(minutes=9)


def test_a_late_event_mends_and_another_breaks_again(
    tell: Tell, run: Any, conn: db.Connection
) -> None:
    tell(pack(8, PALLET, BOX))
    tell(pack(10, SECOND, BOX))
    assert run()[0] == ["flag_two_parents"]
    out = tell(pack(9, PALLET, action="DELETE"), eventID="urn:x:out")  # names the pallet alone
    assert run(1)[0] == []
    declared = {"declarationTime": NOW.isoformat()}
    tell((9, "packer", "packing", out), errorDeclaration=declared)
    assert run(2)[0] == ["flag_two_parents"]
    (flag,) = stand(conn)
    assert (flag.found, flag.cleared) == (NOW + timedelta(minutes=2), None)
    assert run(3)[0] == ["flag_two_parents"]
    (flag,) = stand(conn)
    assert flag.found == NOW + timedelta(minutes=2)


def test_a_transformation_in_steps_is_judged_as_a_whole(
    tell: Tell, run: Any, conn: db.Connection
) -> None:
    tell(make(8, [], [of(PACKED, 90)], "urn:x:t"))
    tell(make(7, [of(LOT, 50)], [], "urn:x:t"))
    assert run()[0] == ["flag_from_nowhere"]
    tell(make(7.5, [of(LOT, 50)], [], "urn:x:t"))
    assert run()[0] == []


def test_the_tolerance_is_the_installations(tell: Tell, run: Any, conn: db.Connection) -> None:
    with conn:
        set_rules(conn, Rules(tolerance=0.2), NOW)
    tell(make(8, [of(LOT, 100)], [of(PACKED, 115)]))
    assert run()[0] == []
    with conn:
        set_rules(conn, Rules(tolerance=0.1), NOW)
    tell(make(9, [of(LOT, 100)], [of(PACKED, 115)]))
    assert run()[0] == ["flag_from_nowhere", "flag_from_nowhere"]


@pytest.mark.parametrize("seed", [1, 2])
def test_events_out_of_order_leave_no_false_flag(
    tell: Tell, run: Any, conn: db.Connection, seed: int
) -> None:
    story = list(GOOD)
    random.Random(seed).shuffle(story)
    for each in story:
        tell(each)
        run()
    assert stand(conn) == []
    assert stand(conn, cleared=True), "the shuffled story broke on its way"


def test_flags_are_seen_where_somebody_inspects(
    registered: db.Connection, tell: Tell, run: Any
) -> None:
    with registered:
        who, own = grower(registered)
        lot = scapes(registered, own, who)
        found = lots.find(registered, lot)
    assert found is not None
    tell(thing(-900, "storing", of(found.uri, 10)))
    tell(pack(8, PALLET, BOX, action="DELETE"))
    assert sorted(run()[0]) == ["flag_before_begin", "flag_not_in"]

    def seen(level: str, scope: str, **asked: Any) -> list[str | None]:
        with registered:
            return [
                each.lot for each in flags.flags(registered, [Grant("", level, scope)], **asked)
            ]

    assert set(seen("city", "")) == {lot, None}
    assert seen("county", "410922") == seen("township", "410922104") == [lot]
    assert seen("village", "qf-liuge") == [lot]
    assert seen("county", "410928") == []
    assert seen("city", "", kind="flag_not_in") == [None]
    assert seen("city", "", thing=found.uri) == [lot]
