"""Emergence of the wheat blossom midge: 250 above 3 degC, 13 degC and rain, 160 above 7 degC."""

import csv
import re
from datetime import date, timedelta

import numpy as np
import pytest

from field_configs.load import load
from field_configs.words import LANGUAGES, Words
from models.crops.season import Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.answers import assess
from models.risk.hazard import CANNOT_SAY
from models.weather.local_days import midnight
from tests.paths import SHARED

TYPICAL = SHARED / "data/weather/zhengzhou_cswd_typical_year_hourly.csv"
NEW_YEAR = date(2016, 1, 1)
CROPS = load(site=None).crops


def spring(heat, rainy):
    """Hours of days of a mean temperature, 5 mm of rain in the first hour of the given days."""
    rain = np.zeros((len(heat), 24))
    rain[list(rainy), 0] = 5.0
    return {
        "air_temperature": np.repeat(np.array(heat, float)[:, None], 24, axis=1),
        "precipitation_amount": rain,
    }


def test_the_three_phases_in_days_counted_by_hand(run_hazard):
    """25 days of 13 degC are 250, the last one warm; rain on the 28th; 160 / 10 are 16 days."""
    heat = [13.0] * 26 + [17.0] * 30
    found = run_hazard("wheat_blossom_midge", 55, 56, NEW_YEAR, **spring(heat, [27]))
    assert [round(s, 4) for s in found.score[26:30]] == [0, 0.0625, 0.125, 0.1875]
    assert found.status[37:39] == ["no_risk", "medium"]
    assert found.status[41:43] == ["medium", "high"]
    assert found.drivers[42]["progress"] == pytest.approx(100.0)


def test_rain_before_the_warm_day_brings_nothing_out(run_hazard):
    heat = [12.9] * 30 + [13.1] * 26
    early = run_hazard("wheat_blossom_midge", 55, 56, NEW_YEAR, **spring(heat, [24, 29]))
    assert set(early.score) == {0.0}
    late = run_hazard("wheat_blossom_midge", 55, 56, NEW_YEAR, **spring(heat, [30]))
    assert late.score[-1] == pytest.approx(26 * 6.1 / 160)


def test_a_drizzle_is_no_rain(run_hazard):
    hours = spring([13.0] * 26 + [17.0] * 30, [27])
    hours["precipitation_amount"][27, 0] = 0.9
    assert set(run_hazard("wheat_blossom_midge", 55, 56, NEW_YEAR, **hours).score) == {0.0}


@pytest.mark.parametrize("first", [date(2016, 1, 2), date(2016, 3, 1), date(2016, 4, 20)])
def test_where_data_begin_after_new_year_nothing_is_said(run_hazard, first):
    """A day is enough: a part of the sum is not the whole, however warm it gets."""
    days = (date(2016, 5, 10) - first).days
    hours = spring([20.0] * days, range(0, days, 5))
    found = run_hazard("wheat_blossom_midge", 55, days, first, **hours)
    assert set(found.status) == {"cannot_say"}
    assert set(found.certainty) == {0.0}
    assert np.isnan([each["warmth"] for each in found.drivers]).all()
    whole = spring([20.0] * 60, range(0, 60, 5))
    assert "high" in run_hazard("wheat_blossom_midge", 55, 60, NEW_YEAR, **whole).status


def test_what_it_lacks_is_named(weather):
    """Also where today's window is complete and the gap lies in what was carried."""
    data = weather(days=20, first=date(2016, 4, 20))
    season = SiteSeason(
        "a", "winter_wheat", date(2015, 10, 10), observed=((date(2016, 4, 30), 55),)
    )
    hazard = catalogue()["wheat_blossom_midge"]
    at = midnight(date(2016, 5, 10))
    (said,) = assess(data, Seasons((season,), CROPS), [hazard], at)
    assert said.status == CANNOT_SAY
    assert set(said.missing) == {"air_temperature", "precipitation_amount"}
    assert "warmth" not in said.drivers
    for language in LANGUAGES:
        key = "hazard.wheat_blossom_midge.reason.cannot_say"
        assert re.search("1 January|一月一日", Words.load(language).text(key))


def test_a_winter_without_a_sensor_bounds_the_sum_and_is_never_taken_for_cold(run_hazard):
    """A field known since December whose sensor came in March: what is said is also the truth."""
    first, days = date(2015, 12, 1), 160
    hours = spring([14.0] * days, range(0, days, 7))
    truth = run_hazard("wheat_blossom_midge", 55, days, first, **hours)
    for values in hours.values():
        values[:91] = np.nan
    found = run_hazard("wheat_blossom_midge", 55, days, first, **hours)
    since = found.dates.index(date(2016, 3, 1))
    assert truth.status[since] == "high"
    told = found.status[since:]
    assert told[0] == "cannot_say"
    assert "no_risk" not in told
    # from the sensor on alone: 250 / 11 are 23 days, rain within a week, 160 / 7 are 23 more
    assert "medium" not in told[:40]
    assert told[-1] == "high"


@pytest.mark.parametrize(
    ("rain", "emerge"),
    [(date(2016, 4, 5), date(2016, 4, 23)), (date(2016, 4, 17), date(2016, 5, 3))],
)
def test_in_a_typical_year_of_zhengzhou_they_come_with_the_ears(run_hazard, rain, emerge):
    """Rain from 5 to 17 April brings them out between 23 April and 3 May."""
    if not TYPICAL.exists():
        pytest.skip(f"{TYPICAL} is not here: the typical year of Zhengzhou")
    days = {}
    with TYPICAL.open() as file:
        for row in csv.DictReader(file):
            days.setdefault((int(row["Month"]), int(row["Day"])), []).append(
                float(row["DryBulb_C"])
            )
    dates = [NEW_YEAR + timedelta(days=d) for d in range(130)]
    heat = np.array([days[d.month, min(d.day, 28) if d.month == 2 else d.day] for d in dates])
    wet = np.zeros((130, 24))
    wet[dates.index(rain), 8] = 5.0
    hours = {"air_temperature": heat, "precipitation_amount": wet}
    found = run_hazard("wheat_blossom_midge", 55, 130, NEW_YEAR, **hours)
    assert found.dates[found.status.index("high")] == emerge
