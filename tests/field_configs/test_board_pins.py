"""Two things of a board on one pin: refused wherever a board is read, by one rule."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from field_configs.board_pins import read_pins
from field_configs.load import ROOT, load
from field_configs.schema import ConfigErrors
from nongqing import Parts, main

MODEM = '\n[link]\nkind = "nbiot"\n'
CLASH = (
    "GPIO 32: is taken by flow_meter on pulse and by bus modem; give one of them another address, "
    "or another link"
)


@pytest.fixture
def narrowband_weather(tmp_path: Path) -> Path:
    """All configurations, weather-1 with a modem on the pins of its meter and its trap."""
    root = tmp_path / "field_configs"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    with (root / "boards" / "weather-1.toml").open("a", encoding="utf-8") as file:
        file.write(MODEM)
    return root


def test_check_names_the_pin_that_a_modem_and_a_sensor_want(narrowband_weather: Path) -> None:
    done = CliRunner().invoke(main, ["check", "--root", str(narrowband_weather)])
    assert done.exit_code == 1
    assert f"weather-1.toml: link.kind: {CLASH}" in done.output.replace("\n", " ")


def test_enroll_refuses_a_board_on_which_they_clash(narrowband_weather: Path) -> None:
    """And keeps the old key: the registry is not asked for a new one."""

    class Given(Parts):
        def boards(self):
            return load(narrowband_weather, site=None).boards

        def registry(self):
            row = SimpleNamespace(id="qf-001", board="weather-1", epoch=1)
            return SimpleNamespace(nodes=lambda: [row])

    command = ["node", "enroll", "qf-001", "--broker", "mqtt://broker.example"]
    done = CliRunner().invoke(main, command, obj=Given())
    assert done.exit_code == 1
    assert CLASH in done.output.replace("\n", " ") + str(done.exception)


def test_a_satellite_receiver_and_a_modem_want_one_serial_line(narrowband_weather: Path) -> None:
    boards = narrowband_weather / "boards"
    shutil.copy(ROOT / "boards" / "weather-1.toml", boards / "weather-1.toml")
    with (boards / "logger-1.toml").open("a", encoding="utf-8") as file:
        file.write(MODEM)
    with pytest.raises(ConfigErrors) as caught:
        load(narrowband_weather, site=None)
    (error,) = caught.value.errors
    assert error.key == "link.kind"
    assert error.reason.startswith("serial line 1: is taken by bus gnss and by bus modem; take the")


def test_every_pin_of_the_program_is_read() -> None:
    pins = read_pins()
    every = [pin for ends in pins.buses.values() for _, pin in ends] + [*pins.usual.values()]
    assert len(every) == len(set(every)) == 12
