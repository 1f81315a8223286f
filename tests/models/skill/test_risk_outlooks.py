"""The account of outlooks of risk: each figure against a plain reckoning, pair by pair."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import numpy as np
import pytest

from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from models.skill.matching import ANSWERED, OTHER_VERSION, TREATED, UNANSWERED, Case, Report
from models.skill.risk_outlooks import ABSENT, Kept, account, climatology, next_day, seen_account

DAYS, FIELDS = 60, 5
FIRST = 16_921
LEVELS = (NO_RISK, MEDIUM, HIGH)


def made(seed: int = 1) -> Kept:
    """Classes that persist a little, and outlooks that are wrong more often the further ahead."""
    rng = np.random.default_rng(seed)
    level = np.cumsum(rng.normal(0, 0.7, (DAYS, FIELDS)), axis=0)
    came = np.clip(np.rint(np.abs(level) % 3), 0, 2).astype(np.uint8) + NO_RISK
    said = {
        lead: np.where(rng.random(came.shape) < 0.1 * lead, rng.choice(LEVELS, came.shape), came)
        for lead in (1, 2, 3)
    }
    gaps = (CANNOT_SAY, OUT_OF_SEASON, ABSENT)
    came[rng.random(came.shape) < 0.1] = CANNOT_SAY
    for classes in said.values():
        classes[rng.random(came.shape) < 0.1] = rng.choice(gaps)
    said[3][:9] = ABSENT  # what was issued first is not of the first days
    chances = rng.random((4, DAYS, FIELDS))
    chances[:, rng.random((DAYS, FIELDS)) < 0.2] = np.nan
    said = {lead: classes.astype(np.uint8) for lead, classes in said.items()}
    return Kept("x", FIRST, came, said, chances[0], {k: chances[k] for k in said})


def warned(code: int) -> float:
    return float(code >= MEDIUM)


def usual(kept: Kept, day: int, field: int) -> float | None:
    """Share of warnings of other weeks, six before and after, from 28 days on."""
    week = (FIRST + day) // 7
    around = [
        warned(kept.came[other, field])
        for other in range(DAYS)
        if 1 <= abs((FIRST + other) // 7 - week) <= 6 and kept.came[other, field] in LEVELS
    ]
    return sum(around) / len(around) if len(around) >= 28 else None


@pytest.mark.parametrize("seed", [1, 2])
def test_each_figure_is_that_of_a_plain_reckoning(seed: int) -> None:
    kept = made(seed)
    cells = list(product(range(DAYS), range(FIELDS)))
    paired = {
        lead: [c for c in cells if said[c] in LEVELS and kept.came[c] in LEVELS]
        for lead, said in kept.said.items()
    }
    shared = set.intersection(*map(set, paired.values()))
    assert 100 < len(shared) < len(paired[1])
    rows = account(kept)
    assert [row.lead for row in rows] == [1, 2, 3]
    for row in rows:
        said, pairs = kept.said[row.lead], paired[row.lead]
        apart = [int(said[c]) - int(kept.came[c]) for c in pairs]
        assert (row.pairs, row.fields) == (len(pairs), len({f for _, f in pairs}))
        days = {FIRST + d for d, _ in pairs}
        assert (row.days, row.weeks) == (len(days), len({d // 7 for d in days}))
        assert (row.first, row.last) == (min(days), max(days))
        assert row.bias == pytest.approx(sum(apart) / len(apart))
        assert row.mae == pytest.approx(sum(map(abs, apart)) / len(apart))
        outcomes = [(warned(said[c]), warned(kept.came[c])) for c in pairs]
        table = row.table
        assert (table.hits, table.misses) == (outcomes.count((1, 1)), outcomes.count((0, 1)))
        assert table.false_alarms == outcomes.count((1, 0))
        assert table.correct_negatives == outcomes.count((0, 0))
        for each in row.reliability:
            of = [warned(kept.came[c]) for c in pairs if said[c] == each.status]
            assert (each.pairs, each.warned) == (len(of), sum(of))
        assert sum(each.pairs for each in row.reliability) == row.pairs
        assert row.unanswered == sum(
            said[c] == CANNOT_SAY and kept.came[c] in LEVELS for c in cells
        )
        assert row.unmeasured == sum(
            said[c] in LEVELS and kept.came[c] == CANNOT_SAY for c in cells
        )
        errors = []
        for day, field in pairs:
            back = day - row.lead - 1
            often = usual(kept, day, field)
            if back >= 0 and kept.came[back, field] in LEVELS and often is not None:
                was = warned(kept.came[day, field])
                given = warned(said[day, field]), warned(kept.came[back, field]), often
                errors.append([(each - was) ** 2 for each in given])
        assert row.common == len(errors) > 50
        ours, last, often = np.mean(errors, axis=0)
        assert (row.score, row.persistence) == (pytest.approx(ours), pytest.approx(last))
        assert row.climatology == pytest.approx(often)
        assert row.skill == pytest.approx(1 - ours / min(last, often))
        assert row.low is not None
        assert row.low < row.skill < row.high
        wrong = [warned(said[c]) != warned(kept.came[c]) for c in sorted(shared)]
        assert (row.same_pairs, row.same_score) == (len(wrong), pytest.approx(np.mean(wrong)))
        chances = [kept.said_chance[row.lead][c] - kept.came_chance[c] for c in pairs]
        chances = [c for c in chances if not np.isnan(c)]
        assert row.chance_pairs == len(chances)
        assert row.chance_bias == pytest.approx(np.mean(chances))
        assert row.chance_mae == pytest.approx(np.mean(np.abs(chances)))


def test_nothing_is_made_of_nothing() -> None:
    none = np.full((3, 2), ABSENT, np.uint8)
    assert account(Kept("x", FIRST, none, {1: none})) == []
    assert account(Kept("x", FIRST, none, {})) == []
    assert climatology(np.empty((0, 2)), FIRST).shape == (0, 2)
    one = np.full((3, 2), MEDIUM, np.uint8)
    (row,) = account(Kept("x", FIRST, one, {1: one}))
    assert (row.pairs, row.common, row.score, row.skill, row.chance_mae) == (6, 0, None, None, None)


def test_climatology_never_holds_the_week_that_it_is_for() -> None:
    kept = made()
    was = np.where(np.isin(kept.came, LEVELS), kept.came >= MEDIUM, np.nan)
    week = (FIRST + np.arange(DAYS)) // 7
    one = week == np.unique(week)[4]
    before = climatology(was, FIRST)
    turned = np.where(one[:, None], 1 - was, was)
    assert np.array_equal(climatology(turned, FIRST)[one], before[one], equal_nan=True)
    assert not np.array_equal(climatology(turned, FIRST), before, equal_nan=True)


def test_the_fields_of_a_week_are_drawn_together() -> None:
    """A hundred fields with the same weather prove no more than ten."""
    kept = made()
    wide = [np.repeat(each[:, :1], 100, axis=1) for each in (kept.came, kept.said[3])]
    (some,) = account(Kept("x", FIRST, wide[0][:, :10], {1: wide[1][:, :10]}))
    (many,) = account(Kept("x", FIRST, wide[0], {1: wide[1]}))
    assert many.common == 10 * some.common
    assert some.low is not None
    assert some.low < some.skill < some.high
    assert (many.skill, many.low, many.high) == pytest.approx((some.skill, some.low, some.high))


def test_where_a_reference_hardly_errs_there_is_no_skill() -> None:
    """One field of a hundred that is warned of once: 1 - 0 / next to nothing would be perfect."""
    came = np.full((DAYS, 100), NO_RISK, np.uint8)
    came[40, 0] = HIGH
    (row,) = account(Kept("x", FIRST, came, {1: came}))
    assert row.common > 3_000
    assert row.score == 0.0
    assert row.persistence > 0.0
    assert (row.skill, row.low, row.high) == (None, None, None)
    came[40, :60] = HIGH
    (row,) = account(Kept("x", FIRST, came, {1: came}))
    assert row.skill == 1.0


@pytest.mark.parametrize(
    ("issued", "first"),
    [
        # 16:00 UTC is local midnight: what is issued then is of the day that begins
        (datetime(2016, 5, 1, 16, tzinfo=UTC), date(2016, 5, 2)),
        (datetime(2016, 5, 1, 16, 0, 1, tzinfo=UTC), date(2016, 5, 3)),
        (datetime(2016, 5, 1, 15, 59, tzinfo=UTC), date(2016, 5, 2)),
        # the same day in UTC, another one here
        (datetime(2016, 5, 2, 0, tzinfo=UTC), date(2016, 5, 3)),
        (datetime(2016, 12, 31, 18, tzinfo=UTC), date(2017, 1, 2)),
    ],
)
def test_the_next_day_is_the_first_that_begins_at_issue_or_later(
    issued: datetime, first: date
) -> None:
    assert next_day(issued) == first


def case(
    outcome: str, status: int | None, found: bool, site: str = "a", season: int = 2015
) -> Case:
    report = Report(site, "w", "x", "c", season, date(2016, 5, 1) + timedelta(days=1), found)
    return Case(report, outcome, status)


def test_what_people_saw_is_counted_apart() -> None:
    cases = [
        case(ANSWERED, HIGH, True),
        case(ANSWERED, HIGH, True, "b"),
        case(ANSWERED, MEDIUM, False, "c", 2014),
        case(ANSWERED, NO_RISK, False),
        case(ANSWERED, NO_RISK, True),
        case(UNANSWERED, None, True),
        case(TREATED, HIGH, False),
        case(OTHER_VERSION, None, True),
    ]
    (row,) = seen_account(cases, 3)
    assert (row.hazard, row.lead, row.cases, row.fields, row.seasons) == ("x", 3, 5, 3, 2)
    table = row.table
    assert (table.hits, table.misses, table.false_alarms, table.correct_negatives) == (2, 1, 1, 1)
    assert row.score == pytest.approx(2 / 5)
    assert row.base == pytest.approx(0.6 * 0.4)
    assert (row.unanswered, row.treated, row.other_version) == (1, 1, 1)
    assert [(c.status, c.pairs, c.warned) for c in row.reliability] == [
        (NO_RISK, 2, 1),
        (MEDIUM, 1, 0),
        (HIGH, 2, 2),
    ]
    (row,) = seen_account([case(UNANSWERED, None, True)], 1)
    assert (row.cases, row.score, row.base, row.unanswered) == (0, None, None, 1)
