"""Sowing and treatments in a real database: told once goods came of them, and corrected."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from time import sleep
from typing import TYPE_CHECKING, Any

from collector.store import people
from collector.store.advice import works
from collector.store.advice.works import FieldWork
from collector.store.lots import certificates, lots, plantings
from collector.store.lots.lots import Bought, Who
from collector.store.network import own_fields
from collector.store.network.own_fields import Entered, OwnField
from collector.store.postgres import db
from collector.store.trace import flags, following, members, parties, traced
from collector.store.trace.parties import Party
from tests.collector.store.lots.test_lots import CROPS, ISSUER, NOW, TODAY, grower, scapes

if TYPE_CHECKING:
    from collector.store.postgres.db import Connection

SOWING, TREATING = "urn:nongqing:bizstep:sowing", "urn:nongqing:bizstep:treating"


def work(own: OwnField, day: date, product: str, entry: str, **other: Any) -> FieldWork:
    said = ("spray", day, "张三", True, product, "叶枯病", None, "张三家的地", "person:1")
    return replace(FieldWork(own.id, *said, "30 克/亩", None, 7, entry), **other)


def write(conn: Connection, *written: FieldWork, later: int = 0) -> int:
    """Write lines of a diary, as the page does, and return how many events that told."""
    at = NOW + timedelta(hours=later)
    for each in written:
        works.write(conn, each, at)
    return plantings.tell(conn, {each.field for each in written}, at)


def told(conn: Connection) -> list[tuple[str, str, bool, dict[str, Any]]]:
    """Party, step, whether it declares an error, and document, of what was told of plantings."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT party, biz_step, declared IS NOT NULL, document FROM trace_event "
            "WHERE biz_step IN (%s, %s) ORDER BY id",
            (SOWING, TREATING),
        )
        return cur.fetchall()


def products(conn: Connection) -> list[tuple[str, bool]]:
    rows = [(each["nongqing:product"], wrong) for _, s, wrong, each in told(conn) if s == TREATING]
    return sorted(rows)


def test_a_diary_without_a_lot_is_not_told(registered: Connection) -> None:
    _, own = grower(registered)
    assert write(registered, work(own, date(2026, 5, 1), "嘧菌酯", "e1")) == 0
    assert told(registered) == []


def test_a_harvest_tells_what_led_to_it_and_nothing_else(registered: Connection) -> None:
    who, own = grower(registered)
    write(
        registered,
        work(own, date(2025, 9, 1), "上一季", "e0"),
        work(own, date(2026, 5, 1), "嘧菌酯", "e1"),
        work(own, date(2026, 3, 1), "尿素", "e2", kind="fertilising", target="", interval_d=None),
        work(own, date(2026, 4, 1), "", "e3", kind="irrigation", interval_d=None),
        work(own, TODAY, "采后", "e4"),
    )
    scapes(registered, own, who, day=date(2026, 5, 9))
    assert [(step, wrong) for _, step, wrong, _ in told(registered)] == [
        (SOWING, False),
        (TREATING, False),
        (TREATING, False),
    ]
    assert products(registered) == [("嘧菌酯", False), ("尿素", False)]
    assert plantings.tell(registered, [own.id], NOW) == 0
    scapes(registered, own, who, day=TODAY)  # what came since is told with the next harvest
    assert products(registered) == [("嘧菌酯", False), ("尿素", False), ("采后", False)]
    assert len({each["quantityList"][0]["epcClass"] for *_, each in told(registered)}) == 1


def test_whoever_follows_a_lot_back_comes_to_its_treatments(registered: Connection) -> None:
    who, own = grower(registered)
    write(registered, work(own, date(2026, 5, 1), "嘧菌酯", "e1"))
    code = scapes(registered, own, who)
    (part,) = lots.split(registered, code, [100], who)
    found = lots.find(registered, part)
    assert found is not None
    steps = following.story(registered, following.back(registered, found.uri))
    assert [each.biz_step for each in steps] == [SOWING, TREATING, "commissioning"] + [
        "urn:nongqing:bizstep:splitting"
    ]
    assert [each.about for each in steps] == ["garlic", "嘧菌酯", "garlic_scape", "garlic_scape"]


