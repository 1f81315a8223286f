"""Garlic rust after Cornell: four hours at >= 97 % and 41-77 degF."""

from datetime import date

import numpy as np
import pytest

from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON


def nights(hours, humidity=97.0, days=20):
    clock = (np.arange(24 * days) - 22) % 24
    return np.where(clock < hours, humidity, 70.0)[:, None]


@pytest.mark.parametrize(
    ("hours", "humidity", "heat", "status"),
    [
        (4, 97.0, 15.0, HIGH),
        (3, 97.0, 15.0, NO_RISK),
        (4, 96.9, 15.0, NO_RISK),
        (4, 97.0, 5.0, HIGH),
        (4, 97.0, 4.9, NO_RISK),
        (4, 97.0, 25.0, HIGH),
        (4, 97.0, 25.1, NO_RISK),
    ],
)
def test_what_infects(ask, hours, humidity, heat, status):
    damp = nights(hours, humidity)
    found = ask("garlic_rust", relative_humidity=damp, air_temperature=heat)
    assert found.status[0] == status


def test_a_single_night_within_nine_days_is_medium(ask):
    damp = nights(0)
    damp[-60:-54] = 98.0
    found = ask("garlic_rust", relative_humidity=damp)
    assert (found.status[0], found.drivers["infection_nights"][0]) == (MEDIUM, 1)


def test_the_best_temperature_is_told_apart(ask):
    drivers = ask("garlic_rust", relative_humidity=nights(6), air_temperature=8.0).drivers
    assert (drivers["infection_nights"][0], drivers["best_nights"][0]) == (9, 0)


def test_missing_hours_beside_three_damp_ones(ask):
    damp = nights(3)
    damp[(np.arange(480) % 24 == 1)] = np.nan
    assert ask("garlic_rust", relative_humidity=damp).status[0] == CANNOT_SAY


def test_in_autumn_a_damp_night_is_not_asked_about(ask):
    found = ask("garlic_rust", relative_humidity=nights(6), first=date(2015, 10, 1))
    assert (found.status[0], found.drivers["infection_nights"][0]) == (OUT_OF_SEASON, 9)


@pytest.mark.parametrize(("begins", "nights_"), [(10, 1), (8, 1), (12, 1), (9, 1)])
def test_four_hours_across_noon_are_one_spell(ask, begins, nights_):
    damp = nights(0)
    damp[-72 + begins : -72 + begins + 4] = 98.0
    found = ask("garlic_rust", relative_humidity=damp)
    assert found.drivers["infection_nights"][0] == nights_


def test_a_spell_that_infected_before_noon_does_so_once(ask):
    damp = nights(0)
    damp[-72 + 7 : -72 + 14] = 98.0
    assert ask("garlic_rust", relative_humidity=damp).drivers["infection_nights"][0] == 1
