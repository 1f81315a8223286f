"""Generic infection model of Magarey et al. 2005, on Plasmopara viticola."""

import numpy as np
import pytest

from models.hazards._magarey import GRAPE_DOWNY_MILDEW, response, wet_most, wetness_needed


@pytest.mark.parametrize(
    ("heat", "hours"), [(10, 4.136), (15, 2.382), (20, 2.000), (25, 2.566), (5, np.inf)]
)
def test_wetness_needed(heat, hours):
    found = wetness_needed(np.array([float(heat)]), GRAPE_DOWNY_MILDEW)
    assert found[0] == pytest.approx(hours, abs=1e-3)


def test_at_5_degrees_it_would_need_more_wetness_than_the_most():
    assert 2.0 / response(np.array([5.0]), GRAPE_DOWNY_MILDEW)[0] == pytest.approx(15.4, abs=0.05)


def test_outside_the_cardinal_temperatures_nothing_infects():
    assert np.isinf(wetness_needed(np.array([1.0, 0.0, 30.0, 35.0]), GRAPE_DOWNY_MILDEW)).all()


def test_the_most_from_the_least():
    assert wet_most(2.0) == pytest.approx(9.8)
