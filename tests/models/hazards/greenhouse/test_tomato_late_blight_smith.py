"""Smith period: two days, >= 10 degC, >= 11 h at >= 90 %; 10 h near miss."""

import numpy as np
import pytest

from models.risk.hazard import HIGH, MEDIUM, NO_RISK


@pytest.mark.parametrize(
    ("hours", "heat", "status"),
    [(11, 10.0, HIGH), (10, 10.0, MEDIUM), (9, 10.0, NO_RISK), (24, 9.9, NO_RISK)],
)
def test_criterion(ask, hours, heat, status):
    damp = np.tile(np.where(np.arange(24) < hours, 90.0, 70.0), 20)[:, None]
    found = ask("tomato_late_blight_smith", relative_humidity=damp, air_temperature=heat)
    assert found.status[0] == status


def test_both_days_count(ask):
    damp = np.full((480, 1), 95.0)
    damp[-24:-14] = 50.0
    assert ask("tomato_late_blight_smith", relative_humidity=damp).drivers["humid_hours"][0] == 14
