"""Arrhenius, Q10 and mean kinetic temperature against published numbers."""

import numpy as np
import pytest

from models.coldchain.exposure import Assumed, exposure
from models.coldchain.kinetics import (
    Q10_ASSUMED,
    Q10_HIGH,
    Q10_LOW,
    arrhenius,
    by_decades,
    kinetic_bounds,
    mean_kinetic_temperature,
)
from models.coldchain.readings import known_readings


def test_mean_kinetic_temperature_published_example():
    """Example of github.com/zelti/mkt: 2, 2, 5, 8, 8, 8, 8 degC give 6.25 (83.144 kJ/mol)."""
    assert mean_kinetic_temperature([2, 2, 5, 8, 8, 8, 8]) == pytest.approx(6.25, abs=0.005)


def test_mean_kinetic_temperature_of_83_144_is_10_000_over_the_logarithm():
    """With dH / R = 10,000 K the formula of USP <1079.2> is 10000 / -ln(mean exp(-10000/T))."""
    celsius = np.array([15.0, 22.5, 25.0, 31.0])
    by_hand = 10000.0 / -np.log(np.mean(np.exp(-10000.0 / (celsius + 273.15)))) - 273.15
    assert mean_kinetic_temperature(celsius) == pytest.approx(by_hand, abs=1e-3)


def test_mean_kinetic_temperature_of_irregular_readings():
    """Tong & Lock 2015: unequal times are weights; half an hour twice is an hour."""
    assert mean_kinetic_temperature([4, 20], [3, 1]) == mean_kinetic_temperature([4, 4, 4, 20])
    assert np.isnan(mean_kinetic_temperature([]))
    assert mean_kinetic_temperature([-18.0, -18.0]) == pytest.approx(-18.0)


def test_kinetic_bounds_of_a_known_series_are_its_mean_kinetic_temperature(minutes, assumed):
    known = known_readings(minutes(8), [2.0, 2.0, 5.0, 8.0, 8.0, 8.0, 8.0, 2.0])
    bounds = kinetic_bounds(exposure(known), assumed)
    assert bounds.best == pytest.approx(bounds.worst)
    assert bounds.best == pytest.approx(mean_kinetic_temperature(known.value, known.weight))


def test_kinetic_bounds_hold_what_the_gap_may_have_been(minutes):
    times, values = minutes(13), np.full(13, 4.0) + np.arange(13) * 0.01
    holes = values.copy()
    holes[3:10] = np.nan
    bounds = kinetic_bounds(exposure(known_readings(times, holes)), Assumed(2.0, 25.0))
    full = kinetic_bounds(exposure(known_readings(times, values)), Assumed(2.0, 25.0))
    assert bounds.best < full.best < bounds.worst
    nothing = kinetic_bounds(
        exposure(known_readings(times, np.full(13, np.nan))), Assumed(2.0, 25.0)
    )
    assert (nothing.best.item(), nothing.worst.item()) == (pytest.approx(2.0), pytest.approx(25.0))


def test_relative_rates_of_handbook_66():
    """USDA Agriculture Handbook 66, chapter Respiratory Metabolism, relative shelf life."""
    pace = by_decades([0, 10, 20, 30, 40], 0, Q10_ASSUMED)
    assert pace == pytest.approx([1.0, 3.0, 7.5, 15.0, 22.5])
    assert np.rint(100 / pace).tolist() == [100, 33, 13, 7, 4]


def test_decades_go_on_beyond_their_ends():
    assert by_decades([-10, 50], 0, Q10_LOW) == pytest.approx([1 / 2.5, 2.5 * 2.0 * 1.5])
    assert by_decades(10, 20, Q10_HIGH) == pytest.approx(1 / 2.5)


def test_shelf_life_of_small_cabbage():
    """doi:10.13386/j.issn1002-0306.2013.16.070, 278 to 293 K, activation energy 100.26 kJ/mol."""
    days = 11.8 / arrhenius([5, 10, 15, 20], 5, 100.26)
    assert days == pytest.approx([11.8, 5.5, 2.6, 1.3], abs=0.05)
