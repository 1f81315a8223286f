"""Thermal constants of S. frugiperda: He et al. 2019, Xie et al. 2021 (植物保护)."""

import numpy as np
import pytest

from models.hazards.maize.maize_fall_armyworm import days_of

ID = "maize_fall_armyworm"


@pytest.mark.parametrize(
    ("stage", "air", "days"),
    [
        ("egg", 25.0, 44.57 / 14.73),
        ("larva", 25.0, 211.93 / 13.9),
        ("generation", 27.0, 584.0 / 14.4),
        ("larva", 35.0, 211.93 / 18.9),
    ],
)
def test_days_of_a_stage(stage, air, days):
    assert days_of(stage, np.array(air)) == pytest.approx(days)


def test_no_development_below_the_threshold():
    assert np.isnan(days_of("larva", np.array(11.1)))


def test_share_of_a_larval_life_in_ten_days(run_hazard, words_fit):
    got = run_hazard(ID, 19, air_temperature=25.0)
    assert got.score[-1] == pytest.approx(10 * 13.9 / 211.93)
    assert got.status[-1] == "medium"
    words_fit(ID, got.drivers[-1])


def test_statuses(run_hazard):
    assert run_hazard(ID, 19, air_temperature=20.0).status[-1] == "no_risk"
    assert run_hazard(ID, 19, air_temperature=30.0).status[-1] == "high"
    assert run_hazard(ID, 75, air_temperature=30.0).status[-1] == "out_of_season"
