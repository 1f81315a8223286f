"""How the sensors of a board type are wired: groups of wires from the ESP32 to parts.

Pins are those of firmware/node/board_esp32.py, read without running it; sensors, addresses and own
pins those of the board type.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import firmware
from firmware.workbench.parts import Board, BoardChannel

SOURCE = Path(firmware.__file__).parent / "node" / "board_esp32.py"
POWER, GROUND, FED, CELL = "3.3 V", "GND", "V+", "VBAT"
#: Terminals of what hangs on a bus, and the constant of the pin that each goes to.
BUSES: Mapping[str, Sequence[tuple[str, str]]] = {
    "i2c": (("SDA", "_I2C_SDA"), ("SCL", "_I2C_SCL")),
    "rs485": (("DI", "_RS485_TX"), ("RO", "_RS485_RX")),
    "gnss": (("RX", "_GNSS_TX"), ("TX", "_GNSS_RX")),
    "modem": (("RXD", "_MODEM_TX"), ("TXD", "_MODEM_RX"), ("RESET_N", "_MODEM_RESET")),
}
#: Buses whose address is a pin, and the constant of the usual one.
PIN_BUSES = {"pulse": "_PULSE_PIN", "adc": "_ADC_PIN", "onewire": "_ONEWIRE_PIN"}
ORDER = ("i2c", "onewire", "rs485", "pulse", "adc", "gnss")
NOTES = {
    "rs485": (
        "用自动收发方向的转换器；两端各 120 Ω",
        "transceiver that turns by itself; 120 Ω at both ends",
    ),
    "onewire": ("4.7 kΩ 接在数据线和 3.3 V 之间", "4.7 kΩ between data and 3.3 V"),
    "modem": (
        "VBAT 直接接电池；RESET_N 经三极管拉低",
        "VBAT: the battery itself; RESET_N is pulled low through a transistor",
    ),
}


class Named(Protocol):
    """A part of parts.toml: its names and its supply voltage [V]."""

    @property
    def zh(self) -> str:
        """Name in Chinese."""

    @property
    def en(self) -> str:
        """Name in English."""

    @property
    def volts(self) -> float:
        """Supply voltage [V]."""


class WiringError(ValueError):
    """A board that cannot be wired; the message names the pin and the mend."""


@dataclass(frozen=True)
class Box:
    """A part: names, what tells it from others on its bus, and its terminals."""

    zh: str
    en: str
    detail: str
    terminals: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Wires (terminal, end at the ESP32) to a transceiver, if there is one, and on to parts."""

    bus: str
    wires: tuple[tuple[str, str], ...]
    parts: tuple[Box, ...]
    between: Box | None = None
    note: tuple[str, str] | None = None


@dataclass
class Wiring:
    """A board type's groups, from top to bottom; `pins` is which pin has what."""

    groups: list[Group] = field(default_factory=list)
    pins: dict[int, str] = field(default_factory=dict)

    def take(self, pin: int, what: str) -> str:
        """Give a pin to something; its label. `WiringError` if it has another already."""
        if self.pins.setdefault(pin, what) != what:
            raise WiringError(
                f"GPIO {pin}: is taken by {self.pins[pin]} and by {what}; give one of them another "
                "address, or another link"
            )
        return f"GPIO {pin}"


@lru_cache
def pins(source: Path = SOURCE) -> dict[str, int]:
    """Whole numbers at the top of the board's file, by name, as they are or within ``const``."""
    found: dict[str, int] = {}
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for name, value in zip(names, values, strict=False):
                inner = value.args[0] if isinstance(value, ast.Call) and value.args else value
                constant = inner.value if isinstance(inner, ast.Constant) else None
                if isinstance(name, ast.Name) and isinstance(constant, int):
                    found[name.id] = constant
    return found


