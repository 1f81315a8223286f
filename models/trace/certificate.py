"""Whether a certificate of commitment (承诺达标合格证) may be issued for a lot, and if not, why.

References
----------
The measure: 农产品质量安全承诺达标合格证管理办法, order 4 of 2025 of the Ministry of Agriculture
and Rural Affairs, in force since 2026-02-01. Articles 1 to 3 were read; of the others only what
authorities wrote of them, so their numbers are not given here. The law: 农产品质量安全法 (2022),
read whole. docs/certificates.md has both in a table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from field_configs.events import Event, event
from field_configs.forbidden import ALL, Forbidden

#: On what a commitment rests: controls of quality and safety, a test of one's own, one by a
#: laboratory. The three boxes of the ministry's form (secondary sources; the form was not read).
CONTROL, SELF_TEST, ENTRUSTED_TEST = "control", "self_test", "entrusted_test"
GROUNDS = (CONTROL, SELF_TEST, ENTRUSTED_TEST)
#: Categories of food that the measure names in article 3 and that grow in fields.
IN_SCOPE = ("vegetable", "fruit", "tea")
#: What is committed to, by who grew it and by who bought it. The first is the law's article 39 and
#: the measure's article 2; the second is as others give the ministry's form (unverified).
PRODUCER, BUYER = "producer", "buyer"
STATEMENTS = {
    PRODUCER: "未使用禁用农药、兽药及其他化合物；使用的常规农药、兽药残留不超标。",
    BUYER: "已按规定收取并保存该批次农产品承诺达标合格证或者其他质量安全合格证明；"
    "未违规使用保鲜剂、防腐剂、添加剂等。",
}
HELD, RECALLED, FREED = "held", "recalled", "freed"
#: What no inspector can override: the law forbids the sale itself (articles 29, 34 and 36), a hold
#: or recall is lifted where it was made, and what is out of scope needs no certificate.
FINAL = frozenset(
    {
        "certificate_out_of_scope",
        "certificate_forbidden",
        "certificate_test_failed",
        "certificate_held",
        "certificate_recalled",
        "certificate_nothing_left",
    }
)


@dataclass(frozen=True)
class Treatment:
    """A spray of the diary: product as written down, local day, safety interval [d] or None."""

    product: str
    day: date
    interval_d: int | None


@dataclass(frozen=True)
class Assay:
    """A test of goods: `SELF_TEST` or `ENTRUSTED_TEST`, what was looked for, whether it passed."""

    lot: str
    kind: str
    day: date
    substances: tuple[str, ...]
    passed: bool


@dataclass(frozen=True)
class Origin:
    """Where part of a lot came from: harvested on a local day, or bought with a certificate.

    ``treatments`` are those of the season; ``records`` is false where the diary they stood in is
    gone; ``tests`` are those of the goods on their way from there to the lot.
    """

    lot: str
    harvested: date
    treatments: tuple[Treatment, ...] = ()
    tests: tuple[Assay, ...] = ()
    records: bool = True


@dataclass(frozen=True)
class LotFacts:
    """A lot and all that led to it.

    ``left_kg`` is what of it went into no other lot [kg]; ``states`` the lots on its way that are
    held or recalled; ``imbalances`` what `models.trace.balance` found there; ``overridden`` the
    `key` of each reason that an inspector set aside; ``bought_void`` numbers of certificates that
    came with what was bought and are void.
    """

    code: str
    produce: str
    category: str
    left_kg: float
    origins: tuple[Origin, ...]
    states: Mapping[str, str] = field(default_factory=dict)
    imbalances: tuple[Event, ...] = ()
    overridden: frozenset[str] = frozenset()
    bought_void: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rules:
    """What a station sets: tolerance of weights as a share, what is to be tested, forbidden too."""

    tolerance: float = 0.05  # provisional: no source gives one
    test_required: tuple[str, ...] = ()
    also_forbidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What speaks against a certificate.

    ``against`` holds whatever the grounds, ``of_grounds`` what speaks against each of `GROUNDS`
    besides; ``set_aside`` what an inspector has overridden.
    """

    against: tuple[Event, ...]
    of_grounds: Mapping[str, tuple[Event, ...]]
    set_aside: tuple[Event, ...]

    @property
    def allowed(self) -> tuple[str, ...]:
        """The grounds on which it may be issued."""
        if self.against:
            return ()
        return tuple(each for each in GROUNDS if not self.of_grounds[each])


def key(reason: Event) -> str:
    """Name a reason with all that it says, so that overriding it covers nothing else.

    Parameters
    ----------
    reason : Event
    """
    return f"{reason.kind} {json.dumps(dict(reason.params), sort_keys=True, ensure_ascii=False)}"


def kind_of(named: str) -> str:
    """Return the kind of a reason by its `key`: all of it that names no product and no place.

    Parameters
    ----------
    named : str
    """
    return named.partition(" ")[0]


