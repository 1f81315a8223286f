"""Who sees which events, and what they name: as the rule has it, however events come in."""

from __future__ import annotations

import random
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from collector.store.postgres import db
from collector.store.trace import parties, trace_asked, traced, visible
from models.exchange.epcis.asking import Query
from models.exchange.epcis.fields import OF_THINGS, Fields
from models.exchange.epcis.reading import check
from tests.collector.conftest import NOW
from tests.collector.store.trace.test_traced import CONTEXT

PARTIES = ("coop", "packer", "carrier", "shop")
MIGRATION = Path(db.__file__).parents[1] / "sql" / "migrations"
PRODUCT = "https://id.gs1.org/01/06901234567892"
STEPS = ("packing", "loading", "transporting", "receiving", "retail_selling")


def box(number: int) -> str:
    return f"{PRODUCT}/21/{number}"


def told(number: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": f"2016-04-{1 + number // 24:02}T{number % 24:02}:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": STEPS[number % len(STEPS)],
        "readPoint": {"id": f"https://example.cn/gate/{number % 7}"},
        **more,
    }


def by_chance(random_: random.Random, number: int) -> dict[str, Any]:
    """An event of few things out of many: one in three stands in a pallet, or is a lot."""
    things = [box(each) for each in random_.sample(range(40), random_.randint(1, 3))]
    if number % 3 == 0:
        pallet = f"https://pallet.example.cn/{random_.randrange(8)}"
        return told(number, type="AggregationEvent", parentID=pallet, childEPCs=things)
    if number % 3 == 1:
        lot = {"epcClass": random_.choice([PRODUCT, f"{PRODUCT}/10/{number % 5}"])}
        return told(number, quantityList=[lot], epcList=things[:1], disposition="in_transit")
    return told(number, epcList=[*things, PRODUCT] if number % 4 else things)


def add(conn: db.Connection, party: str, *events: dict[str, Any]) -> list[Fields]:
    right = [check(each, CONTEXT, NOW) for each in events]
    with conn:
        traced.add(conn, party, CONTEXT, right, all_or_none=True, at=NOW)
    return [each.fields for each in right]


@pytest.fixture
def joined(conn: db.Connection) -> db.Connection:
    with conn:
        for party in PARTIES:
            parties.add(conn, parties.Party(party, party.title()), NOW)
    return conn


@pytest.fixture
def story(joined: db.Connection) -> list[tuple[str, Fields]]:
    """Eighty events, captured by few at a time by four parties in turn."""
    random_ = random.Random(7)
    found = []
    for first, last in pairwise([0, 1, 2, 9, 10, 11, 30, 33, 34, 50, 51, 60, 70, 80]):
        party = random_.choice(PARTIES)
        events = [by_chance(random_, number) for number in range(first, last)]
        found += [(party, each) for each in add(joined, party, *events)]
    return found


def may_see(story: list[tuple[str, Fields]], party: str) -> list[Fields]:
    """The rule, word for word: its own, and those that name what an event of its own names."""
    mine: set[str] = set().union(*(each.handled() for who, each in story if who == party))
    return [each for who, each in story if who == party or each.handled() & mine]


def test_everybody_sees_by_the_rule(joined: db.Connection, story: list[tuple[str, Fields]]) -> None:
    seen = {}
    for party in PARTIES:
        wanted = may_see(story, party)
        with joined:
            found = trace_asked.events(joined, party, Query(), None, 1000)
            assert sorted(each.document["eventTime"] for each in found) == sorted(
                f"2016-04-{1 + n // 24:02}T{n % 24:02}:00:00+08:00"
                for n, (_, each) in enumerate(story)
                if each in wanted
            )
            things = {v for each in wanted for kind, v in each.terms if kind in OF_THINGS}
            assert trace_asked.things(joined, party, "", 1000) == sorted(things)
            assert (
                trace_asked.things(joined, party, box(2), 3)
                == sorted(each for each in things if each > box(2))[:3]
            )
            for column in visible.COLUMNS:
                words = {getattr(each, column) for each in wanted} - {None}
                assert trace_asked.words(joined, party, column, "", 1000) == sorted(words)
        seen[party] = len(wanted)
    assert len(set(seen.values())) > 2  # they differ, or it would prove little
    assert min(seen.values()) < len(story)


def test_what_was_captured_before_is_seen_alike(
    joined: db.Connection, story: list[tuple[str, Fields]]
) -> None:
    """The migration finds for old events what captures note for new ones."""
    (file,) = MIGRATION.glob("*_trace_visible.sql")
    parts = file.read_text("utf-8").split(";")
    fill = ";".join(each for each in parts if each.lstrip().startswith("INSERT INTO"))
    with joined, joined.cursor() as cur:
        tables = ("trace_visible", "trace_seen")
        noted = {}
        for name in tables:
            cur.execute(f"SELECT * FROM {name} ORDER BY 1, 2")
            noted[name] = set(cur.fetchall())
            cur.execute(f"TRUNCATE {name}")
        cur.execute(fill)
        for name in tables:
            cur.execute(f"SELECT * FROM {name}")
            found = set(cur.fetchall())
            # what a party saw first and handled later stays noted; it is the same either way
            cur.execute("SELECT party, 'thing', value FROM trace_handled")
            assert noted[name] - set(cur.fetchall()) == found


def test_two_who_capture_at_once_see_each_other(joined: db.Connection, dsn: str) -> None:
    add(joined, "coop", told(0, epcList=[box(9)]))  # the context is there; nobody waits for that
    other = db.connect(dsn)
    thread = threading.Thread(target=add, args=(other, "shop", told(2, epcList=[box(1)])))
    right = [check(told(1, epcList=[box(1)]), CONTEXT, NOW)]
    with joined, joined.cursor() as cur:
        traced.add(joined, "packer", CONTEXT, right, all_or_none=True, at=NOW)
        thread.start()
        for _ in range(1000):
            cur.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cur.fetchall() != [(0,)]:
                break
            time.sleep(0.01)
    thread.join()
    other.close()
    for party in ("packer", "shop"):
        with joined:
            assert len(trace_asked.events(joined, party, Query(), None, 9)) == 2
            assert trace_asked.words(joined, party, "biz_step", "", 9) == [
                "loading",
                "transporting",
            ]
