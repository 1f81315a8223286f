"""What sensor files say of themselves is read without running them; mistakes are named."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from field_configs.board import layout_of
from field_configs.drivers import Driver, read_drivers
from field_configs.load import load
from firmware.workbench.config import node_config
from tests.firmware.field import Key

GOOD = """
BUS = "i2c"
QUANTITIES = (1, 2)
SETTINGS = {"gain": (1, 8)}

def make(board, bus, address, gain=1):
    raise SystemExit("this file was run")

raise SystemExit("this file was run")
"""


def test_the_shipped_sensors_say_what_their_modules_hold() -> None:
    drivers = read_drivers()
    assert drivers.errors == ()
    of_fields = {"battery", "sht4x", "soil_modbus", "tipping_bucket"}
    of_houses = {"bh1750", "bmp280", "co2_senseair", "ds18b20", "soil7_modbus", "solar_voltage"}
    of_houses |= {"leaf_wetness_adc", "leaf_wetness_modbus", "trap_counter"}
    of_pumps = {"flow_meter", "line_pressure", "wind_direction_modbus", "wind_speed_modbus"}
    of_loads = {"door_contact", "gnss_nmea"}
    of_nodes = {"link_signal", "output_time"}
    assert set(drivers.known) == of_fields | of_houses | of_pumps | of_loads | of_nodes
    for name, driver in drivers.known.items():
        module = importlib.import_module(f"firmware.sensors.{name}")
        assert driver is not None
        assert driver.bus == module.BUS
        assert len(driver.quantities) == len(module.QUANTITIES)
        assert driver.settings == getattr(module, "SETTINGS", {})


def test_a_file_is_read_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text(GOOD)
    (tmp_path / "__init__.py").write_text("raise SystemExit")
    found = read_drivers(tmp_path)
    assert found.errors == ()
    gives = ("air_temperature", "relative_humidity")
    assert found.known == {"new": Driver("i2c", gives, {"gain": (1, 8)})}


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('BUS = "i2c"', "", "BUS", 'is missing: give the bus it takes, like BUS = "i2c"'),
        ('"i2c"', "I2C", "BUS", "is no plain value, and this file is not run here"),
        ('"i2c"', "3", "BUS", "is 3: give the bus"),
        ("(1, 2)", "(1, 99)", "QUANTITIES", "is (1, 99): give ids of firmware/wire/quantities.py"),
        ("(1, 2)", "()", "QUANTITIES", "is (): give ids"),
        ("(1, 2)", "1, [2]", "QUANTITIES", "is (1, [2]): give ids"),
        ("(1, 8)", "(8, 1)", "SETTINGS", "give a range for each"),
        ("(1, 8)", "8", "SETTINGS", "give a range for each"),
        ("(1, 8)", "[]", "SETTINGS", "give a range for each"),
        ("(1, 8)", '"28["', "SETTINGS", "a pattern of texts"),
        ("(1, 8)", '{"register": 8}', "SETTINGS", "or a table of these"),
        ("gain=1", "", "make", "does not take gain: add it"),
        ("def make(", "def made(", "make", "is missing: give make(board, bus, address)"),
        ("BUS =", "BUS", "line 2", "is no Python: invalid syntax"),
        ("BUS =", "BUS\0=", "line 1", "is no Python: source code string cannot contain null bytes"),
    ],
)
def test_a_mistake_in_a_sensor_file_is_named(
    tmp_path: Path, old: str, new: str, key: str, reason: str
) -> None:
    assert old in GOOD
    (tmp_path / "new.py").write_text(GOOD.replace(old, new, 1))
    found = read_drivers(tmp_path)
    assert found.known == {"new": None}
    (error,) = found.errors
    assert (error.file, error.key) == ("firmware/sensors/new.py", key)
    assert reason in error.reason


def test_a_folder_without_sensors_is_named(tmp_path: Path) -> None:
    (error,) = read_drivers(tmp_path / "none").errors
    assert str(error).startswith("firmware/sensors: folder: holds no sensor: ")


def test_a_mistake_in_a_sensor_file_is_said_once(
    folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Boards that name the sensor say nothing more."""
    for name in ("sht4x", "tipping_bucket", "soil_modbus"):
        (tmp_path / f"{name}.py").write_text(GOOD.replace("BUS", "BUZ", 1))
    found = read_drivers(tmp_path)
    monkeypatch.setattr("field_configs.board.read_drivers", lambda: found)
    monkeypatch.setattr("field_configs.load.read_drivers", lambda: found)
    assert [error.key for error in folder.errors()] == ["BUS"] * 3


