"""Thermal constants of Chinese S. avenae, and Dean 1974: best 22.5 degC, none at 30 degC."""

import numpy as np
import pytest

from models.hazards._cereal_insects import rate
from models.hazards.wheat.wheat_grain_aphid import HAZARD

ID = "wheat_grain_aphid"
LAW = (6.7, 99.0, 22.5, 30.0)


@pytest.mark.parametrize(
    ("air", "days"), [(16.6, 10.0), (20.0, 99 / 13.3), (22.5, 99 / 15.8), (11.65, 20.0)]
)
def test_days_of_a_generation_by_the_thermal_constants(air, days):
    assert 1 / rate(np.array(air), *LAW) == pytest.approx(days)


def test_dean_1974_fastest_at_22_5_and_none_at_30():
    air = np.arange(0, 40, 0.5)
    speed = rate(air, *LAW)
    assert air[speed.argmax()] == 22.5
    assert (speed[air >= 30] == 0).all()
    assert (speed[air <= 6.5] == 0).all()
    assert (np.diff(speed[(air >= 22.5) & (air <= 30)]) < 0).all()


def test_ten_days_are_the_sum_of_their_hours(run_hazard):
    air = np.where(np.arange(24) < 12, 14.0, 20.0)
    got = run_hazard(ID, 65, air_temperature=air)
    assert got.score[-1] == pytest.approx(10 * (7.3 + 13.3) / 2 / 99)


def test_a_missing_hour_is_bounded_by_no_and_by_fastest_development(hours_of):
    air = np.full(24, 16.6)
    air[3] = np.nan
    bounds = HAZARD.uses["generations"].feature.compute(hours_of(air_temperature=air))
    assert bounds.lo == pytest.approx(23 / 240)
    assert bounds.hi == pytest.approx(23 / 240 + 15.8 / 99 / 24)


def test_statuses(run_hazard, words_fit):
    assert run_hazard(ID, 65, air_temperature=14.0).status[-1] == "no_risk"
    medium = run_hazard(ID, 65, air_temperature=17.0)
    assert medium.status[-1] == "medium"
    assert run_hazard(ID, 65, air_temperature=20.0).status[-1] == "high"
    assert run_hazard(ID, 65, air_temperature=29.0).status[-1] == "no_risk"
    assert run_hazard(ID, 25, air_temperature=20.0).status[-1] == "out_of_season"
    words_fit(ID, medium.drivers[-1])
