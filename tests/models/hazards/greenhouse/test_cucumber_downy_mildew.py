"""Yang et al. 2007: range <= 5 degC, mean humidity >= 80 %, mean temperature 15-25 degC."""

import numpy as np
import pytest

from models.hazards.greenhouse.cucumber_downy_mildew import infects
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK


@pytest.mark.parametrize(
    ("spread", "humidity", "mean", "expected"),
    [
        (5.0, 80.0, 15.0, True),
        (5.0, 80.0, 25.0, True),
        (5.1, 80.0, 20.0, False),
        (5.0, 79.9, 20.0, False),
        (5.0, 80.0, 14.9, False),
        (5.0, 80.0, 25.1, False),
    ],
)
def test_limits(spread, humidity, mean, expected):
    assert infects(np.array([spread]), np.array([humidity]), np.array([mean]))[0] == expected


def test_one_day_is_medium_and_two_are_high(ask):
    damp = np.full((480, 1), 70.0)
    damp[-24:] = 85.0
    assert ask("cucumber_downy_mildew", relative_humidity=damp).status[0] == MEDIUM
    damp[-48:] = 85.0
    assert ask("cucumber_downy_mildew", relative_humidity=damp).status[0] == HIGH


def test_a_wide_swing_of_temperature_is_no_risk(ask, hourly):
    found = ask("cucumber_downy_mildew", relative_humidity=85.0, air_temperature=hourly(16.0, 22.0))
    assert found.status[0] == NO_RISK


def test_a_missing_noon_could_hide_the_swing(ask):
    heat = np.full((480, 1), 18.0)
    heat[-12] = np.nan
    damp = np.full((480, 1), 70.0)
    damp[-24:] = 85.0
    found = ask("cucumber_downy_mildew", relative_humidity=damp, air_temperature=heat)
    assert found.status[0] == CANNOT_SAY
