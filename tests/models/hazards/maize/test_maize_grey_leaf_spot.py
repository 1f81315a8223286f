"""Warm hours close to saturation, after Bhatia & Munkvold 2002."""

import csv
import gzip
from datetime import date

import numpy as np
import pytest

from models.hazards.maize.maize_grey_leaf_spot import DAYS, PARAMETERS, favourable
from tests.paths import SHARED

ID = "maize_grey_leaf_spot"
BEIJING = SHARED / "data/weather/beijing_prsa_hourly_weather_3stations_2013_2017.csv.gz"


@pytest.mark.parametrize(
    ("temperature", "humidity", "counts"),
    [(22, 95, 1), (30, 100, 1), (21.9, 95, 0), (30.1, 95, 0), (25, 94.9, 0)],
)
def test_a_favourable_hour_of_the_source(temperature, humidity, counts):
    assert favourable(np.array(float(temperature)), np.array(float(humidity))) == counts


@pytest.mark.parametrize(
    ("hours", "status"), [(9, "no_risk"), (10, "medium"), (29, "medium"), (30, "high")]
)
def test_ten_days_of_hours_give_the_class(run_hazard, words_fit, hours, status):
    damp = np.full((40, 24), 70.0)
    flat = damp[-10:].reshape(-1)
    flat[np.arange(hours) * 7] = 97.0
    got = run_hazard(ID, 65, 40, air_temperature=25.0, relative_humidity=damp)
    assert got.drivers[-1]["damp_hours"] == hours
    assert got.status[-1] == status
    words_fit(ID, got.drivers[-1])


def test_it_tells_summers_of_the_plain_apart():
    """Class limits are the quarter and twentieth of measured ten-day sums, and years differ."""
    if not BEIJING.exists():
        pytest.skip(f"{BEIJING} is not there: the weather of Beijing is not beside the project")
    days = {}
    with gzip.open(BEIJING, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["TEMP"] and row["RH_pct"] and 6 <= int(row["month"]) <= 9:
                day = date(*(int(row[name]) for name in ("year", "month", "day")))
                good = favourable(np.array(float(row["TEMP"])), np.array(float(row["RH_pct"])))
                days.setdefault(row["station"], {}).setdefault(day, []).append(float(good))
    by_year = {}
    for station in days.values():
        ordered = sorted(station)
        sums = np.convolve([sum(station[day]) for day in ordered], np.ones(DAYS))[: len(ordered)]
        for day, hours in zip(ordered, sums, strict=True):
            if (7, 1) <= (day.month, day.day) <= (9, 15):
                by_year.setdefault(day.year, []).append(hours)
    every = np.concatenate(list(by_year.values()))
    assert (every >= PARAMETERS["medium"].value).mean() == pytest.approx(0.25, abs=0.08)
    assert (every >= PARAMETERS["high"].value).mean() == pytest.approx(0.05, abs=0.03)
    shares = [np.mean(np.array(hours) >= PARAMETERS["medium"].value) for hours in by_year.values()]
    assert max(shares) - min(shares) > 0.3