def test_settings_reach_the_node_and_not_its_layout(folder) -> None:
    before = load(folder.root).boards["b1"]
    setting = 'bus = "pulse"\nsettings = { bucket_mm = 0.1, dead_ms = 100 }'
    folder.change("boards/b1.toml", 'bus = "pulse"', setting)
    board = load(folder.root).boards["b1"]
    rows = node_config(Key("qf-001"), board, {})["channels"]
    assert [row.get("settings") for row in rows] == [
        None,
        None,
        {"bucket_mm": 0.1, "dead_ms": 100.0},
        None,
    ]
    assert layout_of(board) == layout_of(before)


KINDS = {
    "gain": (1, 8),
    "baud": [4800, 9600],
    "rom": "28[0-9a-f]{2}",
    "ph": {"register": (-1, 65535), "scale": (0.001, 1)},
}


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The soil probe takes settings of every kind."""
    gauge = Driver("rs485", ("soil_moisture", "soil_temperature"), KINDS)
    known = dict(read_drivers().known) | {"soil_modbus": gauge}
    drivers = type(read_drivers())(known, ())
    monkeypatch.setattr("field_configs.board.read_drivers", lambda: drivers)


@pytest.mark.usefixtures("probe")
def test_settings_of_every_kind_are_read_once_for_a_sensor(folder) -> None:
    """Given at one of its channels, they hold for the others, whichever comes first."""
    given = 'gain = 2, baud = 4800, rom = "28a0", ph = { register = 6, scale = 0.01 }'
    last = 'number = 3\nquantity = "soil_temperature"\ndriver = "soil_modbus"\nbus = "rs485"'
    folder.change("boards/b1.toml", last, f"{last}\nsettings = {{ {given} }}")
    board = load(folder.root).boards["b1"]
    settings = {"gain": 2, "baud": 4800, "rom": "28a0", "ph": {"register": 6, "scale": 0.01}}
    assert [dict(channel.settings) for channel in board.channels] == [{}, settings, {}, settings]
    rows = node_config(Key("qf-001"), board, {})["channels"]
    assert rows[1]["settings"] == rows[3]["settings"] == settings


@pytest.mark.usefixtures("probe")
@pytest.mark.parametrize(
    ("given", "key", "reason"),
    [
        ("gain = 9", "gain", "9 is out of range: give a number from 1 to 8"),
        ("baud = 19200", "baud", "is 19200: give one of 4800, 9600"),
        ('baud = "4800"', "baud", "is a text: give one of 4800, 9600"),
        ('rom = "29a0"', "rom", '"29a0" is not of the form 28[0-9a-f]{2}: write it so'),
        ("ph = 6", "ph", "is a whole number: give a table"),
        ("ph = { register = 70000 }", "ph.register", "70000 is out of range"),
        ("ph = { regster = 6 }", "ph.regster", "unknown key: this table takes register, scale"),
        ("gian = 2", "gian", "unknown key: this table takes baud, gain, ph, rom"),
    ],
)
def test_a_setting_that_the_sensor_does_not_take_is_named(
    folder, given: str, key: str, reason: str
) -> None:
    change = f'bus = "rs485"\nsettings = {{ {given} }}'
    folder.change("boards/b1.toml", 'bus = "rs485"', change)
    error = folder.only_error()
    assert error.key.endswith(f"settings.{key}")
    assert error.reason.startswith(reason)


@pytest.mark.usefixtures("probe")
def test_one_sensor_is_set_up_in_one_way(folder) -> None:
    """Two channels of one gauge would otherwise make two drivers on one pin."""
    folder.change("boards/b1.toml", 'bus = "rs485"', 'bus = "rs485"\nsettings = { gain = 2 }')
    last = 'quantity = "soil_temperature"\ndriver = "soil_modbus"\nbus = "rs485"'
    folder.change("boards/b1.toml", last, f"{last}\nsettings = {{ gain = 3 }}")
    error = folder.only_error()
    assert error.key == "channels[3].settings"
    assert error.reason == ("differ from those of the same sensor at channel 1: give them once")


ALARMS = """
[[alarms]]
channel = 0
below = 2
back = 3.5

[[alarms]]
channel = 2
above = 10
back = 0
"""
POWER = """
[[channels]]
number = 4
quantity = "battery_voltage"
driver = "battery"
bus = "adc"

