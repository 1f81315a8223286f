"""Generic infection model of Magarey et al. 2005, on Plasmopara viticola."""

import numpy as np
import pytest

from models.infection import ROWS, response, wet_most, wetness_needed

GRAPE_DOWNY_MILDEW = ROWS["Plasmopara viticola"]


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


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_row_needs_least_at_its_best_temperature(row):
    heat = np.arange(row.coldest, row.warmest, 0.5)
    hours = wetness_needed(heat, row)
    assert heat[hours.argmin()] == row.best
    assert hours.min() == pytest.approx(row.wet_least)
    assert hours[np.isfinite(hours)].max() <= row.wet_most


def test_the_most_from_the_least():
    assert wet_most(2.0) == pytest.approx(9.8)
