"""Which pin of the ESP32 each thing of a board has: the one rule that no two have the same.

Pins are those of firmware/node/board_esp32.py, read without running it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from firmware.wire import quantities

SOURCE = Path(quantities.__file__).parents[1] / "node" / "board_esp32.py"
#: Terminals of what hangs on a bus, and the constant of the pin that each goes to.
BUSES: Mapping[str, Sequence[tuple[str, str]]] = {
    "i2c": (("SDA", "_I2C_SDA"), ("SCL", "_I2C_SCL")),
    "rs485": (("DI", "_RS485_TX"), ("RO", "_RS485_RX")),
    "gnss": (("RX", "_GNSS_TX"), ("TX", "_GNSS_RX")),
    "modem": (("RXD", "_MODEM_TX"), ("TXD", "_MODEM_RX"), ("RESET_N", "_MODEM_RESET")),
}
#: Buses whose address is a pin, and the constant of the usual one.
PIN_BUSES = {"pulse": "_PULSE_PIN", "adc": "_ADC_PIN", "onewire": "_ONEWIRE_PIN"}


class PinError(ValueError):
    """Two things want one pin; the message names it and the mend, `key` where it is wrong."""

    def __init__(self, text: str, key: str) -> None:
        super().__init__(text)
        self.key = key


@dataclass(frozen=True)
class Pins:
    """The pins of the node's program: of each bus by terminal, and the usual ones."""

    buses: Mapping[str, Sequence[tuple[str, int]]]
    usual: Mapping[str, int]

    def of_channel(self, bus: str, address: int | None) -> int:
        """Return the pin of a channel on a bus whose address is one."""
        return self.usual[bus] if address is None else address

    def taken(
        self,
        channels: Sequence[Any],
        link: str,
        supply_pin: int | None,
        outputs: Sequence[Any] = (),
    ) -> dict[int, str]:
        """Return which pin has what, on a board with these channels and this link.

        Raises
        ------
        PinError
            If two things want the same pin, or the modem the satellite receiver's serial line.
        """
        found: dict[int, str] = {}
        kinds = {channel.bus for channel in channels}
        for bus in self.buses:
            if bus in kinds:
                for _, pin in self.buses[bus]:
                    _take(found, pin, f"bus {bus}", "channels")
        for channel in channels:
            if channel.bus in self.usual:
                pin = self.of_channel(channel.bus, channel.address)
                what = f"{channel.driver} on {channel.bus}"
                _take(found, pin, what, f"channels[{channel.number}].address")
        if link == "nbiot":
            if "gnss" in kinds:
                raise PinError(
                    "serial line 1: is taken by bus gnss and by bus modem; take the channels of "
                    "gnss out, or give another link",
                    "link.kind",
                )
            for _, pin in self.buses["modem"]:
                _take(found, pin, "bus modem", "link.kind")
        if supply_pin is not None:
            _take(found, supply_pin, "the supply switch", "power.supply_pin")
        for output in outputs:
            for place, pin in enumerate(output.pins):
                what = f"output {output.number}" + f", pin {place + 1}" * bool(place)
                _take(found, pin, what, f"outputs[{output.number}].pins")
        return found


def _take(found: dict[int, str], pin: int, what: str, key: str) -> None:
    if found.setdefault(pin, what) != what:
        mend = "address, or another link" if key == "link.kind" else "pin"
        raise PinError(
            f"GPIO {pin}: is taken by {found[pin]} and by {what}; give one of them another {mend}",
            key,
        )


@lru_cache
def read_pins(source: Path = SOURCE) -> Pins:
    """Read the pins of the node's program."""
    known = _numbers(source)
    return Pins(
        {bus: tuple((name, known[pin]) for name, pin in ends) for bus, ends in BUSES.items()},
        {bus: known[pin] for bus, pin in PIN_BUSES.items()},
    )


def _numbers(source: Path) -> dict[str, int]:
    """Whole numbers at the top of a file, by name, as they are or within ``const``."""
    found: dict[str, int] = {}
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            name, value = node.targets[0], node.value
            inner = value.args[0] if isinstance(value, ast.Call) and value.args else value
            constant = inner.value if isinstance(inner, ast.Constant) else None
            if isinstance(name, ast.Name) and isinstance(constant, int):
                found[name.id] = constant
    return found
