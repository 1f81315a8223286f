"""Results that were entered wrongly, in a real database: struck, and what followed judged anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from collector.store import people
from collector.store.advice.photos import MOST_A_DAY, TooManyPhotos
from collector.store.inspection import corrections, evidence, findings, plans
from collector.store.inspection.corrections import Followed
from collector.store.inspection.evidence import Of
from collector.store.lots import lot_facts, lot_marks
from collector.store.lots.lot_marks import LotTest, StruckBefore
from collector.store.lots.lots import Lot, Who
from collector.store.trace import traced
from models.trace.certificate import FREED, HELD, RECALLED, SELF_TEST
from tests.collector.store.inspection.test_plans import (
    CITY,
    harvested,
    lot_of,
    planned,
    result,
)
from tests.collector.store.lots.test_lots import CROPS, NOW, TODAY, grower

if TYPE_CHECKING:
    from collector.store.postgres.db import Connection


@pytest.fixture
def sampled(registered: Connection) -> tuple[Lot, str, Who]:
    """A lot that a plan drew, the plan's number, and an inspector."""
    who, own = grower(registered)
    harvested(registered, own, who)
    person = people.add(registered, "李监管", NOW, username="inspector")
    by = Who(person.id, person.name, NOW)
    number = planned(registered, by)
    return lot_of(registered, number), number, by


def only_test(conn: Connection, lot: str) -> LotTest:
    (found,) = (each for each in lot_marks.tests(conn, lot) if each.struck is None)
    return found


def correct(
    conn: Connection, of: tuple[Lot, str, Who], passed: bool | None, **other: Any
) -> Followed:
    lot, _, who = of
    right = None if passed is None else replace(result(passed), **other)
    return corrections.correct(
        conn, only_test(conn, lot.code), lot, right, "克百威", "看错了行", who
    )


def state(conn: Connection, lot: str) -> str | None:
    return next((each.what for each in lot_marks.states(conn, lot)), None)


def of_finding(conn: Connection, number: str) -> list[tuple[str, str]]:
    return [(each.state, each.reason) for each in findings.steps(conn, number)]


def reasons(conn: Connection, lot: str) -> list[str]:
    found = lot_facts.verdict(conn, lot_facts.led_to(conn, lot, CROPS))
    return [each.kind for each in found.against]


def test_what_was_in_order_after_all_frees_its_lot_and_closes_what_it_opened(
    registered: Connection, sampled: tuple[Lot, str, Who]
) -> None:
    lot, plan, who = sampled
    opened = plans.enter(registered, plan, lot, result(False), "克百威", who)
    assert opened is not None
    assert reasons(registered, lot.code) == ["certificate_held", "certificate_test_failed"]
    wrong = only_test(registered, lot.code)
    done = correct(registered, sampled, True, report="W-2")
    assert (done.freed, done.closed, done.opened) == (True, (opened,), None)
    assert state(registered, lot.code) == FREED
    assert of_finding(registered, opened)[-1] == (findings.CLOSED, "看错了行")
    assert reasons(registered, lot.code) == []
    kept, new = lot_marks.tests(registered, lot.code)
    assert (kept.id, kept.passed, new.passed, new.id) == (wrong.id, False, True, done.test)
    assert kept.struck is not None
    assert (kept.struck.reason, kept.struck.name) == ("看错了行", "李监管")
    (sample,) = plans.samples(registered, plan)
    assert (sample.passed, sample.report, sample.test) == (True, "W-2", done.test)
    found = plans.find(registered, plan, {"410922"})
    assert found is not None
    assert found.results == 1


def test_what_was_not_in_order_after_all_holds_its_lot(
    registered: Connection, sampled: tuple[Lot, str, Who]
) -> None:
    lot, plan, who = sampled
    plans.enter(registered, plan, lot, result(True), "克百威", who)
    done = correct(registered, sampled, False)
    assert done.held
    assert done.opened is not None
    assert state(registered, lot.code) == HELD
    assert of_finding(registered, done.opened) == [(findings.OPEN, "克百威")]
    back = correct(registered, sampled, True)
    assert (back.freed, back.closed) == (True, (done.opened,))


def test_another_value_that_is_not_in_order_either_is_noted(
    registered: Connection, sampled: tuple[Lot, str, Who]
) -> None:
    lot, plan, who = sampled
    opened = plans.enter(registered, plan, lot, result(False), "克百威", who)
    assert opened is not None
    done = correct(registered, sampled, False, report="W-9")
    assert done == Followed(done.test, noted=(opened,))
    assert of_finding(registered, opened)[-1] == (findings.OPEN, "看错了行")
    assert state(registered, lot.code) == HELD


