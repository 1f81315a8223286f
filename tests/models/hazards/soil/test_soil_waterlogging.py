"""Waterlogging: less than 5 % of air, for three days running."""

import numpy as np
import pytest

from models.hazards.soil.soil_waterlogging import airless_days
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK


@pytest.mark.parametrize(
    ("theta", "days"),
    [([0.42, 0.42, 0.43], 3), ([0.43, 0.40, 0.43], 1), ([0.43, 0.43, 0.40], 0)],
)
def test_days_running_up_to_today(theta, days):
    assert airless_days(np.array(theta)[:, None], 0.46, 0.05)[0] == days


@pytest.mark.parametrize(("wet_days", "status"), [(0, NO_RISK), (2, MEDIUM), (3, HIGH)])
def test_status(ask, wet_days, status):
    theta = np.full((480, 1), 0.30)
    if wet_days:
        theta[-24 * wet_days :] = 0.44
    assert ask("soil_waterlogging", soil_moisture=theta).status[0] == status


@pytest.mark.parametrize(
    ("before", "today", "status"),
    [
        (0.30, 0.399, NO_RISK),
        (0.30, 0.401, MEDIUM),
        (0.42, 0.399, NO_RISK),
        (0.42, 0.4099, MEDIUM),
        (0.42, 0.4101, HIGH),
        (0.4099, 0.4099, MEDIUM),
        (0.4101, 0.4101, HIGH),
    ],
)
def test_what_a_probe_cannot_tell_apart_is_never_none_or_high(ask, before, today, status):
    theta = np.full((480, 1), before)
    theta[-24:] = today
    assert ask("soil_waterlogging", soil_moisture=theta).status[0] == status


def test_without_a_probe_it_cannot_say(ask):
    assert ask("soil_waterlogging").status[0] == CANNOT_SAY