def test_a_line_that_is_changed_or_taken_back_is_corrected(registered: Connection) -> None:
    who, own = grower(registered)
    line = work(own, date(2026, 5, 1), "嘧菌酯", "e1")
    write(registered, line)
    scapes(registered, own, who)
    assert write(registered, replace(line, note="只改备注"), later=1) == 0
    assert write(registered, replace(line, product="戊唑醇"), later=1) == 2
    assert products(registered) == [("嘧菌酯", False), ("嘧菌酯", True), ("戊唑醇", False)]
    changed = next(each for *_, wrong, each in told(registered) if wrong)
    new = next(e for *_, e in told(registered) if e.get("nongqing:product") == "戊唑醇")
    assert changed["errorDeclaration"]["correctiveEventIDs"] == [new["eventID"]]
    assert write(registered, replace(line, done=False), later=2) == 1
    assert products(registered)[-1] == ("戊唑醇", True)
    assert write(registered, line, later=3) == 1  # it was right after all
    assert products(registered).count(("嘧菌酯", False)) == 2
    assert write(registered, replace(line, date=TODAY + timedelta(days=1)), later=30) == 1
    with registered:
        assert traced.look(registered, f"person-{who.person}").whole
        for party, number in flags.behind(registered):
            flags.look_on(registered, party, number, 0.05, NOW + timedelta(days=3))
    assert flags.flags(registered, None) == []


def test_a_sowing_that_was_noted_wrongly_is_corrected(registered: Connection) -> None:
    who, own = grower(registered)
    scapes(registered, own, who)
    said = Entered("村东头", "open", 0.2, None, "garlic", date(2025, 10, 5), "金蒜3号")
    assert own_fields.change(registered, own, own.edition, said, who.person, NOW)
    assert plantings.tell(registered, [own.id], NOW) == 2
    days = [(each["nongqing:day"], wrong) for *_, wrong, each in told(registered)]
    assert days == [("2025-10-01", False), ("2025-10-05", False), ("2025-10-01", True)]
    changed = own_fields.find(registered, own.id, who.person)
    assert changed is not None
    scapes(registered, changed, who)  # a lot of the same planting, by whatever day it was noted
    assert len(told(registered)) == 3
    with registered.cursor() as cur:
        cur.execute("SELECT count(DISTINCT planting), count(*) FROM lot_planting")
        assert cur.fetchone() == (1, 2)


def test_a_lot_whose_sowing_nobody_noted_is_a_planting_of_its_own(registered: Connection) -> None:
    who, own = grower(registered)
    write(registered, work(own, date(2025, 9, 1), "嘧菌酯", "e1"))
    unknown = replace(own, sown=None)
    for _ in range(2):
        scapes(registered, unknown, who, day=date(2025, 9, 20))
    assert [step for _, step, _, _ in told(registered)] == [TREATING, TREATING]
    with registered.cursor() as cur:
        cur.execute("SELECT count(*) FROM planting WHERE season IS NULL")
        assert cur.fetchone() == (2,)


def test_nothing_private_is_told(registered: Connection) -> None:
    who, own = grower(registered)
    other = people.add(registered, "李四", NOW, username="lisi")
    own_fields.invite(registered, own.id, "+8613812345678", who.person, NOW)
    assert own_fields.accept(registered, own.id, "+8613812345678", other.id, NOW)
    write(
        registered,
        work(
            own, date(2026, 5, 1), "李四配的药", "line-1", dose="问13912345678", target="张三说的"
        ),
        work(own, date(2026, 5, 2), "王五给的", "e2", recorded_by="王五"),
    )
    scapes(registered, own, who)
    text = json.dumps([each for *_, each in told(registered)], ensure_ascii=False)
    private = (
        "张三",
        "李四",
        "王五",
        "13912345678",
        "13812345678",
        "村东头",
        "柳格村",
        own.id,
        "line-1",
        "person",
    )
    assert [each for each in private if each in text] == []
    assert "柳格镇" in text
    assert text.count("treated:") == 2


def test_a_field_that_was_given_up_tells_nothing_and_what_was_told_stays(
    registered: Connection,
) -> None:
    who, own = grower(registered)
    write(registered, work(own, date(2026, 5, 1), "嘧菌酯", "e1"))
    scapes(registered, own, who)
    before = told(registered)
    own_fields.give_up(registered, own.id, NOW)
    assert plantings.tell(registered, [own.id], NOW) == 0
    assert told(registered) == before


def test_each_planting_is_told_in_one_chain_whoever_harvests(registered: Connection) -> None:
    who, own = grower(registered)
    other = people.add(registered, "李四", NOW, username="lisi")
    parties.add(registered, Party("a-coop", "柳格合作社"), NOW)  # before person-… by name
    members.join(registered, other.id, "a-coop", NOW)
    scapes(registered, own, who, day=date(2026, 5, 9))
    write(registered, work(own, TODAY, "嘧菌酯", "e1"))
    scapes(registered, own, Who(other.id, other.name, NOW), day=TODAY)
    assert {party for party, *_ in told(registered)} == {f"person-{who.person}"}
    assert products(registered) == [("嘧菌酯", False)]
    assert "person-" in str(members.own_party(who.person))


