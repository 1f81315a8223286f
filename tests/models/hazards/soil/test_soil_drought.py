"""Drought: depletion and stress of FAO-56."""

import numpy as np
import pytest

from models.hazards.soil.soil_drought import depletion, stress
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK


def test_depletion_runs_from_field_capacity_to_wilting_point():
    theta = np.array([0.31, 0.23, 0.15])
    assert depletion(theta, 0.31, 0.15) == pytest.approx([0.0, 0.5, 1.0])


def test_stress_begins_at_p_and_is_whole_at_the_wilting_point():
    # FAO-56 eq. 84: Ks = (TAW - Dr) / ((1 - p) TAW)
    taw, p = 100.0, 0.4
    for dr in (40.0, 55.0, 70.0, 100.0):
        ks = (taw - dr) / ((1 - p) * taw)
        assert 1.0 - stress(np.array([dr / taw]), p)[0] == pytest.approx(ks)


@pytest.mark.parametrize(
    ("crop", "theta", "status"),
    [
        ("winter_wheat", 0.25, NO_RISK),
        ("winter_wheat", 0.21, MEDIUM),
        ("winter_wheat", 0.17, HIGH),
        ("garlic", 0.25, MEDIUM),
    ],
)
def test_status_by_crop(ask, crop, theta, status):
    assert ask("soil_drought", crop=crop, soil_moisture=theta).status[0] == status


def test_without_a_probe_it_cannot_say(ask):
    assert ask("soil_drought", crop="winter_wheat").status[0] == CANNOT_SAY
