"""What goes wrong with simulated nodes, and when: a TOML file of faults on a schedule.

Each table says ``kind``, ``from`` and ``to`` (times with their zone), for which ``node`` (all where
it is left out), and what its kind asks for besides:

| kind | and | what happens |
|---|---|---|
| sensor_dead | bus: i2c, rs485, onewire | what is on it does not answer |
| garbled | bus | answers come with a wrong checksum |
| echo | | the RS-485 line gives back each question |
| bounce | | contacts on `pulse` bounce |
| no_position | | the satellite receiver sees nothing |
| link_down | | no network |
| flat_battery | volts | the battery has so much |
| clock_wrong | seconds | the board's own clock is so far ahead (behind: below 0) when it starts |
| door_open | | the door stands open |
| power_cut | | the power is off from then to then |
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from firmware.workbench.parts import Board

BUSES = ("i2c", "rs485", "onewire")
#: What the emulated board is told (firmware/workbench/shims): part and what is wrong with it.
KINDS: Mapping[str, tuple[str, str]] = {
    "sensor_dead": ("", "no_answer"),
    "garbled": ("", "bad_checksum"),
    "echo": ("rs485", "echo"),
    "bounce": ("pulse", "bounce"),
    "no_position": ("gnss", "lost"),
    "link_down": ("link", "no_coverage"),
    "flat_battery": ("battery", ""),
    "clock_wrong": ("clock", ""),
    "door_open": ("door", "open"),
    "power_cut": ("power", "off"),
}
#: What a kind asks for besides, and the least and greatest of it.
NUMBERS = {"flat_battery": ("volts", 0.5, 30.0), "clock_wrong": ("seconds", -1e9, 1e9)}
#: Parts of a kind that are a bus, and the driver that it is about on it.
NEEDS = {"door": ("pulse", "door_contact"), "gnss": ("gnss", ""), "pulse": ("pulse", "")}
_TABLE = re.compile(r"^\s*\[\[\s*faults\s*\]\]")
_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


class FaultError(ValueError):
    """A schedule that cannot be kept; the message names file, line and mend."""


@dataclass
class NodeFaults:
    """A node's faults as its board is told them (part, kind, from, to), and its power cuts.

    Times in seconds since 1970 UTC.
    """

    told: list[tuple[str, str, float, float]] = field(default_factory=list)
    cuts: list[tuple[float, float]] = field(default_factory=list)

    def is_off(self, now: float) -> bool:
        """Whether the power is off."""
        return any(start <= now < end for start, end in self.cuts)


def read_faults(path: Path, boards: Mapping[str, Board]) -> dict[str, NodeFaults]:
    """Read a schedule for nodes, whose board types are `boards`.

    Raises
    ------
    FaultError
        With the first mistake.
    """
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except OSError as error:
        raise FaultError(f"{path}: cannot be read ({error.strerror}); give a TOML file") from error
    except UnicodeDecodeError as error:
        raise FaultError(f"{path}: is not UTF-8; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        place = _LINE.search(str(error))
        at = f" line {place.group(1)}:" if place else ""
        reason = _LINE.sub("", str(error))
        raise FaultError(f"{path}:{at} is no TOML: {reason}; correct it") from error
    lines = [n for n, line in enumerate(text.splitlines(), 1) if _TABLE.match(line)]
    rows = tables.get("faults")
    if not isinstance(rows, list) or not rows or set(tables) != {"faults"}:
        raise FaultError(f"{path}: line 1: holds no fault or other things; write [[faults]] tables")
    found = {name: NodeFaults() for name in boards}
    for number, row in enumerate(rows):
        line = lines[number] if number < len(lines) else 1
        try:
            _take(row, found, boards)
        except FaultError as error:
            raise FaultError(f"{path}: line {line}: {error}") from None
    return found


def _take(
    row: Mapping[str, Any], found: dict[str, NodeFaults], boards: Mapping[str, Board]
) -> None:
    kind = _word(row, "kind", KINDS)
    names = list(boards) if "node" not in row else [_word(row, "node", boards)]
    part, wrong = KINDS[kind]
    known = {"kind", "node", "from", "to"}
    if not part:
        part = _word(row, "bus", BUSES)
        known.add("bus")
    if kind in NUMBERS:
        key, low, high = NUMBERS[kind]
        wrong = f"{_number(row, key, low, high):g}"
        known.add(key)
    for key in row:
        if key not in known:
            raise FaultError(f"{key}: is not asked of {kind}; it takes {', '.join(sorted(known))}")
    start, end = _time(row, "from"), _time(row, "to")
    if start >= end:
        raise FaultError("to: is not later than from; swap or mend them")
    for name in names:
        if part == "power":
            found[name].cuts.append((start, end))
            continue
        bus, driver = NEEDS.get(part, (part if part in BUSES else "", ""))
        if bus and not any(
            channel.bus == bus and driver in ("", channel.driver)
            for channel in boards[name].channels
        ):
            what = driver or f"sensor on {bus}"
            raise FaultError(f"node: {name} has no {what}; name another node, or another fault")
        found[name].told.append((part, wrong, start, end))


def _word(row: Mapping[str, Any], key: str, known: Iterable[str]) -> str:
    value = row.get(key)
    if isinstance(value, str) and value in known:
        return value
    if value is None:
        raise FaultError(f"{key}: is missing; give one of {', '.join(known)}")
    near = difflib.get_close_matches(str(value), list(known), 1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise FaultError(f'{key}: "{value}" is unknown{hint}; give one of {", ".join(known)}')


def _number(row: Mapping[str, Any], key: str, low: float, high: float) -> float:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise FaultError(f"{key}: {value!r} must be a number from {low:g} to {high:g}")
    return float(value)


def _time(row: Mapping[str, Any], key: str) -> float:
    value = row.get(key)
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise FaultError(f"{key}: must be a time with its zone, like 2016-05-10T08:00:00+08:00")
    return value.timestamp()
