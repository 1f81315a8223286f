"""Median thermal constants of R. padi (5.61 degC, 92 degC d), and Dean 1974: best 25 degC."""

import numpy as np
import pytest

from models.hazards._cereal_insects import rate

ID = "wheat_bird_cherry_oat_aphid"
LAW = (5.61, 92.0, 25.0, 30.0)


@pytest.mark.parametrize(("air", "days"), [(14.81, 10.0), (10.21, 20.0), (25.0, 92 / 19.39)])
def test_days_of_a_generation_by_the_thermal_constants(air, days):
    assert 1 / rate(np.array(air), *LAW) == pytest.approx(days)


def test_dean_1974_fastest_at_25_and_none_at_30():
    air = np.arange(0, 40, 0.5)
    speed = rate(air, *LAW)
    assert air[speed.argmax()] == 25.0
    assert (speed[air >= 30] == 0).all()


def test_statuses(run_hazard, words_fit):
    assert run_hazard(ID, 23, air_temperature=3.0).status[-1] == "no_risk"
    assert run_hazard(ID, 23, air_temperature=15.0).status[-1] == "no_risk"
    medium = run_hazard(ID, 37, air_temperature=18.0)
    assert medium.status[-1] == "medium"
    assert run_hazard(ID, 65, air_temperature=21.0).status[-1] == "high"
    words_fit(ID, medium.drivers[-1])
