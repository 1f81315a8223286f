"""Hours as days: means of what holds, and the quality of most hours."""

import numpy as np
import pytest

from models.water.measured_days import by_day
from models.water.measured_layers import MeasuredError
from models.weather.quality import DRIFT, FREEZE, STEP


def test_a_day_is_the_mean_of_the_hours_that_hold():
    values, bits = np.full((48, 2), 0.2), np.zeros((48, 2), int)
    values[:12, 0], bits[3, 0], values[3, 0] = 0.3, STEP, 0.9
    values[24:36, 1] = np.nan
    mean, quality = by_day(values, bits)
    assert mean[0, 0] == pytest.approx((11 * 0.3 + 12 * 0.2) / 23)
    assert mean[1] == pytest.approx([0.2, 0.2])
    # One hour's step is not the day's.
    assert quality[0, 0] == 0
    values[36, 1] = np.nan
    assert np.isnan(by_day(values, bits)[0][1, 1])


def test_a_day_that_does_not_hold_says_why_and_a_doubt_lasts_half_a_day():
    values, bits = np.full((24, 3), 0.2), np.zeros((24, 3), int)
    bits[:13, 0] = FREEZE
    bits[:, 1], bits[:5, 2] = DRIFT, DRIFT
    mean, quality = by_day(values, bits)
    assert np.isnan(mean[0]).tolist() == [True, False, False]
    assert quality[0].tolist() == [FREEZE, DRIFT, 0]


def test_half_a_day_is_refused():
    with pytest.raises(MeasuredError, match="30 values are no whole days of 24: begin and end at"):
        by_day(np.zeros(30))
