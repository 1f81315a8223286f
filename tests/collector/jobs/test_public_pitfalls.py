"""Where others' verification of forecasts went wrong, tried on our two accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from collector.jobs.outlook_skill import judge
from collector.store.advice.risk_kept import stepped, unstepped
from collector.store.measured import weather
from collector.store.measured.weather import WeatherValue
from collector.store.postgres import db
from collector.store.postgres.queries import fetch, load
from models.risk.hazard import HIGH, NO_RISK
from models.skill.risk_outlooks import ABSENT, Kept, account, next_day
from models.skill.scores import reliability
from models.weather.local_days import local_day
from tests.collector.jobs.test_outlook_skill import DAY, FIRST, HERE, NOW, issue, observe, value

DAYS = 40


def test_lead_days_may_be_compared_on_what_all_of_them_have(registered: db.Connection) -> None:
    """DHI modelskill 693, climpred 318.

    A forecast that is as good seven days ahead as one is worse on the days that came first, of
    which only the first lead days have any.
    """
    observe(registered)
    for day in range(12):
        issue(registered, day, 18, add=5.0 if day < 4 else 1.0)
    rows = {row.lead: row for row in judge(registered, NOW)}
    assert len(rows) == 7
    # each lead day is scored over other days, and alike forecasts look unlike
    assert len({row.first for row in rows.values()}) == 7
    alike = {row.same_pairs for row in rows.values()}
    assert len(alike) == 1
    assert 0 < alike.pop() < min(row.pairs for row in rows.values())

    came = np.full((DAYS, 2), NO_RISK, np.uint8)
    came[:10] = HIGH
    said = {lead: np.full_like(came, NO_RISK) for lead in range(1, 7)}
    for lead, classes in said.items():
        classes[: 2 * lead] = ABSENT
    risks = account(Kept("x", 16_921, came, said))
    assert len({row.mae for row in risks}) > 1
    assert {(row.same_pairs, row.same_score) for row in risks} == {(56, 0.0)}


def test_persistence_is_what_was_known_when_it_was_issued() -> None:
    """climpred 190: what is measured at issue, or on the day that runs, is not known yet."""
    came = np.full((DAYS * 2, 30), NO_RISK, np.uint8)
    came[::2] = HIGH  # every other day
    for lead, persistence in ((1, 0.0), (2, 1.0), (3, 0.0)):
        (row,) = account(Kept("x", 16_921, came, {lead: came}))
        assert row.persistence == persistence, "lead + 1 days before"


@pytest.mark.parametrize("minutes", [0, 1, 7 * 60 + 59, 8 * 60, 16 * 60, 23 * 60 + 59])
def test_weather_and_risk_count_lead_days_alike_by_local_days(
    registered: db.Connection, minutes: int
) -> None:
    """home-assistant core 167013: a day of UTC is no day here."""
    issued = datetime(2016, 4, 3, tzinfo=UTC) + timedelta(minutes=minutes)
    hours = [issued.replace(minute=0) + timedelta(hours=n) for n in range(1, 100)]
    values = [WeatherValue(n, "s", "air_temperature", h, issued, 1.0) for n, h in enumerate(hours)]
    weather.put_values(registered, "forecast", "svc", {"s": HERE}, values, issued)
    span = {"start": issued - DAY, "end": issued + 9 * DAY, "leads": 7, "unusable": 0}
    rows = fetch(
        registered,
        load("outlook_skill")["as_issued"],
        place="s",
        quantities=["air_temperature"],
        **span,
    )
    assert [row[2] for row in rows][:3] == [1, 2, 3]
    for _, _, lead, given, _ in rows:
        days = {local_day(datetime.fromtimestamp(hour * 3600, UTC)) for hour in given}
        assert days == {next_day(issued) + (lead - 1) * DAY}


def test_what_is_published_again_counts_once(registered: db.Connection) -> None:
    """MET 1810: five files with one forecast are one forecast."""
    observe(registered)
    for name in ("a", "b", "c"):
        hours = [(n, FIRST + 3 * DAY + timedelta(hours=n)) for n in range(24)]
        values = [
            WeatherValue(n, "station-1", "air_temperature", h, FIRST + 2 * DAY, value(72 + n) + 1.0)
            for n, h in hours
        ]
        weather.put_values(registered, "forecast", "svc", {"station-1": HERE}, values, NOW, name)
    (row,) = judge(registered, NOW)
    assert (row.lead, row.pairs) == (2, 24)


def test_a_probability_of_one_is_in_the_last_bin() -> None:
    """xskillscore 136."""
    chances = np.array([0.0, 0.004, 0.5, 1.0, np.nan, 1.2])
    assert np.array_equal(
        unstepped(stepped(chances)), [0.0, 0.004, 0.5, 1.0, np.nan, np.nan], equal_nan=True
    )
    bins = reliability([1, 0, 1], [1.0, 0.0, 1.0])
    assert [(each.high, each.count) for each in bins] == [(0.1, 1), (1.0, 2)]


def test_skill_is_from_the_pairs_that_both_references_have() -> None:
    """scoringutils 127: scores of other cases, however many there are, count for nothing."""
    rng = np.random.default_rng(3)
    came = np.where(rng.random((DAYS, 20)) < 0.4, HIGH, NO_RISK).astype(np.uint8)
    said = np.where(rng.random(came.shape) < 0.2, HIGH, came).astype(np.uint8)
    (row,) = account(Kept("x", 16_921, came, {1: said}))
    assert row.common == row.pairs - 40, "of the first two days nobody knows the day before issue"
    wrong = said[:2].copy()
    wrong[:] = np.where(came[:2] == HIGH, NO_RISK, HIGH)
    (worse,) = account(Kept("x", 16_921, came, {1: np.concatenate([wrong, said[2:]])}))
    assert worse.mae > row.mae
    assert (worse.common, worse.skill) == (row.common, row.skill)
