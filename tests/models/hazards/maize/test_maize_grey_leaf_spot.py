"""The logistic model of ibm-weather-tool (R/models/field_crops_models.R, 0cc4e799)."""

import numpy as np
import pytest

from models.hazards.maize.maize_grey_leaf_spot import dew_point, probability

ID = "maize_grey_leaf_spot"


@pytest.mark.parametrize(
    ("tmin21", "tdew30", "logit"),
    [(10.0, 5.0, -0.0526), (15.0, 4.0, -0.89245), (20.0, 10.0, 2.8415), (0.0, 0.0, -2.9467)],
)
def test_logit_of_the_source(tmin21, tdew30, logit):
    p = probability(np.array(tmin21), np.array(tdew30))
    assert np.log(p / (1 - p)) == pytest.approx(logit, abs=1e-9)


@pytest.mark.parametrize(
    ("air", "humidity", "expected"), [(20.0, 100.0, 20.0), (25.0, 50.0, 13.86), (10.0, 80.0, 6.71)]
)
def test_dew_point_against_psychrometric_tables(air, humidity, expected):
    assert dew_point(np.array(air), np.array(humidity)) == pytest.approx(expected, abs=0.02)


def test_dew_point_rises_with_heat_and_humidity():
    air, humidity = np.meshgrid(np.arange(-40.0, 61, 2), np.arange(0.0, 101, 2))
    grid = dew_point(air, humidity)
    assert (np.diff(grid, axis=1) > 0).all()
    assert (np.diff(grid, axis=0) >= 0).all()


def test_statuses_with_high_withheld(run_hazard, words_fit):
    dry = run_hazard(ID, 65, 40, air_temperature=20.0, relative_humidity=30.0)
    assert dry.status[-1] == "no_risk"
    damp = run_hazard(ID, 65, 40, air_temperature=25.0, relative_humidity=90.0)
    assert damp.status[-1] == "medium"
    assert damp.drivers[-1]["dew_point_margin"] > 10
    at_limit = run_hazard(ID, 65, 40, air_temperature=15.0, relative_humidity=54.4)
    drivers = at_limit.drivers[-1]
    sign = drivers["probability"] >= 60
    assert sign == (drivers["dew_point_margin"] >= 0)
    words_fit(ID, damp.drivers[-1])


def test_minimum_temperatures_of_21_days_and_dew_points_of_30(run_hazard):
    air = np.full((40, 24), 20.0)
    air[:19] = 10.0
    got = run_hazard(ID, 65, 40, air_temperature=air, relative_humidity=50.0)
    assert got.drivers[-1]["tmin21"] == pytest.approx(20.0)
    dew = (21 * dew_point(np.array(20.0), 50.0) + 9 * dew_point(np.array(10.0), 50.0)) / 30
    assert got.drivers[-1]["tdew30"] == pytest.approx(float(dew))
