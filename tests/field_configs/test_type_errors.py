"""Mistakes in regions, crops and boards: file, key, reason, nearest word."""

from __future__ import annotations

import pytest

R = "regions/puyang.toml"
C = "crops/wheat.toml"
B = "boards/b1.toml"


# name, file, old text, new text, key, part of the reason, nearest
CASES = [
    ("missing key", R, 'zh = "濮阳市"\n', "", "region.zh", "is missing: give a text", None),
    ("missing table", R, "[region]", "[[x]]", "region", "is missing: give a table", None),
    ("empty box", R, "east = 116.1", "east = 114.0", "region.west", "the box is empty", None),
    (
        "county code",
        R,
        'code = "410922"\nzh',
        'code = "41092"\nzh',
        "counties[41092].code",
        '"41092" is no code: give 6 digits',
        None,
    ),
    (
        "number for a code",
        R,
        'code = "410922"\nzh',
        "code = 410922\nzh",
        "counties[410922].code",
        "is a whole number: give a text of 6 digits, in quotes",
        None,
    ),
    (
        "county twice",
        R,
        'code = "410928"',
        'code = "410922"',
        "counties[410922].code",
        "declared twice: first at field_configs/regions/puyang.toml: counties[410922]",
        None,
    ),
    (
        "township of no county",
        R,
        'county = "410922"',
        'county = "410929"',
        "townships[410922104].county",
        'unknown county "410929": declare it or name another',
        "410928",
    ),
    (
        "township's code of another county",
        R,
        'county = "410922"',
        'county = "410928"',
        "townships[410922104].code",
        "410922104 does not start with its county 410928",
        None,
    ),
    ("empty text", C, 'eppo = "TRZAW"', 'eppo = " "', "eppo", "is empty: give the EPPO", None),
    (
        "unknown key",
        C,
        "base_c = 0",
        "base_c = 0\nbase_f = 32",
        "base_f",
        "unknown key: this table takes base_c",
        "base_c",
    ),
    (
        "text for a number",
        C,
        "base_c = 0",
        'base_c = "0"',
        "base_c",
        "is a text: give a number from -5 to 20 degrees Celsius",
        None,
    ),
    ("true for a number", C, "base_c = 0", "base_c = true", "base_c", "is true or false", None),
    ("not finite", C, "base_c = 0", "base_c = nan", "base_c", "nan is out of range", None),
    ("out of range", C, "base_c = 0", "base_c = 32", "base_c", "32 is out of range", None),
    (
        "choice",
        C,
        '"autumn"',
        '"automn"',
        "season",
        'unknown season "automn": use one of autumn, spring, summer, greenhouse',
        "autumn",
    ),
    (
        "days swapped",
        C,
        "shortest_days = 200",
        "shortest_days = 280",
        "shortest_days",
        "is not below longest_days",
        None,
    ),
    (
        "month and day",
        C,
        '"10-04"',
        '"13-04"',
        "sow_window[#1].start",
        '"13-04" is no day of the year: write it like "10-08"',
        None,
    ),
    (
        "whole number out of range",
        C,
        "bbch = 61",
        "bbch = 161",
        "stages[161].bbch",
        "161 is out of range: give a whole number from 0 to 99",
        None,
    ),
    ("stage order", C, "bbch = 61", "bbch = 0", "stages[0].bbch", "does not rise after 0", None),
    (
        "degree-day order",
        C,
        "degree_days = 1494",
        "degree_days = 0",
        "stages[61].degree_days",
        "0 does not rise after 0",
        None,
    ),
    (
        "verified without figure",
        C,
        "degree_days = 1494\n",
        "",
        "stages[61].verified",
        "is true without degree_days",
        None,
    ),
    (
        "flag",
        C,
        "verified = true",
        'verified = "yes"',
        "stages[0].verified",
        "is a text: give true or false",
        None,
    ),
    (
        "unknown quantity on a board",
        B,
        '"soil_moisture"',
        '"soil_moistur"',
        "channels[1].quantity",
        'unknown quantity "soil_moistur": use one of air_temperature, relative_humidity',
        "soil_moisture",
    ),
    (
        "unknown driver",
        B,
        '"soil_modbus"',
        '"soil_modbuss"',
        "channels[1].driver",
        'unknown driver "soil_modbuss": use one of battery, bh1750, bmp280, co2_senseair, '
        "door_contact, ds18b20, flow_meter, gnss_nmea, leaf_wetness_adc, leaf_wetness_modbus, "
        "line_pressure, link_signal, output_time, sht4x, soil7_modbus, soil_modbus, solar_voltage, "
        "tipping_bucket, trap_counter, wind_direction_modbus, wind_speed_modbus",
        "soil_modbus",
    ),
    (
        "bus of another driver",
        B,
        '"rs485"',
        '"rs845"',
        "channels[1].bus",
        '"rs845" is not the bus of driver soil_modbus: give "rs485"',
        "rs485",
    ),
    (
        "quantity of another driver",
        B,
        '"soil_moisture"',
        '"soil_conductivity"',
        "channels[1].quantity",
        "driver soil_modbus does not give soil_conductivity: it gives soil_moisture, "
        "soil_temperature",
        None,
    ),
    (
        "unknown setting",
        B,
        'bus = "pulse"',
        'bus = "pulse"\nsettings = { bucket = 0.1 }',
        "channels[2].settings.bucket",
        "unknown key: this table takes bucket_mm, dead_ms",
        "bucket_mm",
    ),
    (
        "setting out of range",
        B,
        'bus = "pulse"',
        'bus = "pulse"\nsettings = { bucket_mm = 20 }',
        "channels[2].settings.bucket_mm",
        "20 is out of range: give a number from 0.05 to 5",
        None,
    ),
    (
        "settings of a driver without any",
        B,
        'bus = "rs485"',
        'bus = "rs485"\nsettings = { bucket_mm = 0.1 }',
        "channels[1].settings.bucket_mm",
        "unknown key",
        None,
    ),
    (
        "the same twice from one sensor",
        B,
        'number = 3\nquantity = "soil_temperature"',
        'number = 3\nquantity = "soil_moisture"',
        "channels[3].quantity",
        "channel 1 has it from the same sensor: remove one",
        None,
    ),
    (
        "channel twice",
        B,
        "number = 1",
        "number = 0",
        "channels[0].number",
        "channel 0 is declared twice",
        None,
    ),
    ("no channels", B, "[[channels]]", "[[chanels]]", "chanels", "unknown key", "channels"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "reason", "near"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_one_mistake(folder, file, old, new, key, reason, near):
    folder.change(file, old, new)
    errors = folder.errors()
    match = [error for error in errors if error.key == key]
    assert match, [str(error) for error in errors]
    assert match[0].file == f"field_configs/{file}"
    assert reason in match[0].reason
    assert match[0].nearest == near


def test_upper_below_base(folder):
    folder.change(C, "base_c = 0\nupper_c = 30", "base_c = 18\nupper_c = 16")
    assert folder.only_error().key == "upper_c"
    assert "is not above base_c" in folder.only_error().reason


@pytest.mark.parametrize(("table", "reason"), [("stages", "[[stages]]"), ("sow_window", "[[sow")])
def test_crop_without_tables(folder, table, reason):
    text = (folder.root / C).read_text()
    kept = [part for part in text.split("\n\n") if not part.startswith(f"[[{table}]]")]
    folder.write(C, "\n\n".join(kept))
    assert folder.only_error().key == table
    assert f"a crop needs at least one {reason}" in folder.only_error().reason


def test_board_without_channels(folder):
    folder.write(B, (folder.root / B).read_text().split("[[channels]]")[0])
    assert folder.only_error().reason == "a board needs at least one [[channels]] table: add one"
