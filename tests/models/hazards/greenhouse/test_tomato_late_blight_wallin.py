"""Severity values of Wallin (BLITECAST) and the classes of the advisory."""

import numpy as np
import pytest

from models.hazards.greenhouse._late_blight import WALLIN_TABLE
from models.risk.hazard import HIGH, MEDIUM, NO_RISK

# Krause, Massie & Hyre 1975: temperature, hours from which on 1, 2, 3, 4 are given.
TABLE = [
    ((7.2, 9.0, 11.6), (16, 19, 22)),
    ((11.7, 13.0, 15.0), (13, 16, 19, 22)),
    ((15.1, 20.0, 26.6), (10, 13, 16, 19)),
]


@pytest.mark.parametrize(("heats", "steps"), TABLE)
def test_table(heats, steps):
    for heat in heats:
        for value, hours in enumerate(steps, start=1):
            at, before = WALLIN_TABLE.units(np.array([hours, hours - 1.0]), np.array([heat, heat]))
            assert (at, before) == (value, value - 1)


@pytest.mark.parametrize("heat", [7.1, 26.7, 35.0])
def test_too_cold_or_too_warm_is_nothing(heat):
    assert WALLIN_TABLE.units(np.array([24.0]), np.array([heat])) == 0


def test_no_temperature_falls_between_two_classes():
    heat = np.arange(7.2, 26.6, 0.01)
    assert (WALLIN_TABLE.units(np.full(heat.shape, 24.0), heat) >= 3).all()


def test_dry_weeks_are_no_risk(ask):
    found = ask("tomato_late_blight_wallin", relative_humidity=60.0)
    assert (found.status[0], found.drivers["season_severity"][0]) == (NO_RISK, 0)


def test_a_first_damp_night_is_medium_and_damp_weeks_are_high(ask):
    damp = np.full((480, 1), 60.0)
    damp[-36:-20] = 95.0
    found = ask("tomato_late_blight_wallin", relative_humidity=damp)
    assert (found.status[0], found.drivers["severity"][0]) == (NO_RISK, 2)
    damp[-72:] = 95.0
    assert ask("tomato_late_blight_wallin", relative_humidity=damp).status[0] == MEDIUM
    found = ask("tomato_late_blight_wallin", relative_humidity=95.0)
    assert found.status[0] == HIGH
    assert found.drivers["severity"][0] == 14 * 4