def test_a_test_that_was_none_leaves_its_sample_open(
    registered: Connection, sampled: tuple[Lot, str, Who]
) -> None:
    lot, plan, who = sampled
    plans.enter(registered, plan, lot, result(False), "克百威", who)
    done = correct(registered, sampled, None)
    assert (done.test, done.freed) == (None, True)
    (sample,) = plans.samples(registered, plan)
    assert (sample.test, sample.passed) == (None, None)
    assert reasons(registered, lot.code) == [], "what was struck speaks against nothing"
    assert plans.enter(registered, plan, lot, result(True), "克百威", who) is None


@pytest.mark.parametrize("then", [HELD, RECALLED])
def test_what_an_inspector_said_since_stays(
    registered: Connection, sampled: tuple[Lot, str, Who], then: str
) -> None:
    lot, plan, who = sampled
    plans.enter(registered, plan, lot, result(False), "克百威", who)
    if then == HELD:
        lot_marks.set_state(registered, lot.code, FREED, "x", who)
    lot_marks.set_state(registered, lot.code, then, "另有原因", who)
    assert not correct(registered, sampled, True).freed
    assert state(registered, lot.code) == then


def test_a_result_is_corrected_once(registered: Connection, sampled: tuple[Lot, str, Who]) -> None:
    lot, plan, who = sampled
    plans.enter(registered, plan, lot, result(True), "x", who)
    wrong = only_test(registered, lot.code)
    correct(registered, sampled, True)
    with pytest.raises(StruckBefore, match="was corrected before"):
        corrections.correct(registered, wrong, lot, None, "x", "x", who)
    with pytest.raises(StruckBefore, match="was corrected before"):
        lot_marks.strike(registered, wrong, None, "x", who)


def test_the_chain_is_told_that_it_was_an_error(
    registered: Connection, sampled: tuple[Lot, str, Who]
) -> None:
    lot, _, who = sampled
    farmer = Who(lot.whose, lot.made_by, NOW)
    kept = (SELF_TEST, TODAY, ["嘧菌酯"], False, "我们", "")
    first = lot_marks.add_test(registered, lot.code, *kept, farmer)
    done = correct(registered, sampled, True)
    last = correct(registered, sampled, None)
    assert last.test is None
    with registered.cursor() as cur:
        cur.execute(
            "SELECT party, disposition, document -> 'errorDeclaration' FROM trace_event "
            "WHERE biz_step = 'inspecting' ORDER BY id"
        )
        told = cur.fetchall()
    mine, its = f"person-{lot.whose}", f"person-{who.person}"
    assert [each[:2] for each in told] == [
        (mine, "non_conformant"),
        (its, "conformant"),
        (mine, "non_conformant"),
        (its, "conformant"),
    ]
    assert len(told[2][2]["correctiveEventIDs"]) == 1
    assert told[3][2]["reason"] == "did_not_occur"
    assert lot_marks.test_of(registered, first) is not None
    assert done.opened is None, "a test of one's own holds nothing by itself"
    with registered:
        assert all(traced.look(registered, each).whole for each in (mine, its))


@pytest.mark.parametrize("table", ["lot_test_struck", "evidence_photo"])
def test_rows_are_never_changed(
    registered: Connection, sampled: tuple[Lot, str, Who], table: str
) -> None:
    lot, plan, who = sampled
    plans.enter(registered, plan, lot, result(True), "x", who)
    correct(registered, sampled, None)
    evidence.add(registered, Of(None, plan, lot.code), b"jpeg", (1, 1), who)
    with registered.cursor() as cur, pytest.raises(psycopg2.errors.RaiseException):
        cur.execute(f"DELETE FROM {table}")


def test_photos_are_of_what_they_prove_and_so_many_a_day(
    registered: Connection, sampled: tuple[Lot, str, Who]
) -> None:
    lot, plan, who = sampled
    opened = plans.enter(registered, plan, lot, result(False), "克百威", who)
    sample, finding = Of(None, plan, lot.code), Of(opened)
    one = evidence.add(registered, sample, b"of the sample", (3, 2), who)
    two = evidence.add(registered, finding, b"of the finding", (3, 2), who)
    assert [each.id for each in evidence.photos(registered, sample)] == [one]
    assert [each.name for each in evidence.photos(registered, finding)] == ["李监管"]
    assert evidence.jpeg(registered, finding, two) == b"of the finding"
    assert evidence.jpeg(registered, finding, one) is None
    for _ in range(MOST_A_DAY - 1):
        evidence.add(registered, finding, b"x", (3, 2), who)
    with pytest.raises(TooManyPhotos, match="has 40 photos of the last 24 hours already"):
        evidence.add(registered, finding, b"x", (3, 2), who)
    tomorrow = replace(who, at=who.at + timedelta(hours=25))
    assert evidence.add(registered, finding, b"x", (3, 2), tomorrow) > two
    assert findings.find(registered, opened or "", CITY, TODAY) is not None
