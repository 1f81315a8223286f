"""Units are converted where they are stated, and only named where they are not."""

import numpy as np
import pytest

from models.sheets.refused import CellError
from models.sheets.units import UNITS, likely_unit, stated


def converted(quantity, value, *notes):
    return float(stated(quantity, notes).converted(quantity, np.array([value]))[0])


@pytest.mark.parametrize(
    ("quantity", "note", "value", "ours"),
    [
        ("air_temperature", "°C", 20, 20),
        ("air_temperature", "℃", 20, 20),
        ("air_temperature", "degF", 68, 20),
        ("air_temperature", "华氏度", 68, 20),
        ("soil_temperature", "K", 293.15, 20),
        ("air_temperature", "0.1℃", 152, 15.2),
        ("precipitation_amount", "in", 1, 25.4),
        ("precipitation_amount", "毫米", 1, 1),
        ("wind_speed", "km/h", 36, 10),
        ("wind_speed", "m s-1", 10, 10),
        ("wind_speed", "mph", 10, 4.4704),
        ("air_pressure", "Pa", 101_325, 1013.25),
        ("relative_humidity", "%", 80, 80),
        ("soil_moisture", "%", 25, 0.25),
        ("shortwave_irradiance", "MJ/m²", 3.6, 1000),
        ("leaf_wetness_duration", "h", 0.5, 30),
    ],
)
def test_a_stated_unit_is_converted(quantity, note, value, ours):
    assert converted(quantity, value, note) == pytest.approx(ours)


def test_wind_of_a_mast_is_brought_to_2_m():
    # FAO-56 equation 47: u2 = uz 4.87 / ln(67.8 z - 5.42); at 10 m the factor is 0.748
    assert converted("wind_speed", 10.0, "10 m") == pytest.approx(7.48, abs=0.005)
    assert converted("wind_speed", 36.0, "km/h", "10米") == pytest.approx(7.48, abs=0.005)
    assert converted("wind_speed", 10.0, "2 m") == pytest.approx(10.0, abs=0.005)
    assert converted("wind_speed", 10.0) == 10.0


def test_a_height_of_another_quantity_changes_nothing():
    assert converted("air_temperature", 15.0, "2 m") == 15.0
    assert converted("soil_temperature", 15.0, "-20 cm") == 15.0


def test_rain_may_be_stated_to_count_on():
    assert stated("precipitation_amount", ["mm", "累计"]).counter
    assert not stated("precipitation_amount", ["mm"]).counter


@pytest.mark.parametrize(
    ("quantity", "note", "message"),
    [
        ("air_temperature", "bananas", 'air_temperature: "bananas" is no unit or height that can'),
        ("air_temperature", "counter", "(one of degc, degf, k, 0.1degc, or for instance 10 m)"),
        ("wind_speed", "1000 m", "wind_speed: 1000 m is no height of a wind sensor (0.5 to 200)"),
        ("wind_speed", "0 m", "wind_speed: 0 m is no height"),
        ("soil_ph", "mol", '(one of 1, or for instance 10 m)'),
    ],
)  # fmt: skip
def test_what_is_no_unit(quantity, note, message):
    with pytest.raises(CellError) as error:
        stated(quantity, [note])
    assert message in str(error.value)


CELSIUS = np.array([14.0, 21.5, 27.0, 18.2, 9.9])


@pytest.mark.parametrize(
    ("quantity", "values", "name"),
    [
        ("air_temperature", CELSIUS * 1.8 + 32, "fahrenheit"),
        ("air_temperature", CELSIUS + 273.15, "kelvin"),
        ("air_temperature", CELSIUS * 10, "tenths"),
        ("relative_humidity", np.array([0.85, 0.9, 0.4, 0.62, 0.99]), "fraction"),
        ("air_pressure", np.array([1013e2, 998e2]), "pascals"),
        ("air_pressure", np.array([101.3, 99.8]), "kilopascals"),
        ("soil_moisture", np.array([25.0, 31.0]), "percent"),
        ("air_temperature", np.array([1e9, 2e9]), None),
        ("battery_voltage", np.array([1e9]), None),
    ],
)
def test_what_impossible_values_look_like(quantity, values, name):
    unit = likely_unit(quantity, values)
    assert (unit and unit.name) == name


def test_every_likely_unit_has_words():
    from field_configs.words import LANGUAGES, Words

    names = {unit.name for units in UNITS.values() for unit in units[1:]} | {"unknown"}
    for language in LANGUAGES:
        assert [n for n in sorted(names) if f"cause.{n}" not in Words.load(language)] == []
