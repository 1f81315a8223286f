"""If the next hour is like this one: when the limit is broken, what is left then."""

import numpy as np
import pytest

from models.coldchain.exposure import Between
from models.coldchain.life import life_days
from models.coldchain.outlook import outlook
from models.coldchain.readings import known_readings

UNUSED = Between(np.zeros(1), np.zeros(1))


def follow(times, values, product, held=13.0, used=UNUSED):
    return outlook(known_readings(times, values), used, product, held)


def test_a_steady_rise_breaks_the_limit_when_the_line_says_so(products, minutes):
    """13.0 to 13.5 degC in the hour: 15 degC comes 3 hours on."""
    found = follow(minutes(7), 13.0 + np.arange(7) / 12, products["tomato"])
    assert found.slope.item() == pytest.approx(0.5)
    assert found.soonest.item() == pytest.approx(3 * 3600, rel=1e-6)
    assert found.latest.item() == pytest.approx(3 * 3600, rel=1e-6)


def test_a_fall_breaks_the_lower_limit(products, minutes):
    found = follow(minutes(7), 13.5 - np.arange(7) / 12, products["tomato"])
    assert found.soonest.item() == pytest.approx(3600, rel=1e-6)


def test_noise_makes_an_interval_around_the_line(products, minutes):
    noise = np.array([0.05, -0.05, 0.04, -0.04, 0.05, -0.05, 0.03])
    found = follow(minutes(7), 13.0 + np.arange(7) / 12 + noise, products["tomato"])
    assert found.soonest.item() < 3 * 3600 < found.latest.item()


def test_a_level_hour_never_breaks_it(products, minutes):
    found = follow(minutes(7), [13.0, 13.01] * 3 + [13.0], products["tomato"])
    assert found.latest.item() == np.inf
    found = follow(minutes(7), np.full(7, 13.0), products["tomato"])
    assert found.soonest.item() == np.inf
    assert np.isnan(found.left_when_broken.best.item())


def test_outside_already_is_now(products, minutes):
    found = follow(minutes(7), 17.0 + np.arange(7) / 12, products["tomato"])
    assert (found.soonest.item(), found.latest.item()) == (0.0, 0.0)


@pytest.mark.parametrize("gone", [slice(1, 5), slice(0, 5)], ids=["half", "all but two"])
def test_of_an_hour_mostly_unknown_nothing_is_said(products, minutes, gone):
    values = 13.0 + np.arange(7) / 12
    values[gone] = np.nan
    found = follow(minutes(7), values, products["tomato"])
    for answer in (found.soonest, found.latest, found.left_after_hour.best, found.slope):
        assert np.isnan(answer.item())


def test_no_reading_at_all(products, minutes):
    found = follow(minutes(3), np.full(3, np.nan), products["tomato"])
    assert np.isnan(found.soonest.item())


def test_only_the_last_hour_counts(products, minutes):
    values = np.r_[np.linspace(30.0, 13.0, 20), 13.0 + np.arange(7) / 12]
    found = follow(minutes(27), values, products["tomato"])
    assert found.soonest.item() == pytest.approx(3 * 3600, rel=1e-6)


def test_life_left_after_the_hour_and_when_it_breaks(products, minutes):
    """Level at 13 degC, a day of 13 degC is 1 / life of it; the hour is a twenty-fourth."""
    tomato = products["tomato"]
    shortest, longest = life_days(tomato, 13.0)
    used = Between(np.array([0.25]), np.array([0.5]))
    found = follow(minutes(7), np.full(7, 13.0), tomato, used=used)
    assert found.left_after_hour.best.item() == pytest.approx(0.75 * longest - 1 / 24)
    assert found.left_after_hour.worst.item() == pytest.approx(0.5 * shortest - 1 / 24)
    rising = follow(minutes(7), 13.0 + np.arange(7) / 12, tomato, used=used)
    assert rising.left_when_broken.best.item() < rising.left_after_hour.best.item()
    assert rising.left_when_broken.worst.item() < rising.left_when_broken.best.item()


def test_several_loggers_at_once_are_as_alone(products, minutes):
    values = np.stack([13.0 + np.arange(7) / 12, 13.0 - np.arange(7) / 30])
    used = Between(np.zeros(2), np.zeros(2))
    both = follow(minutes(7), values, products["tomato"], used=used)
    for logger in range(2):
        alone = follow(minutes(7), values[logger], products["tomato"])
        assert both.soonest[logger] == alone.soonest.item()
        assert both.left_after_hour.worst[logger] == alone.left_after_hour.worst.item()
