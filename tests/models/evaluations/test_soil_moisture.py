"""Soil moisture one day ahead: what may be known, who learns from whom, and measured fields."""

import numpy as np
import pandas as pd
import pytest

from models.evaluations import soil_moisture
from models.evaluations.soil_moisture_balance import (
    known_plateaus,
    ranges_by_day,
    spread_out,
    told_by_balance,
)
from models.evaluations.soil_moisture_farm import COLUMNS, COSMOS, Farm, read_cosmos, read_farm
from models.evaluations.soil_moisture_learned import by_table, cases_of, left_out, table
from models.evaluations.soil_seasons import COOK_FARM
from models.evaluations.tables import DocumentError
from models.water.measured_capacity import Plateaus
from tests.paths import SHARED


def rows(sites=4, days=800, depths=(0.3, 0.6)):
    """Make a farm that dries and is rained upon, its rain told a day late."""
    rng = np.random.default_rng(7)
    date = pd.date_range("2010-01-01", periods=days)
    fell = np.where(rng.random(days) < 0.15, 12.0, 0.0)
    lines = []
    for site in range(sites):
        for depth in depths:
            value = 0.25
            for day in range(days):
                value += 0.004 * fell[day] / 12 / depth - 0.02 * (value - 0.15)
                told = fell[day - 1] if day else 0.0
                noisy = round(value + rng.normal(0, 0.0005), 4)
                lines.append((f"s{site}", noisy, -depth, date[day].date(), told, 20.0, 8.0))
    return pd.DataFrame(lines, columns=COLUMNS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("soil")
    rows().to_csv(path / COOK_FARM, index=False)
    hours = pd.date_range("2017-08-10", periods=24 * 30, freq="h")
    value = 0.2 - 0.0001 * np.arange(len(hours))
    other = pd.DataFrame({"time": hours.strftime("%Y/%m/%d %H:%M"), "vwc": value, "ismn_flag": "G"})
    other.to_csv(path / COSMOS, index=False)
    return path


@pytest.fixture(scope="module")
def farm(folder):
    return read_farm(folder)


def test_the_farm_is_read_and_its_rain_put_on_the_day_it_fell(farm):
    assert farm.moisture.shape == (800, 4, 2)
    assert farm.depths.tolist() == [0.3, 0.6]
    wet = farm.rain[1:] > 0
    change = np.nanmean(farm.change()[1:, :, 0], axis=1)
    assert change[wet].mean() > 0.005 > change[~wet & ~np.isnan(farm.rain[1:])].mean()
    assert np.isnan(farm.rain[-1])


def test_nobody_learns_from_his_own_site_or_year(farm):
    cases = cases_of(farm, 0)
    told = np.zeros(len(cases.site))
    for learned, judged in left_out(cases, years=True):
        assert not set(cases.site[learned]) & set(cases.site[judged])
        assert not set(cases.year[learned]) & set(cases.year[judged])
        told[judged] += 1
    assert (told == 1).all()
    plain = by_table(cases, years=True)
    own = (cases.site == 2) & (cases.year == 2011)
    cases.change[own] += 1.0
    assert np.array_equal(by_table(cases, years=True)[own], plain[own])
    cases.change[own] -= 1.0


def test_what_is_known_in_the_evening_holds_nothing_of_the_next_day(farm):
    cases = cases_of(farm, 0)
    later = Farm(**(vars(farm) | {"moisture": farm.moisture.copy()}))
    later.moisture[400:] += 0.1
    changed = cases_of(later, 0)
    day = cases.day == 400
    assert np.array_equal(cases.state[day], changed.state[day])
    assert np.array_equal(cases.last[day], changed.last[day])
    assert not np.array_equal(cases.change[day], changed.change[day])
    before, after = told_by_balance(farm), told_by_balance(later)
    for name in ("free", "level", "moved"):
        assert np.array_equal(getattr(before, name)[:401], getattr(after, name)[:401], True)


def test_a_class_that_was_never_seen_says_no_change():
    learned = np.array([0.0] * 40), np.array([0.0] * 40), np.array([-0.003] * 40)
    said = table(learned, np.array([0.0, 50.0, np.nan]), np.array([0.0, 0.0, np.nan]))
    assert said == pytest.approx([-0.002, 0.0, 0.0])


def test_plateaus_count_from_the_day_after_them():
    found = Plateaus(np.array([3, 6, 8]), np.array([0, 0, 0]), np.array([0.3, 0.4, 0.32]))
    median, number = known_plateaus(found, (10, 2))
    assert number[:, 0].tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]
    assert median[[4, 7, 9], 0] == pytest.approx([0.3, 0.35, 0.32])
    assert np.isnan(median[:, 1]).all()
    assert ranges_by_day(np.full((5, 2, 3), 0.2)).capacity.shape == (5, 2, 3)


