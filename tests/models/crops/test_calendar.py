"""Crop stages against the calendar of northern Henan, on the typical year of Zhengzhou."""

import csv
from datetime import date, timedelta

import numpy as np
import pytest

from field_configs.load import load
from models.crops.phenology import stage_at, thermal_of
from tests.paths import SHARED

ZHENGZHOU = SHARED / "data/weather/zhengzhou_cswd_typical_year_hourly.csv"
CROPS = load().crops


def daily_means():
    """Mean temperature of each day of the typical year [degC], by month and day."""
    if not ZHENGZHOU.exists():
        pytest.skip(f"{ZHENGZHOU} is not there: the weather of Zhengzhou is not beside the project")
    by_day = {}
    with ZHENGZHOU.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            by_day.setdefault((int(row["Month"]), int(row["Day"])), []).append(
                float(row["DryBulb_C"])
            )
    return {day: float(np.mean(hours)) for day, hours in by_day.items()}


def day_of(crop, sown, bbch):
    """Return the day on which a crop sown on a day reaches a stage."""
    means, thermal, day = daily_means(), 0.0, sown
    while stage_at(np.array([thermal]), CROPS[crop])[0] < bbch:
        thermal += float(thermal_of(means[day.month, day.day], CROPS[crop]))
        day += timedelta(days=1)
    return day - timedelta(days=1)


@pytest.mark.parametrize(
    ("crop", "sown", "bbch", "first", "last"),
    [
        # 29 April to 5 May; ripe in the first days of June
        ("winter_wheat", date(2004, 10, 10), 61, date(2005, 4, 27), date(2005, 5, 6)),
        ("winter_wheat", date(2004, 10, 10), 89, date(2005, 5, 30), date(2005, 6, 10)),
        # flowers 30 to 38 days after sowing, dug at 120 to 130
        ("peanut", date(2005, 5, 1), 61, date(2005, 5, 31), date(2005, 6, 8)),
        ("peanut", date(2005, 5, 1), 71, date(2005, 6, 10), date(2005, 6, 18)),
        ("peanut", date(2005, 5, 1), 89, date(2005, 8, 28), date(2005, 9, 8)),
        # tassels and silk in the last week of July, ripe 24 September to 3 October
        ("summer_maize", date(2005, 6, 10), 63, date(2005, 7, 22), date(2005, 8, 3)),
        ("summer_maize", date(2005, 6, 10), 89, date(2005, 9, 24), date(2005, 10, 3)),
    ],
)
def test_a_stage_falls_where_the_calendar_has_it(crop, sown, bbch, first, last):
    assert first <= day_of(crop, sown, bbch) <= last
