"""Neighbours in distance and height, and what they say; held against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from models.weather.nearby import FEWEST, MAD_TO_SD, NEAREST, around, neighbours


def test_neighbours_lie_within_distance_and_height() -> None:
    places = np.array([[0, 0], [3, 0], [20, 0], [0, 0], [np.nan, 0]], float)
    near = neighbours(places, np.array([2.0, 2.0, 2.0, 10.0, 2.0]), 10.0, 1.0)
    assert near[0].tolist() == [1] + [5] * 7
    assert near[1].tolist() == [0] + [5] * 7
    assert (near[2:] == 5).all()


def test_of_many_at_one_place_none_is_its_own_neighbour() -> None:
    near = neighbours(np.zeros((40, 2)), np.zeros(40), 10.0, 1.0)
    assert near.shape == (40, NEAREST)
    for station, others in enumerate(near.tolist()):
        assert station not in others
        assert len(set(others)) == NEAREST


@pytest.mark.parametrize("count", [0, 1])
def test_alone_there_is_nobody(count: int) -> None:
    near = neighbours(np.zeros((count, 2)), np.zeros(count), 10.0, 1.0)
    assert near.shape == (count, NEAREST)
    found = around(np.ones((3, count)), near)
    assert np.isnan(found.middle).all()


def test_medians_and_spreads_are_those_of_the_neighbours() -> None:
    rng = np.random.default_rng(5)
    places, heights = rng.uniform(0, 20, (30, 2)), rng.choice([2.0, 2.5], 30)
    near = neighbours(places, heights, 8.0, 1.0)
    values = rng.normal(15, 4, (150, 30))
    values[rng.random(values.shape) < 0.3] = np.nan
    found = around(values, near)
    for hour in range(0, 150, 7):
        for station in range(30):
            theirs = values[hour, near[station][near[station] < 30]]
            theirs = theirs[np.isfinite(theirs)]
            assert found.count[hour, station] == len(theirs)
            if len(theirs) < FEWEST:
                assert np.isnan(found.middle[hour, station])
                continue
            middle = np.median(theirs)
            assert found.middle[hour, station] == pytest.approx(middle)
            spread = MAD_TO_SD * np.median(np.abs(theirs - middle))
            assert found.spread[hour, station] == pytest.approx(spread)
