"""Degree-days of O. furnacalis (11.92 degC, 504.52 degC d, 新疆农业科学 2017) since 15 June."""

from datetime import date

import numpy as np
import pytest

from models.hazards.maize.maize_asian_corn_borer import (
    best_within,
    closeness,
    normal_heat,
    worst_within,
)

ID = "maize_asian_corn_borer"


@pytest.fixture
def summer(run_hazard):
    def make(days=90, first=date(2016, 6, 10), **weather):
        return run_hazard(ID, 33, days, first, **({"air_temperature": 26.0} | weather))

    return make


def test_a_generation_takes_its_thermal_constant(summer):
    """At a steady 26 degC a generation takes 504.52 / 14.08 = 35.8 days: 21 July, 26 August."""
    got = summer()
    days = dict(zip(got.dates, got.status, strict=True))
    by_day = dict(zip(got.dates, got.drivers, strict=True))
    assert by_day[date(2016, 7, 21)]["degree_days"] == pytest.approx(36 * 14.08)
    assert days[date(2016, 7, 21)] == days[date(2016, 8, 26)] == "high"
    assert days[date(2016, 7, 15)] == "medium"
    assert days[date(2016, 7, 1)] == days[date(2016, 8, 8)] == "no_risk"
    assert by_day[date(2016, 7, 21)]["generation"] == 2
    assert by_day[date(2016, 8, 26)]["generation"] == 3


def test_it_does_not_cry_all_summer(summer, words_fit):
    got = summer()
    assert 0.1 < np.mean([s == "high" for s in got.status]) < 0.25
    assert "cannot_say" not in got.status
    words_fit(ID, got.drivers[40])


def test_heat_beyond_30_degrees_brings_no_more(summer):
    assert summer(20, air_temperature=35.0).drivers[-1]["degree_days"] == pytest.approx(
        summer(20, air_temperature=30.0).drivers[-1]["degree_days"]
    )


def test_scores_of_an_interval():
    def both(low, high):
        bounds = np.array([low]), np.array([high])
        return float(worst_within(*bounds)[0]), float(best_within(*bounds)[0])

    assert both(0.9, 1.2) == pytest.approx((0.8, 1.0))
    assert both(1.2, 1.7) == pytest.approx((0.5, 0.8))
    assert both(0.1, 0.4) == pytest.approx((0.1, 0.4))
    assert both(2.2, 2.6) == pytest.approx((0.4, 0.8))
    inside = np.linspace(0.7, 1.9, 200)
    worst, best = both(0.7, 1.9)
    assert worst <= closeness(inside).min() <= closeness(inside).max() <= best


@pytest.mark.parametrize("gap", [4, 14])
def test_a_gap_leaves_doubt_only_near_the_turn(summer, gap):
    """After 14 days the doubt is wider than the time of risk: the turn may lie within it."""
    air = np.full((90, 24), 26.0)
    air[8 : 8 + gap] = np.nan
    pairs = list(zip(summer(air_temperature=air).status, summer().status, strict=True))
    assert all(g in (f, "cannot_say") or {g, f} == {"medium", "high"} for g, f in pairs)
    assert 0 < sum(g == "cannot_say" for g, _ in pairs[8 + gap :]) < 60


def test_data_that_begin_late_are_bridged_by_normals_with_doubt(summer):
    got = summer(60, date(2016, 7, 5))
    bridged = normal_heat(date(2016, 6, 15), date(2016, 7, 5))
    assert bridged == pytest.approx(19 * 15.1, rel=0.1)
    assert got.drivers[0]["degree_days"] == pytest.approx(bridged + 14.08)
    assert {"cannot_say", "no_risk"} <= set(got.status)
    assert all(
        g != "no_risk" or f not in ("medium", "high")
        for g, f in zip(got.status, summer(85).status[25:], strict=True)
    )


def test_without_any_data_of_the_day_nothing_is_said(summer):
    assert set(summer(20, air_temperature=np.nan).status) == {"cannot_say"}
