"""What parts take: the shipped file, and every mistake in one named with its place and mend."""

from __future__ import annotations

import shutil

import pytest

from field_configs.drivers import read_drivers
from field_configs.load import ROOT, load
from field_configs.parts import load_parts
from field_configs.schema import ConfigErrors

SLEEP = """
[power]
saving_below = 3.55
survival_below = 3.4
back = 0.1
saving_s = 1800
survival_s = 21600
deep_sleep = true
"""
BATTERY_CHANNEL = """
[[channels]]
number = 9
quantity = "battery_voltage"
driver = "battery"
bus = "adc"
"""


def test_every_sensor_has_its_figures_with_a_source():
    parts = load_parts()
    assert set(read_drivers().known) <= set(parts)
    assert all(state.source for part in parts.values() for state in part.states.values())
    assert not all(state.verified for part in parts.values() for state in part.states.values())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "sht4x"', 'id = "sht5x"', 'parts[sht5x].id: unknown part or driver "sht5x"'),
        ("ma = 0.01\n", "ma = -1\n", "parts[esp32].asleep.ma: -1 is out of range: give a number"),
        ("ma = 0.01\n", "", "parts[esp32].asleep.ma: is missing: give a number from 0"),
        ("[parts.asleep]", "[parts.asleeep]", "parts[esp32].asleep: is missing: give a table"),
        ('id = "bh1750"', 'id = "sht4x"', 'parts[sht4x].id: "sht4x" is declared twice'),
        ("", "", 'parts: has no part "esp32", which every budget needs: add it'),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, old, new, said):
    root = tmp_path / "field_configs"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("__pycache__"))
    text = (root / "parts.toml").read_text(encoding="utf-8")
    assert old in text
    if not old:
        text = text[text.index('[[parts]]\nid = "nbiot"') :]
    (root / "parts.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    for read in (lambda: load_parts(root), lambda: load(root)):
        with pytest.raises(ConfigErrors) as caught:
            read()
        assert any(f"field_configs/parts.toml: {said}" in str(e) for e in caught.value.errors), [
            str(error) for error in caught.value.errors
        ]


def test_a_board_that_counts_pulses_does_not_sleep_deeply(folder):
    folder.add("boards/b1.toml", BATTERY_CHANNEL + SLEEP)
    error = folder.only_error()
    assert (error.file, error.key) == ("field_configs/boards/b1.toml", "power.deep_sleep")
    assert "channel 2 counts pulses or watches a door, and none is noticed in deep sleep: take" in (
        error.reason
    )


def test_a_board_without_such_sensors_does(folder):
    folder.change("boards/b1.toml", 'quantity = "precipitation_amount"', 'quantity = "illuminance"')
    folder.change("boards/b1.toml", 'driver = "tipping_bucket"', 'driver = "bh1750"')
    folder.change("boards/b1.toml", 'bus = "pulse"', 'bus = "i2c"')
    folder.add("boards/b1.toml", BATTERY_CHANNEL + SLEEP)
    assert load(folder.root).boards["b1"].power.deep_sleep


def test_a_switched_supply_has_a_free_pin(folder):
    policy = SLEEP.replace("deep_sleep = true", "supply_pin = 33\nsupply_s = 2")
    channel = BATTERY_CHANNEL + "address = 33\n"
    folder.add("boards/b1.toml", channel + policy)
    error = folder.only_error()
    assert (error.key, error.reason) == (
        "power.supply_pin",
        "GPIO 33: is taken by battery on adc and by the supply switch; give one of them another "
        "pin",
    )
    folder.change("boards/b1.toml", "supply_pin = 33\n", "")
    assert "there is nothing to switch: add supply_pin" in folder.only_error().reason
    folder.change("boards/b1.toml", "supply_s = 2", "supply_pin = 34\nsupply_s = 2")
    assert "34 is out of range: give a whole number from 0 to 33" in folder.only_error().reason


def test_a_panel_needs_a_battery(folder):
    panel = '\n[solar]\nwatts = 6\nsun_h = 2\nefficiency = 0.6\nsource = "chosen"\n'
    folder.add("boards/b1.toml", panel)
    error = folder.only_error()
    assert error.key == "solar.watts"
    assert "a panel charges a battery, and there is none: add [battery]" in error.reason
    folder.add("boards/b1.toml", '\n[battery]\nmah = 0\nvolts = 3.6\nusable = 0.8\nsource = "x"\n')
    assert "0 is out of range: give a number from 1 to 1e+06 mAh" in folder.only_error().reason
