"""Pessl Instruments' E. turcicum model: 5400 degC min = 90 degC h above 13 degC in wetness."""

import numpy as np
import pytest

from models.hazards.maize.maize_northern_leaf_blight import HAZARD

ID = "maize_northern_leaf_blight"
NIGHT = HAZARD.uses["nights"].feature


@pytest.mark.parametrize(
    ("air", "wet", "infects"),
    [
        (18.0, 18, 1), (18.0, 17, 0), (23.0, 9, 1), (23.0, 8, 0), (28.0, 6, 1), (28.0, 5, 0),
        (28.1, 24, 0), (13.0, 24, 0), (12.9, 24, 0), (17.0, 23, 1), (17.0, 22, 0),
    ],
)  # fmt: skip
def test_18_hours_at_18_degrees_are_one_infection(hours_of, air, wet, infects):
    humidity = np.where(np.arange(24) < wet, 95.0, 60.0)
    day = hours_of(
        air_temperature=[air] * 24, relative_humidity=humidity, precipitation_amount=[0.0] * 24
    )
    assert NIGHT.compute(day).lo == infects


def test_a_hot_hour_stops_the_count_and_a_missing_one_widens(hours_of):
    air = np.full(24, 23.0)
    air[6] = 29.0
    given = {
        "relative_humidity": np.where(np.arange(24) < 14, 95.0, 60.0),
        "precipitation_amount": np.zeros(24),
    }
    assert NIGHT.compute(hours_of(air_temperature=air, **given)).hi == 0
    air[6] = np.nan
    unsure = NIGHT.compute(hours_of(air_temperature=air, **given))
    assert (unsure.lo[0], unsure.hi[0]) == (0, 1)


def test_a_night_across_midnight_is_one_spell(run_hazard):
    hours = np.arange(24)
    dew = np.where((hours >= 19) | (hours < 6), 95.0, 60.0)
    got = run_hazard(ID, 65, air_temperature=22.0, relative_humidity=dew)
    assert got.score[-1] == 10
    assert got.drivers[-1]["dew_hours"] == 11


def test_statuses(run_hazard, words_fit):
    damp = np.full((15, 24), 60.0)
    damp[7, :10] = damp[10, :10] = 95.0
    few = run_hazard(ID, 65, air_temperature=23.0, relative_humidity=damp)
    assert (few.score[-1], few.status[-1]) == (2, "medium")
    assert run_hazard(ID, 65, air_temperature=23.0).status[-1] == "no_risk"
    always = run_hazard(ID, 65, air_temperature=23.0, relative_humidity=95.0)
    assert always.status[-1] == "high"
    words_fit(ID, few.drivers[-1])
