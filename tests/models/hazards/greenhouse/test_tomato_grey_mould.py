"""Yunis et al. 1994: more than 7 h wet and more than 9.5 h at 9-21 degC a night, weekly means."""

import numpy as np
import pytest

from models.hazards.greenhouse._grey_mould import outbreak
from models.risk.hazard import HIGH, MEDIUM, NO_RISK


def wet(hours, days=20):
    return np.tile(np.where(np.arange(24) < hours, 95.0, 70.0), days)[:, None]


@pytest.mark.parametrize(
    ("hours", "night", "status"),
    [
        (8, 15.0, HIGH),
        (7, 15.0, MEDIUM),
        (5, 15.0, NO_RISK),
        (24, 25.0, NO_RISK),
        (24, 5.0, NO_RISK),
    ],
)
def test_status(ask, hourly, hours, night, status):
    found = ask(
        "tomato_grey_mould", relative_humidity=wet(hours), air_temperature=hourly(night, 25.0)
    )
    assert found.status[0] == status
    assert found.drivers["wet_hours"][0] == hours


def test_both_limits_must_be_exceeded():
    assert outbreak(np.array([7.0, 7.1, 14.0]), np.array([14.0, 9.6, 9.5])).tolist() == [
        1.0,
        9.6 / 9.5,
        1.0,
    ]
