"""When a certificate of commitment may be issued, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from field_configs.forbidden import forbidden
from models.trace.certificate import (
    CONTROL,
    ENTRUSTED_TEST,
    FREED,
    GROUNDS,
    HELD,
    RECALLED,
    SELF_TEST,
    Assay,
    LotFacts,
    Origin,
    Rules,
    Treatment,
    Verdict,
    judge,
    key,
    may_override,
)

SPRAYED = date(2026, 5, 1)
SPRAY = Treatment("25%嘧菌酯悬浮剂", SPRAYED, 7)
HARVEST = Origin("L1", date(2026, 5, 8), (SPRAY,))
LOT = LotFacts("L1", "garlic_scape", "vegetable", 800, (HARVEST,))


def of(lot: LotFacts, rules: Rules | None = None) -> Verdict:
    return judge(lot, rules or Rules(), forbidden())


def kinds(lot: LotFacts, rules: Rules | None = None) -> list[str]:
    return [each.kind for each in of(lot, rules).against]


def with_origin(**other: object) -> LotFacts:
    return replace(LOT, origins=(replace(HARVEST, **other),))  # type: ignore[arg-type]


def test_a_lot_harvested_when_the_interval_is_over_may_have_one_on_its_controls() -> None:
    assert of(LOT).allowed == (CONTROL,)


def test_the_day_on_which_the_interval_ends_is_the_first_that_counts() -> None:
    early = with_origin(harvested=date(2026, 5, 7))
    (reason,) = of(early).against
    assert reason.kind == "certificate_interval"
    assert reason.params["until"] == "2026-05-08"
    assert of(early).allowed == ()


def test_an_interval_that_nobody_knows_is_a_reason() -> None:
    assert kinds(with_origin(treatments=(replace(SPRAY, interval_d=None),))) == [
        "certificate_interval_unknown"
    ]
    assert kinds(with_origin(treatments=(replace(SPRAY, product=" "),))) == ["certificate_unnamed"]


def test_what_is_forbidden_is_found_in_the_name_of_a_product() -> None:
    for product, substance in (
        ("甲拌 磷颗粒剂", "甲拌磷"),
        ("10%甲基对硫磷", "甲基对硫磷"),
        ("呋喃丹", "呋喃丹"),
    ):
        lot = with_origin(treatments=(replace(SPRAY, product=product),))
        (reason,) = of(lot).against
        assert (reason.kind, reason.params["substance"]) == ("certificate_forbidden", substance)
        assert not may_override(reason)


def test_a_substance_counts_from_the_day_of_its_announcement() -> None:
    """Methomyl is neither sold nor used from 2026-06-01 on."""
    for day, found in ((date(2026, 5, 31), []), (date(2026, 6, 1), ["certificate_forbidden"])):
        lot = with_origin(treatments=(Treatment("灭多威", day, 7),), harvested=date(2026, 7, 1))
        assert kinds(lot) == found


def test_a_station_names_further_substances() -> None:
    lot = with_origin(treatments=(replace(SPRAY, product="毒死蜱乳油"),))
    assert kinds(lot) == []
    assert kinds(lot, Rules(also_forbidden=("毒死蜱",))) == ["certificate_forbidden"]


@pytest.mark.parametrize("category", ["grain", "oil", "other"])
def test_what_is_out_of_scope_gets_no_other_reason(category: str) -> None:
    lot = replace(with_origin(harvested=SPRAYED), category=category, produce="wheat")
    assert kinds(lot) == ["certificate_out_of_scope"]


def test_a_lot_that_is_held_or_recalled_gets_none_and_one_freed_does() -> None:
    assert kinds(replace(LOT, states={"L0": HELD})) == ["certificate_held"]
    assert kinds(replace(LOT, states={"L0": RECALLED})) == ["certificate_recalled"]
    assert kinds(replace(LOT, states={"L0": FREED})) == []


def test_nothing_left_records_gone_and_a_void_certificate_of_the_seller_are_reasons() -> None:
    assert kinds(replace(LOT, left_kg=0)) == ["certificate_nothing_left"]
    assert kinds(with_origin(records=False)) == ["certificate_records_gone"]
    assert kinds(replace(LOT, bought_void=("C1",))) == ["certificate_bought_void"]


def test_every_origin_of_a_merged_lot_is_looked_at() -> None:
    early = Origin("L2", date(2026, 5, 2), (SPRAY,))
    assert kinds(replace(LOT, origins=(HARVEST, early))) == ["certificate_interval"]


PASSED = Assay("L1", SELF_TEST, date(2026, 5, 8), ("嘧菌酯",), True)


def test_a_test_counts_for_what_was_used_alone() -> None:
    tested = with_origin(tests=(PASSED,))
    assert of(tested).allowed == (CONTROL, SELF_TEST)
    other = with_origin(tests=(replace(PASSED, substances=("吡虫啉",)),))
    (reason,) = of(other).of_grounds[SELF_TEST]
    assert reason.kind == "certificate_not_tested_for"
    (reason,) = of(LOT).of_grounds[ENTRUSTED_TEST]
    assert reason.kind == "certificate_no_test"


def test_where_a_test_is_required_controls_are_not_enough() -> None:
    rules = Rules(test_required=("garlic_scape",))
    assert of(LOT, rules).allowed == ()
    assert of(with_origin(tests=(PASSED,)), rules).allowed == (SELF_TEST,)


def test_a_failed_test_stands_until_a_laboratory_says_otherwise() -> None:
    failed = replace(PASSED, passed=False)
    again = replace(PASSED, day=date(2026, 5, 9))
    laboratory = replace(again, kind=ENTRUSTED_TEST)
    other = replace(laboratory, substances=("吡虫啉",))
    before = replace(laboratory, day=date(2026, 5, 7))
    for tests in ((failed,), (failed, again), (failed, other), (failed, before)):
        assert kinds(with_origin(tests=tests)) == ["certificate_test_failed"]
    assert kinds(with_origin(tests=(failed, laboratory))) == []


def test_an_inspector_sets_aside_what_they_saw_and_nothing_else() -> None:
    early = with_origin(harvested=date(2026, 5, 7))
    (reason,) = of(early).against
    aside = replace(early, overridden=frozenset({key(reason)}))
    assert of(aside).allowed == (CONTROL,)
    assert of(aside).set_aside == (reason,)
    (later,) = of(replace(aside, origins=(replace(HARVEST, harvested=date(2026, 5, 6)),))).against
    assert later.kind == "certificate_interval"


def test_what_the_law_forbids_cannot_be_set_aside() -> None:
    lot = with_origin(treatments=(replace(SPRAY, product="甲拌磷"),))
    (reason,) = of(lot).against
    assert of(replace(lot, overridden=frozenset({key(reason)}))).against == (reason,)


def test_grounds_are_those_of_the_form() -> None:
    assert set(of(LOT).of_grounds) == set(GROUNDS)
