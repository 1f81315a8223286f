"""Late frost: provisional limits by stage on the lowest hour of three days."""

from datetime import date

import numpy as np
import pytest

from models.hazards.catalogue import catalogue
from models.hazards.wheat.wheat_late_frost import frost_limit

ID = "wheat_late_frost"


def nights(*lowest):
    air = np.full((10, 24), 10.0)
    for n, cold in enumerate(lowest, start=10 - len(lowest)):
        air[n, 5] = cold
    return air


@pytest.mark.parametrize(
    ("lowest", "status"),
    [
        ((0.1,), "no_risk"), ((0.0,), "medium"), ((-1.4,), "medium"), ((-1.5,), "high"),
        ((-3.0, 5, 5), "high"), ((-3.0, 5, 5, 5), "no_risk"),
    ],
)  # fmt: skip
def test_limits(run_hazard, lowest, status):
    got = run_hazard(ID, 39, 10, date(2016, 4, 10), air_temperature=nights(*lowest))
    assert got.status[-1] == status


@pytest.mark.parametrize(
    ("stage", "limit"), [(30, -3.0), (30.9, -3.0), (31, -1.5), (36.9, -1.5), (37, 0.0), (49, 0.0)]
)
def test_the_ear_stands_less_cold_from_stage_to_stage(stage, limit):
    assert frost_limit(np.array([stage])) == limit


def test_a_frost_of_february_is_none_of_april(run_hazard):
    cold = nights(-2.0)
    assert run_hazard(ID, 30, 10, air_temperature=cold).status[-1] == "no_risk"
    assert run_hazard(ID, 39, 10, air_temperature=cold).status[-1] == "high"


def test_window_and_words(run_hazard, words_fit):
    cold = nights(-3.0)
    assert run_hazard(ID, 25, 10, air_temperature=cold).status[-1] == "out_of_season"
    assert run_hazard(ID, 61, 10, air_temperature=cold).status[-1] == "out_of_season"
    got = run_hazard(ID, 31, 10, air_temperature=cold)
    assert got.drivers[-1] == {"coldest": -3.0}
    words_fit(ID, got.drivers[-1])


def test_a_missing_night_cannot_be_called_safe(run_hazard):
    air = nights(5.0)
    air[-1, 4] = np.nan
    assert run_hazard(ID, 39, 10, air_temperature=air).status[-1] == "cannot_say"


def test_every_limit_is_marked_as_not_primary():
    assert set(catalogue()[ID].provisional) == set(catalogue()[ID].parameters)
