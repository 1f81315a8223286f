"""A season with an error: its own line, and none for the observations made in it."""

from __future__ import annotations

import pytest

S = "sites/demo.toml"


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        (
            "sown = 2015-10-08",
            "sown = 1015-10-05",
            "sown",
            "1015-10-05 is out of range: give a day of the years 1950 to 2150",
        ),
        ("sown = 2015-10-08", 'sown = "2015-10-08"', "sown", "is a text: give a date"),
        ("sown = 2015-10-08", "sown = 2016-05-08", "sown", "days outside the sowing window"),
        ('resistance = "MS"', 'resistance = "XX"', "resistance", "unknown resistance class"),
        ('crop = "wheat"', 'crop = "whaet"', "crop", 'unknown crop "whaet"'),
        ('field = "liuge-1"\ncrop', 'field = "liuge-l"\ncrop', "field", "unknown field"),
    ],
)
def test_one_error_for_one_mistake(folder, old, new, key, reason):
    folder.change(S, old, new)
    error = folder.only_error()
    assert error.key.startswith("seasons[")
    assert error.key.endswith(f"].{key}")
    assert reason in error.reason


def test_an_observation_of_another_crop_is_still_told(folder):
    folder.change(S, "sown = 2015-10-08", "sown = 1015-10-05")
    text = folder.root.joinpath("crops/wheat.toml").read_text(encoding="utf-8")
    folder.write("crops/barley.toml", text)
    folder.change(S, 'crop = "wheat"\ndate', 'crop = "barley"\ndate')
    keys = [error.key for error in folder.errors()]
    assert keys == ["seasons[liuge-1].sown", "stage_observations[liuge-1].date"]


def test_an_observation_in_another_field_is_still_told(folder):
    folder.change(S, "sown = 2015-10-08", "sown = 1015-10-05")
    other = '\n[[fields]]\nid = "liuge-2"\nvillage = "liuge"\nzh = "二"\nen = "2"\nkind = "open"\n'
    folder.add(S, other)
    folder.change(
        S, 'field = "liuge-1"\ncrop = "wheat"\ndate', 'field = "liuge-2"\ncrop = "wheat"\ndate'
    )
    keys = [error.key for error in folder.errors()]
    assert keys == ["seasons[liuge-1].sown", "stage_observations[liuge-2].date"]
