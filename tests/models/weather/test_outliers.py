"""A wild station is found by its neighbours, and takes none of them with it."""

import numpy as np
import pytest

from models.weather.interpolate import interpolate
from models.weather.outliers import wild

NEAR = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
NAN = np.nan


def marks(values, places=NEAR, quantity="air_temperature", reach=30.0):
    found = wild(quantity, np.array(values, float), places, reach)
    return found.tolist()


def test_one_wild_station_is_found_and_its_neighbours_are_not_blamed():
    assert marks([[10, 10, 50], [10, 11, 12], [50, 10, 10]]) == [
        [False, False, True],
        [False, False, False],
        [True, False, False],
    ]


def test_of_two_that_differ_nobody_knows_which_is_right():
    assert marks([[10, NAN, 50]]) == [[True, False, True]]
    assert marks([[10, NAN, 20]]) == [[False, False, False]]


def test_a_station_alone_is_judged_by_nobody():
    assert marks([[NAN, NAN, 50]]) == [[False, False, False]]
    far = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])
    assert marks([[10, 10, 50]], far) == [[False, False, False]]


def test_the_nearest_are_asked_also_where_many_stand_in_one_village():
    village = np.zeros((30, 2))
    assert np.flatnonzero(marks([[10.0] * 29 + [50.0]], village)).tolist() == [29]
    near_and_far = np.array([[0.0, 0.0]] * 9 + [[25.0, float(i)] for i in range(40)])
    uphill = [[10.0] * 9 + [21.0] * 40]
    assert not np.any(marks(uphill, near_and_far)), "the many farther ones outvote nobody"


def test_rain_may_fall_in_one_village_alone():
    assert marks([[0, 0, 80]], quantity="precipitation_amount") == [[False, False, False]]


@pytest.mark.parametrize(("odd", "shown"), [(50.0, 10.0), (12.0, 10.7)])
def test_interpolation_leaves_a_wild_station_out(odd, shown):
    field = interpolate(
        "air_temperature", np.array([[10.0, 10.0, odd]]), NEAR, np.array([[3.0, 3.0]])
    )
    assert field.values[0, 0] == pytest.approx(shown, abs=0.2)
    assert field.error[0, 0] < 2
