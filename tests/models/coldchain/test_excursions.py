"""Excursions by hand: start, end, peak, degree-hours, and what a gap hides of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.coldchain.excursions import degree_hours, excursions, outside, time_outside
from models.coldchain.exposure import Assumed, exposure
from models.coldchain.readings import HUMIDITY_FROZEN_S, HUMIDITY_SCALE, known_readings

NAN = float("nan")


def test_one_by_hand(minutes):
    times = minutes(7)
    found = excursions(known_readings(times, [4.0, 5.0, 9.0, 11.0, 9.5, 7.0, 5.0]), 2.0, 8.0)
    assert len(found) == 1
    assert (found.start.item(), found.end.item()) == (times[2], times[5])
    assert (found.peak.item(), found.side.item(), found.seconds.item()) == (11.0, 1, 1800.0)
    assert found.degree_hours.item() == pytest.approx((1.0 + 3.0 + 1.5) / 6)
    assert not found.start_unseen.item()
    assert not found.end_unseen.item()


def test_above_and_below_touching_are_two(minutes):
    found = excursions(known_readings(minutes(4), [9.0, 9.5, 1.0, 5.0]), 2.0, 8.0)
    assert found.side.tolist() == [1, -1]
    assert found.peak.tolist() == [9.5, 1.0]
    assert found.start_unseen.tolist() == [True, False]


def test_on_the_limit_is_inside(minutes):
    assert len(excursions(known_readings(minutes(4), [8.0, 2.0, 8.0, 2.0]), 2.0, 8.0)) == 0


def test_a_gap_cuts_an_excursion_and_both_parts_say_so(minutes):
    times = minutes(12)
    values = [5.0, 9.0, 9.5, NAN, NAN, NAN, NAN, NAN, 9.0, 9.5, 5.0, 5.5]
    found = excursions(known_readings(times, values), 2.0, 8.0)
    assert found.end.tolist() == [times[2], times[10]], "the first ends where it was last seen"
    assert found.end_unseen.tolist() == [True, False]
    assert found.start_unseen.tolist() == [False, True]


def test_of_several_loggers(minutes):
    values = [[5.0, 9.0, 9.5], [9.0, 9.5, 5.0], [5.0, 5.1, 5.2]]
    found = excursions(known_readings(minutes(3), values), 2.0, 8.0)
    assert found.logger.tolist() == [0, 1]
    assert found.end_unseen.tolist() == [True, False]
    assert found.start_unseen.tolist() == [False, True]
    assert found.of(found.logger == 1).peak.tolist() == [9.5]


def test_humidity_has_its_own_scale_and_a_gap_may_be_all_outside(minutes, products):
    limits = products["leafy_vegetables"].humidity
    values = [96.0, 97.0, 90.0, NAN, NAN, NAN, NAN, 98.0, 101.0, 99.0]
    known = known_readings(minutes(10), values, scale=HUMIDITY_SCALE, frozen_s=HUMIDITY_FROZEN_S)
    found = excursions(known, limits.low, limits.high)
    assert (found.side.tolist(), found.peak.tolist()) == ([-1], [90.0])
    out = time_outside(known, limits.low, limits.high)
    assert (out.best.item(), out.worst.item()) == (300.0, 300.0 + 50 * 60)


def test_nothing_known_has_none(minutes):
    assert len(excursions(known_readings(minutes(3), [NAN] * 3), 2.0, 8.0)) == 0


@given(
    st.lists(
        st.tuples(st.integers(1, 3000), st.one_of(st.just(NAN), st.integers(-500, 2000))),
        min_size=2,
        max_size=40,
    )
)
def test_excursions_add_up_to_the_doses_of_known_time(rows):
    """Their seconds and degree-hours are those of the series, where a gap is taken as inside."""
    steps, hundredths = zip(*rows, strict=True)
    known = known_readings(np.cumsum(np.array(steps, float)), np.array(hundredths) / 100)
    found, seen, inside = excursions(known, 2.0, 8.0), exposure(known), Assumed(5.0, 5.0)
    times, heat = outside(seen, 2.0, 8.0, inside), degree_hours(seen, 2.0, 8.0, inside)
    for number, side in enumerate((1, -1)):
        own = found.side == side
        assert found.seconds[own].sum() == pytest.approx(times[number].best.item(), abs=1e-6)
        assert found.degree_hours[own].sum() == pytest.approx(heat[number].best.item(), abs=1e-6)
