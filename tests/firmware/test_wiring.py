"""Drawings of wirings: pins of the program, every sensor of a board, and the files in docs."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from field_configs.board_pins import read_pins
from field_configs.load import load
from field_configs.parts import load_parts
from firmware.workbench.wiring import wiring_of
from firmware.workbench.wiring_svg import draw
from nongqing import Parts, main
from tests.paths import ROOT

BOARDS = load(site=None).boards
PARTS = load_parts()
PINS = read_pins()
SVG = "{http://www.w3.org/2000/svg}"


def run(*arguments: str, obj: Any = None) -> Any:
    return CliRunner().invoke(main, ["node", "wiring", *arguments], obj=obj or Parts())


def ends(board: str, link: str = "ip") -> dict[tuple[str, str], set[str]]:
    """Of each part's terminal where its wire ends at the ESP32."""
    found: dict[tuple[str, str], set[str]] = {}
    for group in wiring_of(BOARDS[board], PARTS, PINS, link).groups:
        parts = (group.between,) if group.between else group.parts
        for part in parts:
            for name, end in group.wires:
                found.setdefault((part.en, name), set()).add(end)
    return found


def test_pins_are_those_of_the_program() -> None:
    assert dict(PINS.buses["i2c"]) == {"SDA": 21, "SCL": 22}
    assert dict(PINS.buses["modem"])["RESET_N"] == 13
    found = ends("weather-1")
    assert found["RS-485 transceiver", "DI"] == {"GPIO 17"}
    assert found["RS-485 transceiver", "RO"] == {"GPIO 16"}
    assert found["rain gauge", "1"] == {"GPIO 27"}
    assert found["battery divider", "OUT"] == {"GPIO 34"}
    assert found["water pressure transmitter", "V+"] == {"V+"}
    assert found["converter: V+ of the probes", "EN"] == {"GPIO 23"}
    assert ends("greenhouse-1", "nbiot")["NB-IoT modem", "RESET_N"] == {"GPIO 13"}


@pytest.mark.parametrize("board", sorted(BOARDS))
def test_every_sensor_of_a_board_is_drawn_and_the_file_in_docs_is_that_drawing(
    board: str, tmp_path: Path
) -> None:
    out = tmp_path / "x.svg"
    done = run(board, "--out", str(out))
    assert done.exit_code == 0, done.output
    drawn = out.read_text(encoding="utf-8")
    texts = [each.text for each in ElementTree.fromstring(drawn).iter(f"{SVG}text")]
    sensors = {(c.driver, c.bus, c.address) for c in BOARDS[board].channels}
    sensors = {each for each in sensors if each[1] not in ("link", "output")}  # no parts
    for output in BOARDS[board].outputs:
        assert output.zh in texts
        assert {f"GPIO {pin}" for pin in output.pins} <= set(texts)
    for driver, _, _ in sensors:
        count = sum(driver == other for other, _, _ in sensors)
        assert texts.count(PARTS[driver].zh) == texts.count(PARTS[driver].en) == count
    kept = ROOT / "docs" / "wiring" / f"{board}.svg"
    assert kept.read_text(encoding="utf-8") == drawn, f"nongqing node wiring {board} --out {kept}"
    page = (ROOT / "docs" / "technician.md").read_text(encoding="utf-8")
    assert f"(wiring/{board}.svg)" in page


def test_lines_end_at_boxes_and_nothing_is_outside() -> None:
    for board in BOARDS.values():
        root = ElementTree.fromstring(draw(("一", "one"), wiring_of(board, PARTS, PINS)))
        width, height = int(root.get("width", 0)), int(root.get("height", 0))
        for line in root.iter(f"{SVG}path"):
            points = re.findall(r"(\d+) (\d+)", line.get("d", ""))
            assert points
            assert all(int(x) < width and int(y) < height for x, y in points)


def test_a_pin_that_two_want_is_named_with_the_mend(tmp_path: Path) -> None:
    out = str(tmp_path / "x.svg")
    done = run("weather-1", "--link", "nbiot", "--out", out)
    assert done.exit_code == 1
    assert "board weather-1: GPIO 32: is taken by flow_meter on pulse and by bus modem; give" in (
        done.output
    )
    board = BOARDS["weather-1"]
    both = [replace(c, address=27) if c.driver == "flow_meter" else c for c in board.channels]
    with pytest.raises(ValueError, match="GPIO 27: is taken by tipping_bucket on pulse and by"):
        wiring_of(replace(board, channels=tuple(both)), PARTS, PINS)


def test_what_cannot_be_drawn_is_named(tmp_path: Path) -> None:
    out = str(tmp_path / "x.svg")
    assert "board x-9: is not in field_configs/boards; there are" in run("x-9", "--out", out).output
    less = {name: part for name, part in PARTS.items() if name != "bh1750"}
    given = SimpleNamespace(boards=lambda: BOARDS, power_parts=lambda: less, pins=read_pins)
    said = run("greenhouse-1", "--out", out, obj=given).output
    assert "parts.toml has no part bh1750, so it has no name; add it" in said
    nowhere = run("soilair-1", "--out", str(tmp_path / "no" / "x.svg")).output
    assert "cannot be written (No such file or directory); name a file in a folder" in nowhere
