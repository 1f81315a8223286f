"""The 48-hour rule of Virginia and North Carolina, its hours and its resets."""

import numpy as np
import pytest

from models.hazards.peanut.peanut_leaf_spot_48h import favourable_hours, since_lethal
from models.risk.hazard import HIGH, MEDIUM, NO_RISK

F = 1 / 1.8


def hours(fahrenheit, humidity):
    heat = (np.array(fahrenheit, float) - 32.0) * F
    return favourable_hours(heat[:, None], np.array(humidity, float)[:, None])


@pytest.mark.parametrize(
    ("fahrenheit", "humidity", "counted"),
    [(61, 95, 1), (90, 95, 1), (60.9, 95, 0), (90.1, 95, 0), (75, 94.9, 0)],
)
def test_what_a_favourable_hour_is(fahrenheit, humidity, counted):
    assert hours([fahrenheit], [humidity])[0] == counted


def test_five_hours_at_99_degrees_fahrenheit_reset():
    count, survives = hours([75] * 10 + [99] * 5 + [75] * 3, [95] * 18)
    assert (count[0], survives[0]) == (3, 0)


def test_four_hours_at_99_do_not():
    count, survives = hours([75] * 10 + [99] * 4 + [75] * 4, [95] * 18)
    assert (count[0], survives[0]) == (14, 1)


def test_eight_hours_below_40_percent_reset_but_seven_or_40_do_not():
    assert hours([75] * 12, [95] * 2 + [39.9] * 8 + [95] * 2)[0] == 2
    assert hours([75] * 12, [95] * 3 + [39.9] * 7 + [95] * 2)[0] == 5
    assert hours([75] * 12, [95] * 2 + [40] * 8 + [95] * 2)[0] == 4


def test_a_lethal_spell_across_midnight_is_seen():
    heat, damp = np.full((31, 1), 25.0), np.full((31, 1), 95.0)
    damp[3:11] = 30.0
    count, survives = favourable_hours(heat, damp, lead=7)
    assert (count[0], survives[0]) == (20, 0)


def test_counting_from_the_last_lethal_day():
    assert since_lethal(np.array([[10.0], [4.0], [8.0]]), np.array([[1.0], [0.0], [1.0]])) == 12


@pytest.mark.parametrize(
    ("damp_days", "status"), [(2, HIGH), (1, MEDIUM), (0, NO_RISK)], ids=["48", "24", "0"]
)
def test_status(ask, damp_days, status):
    damp = np.full((480, 1), 80.0)
    if damp_days:
        damp[-24 * damp_days :] = 96.0
    found = ask("peanut_leaf_spot_48h", relative_humidity=damp, air_temperature=25.0)
    assert found.status[0] == status
