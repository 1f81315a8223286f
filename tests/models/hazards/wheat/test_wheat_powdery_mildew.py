"""The Jiaozuo rule, 中国农业气象 2010, 31(1):121-124, over nine months of weather."""

from datetime import date, timedelta

import numpy as np
import pytest

FIRST, DAYS = date(2015, 8, 1), 265
ID = "wheat_powdery_mildew"


@pytest.fixture
def year(run_hazard):
    """Run August to April with a mean October and March [degC], and rain [mm] of both periods."""

    def make(october=15.0, march=12.0, autumn=300.0, march_rain=5.0, first=FIRST, holes=()):
        days = DAYS - (first - FIRST).days
        heat, rain = np.full((days, 24), 10.0), np.zeros((days, 24))
        for n in range(days):
            day = first + timedelta(n)
            heat[n] = {10: october, 3: march}.get(day.month, 10.0)
            if day.month in (8, 9, 10) and day.day == 10:
                rain[n, 5] = autumn / 3
            if (day.month, day.day) == (3, 10):
                rain[n, 5] = march_rain
            if day in holes:
                rain[n, 5] = heat[n, 5] = np.nan
        return run_hazard(ID, 37, days, first, air_temperature=heat, precipitation_amount=rain)

    return make


@pytest.mark.parametrize(
    ("weather", "holds", "status"),
    [
        ({}, 0, "no_risk"),
        ({"october": 16.5}, 1, "no_risk"),
        ({"october": 16.4, "march": 9.5}, 1, "no_risk"),
        ({"october": 17, "march": 9}, 2, "medium"),
        ({"march": 9.6, "autumn": 180, "march_rain": 25}, 2, "medium"),
        ({"march": 9.6, "autumn": 181, "march_rain": 24}, 0, "no_risk"),
        ({"october": 17, "autumn": 100, "march_rain": 30}, 3, "high"),
        ({"october": 17, "march": 9, "autumn": 100, "march_rain": 30}, 4, "high"),
    ],
)
def test_conditions_of_the_rule(year, weather, holds, status):
    got = year(**weather)
    assert got.score[-1] == holds
    assert got.status[-1] == status


def test_on_complete_data_it_can_always_say_from_the_end_of_march(year, words_fit):
    got = year(october=17, march=9)
    april = [s for d, s in zip(got.dates, got.status, strict=True) if d >= date(2016, 3, 31)]
    assert set(april) == {"medium"}
    drivers = got.drivers[-1]
    assert drivers["october_temperature"] == pytest.approx(17)
    assert drivers["march_temperature"] == pytest.approx(9)
    assert drivers["autumn_rain"] == pytest.approx(300)
    assert drivers["march_rain"] == pytest.approx(5)
    words_fit(ID, drivers)


def test_without_last_autumn_it_cannot_say(year):
    assert set(year(first=date(2015, 8, 2)).status[-20:]) == {"cannot_say"}
    assert set(year(first=date(2016, 2, 1)).status[-20:]) == {"cannot_say"}


def test_a_missing_hour_matters_only_near_a_limit(year):
    hole = (date(2015, 10, 20),)
    assert year(october=19, holes=hole).status[-1] == "no_risk"
    assert year(october=16.52, march=9, holes=hole).status[-1] == "cannot_say"
