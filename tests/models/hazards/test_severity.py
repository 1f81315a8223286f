"""Severity tables and damp spells, with and without gaps."""

from datetime import date

import numpy as np
import pytest

from models.hazards._severity import (
    SeverityTable,
    damp,
    hours_and_warmth,
    longest,
    units_of_spells,
)
from models.risk.features import DayHours, Range
from models.risk.wetness import humid

TABLE = SeverityTable((10.0, 20.0, 30.0), (((4, 1.0), (8, 2.0)), ((2, 3.0),)))


def day_of(heat, humidity, **more):
    hours = {
        "air_temperature": np.array(heat, float),
        "relative_humidity": np.array(humidity, float),
    }
    return DayHours(date(2016, 5, 1), hours, hours["air_temperature"].shape, **more)


def test_units_by_class_and_hours():
    units = TABLE.units(np.array([3.9, 4.0, 9, 2, 24, 24]), np.array([10, 19.9, 15, 20, 30, 9.9]))
    assert units.tolist() == [0, 1, 2, 3, 0, 0]


def test_no_damp_hour_is_no_unit():
    assert TABLE.units(np.array([0.0]), np.array([np.nan])).tolist() == [0]


def test_bounds_hold_every_class_the_temperature_may_have_been_in():
    hours = Range(np.array([4.0, 4.0]), np.array([9.0, 4.0]))
    heat = Range(np.array([12.0, 5.0]), np.array([25.0, 12.0]))
    bounds = TABLE.bounds(hours, heat)
    assert bounds.lo.tolist() == [1, 0]
    assert bounds.hi.tolist() == [3, 1]


def test_rows_and_edges_must_fit():
    with pytest.raises(ValueError, match="3 edges enclose 2 classes, but 1 are given"):
        SeverityTable((1.0, 2.0, 3.0), ((),))


def test_longest_run():
    assert longest(np.array([[1, 0], [1, 1], [0, 0], [1, 0]], float)).tolist() == [2, 1]


def test_hours_and_their_mean_temperature():
    day = day_of([[10], [20], [30]], [[95], [95], [50]])
    hours, warmth = hours_and_warmth(day, humid(day, 90.0))
    assert hours.lo.tolist() == [2]
    assert warmth.lo.tolist() == [15]


STEPS = SeverityTable((0.0, 15.0, 30.0), (((2, 1), (4, 2)), ((2, 5),)))


def spells(heat, humidity):
    day = day_of(heat, humidity)
    return units_of_spells(day, humid(day, 90.0), STEPS)


def test_every_spell_counts_at_its_own_temperature():
    heat = [[10], [12], [30], [20], [20], [20]]
    found = spells(heat, [[95], [95], [50], [95], [95], [50]])
    assert found.lo.tolist() == found.hi.tolist() == [1 + 5]
    assert spells(heat, [[95], [50], [95], [50], [95], [50]]).lo.tolist() == [0]


@pytest.mark.parametrize("seed", range(20))
def test_missing_hours_bound_the_units_of_any_filling(seed):
    random = np.random.default_rng(seed)
    heat, damp = random.uniform(0, 29, (24, 5)), random.choice([50.0, 95.0], (24, 5))
    exact = spells(heat, damp).lo
    heat[random.random(heat.shape) < 0.1] = np.nan
    damp[random.random(damp.shape) < 0.1] = np.nan
    found = spells(heat, damp)
    assert (found.lo <= exact).all()
    assert (exact <= found.hi).all()


def test_a_missing_hour_widens_hours_and_temperature():
    day = day_of([[10], [20], [np.nan]], [[95], [np.nan], [95]])
    hours, warmth = hours_and_warmth(day, humid(day, 90.0))
    assert (hours.lo[0], hours.hi[0]) == (2, 3)
    assert (warmth.lo[0], warmth.hi[0]) == (-40, 60)


def test_under_a_roof_a_wetness_sensor_goes_before_humidity_and_rain_does_not_count():
    hours = {
        "relative_humidity": np.array([[95.0, 95.0], [50.0, 50.0]]),
        "precipitation_amount": np.full((2, 2), 5.0),
        "leaf_wetness_duration": np.array([[30.0, 0.0], [60.0, 0.0]]),
    }
    fitted = np.array([True, False])
    day = DayHours(date(2016, 5, 1), hours, (2, 2), wetness_measured=fitted)
    assert damp(day, 90.0).lo.sum(axis=0).tolist() == [1.5, 1.0]


def test_the_placements_own_threshold_goes_before_the_hazards():
    day = day_of([[20, 20]], [[85, 85]], wet_threshold=np.array([80.0, 95.0]))
    assert damp(day, 90.0).lo.tolist() == [[1, 0]]
