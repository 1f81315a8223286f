"""How the sensors of a board type are wired: groups of wires from the ESP32 to parts.

Pins are those of the node's program, which the front door hands in; sensors, addresses and own pins
those of the board type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from firmware.workbench.board_parts import Output
from firmware.workbench.parts import Board, BoardChannel

POWER, GROUND, FED, CELL = "3.3 V", "GND", "V+", "VBAT"
ORDER = ("i2c", "onewire", "rs485", "pulse", "adc", "gnss")
HIGH_RELAY = ("控制端接 100 kΩ 下拉", "each input has 100 kΩ to ground")
LOW_RELAY = ("控制端接 100 kΩ 上拉到 3.3 V", "each input has 100 kΩ to 3.3 V")
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


class Pins(Protocol):
    """Pins of the node's program."""

    @property
    def buses(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Of each bus the terminals of what hangs on it, and the pin that each goes to."""

    @property
    def usual(self) -> Mapping[str, int]:
        """The usual pin of each bus whose address is a pin."""

    def of_channel(self, bus: str, address: int | None) -> int:
        """Return the pin of a channel on such a bus."""

    def taken(
        self,
        channels: Sequence[Any],
        link: str,
        supply_pin: int | None,
        outputs: Sequence[Any] = (),
    ) -> Mapping[int, str]:
        """Return which pin has what; a ValueError where two things want the same one."""


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
    """A board type's groups, from top to bottom."""

    pins: Pins
    groups: list[Group] = field(default_factory=list)


def wiring_of(
    board: Board, parts: Mapping[str, Named], pins: Pins, link: str | None = None
) -> Wiring:
    """Wire a board type; a ValueError if two things want the same pin."""
    wiring = Wiring(pins)
    kind = link or board.link["kind"]
    supply_pin = board.power.supply_pin if board.power else None
    pins.taken(board.channels, kind, supply_pin, board.outputs)
    sensors: dict[tuple[str, str, int | None], BoardChannel] = {}
    for channel in board.channels:
        sensors.setdefault((channel.bus, channel.driver, channel.address), channel)
    for bus in ORDER:
        found = [sensor for sensor in sensors.values() if sensor.bus == bus]
        if found and bus in pins.usual:
            wiring.groups += [_on_pin(wiring, sensor, parts, board) for sensor in found]
        elif found:
            wiring.groups.append(_on_bus(wiring, bus, found, parts))
    if kind == "nbiot":
        wires = ((CELL, CELL), *_ends(wiring, "modem")[1:])
        box = Box("窄带物联网模组", "NB-IoT modem", "", tuple(name for name, _ in wires))
        wiring.groups.append(Group("modem", wires, (box,), None, NOTES["modem"]))
    if supply_pin is not None:
        ends = (("EN", _label(supply_pin)), (GROUND, GROUND))
        box = Box("升压器：探头的 V+", "converter: V+ of the probes", "", ("EN", GROUND))
        note = ("EN 接 100 kΩ 下拉", "EN has 100 kΩ to ground")
        wiring.groups.append(Group("supply", ends, (box,), None, note))
    wiring.groups += [_switched(output) for output in board.outputs]
    return wiring


def _switched(output: Output) -> Group:
    """Wires to the relay, or the two, of an output: off while no pin says anything."""
    names = ("IN",) if len(output.pins) == 1 else ("OPEN", "CLOSE")
    signals = [(name, _label(pin)) for name, pin in zip(names, output.pins, strict=True)]
    ends = ((GROUND, GROUND), *signals)
    is_low = output.raw.get("settings", {}).get("active") == "low"
    note = LOW_RELAY if is_low else HIGH_RELAY
    box = Box(output.zh, output.en, f"{output.number}", tuple(name for name, _ in ends))
    return Group("output", ends, (box,), None, note)


def _label(pin: int) -> str:
    return f"GPIO {pin}"


def _ends(wiring: Wiring, bus: str) -> tuple[tuple[str, str], ...]:
    signals = [(name, _label(pin)) for name, pin in wiring.pins.buses[bus]]
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
    label = _label(wiring.pins.of_channel(sensor.bus, sensor.address))
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