[power]
saving_below = 3.6
survival_below = 3.4
back = 0.1
saving_s = 1800
survival_s = 21600
"""


def test_alarms_and_power_reach_the_node_as_they_travel(folder) -> None:
    before = layout_of(load(folder.root).boards["b1"])
    folder.add("boards/b1.toml", ALARMS)
    board = load(folder.root).boards["b1"]
    assert layout_of(board) == before
    assert node_config(Key("qf-001"), board, {})["alarms"] == [
        {"channel": 0, "below": 200, "back": 350},
        {"channel": 2, "above": 1000, "back": 0},
    ]
    folder.add("boards/b1.toml", POWER)
    config = node_config(Key("qf-001"), load(folder.root).boards["b1"], {})
    assert config["power"] == {
        "channel": 4,
        "saving_below": 3600,
        "survival_below": 3400,
        "back": 100,
        "saving_s": 1800,
        "survival_s": 21600,
    }


LINK = (
    '[link]\nkind = "nbiot"\nrai = true\nedrx_s = 82\npsm = { periodic_s = 86400, active_s = 20 }\n'
)


def test_a_boards_modem_goes_into_the_configuration(folder) -> None:
    assert "link" not in node_config(Key("qf-001"), load(folder.root).boards["b1"], {})
    folder.add("boards/b1.toml", LINK + ALARMS)
    config = node_config(Key("qf-001"), load(folder.root).boards["b1"], {}, apn="cmnbiot")
    psm = {"periodic_s": 86400, "active_s": 20}
    link = {"kind": "nbiot", "psm": psm, "edrx_s": 82, "apn": "cmnbiot", "rai": True}
    assert config["link"] == link


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('"nbiot"', '"lora"', "link.kind", 'unknown link "lora": use one of ip, nbiot'),
        ('"nbiot"', '"ip"', "link.kind", '"ip" has no modem to set up: give "nbiot", or take'),
        ("82", "0", "link.edrx_s", "0 is out of range: give a whole number from 1 to 10485 s"),
        ("82", "82\nbaud = 300", "link.baud", "is 300: give one of 9600, 19200"),
        ("86400", "1", "link.psm.periodic_s", "1 is out of range: give a whole number from 60"),
        ("20 }", "20, x = 1 }", "link.psm.x", "unknown key: this table takes active_s, periodic_s"),
        ("true", "1", "link.rai", "is a whole number: give true or false"),
        ("82", '82\napn = "x"', "link.apn", "unknown key: this table takes"),
    ],
)
def test_a_mistake_in_a_link_is_named(folder, old: str, new: str, key: str, reason: str) -> None:
    assert old in LINK
    folder.add("boards/b1.toml", LINK.replace(old, new, 1) + ALARMS)
    error = folder.only_error()
    assert error.key == key
    assert error.reason.startswith(reason)


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("channel = 0", "channel = 7", "alarms[7].channel", "the board has no channel 7: give"),
        ("below = 2", "", "alarms[0].below", "give either below or above"),
        ("below = 2", "below = 2\nabove = 9", "alarms[0].below", "give either below or above"),
        ("below = 2", "below = -80", "alarms[0].below", "-80 is out of range: give a number"),
        ("back = 3.5", "back = 1", "alarms[0].back", "1 is not above 2: an alarm below it ends"),
        ("back = 0", "back = 11", "alarms[2].back", "11 is not below 10: an alarm above it ends"),
        ("back = 0", "", "alarms[2].back", "is missing: give a number"),
        ("back = 0.1", "", "power.back", "is missing: give a number from 0.01 to 5 V"),
        ("3.6", "3.4", "power.survival_below", "is not below saving_below: swap or mend them"),
        ("1800", "300", "power.saving_s", "must be from sample_s (600) to survival_s: mend one"),
        ("21600", "900", "power.saving_s", "must be from sample_s (600) to survival_s: mend one"),
        (
            'quantity = "battery_voltage"\ndriver = "battery"\nbus = "adc"',
            'quantity = "solar_voltage"\ndriver = "solar_voltage"\nbus = "adc"',
            "power.saving_below",
            "the board must have one channel of battery_voltage: add it",
        ),
    ],
)
def test_a_mistake_in_alarms_or_power_is_named(
    folder, old: str, new: str, key: str, reason: str
) -> None:
    text = ALARMS + POWER
    assert old in text
    folder.add("boards/b1.toml", text.replace(old, new, 1))
    error = folder.only_error()
    assert error.key == key
    assert error.reason.startswith(reason)
