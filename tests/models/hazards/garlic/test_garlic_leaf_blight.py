"""BOTCAST cell by cell after the code of its source, and the sum over a spring."""

from datetime import date, timedelta

import numpy as np
import pytest

from models.crops.season import Seasons, SiteSeason
from models.hazards.garlic.garlic_leaf_blight import (
    HAZARD,
    infection_value,
    inoculum_value,
)
from models.risk.answers import begin, walk
from models.weather.dataset import dataset
from models.weather.local_days import midnight
from tests.models.hazards.conftest import CROPS


@pytest.mark.parametrize(
    ("hours", "heat", "value"),
    [
        (6, 15, 0),
        (7, 15, 1),
        (24, 5.9, 0),
        (24, 28.1, 0),
        (12, 8.9, 0),
        (13, 7, 1),
        (22, 7, 1),
        (23, 7, 2),
        (15, 27, 0),
        (16, 27, 1),
        (7, 24, 0),
        (8, 24, 1),
        (15, 8.1, 2),
        (15, 25, 2),
        (15, 25.1, 1),
        (14, 11, 2),
        (14, 16.6, 1),
        (14, 10.9, 1),
        (11, 13.5, 2),
        (11, 13.4, 1),
        (10, 15, 1),
        (12, 9, 0),
        (7, 13, 0),
        (7, 14, 0),
        (7, 14.1, 1),
        (12, 10, 1),
        (24, np.nan, 0),
    ],
)
def test_infection_value(hours, heat, value):
    assert infection_value(np.array([float(hours)]), np.array([float(heat)]))[0] == value


@pytest.mark.parametrize(
    ("hot", "dry", "hours", "value"),
    [
        (True, False, 24, False),
        (False, False, 4, False),
        (False, True, 13, True),
        (False, True, 12, False),
        (False, False, 12, True),
        (False, False, 5, True),
    ],
)
def test_inoculum_value(hot, dry, hours, value):
    found = inoculum_value(np.array([hot]), np.array([dry]), np.array([float(hours)]))
    assert found.tolist() == [value]


def scores(days, sprays=(), first=date(2016, 1, 25), **values):
    """Score of every day of one site; values (days, 24)."""
    start, grown = midnight(first), SiteSeason("a", "garlic", date(2015, 9, 25), sprays=sprays)
    plain = {"air_temperature": 15.0, "relative_humidity": 75.0, "precipitation_amount": 0.0}
    arrays = {
        name: np.array(np.broadcast_to(value, (days, 24)), float).reshape(-1, 1)
        for name, value in (plain | values).items()
    }
    data = dataset([start + timedelta(hours=h) for h in range(24 * days)], ("a",), arrays)
    fold = begin(data, Seasons((grown,), CROPS), [HAZARD])
    return [float(results[0].score[0]) for results in walk(fold, data)]


def damp(hours, days):
    """So many hours of 95 % a day, the rest at 75 %: no day is dry."""
    return np.tile(np.where(np.arange(24) < hours, 95.0, 75.0), (days, 1))


def test_the_sum_begins_with_february():
    found = scores(40, relative_humidity=damp(12, 40))
    assert found[4:7] == [0, 0, 0]
    assert found[7:10] == [2, 4, 6]


def test_a_recorded_spray_begins_anew():
    found = scores(40, (date(2016, 2, 20),), relative_humidity=damp(12, 40))
    assert found[25:28] == [38, 2, 4]


def test_a_dry_day_before_takes_the_spores_away_but_not_from_a_long_wet_day():
    days = 12
    wet = damp(12, days)
    wet[9, 12:] = 60.0
    assert scores(days, relative_humidity=wet)[9:12] == [6, 6, 8]
    wet[10, :13] = 95.0
    assert scores(days, relative_humidity=wet)[9:12] == [6, 8, 10]


def test_a_rainy_day_is_not_dry():
    wet, rain = damp(12, 12), np.zeros((12, 24))
    wet[9, 12:], rain[9, 0] = 60.0, 1.0
    found = scores(12, relative_humidity=wet, precipitation_amount=rain)
    assert found[9:12] == [6, 8, 10]


def test_four_hot_hours_stop_it_for_five_days():
    heat = np.full((16, 24), 15.0)
    heat[8, 14:18] = 31.0
    assert scores(16, air_temperature=heat, relative_humidity=damp(12, 16))[7:15] == [
        2, 2, 2, 2, 2, 2, 4, 6,
    ]  # fmt: skip


def test_where_data_begin_in_spring_nothing_is_said_until_a_spray():
    found = scores(12, (date(2016, 4, 8),), date(2016, 4, 1), relative_humidity=damp(12, 12))
    assert np.isnan(found[:7]).all()
    assert found[7:9] == [2, 4]
