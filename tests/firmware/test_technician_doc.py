"""What the technician's page says of pins and sizes is what the sources have."""

from __future__ import annotations

import ast
import re

import pytest

from tests.paths import ROOT

PAGE = (ROOT / "docs" / "technician.md").read_text(encoding="utf-8")
#: A row of the page's table -> the names of its pins, in that order.
PINS = {
    "i2c": ("I2C_SDA", "I2C_SCL"),
    "rs485": ("RS485_TX", "RS485_RX"),
    "pulse": ("PULSE_PIN",),
    "adc": ("ADC_PIN",),
    "gnss": ("GNSS_TX", "GNSS_RX"),
}


def constants() -> dict[str, int]:
    """Numbers at the top of the board's file, which imports what only a board has."""
    found: dict[str, int] = {}
    source = (ROOT / "firmware" / "node" / "board_esp32.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            names, values = ast.unparse(node.targets[0]), ast.unparse(node.value)
            pairs = zip(names.strip("()").split(", "), values.strip("()").split(", "), strict=False)
            found |= {name: int(value) for name, value in pairs if value.isdigit()}
    return found


@pytest.mark.parametrize("bus", sorted(PINS))
def test_pins_are_those_of_the_board(bus: str) -> None:
    (row,) = re.findall(rf"^\|[^|]*\| {bus} \|([^|]*)\|$", PAGE, re.MULTILINE)
    known = constants()
    assert [int(pin) for pin in re.findall(r"GPIO (\d+)", row)] == [known[n] for n in PINS[bus]]
