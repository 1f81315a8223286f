"""The sensors of one load taken together, and how much of a stretch is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from field_configs.load import load
from models.coldchain.exposure import Assumed
from models.coldchain.ride import judge
from models.coldchain.spans import coverage, gaps

SCAPE = load(site=None).products["garlic_scape"]
ASSUMED = Assumed(-5.0, 40.0)
HOUR = 3600.0
TIME = np.arange(0, 6 * HOUR + 1, 300.0)
STILL = 0.02 * (np.arange(len(TIME)) % 3)


def test_a_load_lies_between_its_sensors() -> None:
    span = (0.0, 6 * HOUR)
    cool, warm = (TIME, STILL), (TIME, STILL + 5)
    both = judge([cool, warm], SCAPE, ASSUMED, span)
    alone = [judge([each], SCAPE, ASSUMED, span) for each in (cool, warm)]
    assert both.life_used.best == pytest.approx(alone[0].life_used.best)
    assert both.life_used.worst == pytest.approx(alone[1].life_used.worst)
    assert both.life_left.best == pytest.approx(alone[0].life_left.best)
    assert both.life_left.worst == pytest.approx(alone[1].life_left.worst)
    assert (both.degree_hours.best, both.soonest) == (0, 0)
    assert both.degree_hours.worst == pytest.approx(6 * 4.52, rel=0.01)
    assert [(each.sensor, each.goes_on) for each in both.outside] == [(1, True)]


def test_where_nothing_came_everything_is_open() -> None:
    ride = judge([], SCAPE, ASSUMED, (0.0, HOUR))
    assert (ride.unknown, ride.gaps) == (HOUR, 1)
    assert math.isnan(ride.soonest)
    assert math.isnan(ride.warmest)
    assert ride.life_used.best == pytest.approx(HOUR / 86400 / 90, rel=0.2)
    assert ride.life_used.worst > 10 * ride.life_used.best
    assert ride.outside == ()


def test_sensors_may_measure_at_times_of_their_own() -> None:
    other = TIME[::2] + 60
    ride = judge(
        [(TIME, STILL), (other[:-1], STILL[: len(other) - 1])], SCAPE, ASSUMED, (0, 6 * HOUR)
    )
    assert ride.unknown == pytest.approx(6 * HOUR - (other[-2] - other[0]))


def test_a_door_explains_what_began_while_it_was_open() -> None:
    value = STILL + np.where((TIME >= 2 * HOUR) & (TIME < 2.5 * HOUR), 3.0, 0)
    (plain,) = judge([(TIME, value)], SCAPE, ASSUMED, (0, 6 * HOUR)).outside
    door = [(1.9 * HOUR, 2.1 * HOUR)]
    (told,) = judge([(TIME, value)], SCAPE, ASSUMED, (0, 6 * HOUR), door).outside
    assert (plain.cause, told.cause) == ("brief", "door")


def test_coverage_counts_what_lies_between_near_readings() -> None:
    time = np.array([-300.0, 0.0, 300.0, 600.0, 3000.0, 3300.0])
    assert coverage(time, 0, 3600) == pytest.approx((600 + 300) / 3600)
    assert coverage(np.array([-60.0, 3660.0]), 0, 3600, 4000.0) == 1
    assert coverage(np.array([5.0]), 0, 3600) == 0


def test_gaps_are_longer_than_the_longest() -> None:
    time = np.array([0.0, 300.0, 3000.0])
    assert gaps(time, 0, 4000) == [(300.0, 3000.0)]
    assert gaps(time, 0, 9000) == [(300.0, 3000.0), (3000.0, 9000.0)]
    assert gaps(np.zeros(0), 0, 4000) == [(0.0, 4000.0)]
