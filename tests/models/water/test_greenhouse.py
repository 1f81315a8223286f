"""Greenhouses: evapotranspiration indoors and watering of substrate."""

import numpy as np
import pytest

from models.water.greenhouse import WIND, Substrate, doses, eto_indoors
from models.water.refused import WaterError
from models.weather.reference_evapotranspiration import daily


def test_indoors_lies_in_the_range_of_the_lysimeter():
    """Almeria: a little less than 1 mm in winter, about 4 mm in July."""
    winter = eto_indoors(9.0, 22.0, 1.25, 5.5, 5, 36.8, 150.0)
    summer = eto_indoors(20.0, 33.0, 2.6, 16.0, 190, 36.8, 150.0)
    assert 0.5 < winter < 1.3
    assert 3.3 < summer < 4.9


def test_without_a_cover_it_is_the_common_equation_at_that_wind():
    there = daily(12.0, 24.0, 150, 36.0, 50.0, vapour=1.4, wind=WIND, solar=20.0)
    inside = eto_indoors(12.0, 24.0, 1.4, 20.0, 150, 36.0, 50.0, transmission=1.0)
    assert inside == pytest.approx(there.eto)


def test_missing_weather_stays_missing():
    assert np.isnan(eto_indoors(12.0, 24.0, np.nan, 20.0, 150, 36.0, 50.0))


def test_a_cover_that_makes_light_is_refused():
    with pytest.raises(WaterError, match="transmission of 1.4: give the share of light"):
        eto_indoors(12.0, 24.0, 1.4, 20.0, 150, 36.0, 50.0, transmission=1.4)


def test_substrate_is_watered_by_what_the_crop_used():
    use = np.array([0.0, 0.1, 0.3, 0.5, 0.6, 0.4, 0.1])
    given = doses(use, Substrate(0.25, 0.2))
    assert given.sum() * 0.8 == pytest.approx(np.floor(use.sum() / 0.25) * 0.25)
    assert given[0] == 0.0
    assert given[4] > given[2]


@pytest.mark.parametrize(
    ("use", "substrate", "message"),
    [
        ([0.1], Substrate(0.0, 0.2), "substrate with a dose of 0 mm"),
        ([0.1], Substrate(0.2, 1.0), "1 drained: give a dose above 0 and a share below 1"),
        ([0.1, np.nan], Substrate(0.2, 0.2), "hour 1: use of nan mm; fill the gap"),
        ([-0.1], Substrate(0.2, 0.2), "hour 0: use of -0.1 mm"),
    ],
)
def test_impossible_substrates_are_refused(use, substrate, message):
    with pytest.raises(WaterError, match=message):
        doses(use, substrate)
