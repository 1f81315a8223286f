"""What the technician's page says of pins and sizes is what the sources have."""

from __future__ import annotations

import re

import pytest

from firmware.workbench import wiring
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "technician.md").read_text(encoding="utf-8")
#: A row of the page's table -> the names of its pins, in that order.
PINS = {
    "i2c": ("_I2C_SDA", "_I2C_SCL"),
    "rs485": ("_RS485_TX", "_RS485_RX"),
    "pulse": ("_PULSE_PIN",),
    "adc": ("_ADC_PIN",),
    "gnss": ("_GNSS_TX", "_GNSS_RX"),
}


@pytest.mark.parametrize("bus", sorted(PINS))
def test_pins_are_those_of_the_board(bus: str) -> None:
    (row,) = re.findall(rf"^\|[^|]*\| {bus} \|([^|]*)\|$", PAGE, re.MULTILINE)
    known = wiring.pins()
    assert [int(pin) for pin in re.findall(r"GPIO (\d+)", row)] == [known[n] for n in PINS[bus]]
