"""Tables, documents and the comparisons, on small made-up data; the committed document."""

import numpy as np
import pandas as pd
import pytest

from models.evaluations import late_blight, leaf_wetness, moths, reading, stripe_rust
from models.evaluations.scab.tables import document_markdown
from models.evaluations.tables import (
    DocumentError,
    interval_text,
    markdown_table,
    place_between_markers,
    rounded,
)
from models.skill.scores import Interval
from models.trained.artefact import read_manifest
from models.trained.shipped import COMPARED
from tests.paths import ROOT

DOCUMENT = ROOT / "docs/skill.md"


def between_markers(document, name):
    whole = document.read_text(encoding="utf-8")
    return whole.split(f"<!-- begin {name} -->")[1].split(f"<!-- end {name} -->")[0].strip()


def test_the_document_shows_the_numbers_of_the_committed_artefact():
    shown = between_markers(DOCUMENT, "wheat_fhb")
    assert shown == document_markdown(read_manifest("wheat_fhb")["report"]).strip()


@pytest.mark.parametrize("name", COMPARED)
def test_every_comparison_has_its_table_and_its_command_in_the_document(name):
    assert between_markers(DOCUMENT, name).count("|---|") >= 1
    assert f"nongqing risk evaluate --hazard {name} --data" in DOCUMENT.read_text(encoding="utf-8")


def test_tables_and_intervals_as_text():
    assert markdown_table(("a", "b"), [(1, "x")]) == "| a | b |\n|---|---|\n| 1 | x |"
    assert interval_text(Interval(0.1, -0.05, 0.2)) == "+0.100 (-0.050 to +0.200)"
    assert interval_text(vars(Interval(0.7, 0.6, 0.8)), signed=False) == "0.700 (0.600 to 0.800)"
    assert rounded({"a": [0.12345678, "w", 3]}) == {"a": [0.123457, "w", 3]}


def test_tables_go_between_their_markers_and_nowhere_else(tmp_path):
    document = tmp_path / "d.md"
    document.write_text("before\n<!-- begin x -->\nold\n<!-- end x -->\nafter\n")
    place_between_markers(document, "x", "new\n")
    assert document.read_text() == "before\n<!-- begin x -->\nnew\n<!-- end x -->\nafter\n"
    with pytest.raises(DocumentError, match=r"d\.md: has no markers <!-- begin y -->"):
        place_between_markers(document, "y", "new")
    with pytest.raises(DocumentError, match="cannot be read"):
        place_between_markers(tmp_path / "no.md", "x", "new")


def test_a_table_that_is_missing_or_lacks_columns_is_named(tmp_path):
    with pytest.raises(DocumentError, match=r"t\.csv: cannot be read.*--data"):
        reading.read_table(tmp_path, "t.csv", ("a",))
    (tmp_path / "t.csv").write_text("a\n1\n")
    with pytest.raises(DocumentError, match=r"t\.csv: columns missing: b, c"):
        reading.read_table(tmp_path, "t.csv", ("a", "b", "c"))
    (tmp_path / "t.csv").write_text("")
    with pytest.raises(DocumentError, match=r"t\.csv: is not a CSV table"):
        reading.read_table(tmp_path, "t.csv", ("a",))


def test_left_out_answers_know_nothing_of_their_own_group():
    random = np.random.default_rng(2)
    x, group = random.normal(size=(120, 2)), np.repeat([1, 2, 3], 40)
    x[5, 1] = np.nan
    y = (random.uniform(size=120) < 0.5).astype(float)
    plain = reading.left_out_logistic(x, y, group)
    turned = np.where(group == 2, 1 - y, y)
    assert reading.left_out_logistic(x, turned, group)[group == 2] == pytest.approx(
        plain[group == 2]
    )
    base = reading.base_rate_elsewhere(y, group)
    assert base[0] == pytest.approx(y[group != 1].mean())
    assert reading.one_hot(np.array([5, 7, 5])).tolist() == [[1, 0], [0, 1], [1, 0]]


def test_leaf_wetness_rules_on_a_damp_and_a_dry_hour():
    """Dew point depression 3.7 K and more is dry by CART/SLD, whatever the rest."""
    hours = leaf_wetness.Hours(
        temperature=np.array([15.0, 15.0, 15.0]),
        humidity=np.array([97.0, 60.0, 95.0]),
        depression=np.array([0.5, 7.6, 0.8]),
        rain=np.array([0.0, 0.2, 0.0]),
        wind=np.array([1.0, 1.0, 4.0]),
        wet=np.array([1.0, 0.0, 1.0]),
        year=np.array([2001, 2002, 2002]),
    )
    assert leaf_wetness.RULES["CART/SLD (RH² form)"](hours).tolist()[:2] == [1.0, 0.0]
    assert leaf_wetness.RULES["RH ≥ 90 %"](hours).tolist() == [1, 0, 1]
    assert leaf_wetness.RULES["RH ≥ 90 % or rain"](hours).tolist() == [1, 1, 1]


