"""Wettings seen in made and in measured series."""

import numpy as np
import pandas as pd
import pytest

from models.water.events import (
    KINDS,
    RAIN,
    THAW,
    UNKNOWN,
    WATERING,
    daily_swing,
    filled,
    wettings,
)
from models.water.measured_capacity import plateaus
from models.water.measured_layers import MeasuredError, thickness
from tests.paths import SHARED

DEPTHS = [0.2, 0.6, 1.0]
ROOTS = [0.8]


def series(days=30, wet=((10, 0.08, 0.04, 0.0),), drying=0.002, start=0.25):
    """Make daily moisture that dries, and rises on days by so much at each depth."""
    values = start - drying * np.arange(days)[:, None] * np.ones(3)
    for day, *rise in wet:
        values[day:] += rise
    return values[:, None, :]


def hourly(days=30, swing=0.012):
    """Make hourly moisture of one probe with the daily swing of its temperature."""
    hours = np.arange(24 * days)
    values = 0.25 - 0.002 * hours / 24 + swing / 2 * np.sin(2 * np.pi * hours / 24)
    return values[:, None, None]


def kinds(found):
    return [KINDS[kind] for kind in found.kind]


def test_layers_reach_halfway_to_the_next_probe():
    layers = thickness(np.array([[0.2, 0.6, 1.0], [0.3, np.nan, np.nan]]))
    assert layers[0] == pytest.approx([400, 400, 400])
    assert layers[1] == pytest.approx([600, 0, 0])
    assert thickness(np.array([[0.2, 0.6]]), bottom=1.0)[0] == pytest.approx([400, 600])


def test_a_watering_is_seen_where_no_rain_fell():
    dry = np.zeros((30, 1))
    (found,) = [wettings(series(), DEPTHS, ROOTS, rain=dry)]
    assert (found.begin.tolist(), found.end.tolist(), found.field.tolist()) == ([10], [10], [0])
    assert kinds(found) == ["watering"]
    # 0.078 and 0.038 in 400 mm each, as the soil dried by 0.002 meanwhile.
    assert found.entered == pytest.approx([400 * 0.116])
    assert found.watered == pytest.approx(found.entered)
    assert found.below.tolist() == [0.0]


def test_rain_explains_a_rise_and_a_gap_in_its_record_does_not():
    rain = np.zeros((30, 1))
    rain[9] = 45.0
    assert wettings(series(), DEPTHS, ROOTS, rain=rain).kind.tolist() == [RAIN]
    assert wettings(series(), DEPTHS, ROOTS).kind.tolist() == [UNKNOWN]
    rain[8] = np.nan
    unsure = wettings(series(), DEPTHS, ROOTS, rain=rain)
    assert unsure.kind.tolist() == [UNKNOWN]
    assert np.isnan(unsure.watered).all()
    few = np.zeros((30, 1))
    few[9] = 5.0
    partly = wettings(series(), DEPTHS, ROOTS, rain=few)
    assert partly.kind.tolist() == [WATERING]
    assert partly.watered == pytest.approx(partly.entered - 5.0)


def test_soil_that_thaws_was_not_watered():
    cold = np.full((30, 1), 5.0)
    cold[8] = -1.0
    found = wettings(series(), DEPTHS, ROOTS, rain=np.zeros((30, 1)), temperature=cold)
    assert found.kind.tolist() == [THAW]
    assert np.isnan(found.watered).all()


def test_the_share_that_went_below_the_roots():
    found = wettings(series(wet=((10, 0.08, 0.04, 0.0), (12, 0, 0, 0.042))), DEPTHS, ROOTS)
    assert len(found) == 1
    # 0.116 above, below 0.04 less two days of drying.
    assert found.below == pytest.approx([0.038 / (0.116 + 0.038)], abs=0.02)
    none = wettings(series()[..., :2], DEPTHS[:2], ROOTS)
    assert np.isnan(none.below).all()
    drained = np.zeros((30, 1))
    drained[11] = 11.6
    told = wettings(series()[..., :2], DEPTHS[:2], ROOTS, percolation=drained)
    assert told.below == pytest.approx([0.25])


def test_a_gap_is_bridged_and_said_and_a_long_one_not():
    gap = series()
    gap[8:11] = np.nan
    found = wettings(gap, DEPTHS, ROOTS)
    assert found.begin.tolist() == [11]
    assert found.since.tolist() == [7]
    gap[4:11] = np.nan
    assert len(wettings(gap, DEPTHS, ROOTS)) == 0


def test_hourly_series_rise_over_their_daily_swing():
    calm = hourly(swing=0.05)
    assert daily_swing(calm, 24)[0, 0] == pytest.approx(0.05, abs=0.003)
    assert len(wettings(calm, [0.2], ROOTS, steps=24)) == 0
    # A clear day after a clouded one swings by more than the least rise, and is no wetting.
    clear = calm.copy()
    clear[240:264] += 0.03 * np.sin(2 * np.pi * np.arange(24) / 24)[:, None, None]
    assert (clear[240:264] - clear[216:240]).max() > 0.02
    assert len(wettings(clear, [0.2], ROOTS, steps=24)) == 0
    wet = calm.copy()
    wet[241:] += 0.12
    found = wettings(wet, [0.2], ROOTS, steps=24)
    assert found.begin.tolist() == [241]
    assert found.since.tolist() == [240]
    assert found.entered[0] == pytest.approx(400 * 0.12, abs=400 * 0.05)