def test_water_fills_from_the_top_and_is_used_by_the_roots():
    change = np.array([[10.0, -30.0]])
    moisture, capacity = np.full((1, 2, 2), 0.25), np.full((1, 2, 2), 0.30)
    weights = np.full((1, 2, 2), [0.7, 0.3])
    moved = spread_out(change, moisture, capacity, weights, np.full((2, 2), 400.0))
    assert moved[0, 0] == pytest.approx([0.25 - 7 / 400, 0.25 - 3 / 400])
    assert moved[0, 1] == pytest.approx([0.30, 0.25 + 10 / 400])


def test_the_comparison_of_a_made_farm(folder, monkeypatch):
    monkeypatch.setattr(soil_moisture, "by_trees", by_table)
    result, text = soil_moisture.compare(folder)
    top = result["depths"]["0.3"]
    assert top["cases"] == 4 * 799
    assert top["table"]["rmse"] < 0.5 * top["persistence"]["rmse"]
    assert top["better"] == 4
    assert "| 0.3 | 3196 |" in text
    assert "| s3 |" in text
    few = result["few"]["0.3"]
    assert few["corrected"] < few["free"]
    assert few["days"] == 4 * 800


def test_one_year_of_one_farm_is_judged_by_sites_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(soil_moisture, "by_trees", by_table)
    rows(sites=3, days=200, depths=(0.3,)).to_csv(tmp_path / COOK_FARM, index=False)
    result, text = soil_moisture.compare(tmp_path)
    assert result["depths"]["0.3"]["table"]["rmse"] < result["depths"]["0.3"]["persistence"]["rmse"]
    assert "sites, of the one year there is, left out" in text
    assert "Another place" not in text


def test_files_that_cannot_be_used(folder, tmp_path):
    with pytest.raises(DocumentError, match=f"{COOK_FARM}: cannot be read"):
        read_farm(tmp_path)
    one = rows(sites=1, days=5)
    one.to_csv(tmp_path / COOK_FARM, index=False)
    with pytest.raises(DocumentError, match="one place; leaving it out leaves none"):
        read_farm(tmp_path)
    two = rows(sites=2, days=5)
    pd.concat([two, two.iloc[[3]]]).to_csv(tmp_path / COOK_FARM, index=False)
    with pytest.raises(DocumentError, match="s0, -0.3, 2010-01-04 stands twice; leave one out"):
        read_farm(tmp_path)
    (tmp_path / COSMOS).write_text("time,vwc\n")
    with pytest.raises(DocumentError, match="columns missing: ismn_flag"):
        read_cosmos(tmp_path)


def test_on_measured_fields_the_table_beats_persistence(capsys):
    """At sites and in years that it did not learn from, by both scores, where rain arrives."""
    soil = SHARED / "data" / "soil"
    if not (soil / COOK_FARM).exists():
        with capsys.disabled():
            print("soil moisture beside the checkout is not there: nothing compared")
        return
    cases = cases_of(read_farm(soil), 0)
    miss = cases.change - by_table(cases, years=True)
    assert np.sqrt((miss**2).mean()) < 0.95 * np.sqrt((cases.change**2).mean())
    assert np.abs(miss).mean() < np.abs(cases.change).mean()
