"""The account of outlooks: each figure against a plain reckoning of the same, and what is none."""

from __future__ import annotations

import numpy as np
import pytest

from models.skill.outlooks import CLASSES, RAIN, RAIN_MM, Account, Measured, climatology

DAYS = 70
#: The first hour of a local day, 2016-05-01.
FIRST = 16_921 * 24 - 8
KEY = ("svc", "air_temperature", "measured")


def made(seed: int = 1, days: int = DAYS):
    """Hours of weather that persists a little, as measured."""
    rng = np.random.default_rng(seed)
    hours = FIRST + np.arange(days * 24)
    level = np.repeat(np.cumsum(rng.normal(0, 1, days)), 24)
    return hours, 15 + level + 5 * np.sin(np.arange(len(hours)) / 24 * 2 * np.pi)


def account(forecast, hours, values, lead=1, key=KEY):
    found = Account()
    found.add(key, lead, hours, forecast, Measured(int(hours[0]), values))
    return found.rows()


def test_bias_mae_and_rmse_are_those_of_the_textbook():
    hours, values = made()
    miss = np.random.default_rng(2).normal(0.5, 1.5, len(hours))
    (row,) = account(values + miss, hours, values)
    assert (row.pairs, row.places, row.weeks) == (len(hours), 1, 11)
    assert row.bias == pytest.approx(miss.mean())
    assert row.mae == pytest.approx(np.abs(miss).mean())
    assert row.rmse == pytest.approx(np.sqrt((miss**2).mean()))
    assert (row.first, row.last) == (16_921, 16_921 + DAYS - 1)


@pytest.mark.parametrize("lead", [1, 3])
def test_persistence_is_the_last_day_that_was_over_when_the_forecast_was_issued(lead):
    hours, values = made()
    (row,) = account(values, hours, values, lead)
    back = 24 * (lead + 1)
    usual = climatology(Measured(FIRST, values), hours, rain=False)
    both = (np.arange(len(hours)) >= back) & ~np.isnan(usual)
    last = np.r_[np.full(back, np.nan), values[:-back]]
    assert row.common == both.sum()
    assert row.persistence == pytest.approx(np.mean((last[both] - values[both]) ** 2))
    assert row.climatology == pytest.approx(np.mean((usual[both] - values[both]) ** 2))
    assert (row.score, row.skill) == (0.0, 1.0)


def test_climatology_never_holds_the_week_that_it_is_for():
    hours, values = made()
    measured = Measured(FIRST, values)
    week = ((hours + 8) // 24) // 7
    one = week == np.unique(week)[4]
    changed = np.where(one, values + 1000, values)
    before = climatology(measured, hours[one], rain=False)
    after = climatology(Measured(FIRST, changed), hours[one], rain=False)
    assert before == pytest.approx(after)
    clock = (hours + 8) % 24
    near = np.abs(week - week[one][0]) <= 6
    expected = values[near & ~one & (clock == clock[one][0])].mean()
    assert before[0] == pytest.approx(expected)


def test_no_better_than_persistence_is_no_skill_and_its_interval_holds_zero():
    hours, values = made()
    forecast = np.r_[np.full(48, np.nan), values[:-48]]
    (row,) = account(forecast, hours, values)
    assert row.skill <= 0.0 + 1e-12
    assert row.low <= row.skill <= row.high


def test_a_few_weeks_give_no_interval_and_one_no_reference():
    hours, values = made(days=14)
    (row,) = account(values + 1, hours, values)
    assert row.skill is not None
    assert (row.low, row.high) == (None, None)
    hours, values = made(days=4)
    (row,) = account(values + 1, hours, values)
    assert (row.common, row.skill, row.score) == (0, None, None)


def test_hours_without_a_measurement_or_forecast_are_no_pairs():
    hours, values = made(days=20)
    forecast, seen = values + 1, values.copy()
    forecast[:10], seen[5:20] = np.nan, np.nan
    (row,) = account(forecast, hours, seen)
    assert row.pairs == 20 * 24 - 20
    assert account(np.full(480, np.nan), hours, values) == []


def rain(days):
    """Rain of each day fallen in one hour of it."""
    values = np.zeros(len(days) * 24)
    values[6::24] = days
    return values


def test_rain_is_judged_by_whole_local_days():
    hours = FIRST + np.arange(DAYS * 24)
    rng = np.random.default_rng(3)
    came = np.where(rng.random(DAYS) < 0.3, rng.exponential(8, DAYS), 0.0)
    said = np.where(rng.random(DAYS) < 0.8, came, rng.exponential(4, DAYS))
    forecast = rain(said)
    forecast[24 * 5 + 3] = np.nan  # a day with an hour of which nothing is said is none
    kept = np.delete(np.arange(DAYS), 5)
    (row,) = account(forecast, hours, rain(came), key=("svc", RAIN, "measured"))
    wet, told = came[kept] >= RAIN_MM, said[kept] >= RAIN_MM
    assert row.pairs == DAYS - 1
    assert (row.rain.hits, row.rain.misses) == ((wet & told).sum(), (wet & ~told).sum())
    assert (row.rain.false_alarms, row.rain.correct_negatives) == (
        (~wet & told).sum(),
        (~wet & ~told).sum(),
    )
    assert row.frequency_bias == pytest.approx(told.sum() / wet.sum())
    assert row.mae == pytest.approx(np.abs(said[kept] - came[kept]).mean())
    for each, upto in zip(row.reliability, [*CLASSES[1:], np.inf], strict=False):
        here = (said[kept] >= each.least) & (said[kept] < upto)
        assert (each.days, each.wet) == (here.sum(), (here & wet).sum())
    assert row.score == pytest.approx(np.mean((told != wet)[2:]), abs=0.05)
    assert 0 < row.climatology < 0.3


def test_places_add_up():
    hours, values = made()
    found = Account()
    for place in range(3):
        found.add(KEY, 2, hours, values + place, Measured(FIRST, values))
    (row,) = found.rows()
    assert (row.places, row.pairs, row.bias) == (3, 3 * len(hours), 1.0)
    assert Account().rows() == []