def test_two_waterings_of_a_day_are_one_and_of_a_week_are_two():
    wet = hourly()
    wet[200:] += 0.04
    wet[215:] += 0.04
    assert len(wettings(wet, [0.2], ROOTS, steps=24)) == 1
    wet[380:] += 0.04
    assert len(wettings(wet, [0.2], ROOTS, steps=24)) == 2


def test_noise_gaps_and_nothing_at_all():
    noise = 0.25 + np.random.default_rng(1).normal(0, 0.004, (300, 20, 3))
    noise[np.random.default_rng(2).random(noise.shape) < 0.2] = np.nan
    assert len(wettings(noise, DEPTHS, np.full(20, 0.8))) == 0
    assert len(wettings(np.full((30, 2, 3), np.nan), DEPTHS, [0.8, 0.8])) == 0
    assert len(plateaus(np.full((30, 2), np.nan)).step) == 0
    values, source = filled(np.array([[np.nan], [1.0], [np.nan], [np.nan]]), 1)
    assert np.isnan(values[:, 0]).tolist() == [True, False, False, True]
    assert source[:, 0].tolist() == [-1, 1, 1, -1]


def test_many_fields_are_each_as_alone():
    rng = np.random.default_rng(3)
    many = np.concatenate(
        [series(60, [(int(d), 0.09, 0.05, 0.02)]) for d in rng.integers(3, 55, 12)], axis=1
    )
    rain = rng.choice([0.0, 30.0], (60, 12), p=[0.8, 0.2])
    found = wettings(many, DEPTHS, np.full(12, 0.8), rain=rain)
    for field in range(12):
        alone = wettings(many[:, [field]], DEPTHS, ROOTS, rain=rain[:, [field]])
        here = found.field == field
        for name in ("begin", "end", "since", "entered", "rain", "watered", "kind", "below"):
            assert np.array_equal(getattr(alone, name), getattr(found, name)[here], equal_nan=True)


def test_what_cannot_be_is_refused():
    with pytest.raises(MeasuredError, match="soil moisture of 25.06 is no fraction"):
        wettings(series(start=25.0), DEPTHS, ROOTS)
    with pytest.raises(MeasuredError, match="field 0: depths 0.6, 0.2, 1 m do not increase"):
        wettings(series(), [0.6, 0.2, 1.0], ROOTS)


def soaked(days=20, capacity=0.30):
    """Make a soil that is soaked on day 5 and drains to its capacity."""
    values = np.full(days, 0.22)
    since = np.arange(days - 5)
    values[5:] = capacity + 0.12 * np.exp(-1.2 * since) - 0.001 * since
    return values[:, None]


def test_capacity_is_where_drainage_slows_down():
    found = plateaus(soaked())
    assert found.series.tolist() == [0]
    # Losses of 20, 8, 3 % a day: the plateau is two days after the peak.
    assert found.step.tolist() == [7]
    assert found.value[0] == pytest.approx(0.30, abs=0.012)
    median, number = found.of_series(2)
    assert number.tolist() == [1, 0]
    assert median[0] == found.value[0]
    assert np.isnan(median[1])


def test_a_shower_a_gap_or_another_wetting_shows_no_capacity():
    shower = series(wet=((10, 0.05, 0, 0),))[:, 0, :1]
    assert len(plateaus(shower).step) == 0
    gap = soaked()
    gap[6] = np.nan
    assert len(plateaus(gap).step) == 0
    later = soaked()
    later[7] = np.nan
    assert len(plateaus(later).step) == 0
    again = soaked()
    again[6:] += 0.13
    assert plateaus(again).value == pytest.approx([0.44], abs=0.01)


def test_hourly_capacity():
    daily = soaked()[:, 0]
    hours = np.interp(np.arange(24 * 20) / 24, np.arange(20), daily)
    found = plateaus(hours[:, None], steps=24)
    assert found.value == pytest.approx([0.30], abs=0.015)


def cosmos():
    path = SHARED / "data" / "soil" / "ismn_cosmos_arm1_hourly_soil_moisture.csv"
    if not path.exists():
        return None
    table = pd.read_csv(path).dropna()
    time = pd.to_datetime(table["time"], format="%Y/%m/%d %H:%M")
    hour = ((time - time.iloc[0]) // pd.Timedelta(hours=1)).to_numpy()
    values = np.full(24 * (hour.max() // 24 + 1), np.nan)
    values[hour] = table["vwc"]
    return values


def test_a_measured_year_of_hours(capsys):
    values = cosmos()
    if values is None:
        with capsys.disabled():
            print("soil moisture beside the checkout is not there: nothing compared")
        return
    found = wettings(values[:, None, None], [0.1], [1.0], steps=24)
    # A wetting in a week of this prairie, none of them rising less than the noise.
    assert 30 <= len(found) <= 60
    assert (found.entered >= 0.02 * 200).all()
    assert (found.since < found.begin).all()
    assert (np.diff(found.begin) > 0).all()
    again = wettings(values[:, None, None], [0.1], [1.0], steps=24)
    assert np.array_equal(found.begin, again.begin)
