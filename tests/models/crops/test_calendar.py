"""Stages of the shipped crops on a typical year of Zhengzhou, against dates of northern Henan.

Wheat joints in the middle or last third of March, flowers from 29 April to 5 May, is ripe around
5 June; maize sown in early June is ripe from 24 September to 3 October; spring peanut flowers 30 to
38 days after sowing and is dug at 120 to 130. The same year served to set the provisional numbers
of wheat: this holds the code to the calendar and validates nothing.
"""

import csv
from datetime import date, timedelta

import numpy as np
import pytest

from field_configs.load import load
from models.crops.phenology import Growth, grow, stage_at
from models.crops.slowing import cold_of, day_length
from tests.paths import SHARED

TYPICAL = SHARED / "data/weather/zhengzhou_cswd_typical_year_hourly.csv"


@pytest.fixture(scope="module")
def means():
    if not TYPICAL.exists():
        pytest.skip(f"{TYPICAL} is not here: the typical year of Zhengzhou")
    days = {}
    with TYPICAL.open() as file:
        for row in csv.DictReader(file):
            days.setdefault((int(row["Month"]), int(row["Day"])), []).append(
                float(row["DryBulb_C"])
            )
    return {day: sum(hours) / len(hours) for day, hours in days.items()}


def first_days(crop, sown, means):
    """First day of each stage of the table that has degree-days."""
    zero = np.zeros(1)
    growth, day, found = Growth(zero, zero, zero, zero), sown, {}
    stages = [stage.bbch for stage in crop.stages if stage.degree_days is not None]
    while stages[-1] not in found:
        mean = np.array([means[day.month, min(day.day, 28) if day.month == 2 else day.day]])
        growth = grow(growth, crop, mean, day)
        for bbch in stages:
            if stage_at(growth.thermal, crop)[0] >= bbch:
                found.setdefault(bbch, day)
        day += timedelta(days=1)
    return found


@pytest.mark.parametrize("sown", [4, 10, 15, 20])
def test_wheat_waits_for_cold_and_long_days(means, sown):
    found = first_days(load().crops["winter_wheat"], date(2004, 10, sown), means)
    assert date(2005, 2, 25) <= found[30] <= date(2005, 3, 15)
    assert date(2005, 3, 15) <= found[31] <= date(2005, 3, 31)
    assert date(2005, 4, 29) <= found[61] <= date(2005, 5, 5)
    assert date(2005, 6, 2) <= found[89] <= date(2005, 6, 8)


@pytest.mark.parametrize("sown", [8, 10])
def test_summer_maize_is_ripe_at_the_end_of_september(means, sown):
    found = first_days(load().crops["summer_maize"], date(2005, 6, sown), means)
    assert date(2005, 7, 22) <= found[63] <= date(2005, 8, 1)
    assert date(2005, 9, 24) <= found[89] <= date(2005, 10, 3)


def test_spring_peanut_flowers_after_five_weeks_and_is_dug_after_four_months(means):
    found = first_days(load().crops["peanut"], date(2005, 5, 1), means)
    assert 30 <= (found[61] - date(2005, 5, 1)).days <= 38
    assert 42 <= (found[71] - date(2005, 5, 1)).days <= 48
    assert 119 <= (found[89] - date(2005, 5, 1)).days <= 130


def test_day_length_of_the_worked_example():
    """FAO-56 example 9: 11.7 h on 3 September at 20 degrees south."""
    assert day_length(date(2001, 9, 3), -20.0) == pytest.approx(11.7, abs=0.05)


def test_a_cold_day_counts_in_full_from_0_to_7_degrees():
    assert cold_of(np.array([-6.0, -2.5, 0, 7, 11, 15])).tolist() == [0, 0.5, 1, 1, 0.5, 0]
