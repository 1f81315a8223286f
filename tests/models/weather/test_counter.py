"""Rain counters, known from the rain of each hour on years of measured rain."""

import numpy as np
import pandas as pd
import pytest

from models.weather.counter import amounts, is_counter
from tests.paths import SHARED

BEIJING = SHARED / "data/weather/beijing_prsa_hourly_weather_3stations_2013_2017.csv.gz"
RNG = np.random.default_rng(20160505)


def showers(hours):
    """Spells of rain of a few hours each [mm], with a bucket of 0.1 mm."""
    wet = np.zeros(hours, bool)
    for start in RNG.integers(0, hours, hours // 60):
        wet[start : start + RNG.integers(1, 9)] = True
    return np.where(wet, np.round(RNG.gamma(0.8, 2.0, hours), 1), 0.0)


def by_day(rain, reset=0):
    """States of a counter that is set back every day at an hour."""
    states, total = [], 0.0
    for hour, amount in enumerate(rain):
        total = (0.0 if hour % 24 == reset else total) + amount
        states.append(round(total, 1))
    return np.array(states)


def test_a_season_that_counts_on_is_a_counter():
    rain = showers(24 * 120)
    counted = np.round(np.cumsum(rain), 1)
    assert counted.sum() > 10 * rain.sum()
    assert is_counter(counted)
    assert not is_counter(rain)


@pytest.mark.parametrize("reset", [0, 12])
def test_a_counter_that_is_set_back_daily_is_one(reset):
    rain = showers(24 * 120)
    assert is_counter(by_day(rain, reset))


def test_few_hours_tell_nothing():
    assert not is_counter(np.array([0.0, 1.0, 1.0, 1.0, 2.0]))
    assert not is_counter(np.zeros(10_000))


def test_steady_drizzle_is_no_counter():
    assert not is_counter(np.tile([0.0, 0.1, 0.1, 0.1, 0.0], 60))


def test_measured_rain_is_never_taken_for_a_counter():
    if not BEIJING.is_file():
        print(f"not run: {BEIJING} is not there")
        pytest.skip(f"not run: {BEIJING} is not there")
    data = pd.read_csv(BEIJING)
    column = next(name for name in data.columns if name.lower().startswith("rain"))
    station = next(name for name in data.columns if name.lower() == "station")
    judged = 0
    for _, rows in data.groupby(station):
        rain = rows[column].to_numpy(float)
        for start in range(0, len(rain) - 24 * 30, 24 * 30):
            month = rain[start : start + 24 * 30]
            month = month[~np.isnan(month)]
            assert not is_counter(month)
            if (month > 0).sum() >= 24:
                judged += 1
                assert is_counter(np.round(np.cumsum(month), 1))
                assert is_counter(by_day(month))
    assert judged > 20


def test_amounts_from_a_counter():
    hour = 3600
    time = np.array([0, 1, 2, 3, 4, 6, 7]) * hour
    states = np.array([5.0, 5.0, 7.5, 0.2, 0.2, 1.0, 1.4])
    np.testing.assert_allclose(amounts(states, time), [np.nan, 0, 2.5, 0.2, 0, np.nan, 0.4])
    assert len(amounts(np.array([]), np.array([], np.int64))) == 0
