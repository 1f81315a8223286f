"""TOM-CAST: the table of severity values, the first 35 and the sums of two weeks."""

import numpy as np
import pytest

from models.hazards.greenhouse.tomato_early_blight import TABLE
from models.risk.hazard import HIGH, NO_RISK

# VIPS, model ALTERNARIA: temperatures, hours from which on there are 1, 2, 3, 4.
ROWS = [
    ((13.0, 17.9), (7, 16, 21)),
    ((18.0, 20.9), (4, 9, 16, 23)),
    ((21.0, 25.9), (3, 6, 13, 21)),
    ((26.0, 29.9), (4, 9, 16, 23)),
]


@pytest.mark.parametrize(("heats", "limits"), ROWS)
def test_table(heats, limits):
    for heat in heats:
        for value, hours in enumerate(limits, start=1):
            at = TABLE.units(np.array([hours - 1.0, hours]), np.array([heat, heat]))
            assert at.tolist() == [value - 1, value]


@pytest.mark.parametrize("heat", [12.9, 30.0, 40.0])
def test_outside_13_to_30_degrees_is_nothing(heat):
    assert TABLE.units(np.array([24.0]), np.array([heat])) == 0


def test_before_35_of_the_season_nothing_is_due(ask):
    found = ask("tomato_early_blight", days=15, air_temperature=16.0, relative_humidity=95.0)
    # A first night, noon to noon, has only the twelve hours since midnight.
    assert found.drivers["severity"][0] == 42
    assert found.status[0] == HIGH
    damp = np.full((360, 1), 95.0)
    damp[:120] = 60.0
    found = ask("tomato_early_blight", days=15, air_temperature=16.0, relative_humidity=damp)
    assert found.drivers["season_severity"][0] < 35 < found.drivers["severity"][0] + 10
    assert found.status[0] == NO_RISK


def test_rain_does_not_wet_leaves_under_a_roof(ask):
    found = ask("tomato_early_blight", relative_humidity=60.0, precipitation_amount=5.0)
    assert found.drivers["severity"][0] == 0
