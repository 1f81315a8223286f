"""Thrips on garlic: 221 degree-days above 8.1 degC from egg to adult."""

from datetime import date

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("heat", "score"),
    [(8.1, 0.0), (8.0, 0.0), (19.15, 0.5), (30.0, 219 / 221), (35.0, 219 / 221)],
)
def test_the_share_of_a_generation_in_ten_days(run_hazard, heat, score):
    found = run_hazard("garlic_thrips", 40, 12, air_temperature=heat)
    assert found.score[-1] == pytest.approx(score)


def test_one_generation_takes_the_source_its_ten_days_at_30_degrees(run_hazard):
    """10.3 days were measured at 30 degC."""
    found = run_hazard("garlic_thrips", 40, 12, air_temperature=30.0)
    assert 10 / found.score[-1] == pytest.approx(10.3, abs=0.25)


@pytest.mark.parametrize(
    ("heat", "status"), [(19.0, "no_risk"), (19.2, "medium"), (22.8, "medium"), (23.0, "high")]
)
def test_classes(run_hazard, heat, status):
    assert run_hazard("garlic_thrips", 40, 12, air_temperature=heat).status[-1] == status


@pytest.mark.parametrize(
    ("first", "status"), [(date(2015, 10, 1), "out_of_season"), (date(2016, 5, 1), "high")]
)
def test_in_autumn_warmth_is_not_asked_about(run_hazard, first, status):
    found = run_hazard("garlic_thrips", 40, 12, first, air_temperature=25.0)
    assert found.status[-1] == status


def test_hours_above_the_base_count_on_a_cold_day(run_hazard):
    heat = np.tile(np.where(np.arange(24) < 12, 0.0, 18.1), (12, 1))
    found = run_hazard("garlic_thrips", 40, 12, air_temperature=heat)
    assert found.score[-1] == pytest.approx(10 * 10.0 * 0.5 / 221)
