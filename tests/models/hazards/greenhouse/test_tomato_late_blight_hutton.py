"""Hutton criteria: two days, >= 10 degC, >= 6 h at >= 90 %."""

import numpy as np
import pytest

from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK


def humid(hours, days=20):
    return np.tile(np.where(np.arange(24) < hours, 90.0, 70.0), days)[:, None]


@pytest.mark.parametrize(
    ("hours", "heat", "status"),
    [(6, 10.0, HIGH), (5, 10.0, NO_RISK), (6, 9.9, NO_RISK)],
)
def test_criterion(ask, hours, heat, status):
    found = ask("tomato_late_blight_hutton", relative_humidity=humid(hours), air_temperature=heat)
    assert found.status[0] == status


def test_one_day_of_two_is_medium(ask):
    damp = humid(6)
    damp[-48:-24] = 70.0
    assert ask("tomato_late_blight_hutton", relative_humidity=damp).status[0] == MEDIUM


def test_a_gap_that_could_hide_a_sixth_hour_is_not_no_risk(ask):
    damp = humid(5)
    damp[[-48 + 12, -24 + 12]] = np.nan
    assert ask("tomato_late_blight_hutton", relative_humidity=damp).status[0] == CANNOT_SAY
