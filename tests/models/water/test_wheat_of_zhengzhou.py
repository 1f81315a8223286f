"""Winter wheat on Zhengzhou's typical year, kept moist: days against hours, and local Kc."""

import csv
from datetime import date, timedelta

import numpy as np
import pytest

from models.water.fields import MIDDLE, Field, Weather, follow
from models.water.needs import LOCAL_KC
from models.weather.meteo import wind_at_2_m
from models.weather.reference_evapotranspiration import daily, extraterrestrial_hour, hourly
from tests.paths import SHARED

FILE = SHARED / "data/weather" / "zhengzhou_cswd_typical_year_hourly.csv"
LATITUDE, LONGITUDE, ALTITUDE = 34.72, 113.65, 111.0
NAMES = ("DryBulb_C", "DewPoint_C", "RH_pct", "GHI_Wh_m2", "WindSpd_m_s")


@pytest.fixture(scope="module")
def hours():
    with FILE.open(encoding="utf-8") as lines:
        rows = [[float(row[name]) for name in NAMES] for row in csv.DictReader(lines)]
    return np.array(rows).T.reshape(len(NAMES), 365, 24)


@pytest.fixture(scope="module")
def days(hours):
    temperature, dew, humidity, light, wind = hours
    vapour = 0.6108 * np.exp(17.27 * dew / (dew + 237.3))
    return daily(temperature.min(axis=1), temperature.max(axis=1), np.arange(1, 366), LATITUDE,
                 ALTITUDE, vapour=vapour.mean(axis=1), rhmin=humidity.min(axis=1),
                 wind=wind.mean(axis=1) * wind_at_2_m(10.0),
                 solar=light.sum(axis=1) * 3.6e-3)  # fmt: skip


def test_hours_and_days_make_the_same_year(hours, days):
    temperature, _, humidity, light, wind = hours
    doy, clock = np.meshgrid(np.arange(1, 366), np.arange(24) + 0.5, indexing="ij")
    above, _ = extraterrestrial_hour(doy, clock, LATITUDE, LONGITUDE, 120.0)
    found = hourly(temperature, humidity, wind * wind_at_2_m(10.0), light * 3.6e-3, above, ALTITUDE)
    by_hours, by_days = np.maximum(found, 0).sum(), days.eto.sum()
    assert 850 < by_days < 1250
    assert by_hours == pytest.approx(by_days, rel=0.06)


def wheat_kc(days):
    """Monthly Kc of wheat kept moist, October to May."""
    first, count = date(2005, 10, 10), 236
    order = (np.arange(count) + 282) % 365
    wheat = Field("W", "winter_wheat", first, 5.0, "border", "loam",
                  harvest=first + timedelta(days=count - 1))  # fmt: skip
    take = lambda values: values[order][:, None]  # noqa: E731
    eto, watered = take(days.eto), np.zeros((count, 1))
    rain = np.zeros((count, 1))
    watered[::30], watered[150::8] = 45.0, 50.0
    weather = Weather(first, eto, rain, take(days.wind), take(days.least_humidity))
    found = follow([wheat], weather, watered).sides[MIDDLE]
    months = np.array([(first + timedelta(days=int(d))).month for d in range(count)])
    ratio = {m: float(found["actual"][months == m].sum() / eto[months == m].sum())
             for m in (10, 11, 12, 1, 2, 3, 4, 5)}  # fmt: skip
    return ratio, float(found["actual"].sum()), float(found["ks_end"].min())


def test_wheat_beside_the_local_coefficients(days):
    """No more than plausible: Henan's monthly Kc are second-hand, of the single coefficient."""
    ratio, season, _ = wheat_kc(days)
    assert 300 < season < 550
    assert ratio[4] == pytest.approx(LOCAL_KC["winter_wheat"][4], abs=0.25)
    assert ratio[5] == pytest.approx(LOCAL_KC["winter_wheat"][5], abs=0.25)
