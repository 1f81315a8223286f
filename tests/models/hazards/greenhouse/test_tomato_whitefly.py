"""Whitefly: the pace follows the thermal constants and never cries high."""

import numpy as np
import pytest

from models.hazards.greenhouse.tomato_whitefly import PACE
from models.risk.hazard import MEDIUM, NO_RISK


def test_a_constant_temperature_takes_k_degree_days(ask):
    found = ask("tomato_whitefly", air_temperature=25.0)
    assert found.drivers["generation_days"][0] == pytest.approx(351.0 / 14.9)


def test_cut_off_above_and_below():
    assert PACE.degree_days(np.array([[5.0], [40.0]])) == pytest.approx((35.0 - 10.1) / 2)


@pytest.mark.parametrize(("heat", "status"), [(15.0, NO_RISK), (28.0, MEDIUM), (40.0, MEDIUM)])
def test_status(ask, heat, status):
    assert ask("tomato_whitefly", air_temperature=heat).status[0] == status


def test_too_cold_to_develop_has_a_finite_answer(ask):
    assert ask("tomato_whitefly", air_temperature=5.0).drivers["generation_days"][0] == 365.0
