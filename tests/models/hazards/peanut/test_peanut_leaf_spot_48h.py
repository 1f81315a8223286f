"""The 48-hour rule of Virginia and North Carolina, its hours and its resets."""

from datetime import date, timedelta

import numpy as np
import pytest

from models.crops.season import Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.hazards.peanut.peanut_leaf_spot_48h import favourable_hours
from models.risk.answers import begin, walk
from models.risk.hazard import HIGH, MEDIUM, NO_RISK
from models.weather.dataset import dataset
from models.weather.local_days import midnight
from tests.models.hazards.conftest import CROPS

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


@pytest.mark.parametrize(
    ("damp_days", "status"), [(2, HIGH), (1, MEDIUM), (0, NO_RISK)], ids=["48", "24", "0"]
)
def test_status(ask, damp_days, status):
    damp = np.full((480, 1), 80.0)
    if damp_days:
        damp[-24 * damp_days :] = 96.0
    found = ask("peanut_leaf_spot_48h", relative_humidity=damp, air_temperature=25.0)
    assert found.status[0] == status


def counts(bbch, days, sprays=(), lethal=()):
    """Favourable hours at the end of each day: 6 a day, observed stages by day number."""
    first = date(2016, 6, 1)
    clock = np.arange(24 * days) % 24
    damp = np.where(clock < 6, 96.0, 80.0)
    for day in lethal:
        damp[24 * day + 12 : 24 * day + 20] = 30.0
    data = dataset(
        [midnight(first) + timedelta(hours=h) for h in range(24 * days)],
        ("a",),
        {"air_temperature": np.full((24 * days, 1), 25.0), "relative_humidity": damp[:, None]},
    )
    seen = tuple((first + timedelta(days=d), stage) for d, stage in bbch.items())
    made = tuple(first + timedelta(days=d) for d in sprays)
    row = SiteSeason("a", "peanut", date(2016, 5, 1), observed=seen, sprays=made)
    fold = begin(data, Seasons((row,), CROPS), [catalogue()["peanut_leaf_spot_48h"]])
    return [float(results[0].drivers["favourable_hours"][0]) for results in walk(fold, data)]


def test_it_counts_from_early_pod_and_looks_back_without_an_end():
    found = counts({0: 61, 2: 63, 4: 65, 5: 71}, 40)
    assert found[3:7] == [0, 0, 6, 12]
    assert found[39] == 6 * 35


def test_from_the_tenth_day_after_a_spray_on():
    found = counts({0: 75}, 40, sprays=[20])
    assert found[19:32] == [120, *[0] * 10, 6, 12]


def test_a_lethal_spell_begins_the_count_again():
    found = counts({0: 75}, 20, lethal=[15])
    assert found[14:18] == [90, 0, 6, 12]
