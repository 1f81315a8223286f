"""Physics against published numbers."""

import csv
import gzip
from datetime import date

import numpy as np
import pytest

from models.risk.features import DayHours
from models.risk.wetness import dew_point_hours, wet
from models.weather.meteo import (
    degree_days,
    dew_point,
    saturation_vapour_pressure,
    wet_by_cart,
    wet_by_depression,
    wet_by_humidity,
)
from tests.paths import GOLDEN, SHARED

DATA = SHARED / "data"


def needed(*parts):
    """Measured wetness: one series is under the AGPL, the other without a licence: not copied."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(
            f"{path} is not there: these series may not be copied into the project, and the "
            "comparison needs them beside it"
        )
    return path


@pytest.mark.parametrize(("t", "pressure"), [(24.5, 3.075), (15.0, 1.705)])
def test_saturation_vapour_pressure_fao56_annex_2(t, pressure):
    assert saturation_vapour_pressure(t) == pytest.approx(pressure, abs=1.5e-3)


def test_dew_point_is_the_inverse():
    t = np.array([-12.0, 0.5, 15.0, 35.0])
    rh = np.array([40.0, 95.0, 62.0, 20.0])
    back = saturation_vapour_pressure(dew_point(t, rh)) / saturation_vapour_pressure(t)
    assert 100.0 * back == pytest.approx(rh, rel=1e-4)
    assert dew_point(20.0, 100.0) == pytest.approx(20.0, abs=1e-6)
    assert np.isnan(dew_point(np.nan, 50.0))
    assert np.isnan(dew_point(10.0, np.nan))


UNIT = [
    ((7, 14), 0.47, 0.29),
    ((13, 40), 12.94, 13.59),
    ((7, 40), 10.94, 11.14),
    ((34, 40), 21.0, 21.0),
    ((1, 12), 0.0, 0.0),
    ((20, 20), 8.0, 8.0),
]


@pytest.mark.parametrize(("day", "sine", "triangle"), UNIT)
def test_degree_days_of_single_days_12_33(day, sine, triangle):
    low, high = ([float(x)] for x in day)
    assert degree_days(low, high, 12, 33, "single_sine")[0] == pytest.approx(sine, abs=0.005)
    assert degree_days(low, high, 12, 33, "single_triangle")[0] == pytest.approx(
        triangle, abs=0.0051
    )
    assert degree_days(low, high, 12, 33, "double_sine")[0] == pytest.approx(sine, abs=0.005)


@pytest.mark.parametrize("curve", ["sine", "triangle"])
def test_degree_days_equal_the_uc_ipm_calculator_ojai_2016(curve):
    with (GOLDEN / "degree_days" / "ojai_2016.csv").open() as file:
        rows = list(csv.DictReader(file))
    low, high, wanted = (
        np.array([float(row[name]) for row in rows]) for name in ("low", "high", f"single_{curve}")
    )
    found = degree_days(low, high, 12, 33, f"single_{curve}")
    assert len(found) == 366
    assert np.abs(found - wanted).max() == pytest.approx(0.005, abs=1e-4)  # 3.585 was 3.59
    single = {"sine": 2095.87, "triangle": 2026.74}
    double = {"sine": 2095.93, "triangle": 2026.77}
    assert found.sum() == pytest.approx(single[curve], abs=0.006)
    assert degree_days(low, high, 12, 33, f"double_{curve}").sum() == pytest.approx(
        double[curve], abs=0.006
    )


def test_degree_days_over_days_and_sites_with_gaps():
    low = np.array([[5.0, 20.0], [np.nan, 15.0]])
    high = np.array([[25.0, 10.0], [20.0, 30.0]])
    found = degree_days(low, high, 10, np.inf, "double_triangle")
    assert found.shape == (2, 2)
    assert np.isnan(found[:, 0]).all()
    assert np.isnan(found[0, 1])
    assert found[1, 1] == pytest.approx(12.5)


def test_degree_days_names_what_is_wrong():
    with pytest.raises(ValueError, match='unknown method "sine"'):
        degree_days([1], [2], 10, 30, "sine")
    with pytest.raises(ValueError, match="upper 5 is not above lower 10"):
        degree_days([1], [2], 10, 5, "single_sine")


def test_wetness_by_humidity_or_rain():
    assert wet_by_humidity([89.9, 90.0, 50.0], [0.0, 0.0, 0.1]).tolist() == [False, True, True]
    assert wet_by_humidity([86.0], [0.0], threshold=85.0).tolist() == [True]


def test_wetness_by_dew_point_depression():
    assert wet_by_depression([15.0, 15.0], [95.0, 70.0]).tolist() == [True, False]


def test_wetness_by_cart():
    calm_damp, dry, windy_dry = wet_by_cart([12.0, 20.0, 12.0], [97.0, 60.0, 85.0], [0.5, 0.5, 5])
    assert bool(calm_damp)
    assert not dry
    assert not windy_dry


def test_measured_wetness_goes_before_the_rule():
    hours = {
        "relative_humidity": np.full((24, 2), 95.0),
        "precipitation_amount": np.zeros((24, 2)),
        "leaf_wetness_duration": np.full((24, 2), 15.0),
    }
    day = DayHours(date(2016, 5, 1), hours, (24, 2), wetness_measured=np.array([True, False]))
    assert wet(day).lo[0].tolist() == [0.25, 1.0]
    warmer = DayHours(date(2016, 5, 1), hours, (24, 2), wet_threshold=np.array([98.0, 90.0]))
    assert wet(warmer).lo[0].tolist() == [0.0, 1.0]


def test_dew_point_of_a_day_is_bounded_where_humidity_is_missing():
    humidity = np.full((24, 2), 80.0)
    humidity[3, 1] = np.nan
    hours = {"air_temperature": np.full((24, 2), 15.0), "relative_humidity": humidity}
    lo, hi = dew_point_hours(DayHours(date(2016, 5, 1), hours, (24, 2)))
    assert lo[3, 0] == hi[3, 0]
    assert lo[3, 1] < hi[3, 1] == pytest.approx(15.0)


def kappa(found, measured):
    agree = np.mean(found == measured)
    chance = found.mean() * measured.mean() + (1 - found.mean()) * (1 - measured.mean())
    return (agree - chance) / (1 - chance)


def read_changins():
    """Hourly temperature [degC], humidity [%], rain [mm], wet or not."""
    sums = {}
    with gzip.open(needed("weather", "changins_10min_leafwetness_2023_2025.csv.gz"), "rt") as file:
        for row in csv.DictReader(file):
            try:
                values = [float(row[k]) for k in ("temp", "rh", "rain_mm_h", "lw_min")]
            except ValueError:
                continue
            sums.setdefault(row["time"][:13], []).append(values)
    full = np.array([v for v in sums.values() if len(v) == 6])
    mean = full.mean(axis=1)
    return mean[:, 0], mean[:, 1], mean[:, 2], full[:, :, 3].sum(axis=1) >= 30


def read_rothamsted():
    """Hourly temperature [degC], humidity [%], rain [mm], wind [m s-1], wet or not."""
    rows = []
    name = "ecn_rothamsted_hourly_2001_2002_surfacewetness.csv.gz"
    with gzip.open(needed("weather", name), "rt") as file:
        for row in csv.DictReader(file):
            try:
                keys = ("DRYTMP", "WETTMP", "RAIN", "WSPEED", "SURWET")
                rows.append([float(row[k]) for k in keys])
            except ValueError:
                continue
    t, bulb, rain, wind, minutes = np.array(rows).T
    vapour = saturation_vapour_pressure(bulb) - 0.000662 * 101.3 * (t - bulb)
    rh = np.clip(100 * vapour / saturation_vapour_pressure(t), 1, 100)
    return t, rh, rain, wind, minutes >= 30


AGREEMENT = {  # rule: kappa at Changins, at Rothamsted; the table of docs/models.md
    "humidity 87": (0.608, 0.392),
    "humidity 90": (0.631, 0.436),
    "humidity 95": (0.582, 0.436),
    "depression 2": (0.595, 0.390),
    "cart": (None, 0.414),
}


def test_agreement_of_the_wetness_rules_is_what_the_page_says():
    t, rh, rain, measured = read_changins()
    t2, rh2, rain2, wind2, measured2 = read_rothamsted()
    fell, fell2 = rain >= 0.1, rain2 >= 0.1
    found = {
        f"humidity {limit}": (
            kappa(wet_by_humidity(rh, rain, limit), measured),
            kappa(wet_by_humidity(rh2, rain2, limit), measured2),
        )
        for limit in (87, 90, 95)
    }
    found["depression 2"] = (
        kappa(wet_by_depression(t, rh) | fell, measured),
        kappa(wet_by_depression(t2, rh2) | fell2, measured2),
    )
    found["cart"] = (None, kappa(wet_by_cart(t2, rh2, wind2) | fell2, measured2))
    for rule, values in AGREEMENT.items():
        assert found[rule] == pytest.approx(values, abs=0.002), rule