def wiring_of(board: Board, parts: Mapping[str, Named], link: str | None = None) -> Wiring:
    """Wire a board type.

    Raises
    ------
    WiringError
        If two things want the same pin.
    """
    wiring = Wiring()
    sensors: dict[tuple[str, str, int | None], BoardChannel] = {}
    for channel in board.channels:
        sensors.setdefault((channel.bus, channel.driver, channel.address), channel)
    for bus in ORDER:
        found = [sensor for sensor in sensors.values() if sensor.bus == bus]
        if found and bus in PIN_BUSES:
            wiring.groups += [_on_pin(wiring, sensor, parts, board) for sensor in found]
        elif found:
            wiring.groups.append(_on_bus(wiring, bus, found, parts))
    if (link or board.link["kind"]) == "nbiot":
        wires = ((CELL, CELL), *_ends(wiring, "modem")[1:])
        box = Box("窄带物联网模组", "NB-IoT modem", "", tuple(name for name, _ in wires))
        wiring.groups.append(Group("modem", wires, (box,), None, NOTES["modem"]))
    power = board.power
    if power is not None and power.supply_pin is not None:
        label = wiring.take(power.supply_pin, "the supply switch")
        ends = (("EN", label), (GROUND, GROUND))
        box = Box("升压器：探头的 V+", "converter: V+ of the probes", "", ("EN", GROUND))
        note = ("EN 接 100 kΩ 下拉", "EN has 100 kΩ to ground")
        wiring.groups.append(Group("supply", ends, (box,), None, note))
    return wiring


def _ends(wiring: Wiring, bus: str) -> tuple[tuple[str, str], ...]:
    known = pins()
    signals = [(name, wiring.take(known[pin], f"bus {bus}")) for name, pin in BUSES[bus]]
    return ((POWER, POWER), (GROUND, GROUND), *signals)


def _on_bus(
    wiring: Wiring, bus: str, sensors: Sequence[BoardChannel], parts: Mapping[str, Named]
) -> Group:
    wires = _ends(wiring, bus)
    terminals = tuple(name for name, _ in wires)
    if bus != "rs485":
        boxes = tuple(_box(sensor, parts, terminals) for sensor in sensors)
        return Group(bus, wires, boxes)
    between = Box("RS-485 转换器", "RS-485 transceiver", "", terminals)
    line = (FED, GROUND, "A", "B")
    return Group(
        bus, wires, tuple(_box(each, parts, line) for each in sensors), between, NOTES[bus]
    )


def _on_pin(
    wiring: Wiring, sensor: BoardChannel, parts: Mapping[str, Named], board: Board
) -> Group:
    pin = pins()[PIN_BUSES[sensor.bus]] if sensor.address is None else sensor.address
    label = wiring.take(pin, f"{sensor.driver} on {sensor.bus}")
    part = parts[sensor.driver]
    ends = [(GROUND, GROUND), ("OUT" if sensor.bus == "adc" else "DATA", label)]
    limit = board.battery.volts if board.battery else 4.2
    if sensor.bus == "onewire":
        ends.insert(0, (POWER, POWER))
    elif sensor.bus == "adc" and part.volts > limit:
        ends.insert(0, (FED, FED))
    if sensor.bus == "pulse":
        ends[-1] = ("1", label)
        ends[0] = ("2", GROUND)
    terminals = tuple(name for name, _ in ends)
    return Group(sensor.bus, tuple(ends), (_box(sensor, parts, terminals),), None, _note(sensor))


def _note(sensor: BoardChannel) -> tuple[str, str] | None:
    if sensor.driver in ("battery", "solar_voltage"):
        parts = sensor.settings.get("divider", 2)
        return f"OUT 接分压中点，1/{parts:g}", f"OUT: middle of a divider by {parts:g}"
    return NOTES.get(sensor.bus)


def _box(sensor: BoardChannel, parts: Mapping[str, Named], terminals: tuple[str, ...]) -> Box:
    part = parts[sensor.driver]
    detail = ""
    if sensor.bus == "i2c" and sensor.address is not None:
        detail = f"0x{sensor.address:02x}"
    elif sensor.bus == "rs485":
        detail = "Modbus" if sensor.address is None else f"Modbus {sensor.address}"
        if "baud" in sensor.settings:
            detail += f", {sensor.settings['baud']} baud"
    return Box(part.zh, part.en, detail, terminals)