def may_override(reason: Event) -> bool:
    """Tell whether an inspector may set a reason aside.

    Parameters
    ----------
    reason : Event
    """
    return reason.kind not in FINAL


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def forbidden_in(
    treatment: Treatment, category: str, listed: Sequence[Forbidden], also: Sequence[str]
) -> str | None:
    """Return the forbidden substance that the name of a product holds, None where it holds none.

    Parameters
    ----------
    treatment : Treatment
    category : str
        Of the food that was treated.
    listed : sequence of Forbidden
    also : sequence of str
        Names that a station forbids besides.
    """
    product = _plain(treatment.product)
    for each in listed:
        counts = (ALL in each.on or category in each.on) and treatment.day >= each.since
        if counts and _plain(each.name) in product:
            return each.name
    return next((name for name in also if _plain(name) in product), None)


def _of_treatments(
    origin: Origin, category: str, listed: Sequence[Forbidden], rules: Rules
) -> Iterator[Event]:
    for each in origin.treatments:
        day = each.day.isoformat()
        if not each.product.strip():
            yield event("certificate_unnamed", day=day)
            continue
        found = forbidden_in(each, category, listed, rules.also_forbidden)
        if found is not None:
            yield event("certificate_forbidden", product=each.product, substance=found, day=day)
        elif each.interval_d is None:
            yield event("certificate_interval_unknown", product=each.product, day=day)
        elif origin.harvested < each.day + timedelta(days=each.interval_d):
            yield event(
                "certificate_interval",
                product=each.product,
                day=day,
                interval=each.interval_d,
                harvested=origin.harvested.isoformat(),
                until=(each.day + timedelta(days=each.interval_d)).isoformat(),
            )


def _of_tests(origin: Origin) -> Iterator[Event]:
    """A failed test stands until a laboratory finds the same substances in order later.

    The law (article 51) has a second test done by another than the first, and not by a quick one.
    """
    for failed in (each for each in origin.tests if not each.passed):
        wanted = {_plain(each) for each in failed.substances}
        lifted = any(
            each.passed
            and each.kind == ENTRUSTED_TEST
            and each.day >= failed.day
            and wanted <= {_plain(name) for name in each.substances}
            for each in origin.tests
        )
        if not lifted:
            what = "、".join(failed.substances)
            yield event(
                "certificate_test_failed", lot=failed.lot, day=failed.day.isoformat(), what=what
            )


def covers(test: Assay, product: str) -> bool:
    """Tell whether a test looked for what a product holds: one name stands in the other.

    Parameters
    ----------
    test : Assay
    product : str
        As the diary names it.
    """
    name = _plain(product)
    return any(_plain(each) in name or name in _plain(each) for each in test.substances)


def _untested(origins: Sequence[Origin], kind: str) -> Iterator[Event]:
    """What was used and not tested for: 用什么药、检什么药."""
    for origin in origins:
        passed = [each for each in origin.tests if each.passed and each.kind == kind]
        if not passed:
            yield event("certificate_no_test", lot=origin.lot)
            continue
        for product in dict.fromkeys(each.product for each in origin.treatments if each.product):
            if not any(covers(test, product) for test in passed):
                yield event("certificate_not_tested_for", product=product)


def _against(lot: LotFacts, rules: Rules, listed: Sequence[Forbidden]) -> Iterator[Event]:
    if lot.category not in IN_SCOPE:
        yield event("certificate_out_of_scope", produce=lot.produce)
        return
    for code, state in lot.states.items():
        if state == RECALLED:
            yield event("certificate_recalled", lot=code)
        elif state == HELD:
            yield event("certificate_held", lot=code)
    if lot.left_kg <= 0:
        yield event("certificate_nothing_left", lot=lot.code)
    yield from lot.imbalances
    for number in lot.bought_void:
        yield event("certificate_bought_void", number=number)
    for origin in lot.origins:
        if not origin.records:
            yield event("certificate_records_gone", lot=origin.lot)
        yield from _of_treatments(origin, lot.category, listed, rules)
        yield from _of_tests(origin)


def judge(lot: LotFacts, rules: Rules, listed: Sequence[Forbidden]) -> Verdict:
    """Judge whether a certificate may be issued for a lot, and on what grounds.

    Parameters
    ----------
    lot : LotFacts
    rules : Rules
    listed : sequence of Forbidden
        What the announcements forbid, as `field_configs.forbidden` reads them.

    Returns
    -------
    Verdict
        Each reason once, in the order in which the goods came to be.
    """
    found = {key(each): each for each in _against(lot, rules, listed)}
    of_grounds: dict[str, tuple[Event, ...]] = {}
    for grounds in GROUNDS:
        if grounds != CONTROL:
            reasons = list(_untested(lot.origins, grounds))
        elif lot.produce in rules.test_required:
            reasons = [event("certificate_test_required", produce=lot.produce)]
        else:
            reasons = []
        of_grounds[grounds] = tuple({key(each): each for each in reasons}.values())
    aside = {k: v for k, v in found.items() if k in lot.overridden and may_override(v)}
    against = tuple(each for k, each in found.items() if k not in aside)
    return Verdict(against, of_grounds, tuple(aside.values()))
