"""Examples of FAO-56 chapters 3 and 4, with the numbers that the 2006 printing gives."""

import numpy as np
import pytest

from models.weather.meteo import wind_at_2_m
from models.weather.reference_evapotranspiration import (
    COASTAL,
    EvapotranspirationError,
    daily,
    daylight,
    extraterrestrial,
    extraterrestrial_hour,
    hourly,
    penman_monteith,
    psychrometric_constant,
    saturation,
    slope,
    solar_by_sunshine,
    sun,
)


def test_pressure_and_vapour_of_the_examples_of_chapter_3():
    assert psychrometric_constant(1800.0) == pytest.approx(0.054, abs=5e-4)
    assert saturation([24.5, 15.0]).round(3).tolist() == [3.075, 1.705]
    assert slope([16.9, 30.2]).round(3).tolist() == [0.122, 0.246]


def test_sun_of_3_september_at_20_south():
    distance, declination, sunset = sun(246, -20.0)
    assert distance == pytest.approx(0.985, abs=5e-4)
    assert declination == pytest.approx(0.120, abs=5e-4)
    assert sunset == pytest.approx(1.527, abs=5e-4)
    assert extraterrestrial(246, -20.0) == pytest.approx(32.2, abs=0.05)
    assert daylight(246, -20.0) == pytest.approx(11.7, abs=0.05)


def test_example_17_bangkok_in_april():
    solar = solar_by_sunshine(8.5, 105, 13.73)
    assert solar == pytest.approx(22.65, abs=0.03)
    found = daily(25.6, 34.8, 105, 13.73, 2.0, vapour=2.85, wind=2.0, solar=solar)
    # The month's soil heat flux of 0.14 MJ is part of the printed 5.72.
    heat = 0.408 * 0.14 * 0.685
    assert found.eto - heat == pytest.approx(5.72, abs=0.02)
    assert not any(each.any() for each in found.estimated.values())


def test_example_18_uccle_on_6_july():
    wind = 10 / 3.6 * wind_at_2_m(10.0)
    assert wind == pytest.approx(2.078, abs=2e-3)
    solar = solar_by_sunshine(9.25, 187, 50.80)
    assert solar == pytest.approx(22.07, abs=0.1)
    found = daily(12.3, 21.5, 187, 50.80, 100.0, rhmin=63, rhmax=84, wind=wind, solar=22.07)
    assert found.eto == pytest.approx(3.88, abs=0.005)


def test_example_19_hours_in_senegal():
    above, angle = extraterrestrial_hour(274, np.array([2.5, 14.5]), 16.22, -16.25, -15.0)
    assert above.round(3).tolist() == pytest.approx([0.0, 3.543], abs=5e-3)
    assert angle.tolist() == pytest.approx([-2.46, 0.682], abs=5e-3)
    found = hourly([28.0, 38.0], [90.0, 52.0], [1.9, 3.3], [0.0, 2.450], above, 8.0, 0.8)
    assert found.round(2).tolist() == [0.0, 0.63]


def test_example_20_lyon_with_temperatures_alone():
    found = daily(14.8, 26.6, 196, 45.72, 200.0)
    # The printed 4.56 rounds Rs/Ra to 0.55.
    assert found.eto == pytest.approx(4.56, abs=0.02)
    assert found.least_humidity == pytest.approx(48, abs=0.5)
    assert {name for name, where in found.estimated.items() if where} == {
        "humidity", "radiation", "wind",
    }  # fmt: skip
    slow, fast = (float(daily(14.8, 26.6, 196, 45.72, 200.0, wind=w).eto) for w in (1.0, 3.0))
    assert slow == pytest.approx(4.2, abs=0.06)
    assert fast == pytest.approx(4.8, abs=0.06)


def test_example_16_radiation_of_a_coast():
    inland, coast = (
        float(daily(25.6, 34.8, 105, 13.73, 2.0, vapour=2.85, wind=2.0, k=k).eto)
        for k in (0.16, COASTAL)
    )
    assert inland < coast


def test_days_without_temperature_are_not_said():
    found = daily([14.8, np.nan], [26.6, 27.0], 196, 45.72, 200.0)
    assert np.isnan(found.eto).tolist() == [False, True]


def test_a_minimum_above_its_maximum_is_refused():
    with pytest.raises(EvapotranspirationError, match=r"day \(1,\): minimum 9 degC above maximum"):
        daily([1.0, 9.0], [5.0, 6.0], 100, 35.7, 50.0)


def test_a_latitude_beyond_the_polar_circle_is_refused():
    with pytest.raises(EvapotranspirationError, match="latitude 80: give degrees between"):
        daily(1.0, 5.0, 100, 80, 50.0)


def test_calm_air_counts_as_half_a_metre_a_second():
    calm, slow = (daily(14.0, 26.0, 196, 45.0, 0.0, wind=w).eto for w in (0.0, 0.5))
    assert calm == slow


def test_the_equation_itself():
    one = [np.array(v) for v in (16.9, 0.589, 2.078, 13.28, 0.0666)]
    assert penman_monteith(*one, 900.0) == pytest.approx(3.88, abs=0.01)
