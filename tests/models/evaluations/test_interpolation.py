"""Leaving stations out: the table, its caveat, and files that cannot be used."""

import pytest

from models.evaluations.interpolation import BEIJING, compare
from models.evaluations.tables import DocumentError

HEAD = "place,time,longitude,latitude,air_temperature"


def stations(path, count, hours=30):
    lines = [
        f"s{n},2016-05-{1 + h // 24:02}T{h % 24:02}:00Z,{115 + n / 20},35.8,{15 + n * 0.1 + h % 5}"
        for n in range(count)
        for h in range(hours)
    ]
    path.write_text("\n".join((HEAD, *lines)), "utf-8")
    return path


def test_every_station_is_left_out(tmp_path):
    result, text = compare(stations(tmp_path / "s.csv", 6))
    rows = result["air_temperature"]
    assert [row["station"] for row in rows] == [f"s{n}" for n in range(6)]
    assert {row["hours"] for row in rows} == {30}
    assert rows[2]["rmse"] < 0.1
    assert "With 6 stations" not in text
    assert "| air_temperature | s5 | 4 | 30 |" in text


def test_few_stations_are_said_to_be_few(tmp_path):
    _, text = compare(stations(tmp_path / "s.csv", 2))
    assert "With 2 stations this says how alike they are" in text


def test_files_that_cannot_be_used(tmp_path):
    with pytest.raises(DocumentError, match="one station; leaving it out leaves none"):
        compare(stations(tmp_path / "s.csv", 1))
    path = stations(tmp_path / "s.csv", 2)
    path.write_text(path.read_text() + "\ns1,2016-05-02T05:00Z,115.05,35.8,9\n", "utf-8")
    with pytest.raises(DocumentError, match="s1 has 2016-05-02T05:00Z twice; leave one out"):
        compare(path)
    with pytest.raises(DocumentError, match=f"{BEIJING}: cannot be read"):
        compare(tmp_path)
    path.write_text("place,time\n", "utf-8")
    with pytest.raises(DocumentError, match="columns missing: longitude, latitude"):
        compare(path)