def test_leaf_wetness_gaps_are_left_out_and_thresholds_come_from_other_years(tmp_path):
    times = pd.date_range("2023-12-30", periods=6 * 24 * 6, freq="10min")
    random = np.random.default_rng(1)
    rh = random.uniform(60, 100, times.size // 6).repeat(6)
    table = pd.DataFrame({"time": times, "temp": 15.0, "rh": rh, "rain_mm_h": 0.0})
    table["lw_min"] = np.where(rh >= 86, 10.0, 0.0)
    table.loc[:5, "temp"] = -7999.0
    table.to_csv(tmp_path / leaf_wetness.CHANGINS, index=False)
    hours = leaf_wetness.read_changins(tmp_path)
    assert hours.wet.size == 6 * 24 - 1
    said, chosen = leaf_wetness.fitted_threshold(hours)
    assert len(chosen) == 2
    assert (np.abs(np.array(chosen) - 86) <= 2).all()
    assert (said == hours.wet).mean() > 0.9


def test_humidity_of_rothamsted_from_dry_and_wet_bulb(tmp_path):
    """Dry 20.0, wet bulb 15.0 °C: about 59 % (psychrometric tables, ventilated)."""
    row = {"DRYTMP": 20.0, "WETTMP": 15.0, "RAIN": 0.0, "WSPEED": 2.0, "SURWET": 0.0, "Year": 2001}
    pd.DataFrame([row]).to_csv(tmp_path / leaf_wetness.ROTHAMSTED, index=False)
    assert leaf_wetness.read_rothamsted(tmp_path).humidity[0] == pytest.approx(59, abs=1)


def test_hutton_needs_two_days_in_a_row_and_smith_more_hours():
    hours = pd.date_range("2015-06-01", periods=96, freq="h")
    humid = np.zeros(96)
    humid[0:7] = humid[24:31] = humid[72:84] = 1
    weather = pd.DataFrame({"date": hours, "temp": 12.0, "rhum": np.where(humid, 95.0, 70.0)})
    assert late_blight.risk_days(weather, 6).tolist() == [False, True, False, False]
    assert not late_blight.risk_days(weather, 11).any()
    weather.loc[30, "temp"] = 9.9
    assert not late_blight.risk_days(weather, 6).any()


def test_late_blight_leads_and_alarm_days(tmp_path):
    hours = pd.date_range("2015-05-01", "2015-08-01", freq="h")
    wet = (hours >= "2015-07-10") & (hours < "2015-07-12") & (hours.hour < 8)
    weather = {"date": hours, "temp": 15.0, "rhum": np.where(wet, 95.0, 70.0)}
    pd.DataFrame(weather).to_csv(tmp_path / late_blight.WEATHER, index=False)
    season = {"year": 2015.0, "emergence": "2015-06-01", "disease_observed": "2015-07-20"}
    pd.DataFrame([season]).to_csv(tmp_path / late_blight.ONSET, index=False)
    result, text = late_blight.compare(tmp_path)
    assert result["2015 Hutton"] == {"lead": 9, "alarms": 1, "in_vain": 0, "days": 49}
    assert result["2015 Smith"]["lead"] is None
    assert "Hutton 1 of 1, Smith 0 of 1" in text
    said = result["as_they_run"]
    # one day of eight humid hours is medium for Hutton, the second makes it high
    assert said["tomato_late_blight_hutton"]["high"]["alarms"] == pytest.approx(1 / 49)
    assert said["tomato_late_blight_hutton"]["medium or high"]["alarms"] == pytest.approx(3 / 49)
    assert said["tomato_late_blight_hutton"]["high"]["warned"] == 1
    assert said["tomato_late_blight_smith"]["high"]["warned"] == 0
    assert "**tomato_late_blight_ensemble** | " in text
    pd.DataFrame([{**season, "emergence": "2001-06-01", "disease_observed": "2001-07-20"}]).to_csv(
        tmp_path / late_blight.ONSET, index=False
    )
    with pytest.raises(DocumentError, match="covers none of the seasons"):
        late_blight.compare(tmp_path)


def made_up(columns, rows, seed=0):
    random = np.random.default_rng(seed)
    return pd.DataFrame({name: random.normal(size=rows) for name in columns})


def test_stripe_rust_comparison_finds_no_skill_in_noise(tmp_path):
    columns = ("GrowthStage", "Month", *stripe_rust.PLACE, *stripe_rust.WEATHER)
    table = made_up(columns, 300)
    table["GrowthStage"] = np.arange(300) % 4
    table["Month"] = 8 + np.arange(300) % 3
    table["Year"] = 2010 + np.arange(300) % 5
    table[stripe_rust.LABEL] = np.random.default_rng(5).integers(0, 2, 300)
    table.to_csv(tmp_path / stripe_rust.FILE, index=False)
    result, text = stripe_rust.compare(tmp_path)
    assert result["weather only"]["skill"] < 0.0
    assert "each year left out" in text


def test_moths_are_judged_against_the_month(tmp_path):
    table = made_up((*moths.WEATHER, *moths.PLACE), 400)
    table["year"] = 2000 + np.arange(400) % 5
    table["month"] = 5 + np.arange(400) % 4
    table["lighttrap"] = np.where(np.arange(400) % 7 < 3, "Y", "N")
    table["count"] = table["month"] ** 3 + np.random.default_rng(3).exponential(40, 400)
    table.to_csv(tmp_path / moths.FILE, index=False)
    result, text = moths.compare(tmp_path)
    assert result["month"]["auc"]["estimate"] > 0.8
    assert result["month and weather"]["gain"]["estimate"] < 0.05
    assert "AUC beyond month alone" in text
