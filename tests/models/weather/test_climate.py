"""A month cannot be warmer on average than the highest temperature ever measured in it."""

import numpy as np
import pytest

from models.weather.climate import HIGHEST_EVER, warmer_than_ever

PUYANG, TROMSO = (115.1, 35.8), (18.9, 69.6)
#: About the mean of each month at Puyang [degC].
NORMAL = (0, 3, 9, 16, 22, 26, 27, 26, 21, 15, 8, 2)


def month(number, mean, hours=720):
    first = np.datetime64(f"2016-{number:02}-01T00:00") - np.timedelta64(8, "h")
    time = first.astype("datetime64[s]").astype(np.int64) + 3600 * np.arange(hours)
    return mean + 6 * np.sin(np.arange(hours) / 24 * 2 * np.pi), time


@pytest.mark.parametrize("number", range(1, 13))
def test_every_month_in_fahrenheit_is_too_warm_and_none_in_celsius_is(number):
    celsius, time = month(number, NORMAL[number - 1])
    assert warmer_than_ever(celsius * 1.8 + 32, time, PUYANG)
    assert not warmer_than_ever(celsius, time, PUYANG)
    assert not warmer_than_ever(celsius + 5, time, PUYANG)


def test_where_it_is_not_known_only_what_can_be_nowhere_is_too_warm():
    winter, time = month(1, 25.0)
    assert warmer_than_ever(winter, time, PUYANG)
    assert not warmer_than_ever(winter, time, None)
    assert not warmer_than_ever(winter, time, TROMSO)
    march, time = month(3, 49.0)
    assert warmer_than_ever(march, time, None)


def test_a_hot_day_is_no_month():
    hot, time = month(1, 20.0, hours=12)
    assert not warmer_than_ever(hot, time, PUYANG)
    assert len(HIGHEST_EVER) == 12
