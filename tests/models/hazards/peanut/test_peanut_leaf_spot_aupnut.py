"""AU-Pnut: the worked example, the advisory table, and what is left without a forecast."""

from datetime import date
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from models.crops.season import SiteSeason
from models.hazards.peanut._peanut_leaf_spot import unprotected
from models.hazards.peanut.peanut_leaf_spot_aupnut import advice, rain_events
from models.risk.hazard import HIGH, MEDIUM, NO_RISK
from tests.models.hazards import conftest


def test_worked_example_sprayed_1_august_irrigated_12_rain_4_8_16():
    days = [date(2015, 8, d) for d in range(1, 18)]
    rain = np.array([10.0 if d.day in (4, 8, 12, 16) else 0.0 for d in days])
    since = np.array([(d - date(2015, 8, 1)).days for d in days], float)
    assert rain_events(rain, since) == 2


def test_counting_begins_on_the_tenth_day_after_a_spray():
    assert rain_events(np.full(3, 10.0), np.array([9.0, 10.0, 11.0])) == 2


def test_rain_of_more_than_ten_days_ago_counts_no_more(ask):
    rain = np.zeros((480, 1))
    for back in (10, 11, 12, 13):
        rain[-24 * back : -24 * back + 3] = 5.0
    found = ask("peanut_leaf_spot_aupnut", precipitation_amount=rain)
    assert found.drivers["rain_events"][0] == 1


def test_a_rain_event_is_more_than_2_5_mm():
    assert rain_events(np.array([2.5, 2.6]), np.full(2, np.inf)) == 1


@pytest.mark.parametrize(
    ("probability", "events", "status"),
    [
        (50, 0, HIGH),
        (49, 1, HIGH),
        (40, 0, MEDIUM),
        (39, 2, HIGH),
        (20, 1, MEDIUM),
        (20, 0, MEDIUM),
        (19, 3, HIGH),
        (19, 2, NO_RISK),
        (0, 0, NO_RISK),
    ],
)
def test_advisory(probability, events, status):
    assert advice(events, probability) == status


def test_no_probability_is_no_advice():
    assert np.isnan(advice(3, np.nan))


@pytest.mark.parametrize(("events", "status"), [(0, NO_RISK), (1, MEDIUM), (2, MEDIUM), (3, HIGH)])
def test_without_forecast(ask, events, status):
    rain = np.zeros((480, 1))
    for day in range(events):
        rain[-24 * (day + 2) : -24 * (day + 2) + 3] = 1.0
    found = ask("peanut_leaf_spot_aupnut", precipitation_amount=rain)
    assert found.status[0] == status
    assert all(advice(events, pop) <= HIGH for pop in (0, 100))


def test_three_events_are_high_whatever_the_forecast():
    assert (advice(np.full(101, 3), np.arange(101)) == HIGH).all()


@pytest.mark.parametrize(
    ("since", "counted"),
    [
        (np.inf, [1, 1, 1, 1]),
        (11.0, [0, 0, 1, 1]),
        (10.0, [0, 0, 0, 1]),
        (9.0, [0, 0, 0, 0]),
        (0.0, [0, 0, 0, 0]),
    ],
)
def test_days_count_from_the_tenth_after_a_recorded_spray(since, counted):
    season = SimpleNamespace(since_spray=np.array([since]))
    assert unprotected(season, 4)[:, 0].tolist() == counted


@pytest.mark.parametrize("hazard", ["peanut_leaf_spot_aupnut", "peanut_leaf_spot_48h"])
def test_a_recorded_spray_lowers_the_count(ask, hazard, monkeypatch):
    weather = {"relative_humidity": 97.0, "air_temperature": 25.0, "precipitation_amount": 1.0}
    bare = ask(hazard, **weather)
    monkeypatch.setattr(conftest, "SiteSeason", partial(SiteSeason, sprays=(date(2016, 5, 5),)))
    sprayed = ask(hazard, **weather)
    assert bare.score[0] > 0.0 == sprayed.score[0]
