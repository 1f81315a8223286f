"""Checks on real series with known faults, a small part of what docs/quality.md reports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.bench import quality
from tests.bench._faults import KINDS, Size, inject, score
from tests.paths import SHARED

DATA = SHARED / "data"


def there(path: str) -> bool:
    """Whether a series is there; said where it is not, and then nothing is judged by it."""
    found = (DATA / path).exists()
    if not found:
        print(f"{DATA / path}: not there, so that nothing was judged by it")
    return found


def test_faults_stand_where_they_are_said_to_stand() -> None:
    values = np.sin(np.arange(5000) / 24) * 5 + 15
    values[100:130] = np.nan
    size = Size(12.0, 6.0, 5.0, 48, 720, high=22.0)
    for kind in KINDS:
        one = inject(values, kind, size, 5, 7, 48)
        again = inject(values, kind, size, 5, 7, 48)
        assert np.array_equal(one.values, again.values, equal_nan=True)
        outside = one.event < 0
        assert np.array_equal(one.values[outside], values[outside], equal_nan=True)
        assert len(np.unique(one.event[~outside])) == 5
        assert (one.values[~outside] != values[~outside]).mean() > 0.9
        assert not np.isnan(one.values[~outside]).any()
        assert (one.values[~outside] <= 22.0).all()
        none, every = np.zeros(5000, bool), np.ones(5000, bool)
        assert score(none, one, none, every).row() == {
            "faults": 5,
            "found": 0.0,
            "steps": 0.0,
            "false alarms": 0.0,
        }
        perfect = score(~outside, one, none, every)
        assert (perfect.found, perfect.marked) == (5, perfect.steps)


def test_a_stuck_thermometer_is_found_and_the_range_alone_finds_none() -> None:
    if not there(quality.BEIJING):
        return
    raw = pd.read_csv(DATA / quality.BEIJING)
    raw = raw[(raw["station"] == "Dongsi") & (raw["year"] == 2016)]
    values = raw["TEMP"].to_numpy(np.float64)
    rules = {
        "range": quality.plain_range(quality.AIR),
        "at ingest": quality.at_ingest(quality.AIR, quality.HOUR_S),
    }
    found = {
        (kind, name): one.row()
        for kind, name, one in quality.judge(
            rules, values, quality.SIZES[quality.AIR], ~np.isnan(values), 20, 5
        )
    }
    assert found["stuck", "at ingest"]["found"] >= 0.95
    assert found["stuck", "range"]["found"] == 0.0
    assert found["stuck", "at ingest"]["false alarms"] < 0.001


def test_a_soil_thermometer_in_the_air_is_found() -> None:
    if not there(quality.ROTHAMSTED):
        return
    rows: quality.Table = {}
    quality.soil_swings(DATA, rows)
    for (_, _, _, name), one in rows.items():
        row = one.row()
        assert row["false alarms"] < 0.001
        assert row["found"] > 0.8 if name == "swings" else row["found"] == 0.0


def test_without_the_series_the_command_says_where_it_looked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["quality.py", "--data", str(tmp_path)])
    assert quality.main() == 2
    assert f"{tmp_path / quality.BEIJING}: not there; name the folder with --data" in (
        capsys.readouterr().err
    )
