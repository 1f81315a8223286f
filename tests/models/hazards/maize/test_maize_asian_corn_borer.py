"""Degree-days of O. furnacalis (11.92 degC, 504.52 degC d, 新疆农业科学 2017) since 26 May.

Held against the lights of Luohe, Henan, 2022 and 2023 (doi:10.13651/j.cnki.fjnykj.2024.06.004):
peaks from mid May to early June and from early August to mid September.
"""

import csv
from datetime import date, timedelta

import numpy as np
import pytest

from models.evaluations.interpolation import BEIJING, read_beijing
from models.hazards.catalogue import catalogue
from models.hazards.maize.maize_asian_corn_borer import (
    best_within,
    inside,
    normal_heat,
    worst_within,
)
from tests.paths import SHARED

ID = "maize_asian_corn_borer"
WEATHER = SHARED / "data/weather"
TYPICAL = WEATHER / "zhengzhou_cswd_typical_year_hourly.csv"
#: The second peak of the lights: "early August to mid September", ten days each.
LIGHTS = (date(2016, 8, 1), date(2016, 9, 20))
SPRING = date(2016, 5, 20)


@pytest.fixture
def summer(run_hazard):
    def make(days=130, first=SPRING, **weather):
        return run_hazard(ID, 33, days, first, **({"air_temperature": 26.0} | weather))

    return make


def at_zhengzhou():
    """Hours (130 days, 24) of the typical year from 20 May on."""
    days = {}
    with TYPICAL.open() as file:
        for row in csv.DictReader(file):
            days.setdefault((int(row["Month"]), int(row["Day"])), []).append(
                float(row["DryBulb_C"])
            )
    dates = [SPRING + timedelta(days=d) for d in range(130)]
    return np.array([days[day.month, day.day] for day in dates])


def warned(found):
    return [day for day, said in zip(found.dates, found.status, strict=True) if said == "medium"]


def test_the_window_opens_a_week_before_the_second_flight_and_closes_with_the_third(summer):
    """At a steady 26 degC a generation takes 504.52 / 14.08 = 35.8 days."""
    got = summer()
    days = dict(zip(got.dates, got.status, strict=True))
    by_day = dict(zip(got.dates, got.drivers, strict=True))
    assert by_day[date(2016, 6, 30)]["degree_days"] == pytest.approx(35 * 14.08)
    assert by_day[date(2016, 6, 30)]["flight"] == 1
    assert by_day[date(2016, 7, 2)]["flight"] == 2
    assert (days[date(2016, 7, 29)], days[date(2016, 7, 30)]) == ("no_risk", "medium")
    assert (days[date(2016, 9, 10)], days[date(2016, 9, 11)]) == ("medium", "no_risk")
    assert set(got.status) == {"no_risk", "medium"}


@pytest.mark.skipif(not TYPICAL.exists(), reason=f"{TYPICAL} is not here: Zhengzhou's typical year")
def test_in_a_typical_year_of_zhengzhou_it_is_the_time_of_the_lights(summer):
    """The count starts from their first peak; that it meets the second is the published sum's."""
    days = warned(summer(air_temperature=at_zhengzhou()))
    assert (days[0], days[-1]) == (date(2016, 7, 31), date(2016, 9, 16))
    there = [day for day in days if LIGHTS[0] <= day <= LIGHTS[1]]
    assert len(there) / len(days) > 0.95
    assert len(there) / ((LIGHTS[1] - LIGHTS[0]).days + 1) > 0.9
    assert not [day for day in days if day < date(2016, 7, 25)]


@pytest.mark.skipif(not (WEATHER / BEIJING).exists(), reason=f"{WEATHER / BEIJING} is not here")
def test_near_beijing_it_is_within_two_weeks_of_the_lights_in_every_year(run_hazard):
    """On the same plain further north, four summers at two stations."""
    table, seasons = read_beijing(WEATHER), 0
    for (_, year), rows in table.groupby(["place", table["time"].dt.year]):
        hours = rows.set_index("time")["air_temperature"]
        first = date(year, 5, 20)
        wanted = hours[(hours.index >= str(first)) & (hours.index < str(date(year, 10, 6)))]
        if len(wanted) < 139 * 24:
            continue
        heat = wanted.to_numpy()[: 139 * 24].reshape(139, 24)
        seasons += 1
        days = warned(run_hazard(ID, 33, 139, first, air_temperature=heat))
        assert date(year, 7, 25) <= days[0] <= date(year, 8, 8)
        assert date(year, 9, 6) <= days[-1] <= date(year, 9, 27)
    assert seasons == 8


def test_without_a_count_of_moths_it_is_never_high(summer, words_fit):
    assert catalogue()[ID].high == np.inf
    got = summer()
    assert 0.3 < np.mean([s == "medium" for s in got.status]) < 0.5
    assert "cannot_say" not in got.status
    words_fit(ID, got.drivers[40])


def test_heat_beyond_30_degrees_brings_no_more(summer):
    assert summer(20, air_temperature=35.0).drivers[-1]["degree_days"] == pytest.approx(
        summer(20, air_temperature=30.0).drivers[-1]["degree_days"]
    )


def test_scores_of_an_interval():
    def both(low, high):
        bounds = np.array([low]), np.array([high])
        return float(worst_within(*bounds)[0]), float(best_within(*bounds)[0])

    assert both(1.9, 2.2) == pytest.approx((0.1, 0.4))
    assert both(2.2, 2.9) == pytest.approx((0.1, 0.6))
    assert both(0.1, 0.4) == pytest.approx((-1.7, -1.4))
    assert both(3.1, 3.6) == pytest.approx((-0.6, -0.1))
    across = np.linspace(1.5, 3.2, 200)
    worst, best = both(1.5, 3.2)
    assert worst <= inside(across).min() <= inside(across).max() <= best


@pytest.mark.parametrize("gap", [4, 14])
def test_a_gap_leaves_doubt_only_near_the_turn(summer, gap):
    air = np.full((130, 24), 26.0)
    air[8 : 8 + gap] = np.nan
    pairs = list(zip(summer(air_temperature=air).status, summer().status, strict=True))
    assert all(g in (f, "cannot_say") for g, f in pairs)
    assert 0 < sum(g == "cannot_say" for g, _ in pairs[8 + gap :]) < 60


def test_data_that_begin_late_are_bridged_by_normals_with_doubt(summer):
    got = summer(100, date(2016, 6, 19))
    bridged = normal_heat(date(2016, 5, 26), date(2016, 6, 19))
    assert bridged == pytest.approx(23 * 13.2, rel=0.1)
    assert got.drivers[0]["degree_days"] == pytest.approx(bridged + 14.08)
    assert set(got.status) == {"cannot_say", "no_risk", "medium"}
    whole = summer(130).status[30:]
    assert all(g in (f, "cannot_say") for g, f in zip(got.status, whole, strict=True))


def test_without_any_data_of_the_day_nothing_is_said(summer):
    assert set(summer(20, air_temperature=np.nan).status) == {"cannot_say"}
