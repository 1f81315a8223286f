"""Spider mite: Bounfour & Tanigoshi 2001 as fitted by Jarosik et al. 2011."""

import pytest

from models.hazards.greenhouse.cucumber_spider_mite import PACE
from models.risk.hazard import MEDIUM, NO_RISK


def test_thermal_constants_are_those_of_the_fitted_line():
    intercept, slope = -0.069401479, 0.006724950
    assert PACE.lower == pytest.approx(-intercept / slope, abs=0.005)
    assert PACE.constant == pytest.approx(1.0 / slope, abs=0.05)


@pytest.mark.parametrize(("heat", "status"), [(18.0, NO_RISK), (22.0, MEDIUM), (35.0, MEDIUM)])
def test_status(ask, heat, status):
    assert ask("cucumber_spider_mite", air_temperature=heat).status[0] == status
