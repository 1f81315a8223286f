"""Lots and certificates in a real database: what is kept, refused, set aside, and never changed."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import psycopg2
import pytest

from collector.permissions import Grant
from collector.store import people
from collector.store.advice import products, works
from collector.store.advice.products import Product, ProductList
from collector.store.advice.works import FieldWork
from collector.store.lots import certificates, lot_marks, lots
from collector.store.lots.certificates import AlreadyVoid, Refused
from collector.store.lots.lot_facts import led_to, rules, set_rules, verdict
from collector.store.lots.lot_marks import NoSuchStep, NothingToSetAside
from collector.store.lots.lots import (
    Bought,
    Certified,
    LotError,
    MoreThanThere,
    NotTheSame,
    Who,
)
from collector.store.network import own_fields
from collector.store.network.own_fields import Entered, OwnField
from field_configs.load import load
from models.trace.certificate import (
    BUYER,
    CONTROL,
    ENTRUSTED_TEST,
    FREED,
    HELD,
    PRODUCER,
    RECALLED,
    SELF_TEST,
    Rules,
)
from models.trace.codes import parse_code

if TYPE_CHECKING:
    from collector.store.postgres.db import Connection

NOW = datetime(2026, 5, 10, 4, 0, tzinfo=UTC)
TODAY = date(2026, 5, 10)
CROPS = load(site=None).crops
ISSUER = {"kind": "household", "name": "张三", "contact": "13812345678"}


def grower(conn: Connection, name: str = "张三") -> tuple[Who, OwnField]:
    person = people.add(conn, name, NOW, username=secrets.token_hex(6))
    said = Entered("村东头", "open", 0.2, None, "garlic", date(2025, 10, 1), None)
    field = own_fields.add(conn, person.id, "qf-liuge", said, NOW)
    own = own_fields.find(conn, field, person.id)
    assert own is not None
    return Who(person.id, name, NOW), own


def spray(conn: Connection, own: OwnField, day: date, interval: int | None, what: str) -> None:
    facts = ("spray", day, "张三", True, what, "叶枯病", None, "", "person:1", "30 克/亩")
    works.write(conn, FieldWork(own.id, *facts, None, interval, f"e{day}{what}"), NOW)


def scapes(conn: Connection, own: OwnField, who: Who, kg: float = 1000, day: date = TODAY) -> str:
    return lots.harvest(conn, own, "garlic_scape", kg, day, who)


def kinds(conn: Connection, lot: str) -> list[str]:
    return [each.kind for each in verdict(conn, led_to(conn, lot, CROPS)).against]


def issue(conn: Connection, lot: str, who: Who, grounds: str = CONTROL) -> str:
    return certificates.issue(conn, lot, grounds, ISSUER, CROPS, who)


def test_a_lot_inherits_the_sprays_of_its_season_alone(registered: Connection) -> None:
    who, own = grower(registered)
    spray(registered, own, date(2025, 9, 20), 300, "of the crop before")
    spray(registered, own, date(2026, 5, 3), 7, "嘧菌酯")
    spray(registered, own, date(2026, 5, 11), 30, "after the harvest")
    lot = scapes(registered, own, who)
    (origin,) = led_to(registered, lot, CROPS).facts.origins
    assert [(t.product, t.interval_d) for t in origin.treatments] == [("嘧菌酯", 7)]
    assert kinds(registered, lot) == []
    early = scapes(registered, own, who, day=date(2026, 5, 9))
    assert kinds(registered, early) == ["certificate_interval"]


def test_an_interval_that_the_diary_lacks_comes_from_the_signed_list(
    registered: Connection,
) -> None:
    who, own = grower(registered)
    spray(registered, own, date(2026, 5, 3), None, "嘧菌酯")
    lot = scapes(registered, own, who)
    assert kinds(registered, lot) == ["certificate_interval_unknown"]
    product = Product("garlic_rust", "garlic", "嘧菌酯", "azoxystrobin", "PD1", "g", 30, 15, 14, 3)
    listed = ProductList("王工", date(2026, 1, 1), date(2026, 12, 31), (product,))
    products.put(registered, listed, NOW)
    assert kinds(registered, lot) == ["certificate_interval"]


def test_a_certificate_says_what_the_lot_was_when_it_was_issued(registered: Connection) -> None:
    who, own = grower(registered)
    spray(registered, own, date(2026, 5, 1), 7, "嘧菌酯")
    lot = scapes(registered, own, who, kg=812.5)
    number = issue(registered, lot, who)
    assert parse_code(number) == number
    found = certificates.find(registered, number)
    assert found is not None
    assert (found.lot, found.weight_kg, found.grounds) == (lot, 812.5, CONTROL)
    assert found.content["issuer"] == ISSUER
    assert found.content["kind"] == PRODUCER
    assert found.content["places"][0]["township_zh"] == "柳格镇"
    assert found.content["treatments"] == [
        {"product": "嘧菌酯", "day": "2026-05-01", "interval_d": 7}
    ]
    with pytest.raises(Certified, match=f"certificate {number} is for it"):
        issue(registered, lot, who)


def test_a_refused_certificate_carries_its_reasons(registered: Connection) -> None:
    who, own = grower(registered)
    spray(registered, own, date(2026, 5, 8), 7, "嘧菌酯")
    lot = scapes(registered, own, who)
    with pytest.raises(Refused, match="allows a harvest from 2026-05-15 on"):
        issue(registered, lot, who)
    with pytest.raises(Refused):
        issue(registered, lot, who, grounds="hope")


def test_a_lot_of_a_field_that_was_given_up_has_no_records(registered: Connection) -> None:
    who, own = grower(registered)
    spray(registered, own, date(2026, 5, 8), 7, "嘧菌酯")
    lot = scapes(registered, own, who)
    own_fields.give_up(registered, own.id, NOW)
    assert kinds(registered, lot) == ["certificate_records_gone"]


def test_a_lot_is_divided_and_no_further_than_it_goes(registered: Connection) -> None:
    who, own = grower(registered)
    lot = scapes(registered, own, who)
    first, second = lots.split(registered, lot, [300, 500.5], who)
    rest = lots.find(registered, lot)
    assert rest is not None
    assert rest.left_kg == pytest.approx(199.5)
    with pytest.raises(MoreThanThere, match=r"199\.5 kg are left of it, and 200 kg were asked"):
        lots.split(registered, lot, [200], who)
    part = lots.find(registered, second)
    assert part is not None
    assert (part.village, part.weight_kg) == ("qf-liuge", 500.5)
    assert kinds(registered, first) == []
    lots.split(registered, lot, [199.5], who)
    assert kinds(registered, lot) == ["certificate_nothing_left"]


def test_lots_are_put_together_and_their_weights_have_to_balance(registered: Connection) -> None:
    who, own = grower(registered)
    one, two = scapes(registered, own, who, 400), scapes(registered, own, who, 500)
    bulbs = lots.harvest(registered, own, "garlic_bulb", 10, TODAY, who)
    with pytest.raises(NotTheSame, match="garlic_scape, garlic_bulb"):
        lots.merge(registered, [one, bulbs], None, who)
    whole = lots.merge(registered, [one, two], 944, who)
    assert kinds(registered, whole) == []
    with pytest.raises(MoreThanThere, match="0 kg are left"):
        lots.merge(registered, [one, two], None, who)
    three, four = scapes(registered, own, who, 400), scapes(registered, own, who, 500)
    heavy = lots.merge(registered, [three, four], 946, who)
    assert kinds(registered, heavy) == ["lot_from_nowhere"]
    set_rules(registered, Rules(tolerance=0.1), NOW)
    assert rules(registered).tolerance == 0.1
    assert kinds(registered, heavy) == []
    with pytest.raises(LotError, match="lot L1: there is none of this code"):
        lots.merge(registered, [whole, "L1"], None, who)


def test_each_part_of_a_merged_lot_answers_for_its_own_field(registered: Connection) -> None:
    who, own = grower(registered)
    other_who, other = grower(registered, "李四")
    spray(registered, other, date(2026, 5, 8), 7, "嘧菌酯")
    whole = lots.merge(
        registered, [scapes(registered, own, who), scapes(registered, other, other_who)], None, who
    )
    assert kinds(registered, whole) == ["certificate_interval"]
    (part,) = lots.split(registered, whole, [100], who)
    assert kinds(registered, part) == ["certificate_interval"]


def test_a_certified_lot_is_neither_divided_nor_put_together(registered: Connection) -> None:
    who, own = grower(registered)
    lot, other = scapes(registered, own, who), scapes(registered, own, who)
    number = issue(registered, lot, who)
    for asked in (
        lambda: lots.split(registered, lot, [10], who),
        lambda: lots.merge(registered, [lot, other], None, who),
    ):
        with pytest.raises(Certified):
            asked()
    certificates.make_void(registered, number, "weight was wrong", False, who)
    assert len(lots.split(registered, lot, [10], who)) == 1


def test_a_certificate_is_void_once_and_for_good(registered: Connection) -> None:
    who, own = grower(registered)
    lot = scapes(registered, own, who)
    number = issue(registered, lot, who)
    certificates.make_void(registered, number, "写错了重量", False, who)
    found = certificates.find(registered, number)
    assert found is not None
    assert found.void is not None
    assert (found.void.reason, found.void.name) == ("写错了重量", "张三")
    with pytest.raises(AlreadyVoid, match=f"certificate {number}: was made void before"):
        certificates.make_void(registered, number, "again", True, who)
    again = issue(registered, lot, who)
    assert {each.number for each in certificates.of_lot(registered, lot)} == {again, number}


def note_test(conn: Connection, lot: str, kind: str, what: str, passed: bool, who: Who) -> None:
    lot_marks.add_test(conn, lot, kind, TODAY, [what], passed, "镇检测室", "R1", who)


def test_a_test_of_a_part_says_nothing_of_the_others(registered: Connection) -> None:
    who, own = grower(registered)
    spray(registered, own, date(2026, 5, 1), 7, "嘧菌酯")
    lot = scapes(registered, own, who)
    first, second = lots.split(registered, lot, [300, 300], who)
    note_test(registered, first, SELF_TEST, "嘧菌酯", True, who)
    of = {each: verdict(registered, led_to(registered, each, CROPS)) for each in (first, second)}
    assert of[first].allowed == (CONTROL, SELF_TEST)
    assert of[second].allowed == (CONTROL,)
    note_test(registered, lot, SELF_TEST, "嘧菌酯", False, who)
    assert kinds(registered, second) == ["certificate_test_failed"]
    note_test(registered, second, ENTRUSTED_TEST, "嘧菌酯", True, who)
    assert kinds(registered, second) == []
    (mine,) = lot_marks.tests(registered, first)
    assert (mine.substances, mine.tested_by, mine.name) == (("嘧菌酯",), "镇检测室", "张三")


def test_a_test_of_one_part_does_not_stand_for_a_mixture(registered: Connection) -> None:
    who, own = grower(registered)
    other_who, other = grower(registered, "李四")
    spray(registered, own, date(2026, 5, 1), 7, "嘧菌酯")
    spray(registered, other, date(2026, 5, 1), 7, "嘧菌酯")
    one, two = scapes(registered, own, who), scapes(registered, other, other_who)
    note_test(registered, one, SELF_TEST, "嘧菌酯", True, who)
    whole = lots.merge(registered, [one, two], None, who)
    assert verdict(registered, led_to(registered, whole, CROPS)).allowed == (CONTROL,)
    note_test(registered, whole, SELF_TEST, "嘧菌酯", True, who)
    assert verdict(registered, led_to(registered, whole, CROPS)).allowed == (CONTROL, SELF_TEST)


def test_what_is_recalled_is_recalled_with_all_that_came_of_it(registered: Connection) -> None:
    who, own = grower(registered)
    lot = scapes(registered, own, who)
    (part,) = lots.split(registered, lot, [300], who)
    number = issue(registered, part, who)
    inspector = Who(99, "监管员", NOW)
    with pytest.raises(NoSuchStep, match="neither held nor recalled, so not freed"):
        lot_marks.set_state(registered, lot, FREED, "x", inspector)
    lot_marks.set_state(registered, lot, HELD, "residue suspected", inspector)
    assert kinds(registered, lot) == ["certificate_held"]
    assert certificates.trouble(registered, part) == HELD
    lot_marks.set_state(registered, lot, FREED, "in order", inspector)
    assert certificates.trouble(registered, part) is None
    lot_marks.set_state(registered, lot, RECALLED, "residue found", inspector)
    assert certificates.trouble(registered, part) == RECALLED
    with pytest.raises(NoSuchStep, match="is recalled, so not freed"):
        lot_marks.set_state(registered, lot, FREED, "x", inspector)
    assert [each.what for each in lot_marks.states(registered, lot)] == [RECALLED, FREED, HELD]
    found = certificates.find(registered, number)
    assert found is not None
    assert found.void is None


def test_an_inspector_sets_aside_what_stands_now_by_name(registered: Connection) -> None:
    who, own = grower(registered)
    spray(registered, own, date(2026, 5, 8), 7, "嘧菌酯")
    lot = scapes(registered, own, who)
    inspector = Who(99, "监管员", NOW)
    against = verdict(registered, led_to(registered, lot, CROPS)).against
    assert lot_marks.override(registered, lot, against, "测过了", inspector) == [
        "certificate_interval"
    ]
    assert kinds(registered, lot) == []
    found = certificates.find(registered, issue(registered, lot, who))
    assert found is not None
    assert len(found.content["set_aside"]) == 1
    (mark,) = lot_marks.overrides(registered, lot)
    assert (mark.name, mark.reason) == ("监管员", "测过了")
    spray(registered, own, date(2026, 5, 9), 7, "吡虫啉")
    assert kinds(registered, lot) == ["certificate_interval"]
    with pytest.raises(NothingToSetAside):
        lot_marks.override(registered, lot, (), "x", inspector)


def test_goods_that_were_bought_bring_their_story_with_them(registered: Connection) -> None:
    who, own = grower(registered)
    lot = scapes(registered, own, who)
    number = issue(registered, lot, who)
    buyer = Who(77, "收购商", NOW)
    parent = lots.find(registered, lot)
    came = Bought("commitment", number, "张三", "138", TODAY)
    goods = lots.buy(registered, "garlic_scape", 600, "", came, None, parent, buyer)
    with pytest.raises(MoreThanThere, match="400 kg are left of it, and 500 kg were asked"):
        lots.buy(registered, "garlic_scape", 500, "", came, None, parent, buyer)
    outside = Bought("commitment", "HN123", "王五合作社", "139", TODAY)
    other = lots.buy(registered, "garlic_scape", 100, "河北邯郸", outside, b"jpeg", None, buyer)
    whole = lots.merge(registered, [goods, other], None, buyer)
    assert kinds(registered, whole) == []
    led = led_to(registered, whole, CROPS)
    assert led.bought
    assert {p.township_zh or p.said for p in led.places} == {"柳格镇", "河北邯郸"}
    found = certificates.find(registered, issue(registered, whole, buyer))
    assert found is not None
    assert found.content["kind"] == BUYER
    assert lots.photo(registered, other) == b"jpeg"
    assert lots.photo(registered, goods) is None
    kept = lots.bought(registered, other)
    assert kept is not None
    assert (kept.number, kept.photo) == ("HN123", True)
    certificates.make_void(registered, number, "wrong", False, who)
    assert kinds(registered, whole) == ["certificate_bought_void"]


def test_the_register_shows_an_inspector_what_grew_where_they_look_after_it(
    registered: Connection,
) -> None:
    who, own = grower(registered)
    lot = scapes(registered, own, who)
    number = issue(registered, lot, who)

    def seen(level: str, scope: str, code: str | None = None) -> list[str]:
        grants = [Grant("inspector", level, scope)]
        return [each.code for each in certificates.register(registered, grants, code)]

    assert seen("city", "") == [lot]
    assert seen("county", "410922") == [lot]
    assert seen("township", "410922104", number) == [lot]
    assert seen("village", "qf-liuge", lot) == [lot]
    assert seen("county", "410928") == []
    assert seen("city", "", "C1") == []


@pytest.mark.parametrize(
    "table",
    ["lot", "lot_part", "lot_test", "lot_state", "lot_override", "certificate"]
    + ["certificate_void", "bought_certificate"],
)
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET ctid = ctid"])
def test_nothing_of_the_register_is_changed_or_deleted(
    registered: Connection, table: str, change: str
) -> None:
    who, own = grower(registered)
    lot = scapes(registered, own, who)
    lots.split(registered, lot, [10], who)
    note_test(registered, lot, SELF_TEST, "x", True, who)
    lot_marks.set_state(registered, lot, HELD, "x", who)
    against = verdict(registered, led_to(registered, lot, CROPS)).against
    assert against
    lot_marks.set_state(registered, lot, FREED, "x", who)
    spray(registered, own, TODAY, None, "x")
    against = verdict(registered, led_to(registered, lot, CROPS)).against
    lot_marks.override(registered, lot, against, "x", who)
    number = issue(registered, lot, who)
    certificates.make_void(registered, number, "x", False, who)
    lots.buy(registered, "tomato", 1, "", Bought("other", "1", "x", "", TODAY), None, None, who)
    column = "person = person" if table not in ("lot", "lot_part", "bought_certificate") else ""
    column = column or {"lot": "code = code", "lot_part": "child = child"}.get(table, "lot = lot")
    with registered.cursor() as cur, pytest.raises(psycopg2.Error, match="never changed or del"):
        cur.execute(change.format(table).replace("ctid = ctid", column))