def test_two_chains_at_once_wait_for_each_other_and_never_lock(
    registered: Connection, dsn: str
) -> None:
    who, own = grower(registered)
    other = people.add(registered, "李四", NOW, username="lisi")
    parties.add(registered, Party("a-coop", "柳格合作社"), NOW)
    members.join(registered, other.id, "a-coop", NOW)
    scapes(registered, own, who, day=date(2026, 5, 9))
    write(registered, work(own, TODAY, "嘧菌酯", "e1"))
    registered.commit()
    mine = Party(f"person-{who.person}", "person")
    traced.lock(registered, [mine.id])  # somebody tells in the chain of the planting

    def harvest() -> str:
        with db.connect(dsn) as conn:
            return scapes(conn, own, Who(other.id, other.name, NOW), day=TODAY)

    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(harvest)
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        for _ in range(100):
            with registered.cursor() as cur:
                cur.execute(waits)
                if cur.fetchall() != [(0,)]:
                    break
            sleep(0.05)
        event = {
            "type": "ObjectEvent",
            "eventID": "urn:x:other",
            "eventTime": "2026-05-10T10:00:00+08:00",
            "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE",
            "epcList": ["urn:x:thing"],
        }
        assert members.tell(registered, mine, [event], NOW).new == 1
        registered.commit()
        assert begun.result(timeout=30).startswith("L")
    assert products(registered) == [("嘧菌酯", False)]


def sees(conn: Connection, party: str) -> list[str]:
    with conn.cursor() as cur:
        cur.execute(
            "SELECT biz_step FROM trace_visible v JOIN trace_event e ON e.id = v.event "
            "WHERE v.party = %s AND biz_step IN (%s, %s) ORDER BY e.id",
            (party, SOWING, TREATING),
        )
        return [step for (step,) in cur.fetchall()]


def test_who_handles_the_lot_sees_its_treatments_and_nobody_else(registered: Connection) -> None:
    who, own = grower(registered)
    write(registered, work(own, date(2026, 5, 1), "嘧菌酯", "e1"))
    lot = scapes(registered, own, who)
    number = certificates.issue(registered, lot, "control", ISSUER, CROPS, who)
    buyer, stranger = (
        people.add(registered, name, NOW, username=name) for name in ("buyer", "stranger")
    )
    outside = Bought("other", "X1", "王五", "139", TODAY)
    by = Who(stranger.id, stranger.name, NOW)
    lots.buy(registered, "tomato", 50, "河北", outside, b"jpeg", None, by)
    came = Bought("commitment", number, "张三", "138", TODAY)
    parent, by = lots.find(registered, lot), Who(buyer.id, buyer.name, NOW)
    lots.buy(registered, "garlic_scape", 600, "", came, None, parent, by)
    assert sees(registered, f"person-{buyer.id}") == [SOWING, TREATING]
    assert sees(registered, f"person-{stranger.id}") == []
    write(registered, work(own, date(2026, 5, 2), "戊唑醇", "e2"))  # what comes later too
    assert sees(registered, f"person-{buyer.id}") == [SOWING, TREATING, TREATING]
    assert sees(registered, f"person-{stranger.id}") == []


def test_harvests_of_before_get_their_plantings_unless_told_without(
    registered: Connection,
) -> None:
    who, own = grower(registered)
    write(registered, work(own, date(2026, 5, 1), "嘧菌酯", "e1"))
    first, second = (scapes(registered, own, who) for _ in range(2))
    with registered.cursor() as cur:
        cur.execute("SET LOCAL session_replication_role = replica")
        for table in ("lot_planting", "planting"):
            cur.execute(f"DELETE FROM {table}")
        cur.execute(
            "DELETE FROM trace_event WHERE biz_step <> 'commissioning' OR event_id = "
            "(SELECT event_id FROM trace_event WHERE biz_step = 'commissioning' "
            "ORDER BY id DESC LIMIT 1)"
        )
        cur.execute(
            "DELETE FROM trace_term t WHERE NOT EXISTS "
            "(SELECT FROM trace_event e WHERE e.id = t.event)"
        )
        cur.execute("SET LOCAL session_replication_role = DEFAULT")
    for lot in (first, second):
        plantings.join_untold(registered, lot, NOW)
    with registered.cursor() as cur:
        cur.execute("SELECT lot FROM lot_planting")
        assert cur.fetchall() == [(second,)]
    assert plantings.fields(registered) == [own.id]
