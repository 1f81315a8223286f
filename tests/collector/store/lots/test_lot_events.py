"""Acts on lots in a real database: told as they are done, those of before once."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from collector.store import people
from collector.store.lots import certificates, lot_events, lot_marks, lots, plantings
from collector.store.lots.lot_facts import led_to, verdict
from collector.store.lots.lots import Bought, Who
from collector.store.trace import following, members, parties, traced
from collector.store.trace.parties import Party
from field_configs.business_steps import step_of
from models.trace.certificate import FREED, HELD, RECALLED, SELF_TEST
from tests.collector.store.lots.test_lots import (
    CROPS,
    ISSUER,
    NOW,
    TODAY,
    grower,
    issue,
    scapes,
    spray,
)

if TYPE_CHECKING:
    from collector.store.postgres.db import Connection


def told(conn: Connection) -> list[tuple[str, str, dict[str, Any]]]:
    """Party, step and document of all events, in their order."""
    with conn.cursor() as cur:
        cur.execute("SELECT party, biz_step, document FROM trace_event ORDER BY id")
        return cur.fetchall()


def of_goods(conn: Connection) -> list[dict[str, Any]]:
    """Documents of all events that are not of what was done before there were goods."""
    return [
        document
        for _, step, document in told(conn)
        if step not in (step_of("sowing"), step_of("treating"))
    ]


def everything(conn: Connection) -> tuple[Who, str, str]:
    """Every act there is; the grower, the lot that was harvested, and what was put together."""
    first_who, own = grower(conn)
    acts = iter(range(20))

    def who_is(name: str) -> Who:
        return Who(first_who.person, name, NOW + timedelta(seconds=next(acts)))

    spray(conn, own, date(2026, 5, 1), 7, "嘧菌酯")
    spray(conn, own, date(2026, 5, 2), 7, "张三的药")
    lot = scapes(conn, own, who_is("张三"), day=date(2026, 5, 9))
    first, second = lots.split(conn, lot, [300, 200.5], who_is("张三"))
    whole = lots.merge(conn, [first, second], 498, who_is("张三"))
    lot_marks.add_test(
        conn,
        whole,
        SELF_TEST,
        TODAY,
        ["嘧菌酯", "张三"],
        True,
        "镇检测室",
        "R1",
        who_is("张三"),
    )
    number = issue(conn, whole, who_is("张三"))
    bought = Bought("commitment", number, "张三", "13812345678", TODAY)
    parent = lots.find(conn, whole)
    lots.buy(conn, "garlic_scape", 100, "", bought, None, parent, who_is("张三"))
    outside = Bought("other", "X1", "王五", "139", TODAY)
    lots.buy(conn, "tomato", 50, "河北邯郸王五家", outside, b"jpeg", None, who_is("张三"))
    certificates.make_void(conn, number, "weight", True, who_is("监管员"))
    lot_marks.set_state(conn, lot, HELD, "张三说不清", who_is("监管员"))
    lot_marks.set_state(conn, lot, FREED, "in order", who_is("监管员"))
    lot_marks.set_state(conn, lot, RECALLED, "residue", who_is("监管员"))
    conn.commit()
    return first_who, lot, whole


def test_every_act_is_told_as_it_is_done(registered: Connection) -> None:
    who, _, _ = everything(registered)
    own = f"person-{who.person}"
    assert [(party, step.rpartition(":")[2]) for party, step, _ in told(registered)] == [
        (own, "commissioning"),
        (own, "sowing"),
        (own, "treating"),
        (own, "treating"),
        (own, "splitting"),
        (own, "splitting"),
        (own, "merging"),
        (own, "inspecting"),
        (own, "certifying"),
        (own, "receiving"),
        (own, "receiving"),
        ("bureau", "voiding_certificate"),
        ("bureau", "holding"),
        ("bureau", "releasing"),
        ("bureau", "recalling"),
    ]
    documents = of_goods(registered)
    assert documents[2]["inputQuantityList"][0]["quantity"] == 200.5
    assert documents[3]["outputQuantityList"][0]["quantity"] == 498
    assert documents[6]["bizTransactionList"][0]["bizTransaction"].startswith("urn:nongqing:cert")
    assert "bizTransactionList" not in documents[7]
    assert documents[9]["quantityList"][0]["quantity"] == 499.5  # what is left of it
    with registered:
        assert all(traced.look(registered, each).whole for each in (own, "bureau"))


def test_nothing_private_is_told(registered: Connection) -> None:
    everything(registered)
    text = json.dumps([document for _, _, document in told(registered)], ensure_ascii=False)
    private = (
        "张三",
        "王五",
        "监管员",
        "13812345678",
        "村东头",
        "镇检测室",
        "R1",
        "residue",
        "柳格村",
    )
    assert [each for each in private if each in text] == []
    assert "柳格镇" in text
    assert "嘧菌酯" in text


def test_what_an_inspector_sets_aside_is_told_without_who_why_and_of_what(
    registered: Connection,
) -> None:
    who, own = grower(registered)
    spray(registered, own, date(2026, 5, 8), 7, "嘧菌酯甲")
    lot = scapes(registered, own, who)
    against = verdict(registered, led_to(registered, lot, CROPS)).against
    lot_marks.override(registered, lot, against, "张三测过了", Who(99, "监管员", NOW))
    *_, (party, step, document) = told(registered)
    assert (party, step) == ("bureau", "urn:nongqing:bizstep:overriding")
    assert document["nongqing:setAside"] == ["certificate_interval"]
    assert "errorDeclaration" not in document
    assert "certificationInfo" not in document
    text = json.dumps(document, ensure_ascii=False)
    assert [each for each in ("张三", "监管员", "嘧菌酯甲", "测过") if each in text] == []
    assert lot_events.untold(registered, lot) == {}
    registered.commit()
    forget(registered)
    untold = [act.event for acts in lot_events.untold(registered, lot).values() for act in acts]
    assert document["eventID"] in [each["eventID"] for each in untold]


def test_a_mixture_leads_back_to_its_harvest(registered: Connection) -> None:
    _, lot, whole = everything(registered)
    harvest, mixture = (lots.find(registered, each) for each in (lot, whole))
    assert harvest is not None
    assert mixture is not None
    assert harvest.uri in following.back(registered, mixture.uri)
    assert len(following.forward(registered, harvest.uri)) == 5


def test_what_is_not_done_is_not_told(registered: Connection) -> None:
    who, own = grower(registered)
    scapes(registered, own, who)
    registered.rollback()
    assert told(registered) == []


def test_who_joined_a_party_tells_in_its_chain(registered: Connection) -> None:
    who, own = grower(registered)
    parties.add(registered, Party("coop", "柳格合作社"), NOW)
    members.join(registered, who.person, "coop", NOW)
    scapes(registered, own, who)
    assert [party for party, _, _ in told(registered)] == ["coop", "coop"]


def forget(conn: Connection) -> None:
    """Take every event away, as if nothing had been told."""
    with conn, conn.cursor() as cur:
        cur.execute("SET LOCAL session_replication_role = replica")
        for table in ("trace_term", "trace_handled", "trace_event"):
            cur.execute(f"DELETE FROM {table}")


def tell_all(conn: Connection) -> int:
    new = 0
    for lot in lot_events.lots(conn):
        plantings.join_untold(conn, lot, NOW)
        for acts in lot_events.untold(conn, lot).values():
            new += lot_events.tell(conn, acts, NOW + timedelta(days=1))
    for field in plantings.fields(conn):
        new += plantings.tell(conn, [field], NOW + timedelta(days=1))
    return new


def test_acts_of_before_are_told_once_and_as_they_would_have_been(registered: Connection) -> None:
    everything(registered)

    def known() -> set[tuple[str, str, str]]:
        return {
            (party, step, json.dumps(document, sort_keys=True))
            for party, step, document in told(registered)
        }

    assert tell_all(registered) == 0
    before = known()
    forget(registered)
    assert tell_all(registered) == 15
    assert known() == before
    assert tell_all(registered) == 0


def test_acts_of_who_is_gone_are_told_by_their_number(registered: Connection) -> None:
    who, _, _ = everything(registered)
    forget(registered)
    with registered, registered.cursor() as cur:
        cur.execute("SET LOCAL session_replication_role = replica")
        cur.execute("DELETE FROM trace_member")
        cur.execute("DELETE FROM person WHERE id = %s", (who.person,))
    assert tell_all(registered) == 15
    assert {party for party, _, _ in told(registered)} == {f"person-{who.person}", "bureau"}


@pytest.mark.parametrize("behind", [0, 1])
def test_a_test_is_not_told_before_the_lot_is_there(registered: Connection, behind: int) -> None:
    who, own = grower(registered)
    lot = scapes(registered, own, who)
    late = Who(who.person, who.name, NOW + timedelta(hours=6))  # 18:00 there
    (part,) = lots.split(registered, lot, [100], late)
    after = Who(who.person, who.name, late.at + timedelta(days=behind, hours=1))
    lot_marks.add_test(registered, part, SELF_TEST, TODAY, ["x"], True, "", "", after)
    made, test = (document["eventTime"] for document in of_goods(registered)[1:])
    assert made <= test


def test_another_party_sees_the_lots_that_it_bought(registered: Connection) -> None:
    who, own = grower(registered)
    lot = scapes(registered, own, who)
    number = certificates.issue(registered, lot, "control", ISSUER, CROPS, who)
    person = people.add(registered, "收购商", NOW, username="buyer")
    came = Bought("commitment", number, "张三", "138", TODAY)
    parent = lots.find(registered, lot)
    assert parent is not None
    buyer = Who(person.id, person.name, NOW)
    lots.buy(registered, "garlic_scape", 600, "", came, None, parent, buyer)
    with registered.cursor() as cur:
        cur.execute(
            "SELECT 1 FROM trace_handled WHERE party = %s AND value = %s",
            (f"person-{person.id}", parent.uri),
        )
        assert cur.fetchall() == [(1,)]
