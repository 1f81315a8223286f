"""The check command: what it prints, as text and JSON, and its exit status."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from field_configs.cli import check
from field_configs.load import ROOT


@pytest.fixture
def root(tmp_path):
    """A copy of the shipped configurations."""
    copy = tmp_path / "field_configs"
    for name in ("words", "regions", "crops", "boards", "sites"):
        shutil.copytree(ROOT / name, copy / name)
    return copy


def change(root, name, old, new):
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def run(*args):
    return CliRunner().invoke(check, [str(arg) for arg in args])


def test_all_errors_of_all_parts(root):
    change(root, "sites/demo.toml", 'quantity = "soil_moisture"', 'quantity = "soil_moistur"')
    change(root, "words/en/status.toml", "high = ", "hihg = ")
    result = run("--root", root)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "error: field_configs/sites/demo.toml: placements[qf-liuge-1-sm].quantity: "
        'unknown quantity "soil_moistur": use one of '
        "air_temperature, relative_humidity, precipitation_amount, wind_speed, "
        "wind_from_direction, shortwave_irradiance, air_pressure, leaf_wetness_duration, "
        "soil_temperature, soil_moisture, soil_conductivity, soil_ph, co2_mole_fraction, "
        "illuminance, battery_voltage, signal_strength, enclosure_temperature, "
        "door_open_duration, position_latitude, position_longitude, soil_nitrogen, "
        "soil_phosphorus, soil_potassium, solar_voltage, insect_count, water_volume, "
        "line_pressure, leaf_wetness, output_on_duration "
        '(did you mean "soil_moisture"?)',
        "error: field_configs/words/zh_CN/status.toml: status.hihg: has no text: add it "
        '(did you mean "status.high"?)',
        "error: field_configs/words/en/status.toml: status.high: has no text: add it "
        '(did you mean "status.hihg"?)',
        "3 errors",
    ]


def test_json(root):
    change(root, "crops/garlic.toml", "base_c = 0.0", "base_c = 99")
    result = run("--root", root, "--json")
    assert result.exit_code == 1
    answer = json.loads(result.output)
    assert answer["ok"] is False
    assert answer["found"][0] == {
        "file": "field_configs/crops/garlic.toml",
        "key": "base_c",
        "reason": "99 is out of range: give a number from -5 to 20 degrees Celsius",
        "nearest": None,
        "severity": "error",
    }


def test_warning_is_told_and_allowed(root):
    change(root, "sites/demo.toml", "sown = 2015-10-14", "sown = 2015-11-01")
    result = run("--root", root)
    assert result.exit_code == 0
    assert result.output.startswith("warning: field_configs/sites/demo.toml: seasons[")
    assert result.output.splitlines()[-1].endswith("6 nodes, 1 warnings")


def test_every_site_is_checked(root):
    (root / "sites" / "other.toml").write_text('[[nodes]]\nid = "x-1"\n', encoding="utf-8")
    result = run("--root", root)
    assert result.exit_code == 1
    assert "field_configs/sites/other.toml: nodes[x-1].board: is missing" in result.output


def test_words_are_missing_under_the_given_root(root):
    other = root.rename(root.with_name("puyang"))
    change(other, "words/en/age.toml", "silent = ", "silentt = ")
    assert [line for line in run("--root", other).output.splitlines() if "words" in line] == [
        "error: puyang/words/zh_CN/age.toml: age.silentt: has no text: add it "
        '(did you mean "age.silent"?)',
        "error: puyang/words/en/age.toml: age.silent: has no text: add it "
        '(did you mean "age.silentt"?)',
    ]


def test_an_empty_folder_has_one_error(tmp_path):
    result = run("--root", tmp_path)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"error: {tmp_path.name}: folder: holds no region, crop or board file: give the "
        "field_configs folder",
        "1 errors",
    ]


def test_a_folder_without_words_has_one_error(root):
    shutil.rmtree(root / "words")
    assert run("--root", root).output.splitlines() == [
        "error: field_configs/words: folder: holds no words: give zh_CN, en with their TOML files",
        "1 errors",
    ]


def test_an_emptied_site_is_told(root):
    (root / "sites" / "demo.toml").write_text("# nothing\n", encoding="utf-8")
    result = run("--root", root)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "error: field_configs/sites/demo.toml: file: declares nothing: fill it or remove it",
        "1 errors",
    ]


def test_a_stray_file_is_a_warning(root):
    for name in ("rape.tml", ".hidden"):
        (root / "crops" / name).touch()
    result = run("--root", root)
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == (
        "warning: field_configs/crops/rape.tml: file: is not read: only files named *.toml are; "
        "rename or remove it"
    )
    assert result.output.splitlines()[1].endswith("6 nodes, 1 warnings")


def test_used_wrongly(tmp_path):
    assert run("--root", tmp_path / "nowhere").exit_code == 2
    assert run("--nonsense").exit_code == 2


def test_help_has_an_example():
    assert "nongqing check --json" in run("--help").output
