"""Sampling plans and non-conformities in a real database: what is drawn, held, opened."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg2
import pytest

from collector.permissions import Grant
from collector.store.inspection import findings, plans
from collector.store.inspection.findings import About, MovedOn
from collector.store.inspection.plans import EnteredBefore, Measured, NotInPlan, Result, Wanted
from collector.store.lots import lot_marks, lots
from collector.store.lots.lots import Lot, Who
from models.trace.certificate import ENTRUSTED_TEST, HELD, RECALLED
from tests.collector.store.lots.test_lots import TODAY, grower

if TYPE_CHECKING:
    from collector.store.network.own_fields import OwnField
    from collector.store.postgres.db import Connection

CITY = [Grant("inspector", "city", "")]
PLACES = {"410922", "410928"}


def harvested(conn: Connection, own: OwnField, who: Who, count: int = 1) -> list[str]:
    return [lots.harvest(conn, own, "garlic_scape", 800, TODAY, who) for _ in range(count)]


def planned(conn: Connection, who: Who, samples: int = 1) -> str:
    asked = (TODAY, TODAY, ("garlic_scape",), ("410922",), samples, ("克百威",), plans.ROUTINE)
    return plans.plan(conn, Wanted(*asked), who)


def lot_of(conn: Connection, number: str) -> Lot:
    found = lots.find(conn, plans.samples(conn, number)[0].lot)
    assert found is not None
    return found


def result(passed: bool) -> Result:
    measured = Measured("克百威", 0.05, 0.02, "mg/kg", "as typed")
    return Result(ENTRUSTED_TEST, TODAY, ("克百威",), passed, "检测中心", "W-1", measured)


def test_a_plan_can_be_drawn_again_and_no_lot_is_drawn_twice(registered: Connection) -> None:
    who, own = grower(registered)
    codes = harvested(registered, own, who, 4)
    number = planned(registered, who, 3)
    plan = plans.find(registered, number, PLACES)
    assert plan is not None
    drawn = [each.lot for each in plans.samples(registered, number)]
    assert plan.again() == drawn
    assert {each.lot for each in plan.frame} == set(codes)
    assert all(each.never and not each.failed for each in plan.frame)
    assert plans.find(registered, number, {"410928"}) is None
    (left,) = set(codes) - set(drawn)
    second = plans.find(registered, planned(registered, who), PLACES)
    assert second is not None
    assert [each.lot for each in second.frame] == [left]
    assert not second.frame[0].never
    assert plan.late(TODAY) == 0
    assert plan.late(TODAY + timedelta(days=1)) == 3


def test_more_samples_than_lots_are_refused(registered: Connection) -> None:
    who, own = grower(registered)
    harvested(registered, own, who, 2)
    with pytest.raises(plans.TooFewLots, match="3 samples: there are 2 lots to draw"):
        planned(registered, who, 3)


def test_a_failed_sample_holds_its_lot_and_opens_a_non_conformity(registered: Connection) -> None:
    who, own = grower(registered)
    harvested(registered, own, who)
    number = planned(registered, who)
    lot = lot_of(registered, number)
    plans.take(registered, number, lot.code, TODAY, who)
    with pytest.raises(EnteredBefore, match="was taken before"):
        plans.take(registered, number, lot.code, TODAY, who)
    opened = plans.enter(registered, number, lot, result(False), "克百威", who)
    assert opened is not None
    assert [each.what for each in lot_marks.states(registered, lot.code)] == [HELD]
    found = findings.find(registered, opened, CITY, TODAY)
    assert found is not None
    assert (found.about.lot, found.plan, found.state) == (lot.code, number, findings.OPEN)
    assert found.due == TODAY + plans.TO_ANSWER
    (sample,) = plans.samples(registered, number)
    assert (sample.passed, sample.value, sample.limit, sample.source) == (
        False,
        0.05,
        0.02,
        "as typed",
    )
    with pytest.raises(EnteredBefore, match="its result for plan"):
        plans.enter(registered, number, lot, result(True), "", who)


def test_a_lot_that_is_recalled_stays_so(registered: Connection) -> None:
    who, own = grower(registered)
    harvested(registered, own, who)
    number = planned(registered, who)
    lot = lot_of(registered, number)
    lot_marks.set_state(registered, lot.code, RECALLED, "x", who)
    assert plans.enter(registered, number, lot, result(False), "克百威", who) is not None
    assert [each.what for each in lot_marks.states(registered, lot.code)] == [RECALLED]


def test_a_lot_that_was_not_drawn_has_no_result(registered: Connection) -> None:
    who, own = grower(registered)
    harvested(registered, own, who)
    number = planned(registered, who)
    other = lots.find(registered, harvested(registered, own, who)[0])
    assert other is not None
    with pytest.raises(NotInPlan, match="did not draw it"):
        plans.enter(registered, number, other, result(True), "", who)
    assert lot_marks.tests(registered, other.code) == []


def test_steps_of_a_non_conformity_follow_each_other(registered: Connection) -> None:
    who, own = grower(registered)
    about = About(None, own.id, "张三", own.village)
    number = findings.add(registered, "缺记录", about, findings.MINOR, "李", TODAY, who)

    def now() -> findings.Finding:
        found = findings.find(registered, number, CITY, TODAY)
        assert found is not None
        return found

    seen = now()
    with pytest.raises(MovedOn, match="is open, so not closed"):
        findings.move(registered, seen, 1, findings.CLOSED, "", "x", "x", who)
    findings.move(registered, seen, 1, findings.ANSWERED, "补记", "", "x", who)
    with pytest.raises(MovedOn):
        findings.move(registered, seen, 1, findings.ANSWERED, "补记", "", "x", who)
    with pytest.raises(MovedOn):
        findings.move(registered, now(), 1, findings.CLOSED, "", "x", "x", who)
    with pytest.raises(MovedOn):
        findings.move(registered, now(), 7, findings.CLOSED, "", "x", "x", who)
    findings.move(registered, now(), 2, findings.CLOSED, "", "看过", "x", who)
    assert now().state == findings.CLOSED
    assert not now().overdue(TODAY + timedelta(days=9))
    assert findings.find(registered, number, [Grant("i", "county", "410928")], TODAY) is None


@pytest.mark.parametrize("table", ["finding", "finding_step", "sampling_plan", "sample"])
def test_rows_are_never_changed(registered: Connection, table: str) -> None:
    who, own = grower(registered)
    harvested(registered, own, who)
    number = planned(registered, who)
    plans.enter(registered, number, lot_of(registered, number), result(False), "x", who)
    with registered.cursor() as cur, pytest.raises(psycopg2.errors.RaiseException):
        cur.execute(f"DELETE FROM {table}")
