"""What the files of firmware/sensors/ say of themselves, read without running them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from field_configs.schema import ConfigError
from firmware.wire import quantities

FOLDER = Path(quantities.__file__).parents[1] / "sensors"


@dataclass(frozen=True, slots=True)
class Driver:
    """A sensor: its bus, the quantities it gives and what each of its settings may be.

    A setting is a range (least, greatest) of numbers, a list of the values it may have, a pattern
    (regular expression) of texts, or a table of such settings.
    """

    bus: str
    quantities: tuple[str, ...]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Drivers:
    """All sensors by name; None stands for one whose file has errors of its own."""

    known: Mapping[str, Driver | None]
    errors: tuple[ConfigError, ...]


@lru_cache
def read_drivers(folder: Path = FOLDER) -> Drivers:
    """Read the declarations of all sensors.

    Parameters
    ----------
    folder : Path
        Laid out like firmware/sensors: one file for each sensor.
    """
    errors: list[ConfigError] = []
    known: dict[str, Driver | None] = {}
    for path in sorted(folder.glob("[!_]*.py")):
        file = _File(f"firmware/sensors/{path.name}", path.read_bytes())
        known[path.stem] = file.driver()
        errors += file.errors
    if not known:
        reason = "holds no sensor: install the whole project, or give the folder back"
        errors.append(ConfigError("firmware/sensors", "folder", reason))
    return Drivers(known, tuple(errors))


class _File:
    """The file of one sensor."""

    def __init__(self, name: str, source: bytes) -> None:
        self.name = name
        self.source = source
        self.errors: list[ConfigError] = []

    def fail(self, key: str, reason: str) -> None:
        """Note an error."""
        self.errors.append(ConfigError(self.name, key, reason))

    def driver(self) -> Driver | None:
        """Return what the file declares, or None with errors noted."""
        try:
            body = ast.parse(self.source).body
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            self.fail(f"line {line}", f"is no Python: {getattr(error, 'msg', error)}")
            return None
        values = {
            target.id: node.value
            for node in body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        bus = self._value(values, "BUS", 'the bus it takes, like BUS = "i2c"', _is_bus)
        wanted = "ids of firmware/wire/quantities.py, like QUANTITIES = (1, 2)"
        ids = self._value(values, "QUANTITIES", wanted, _are_ids)
        settings: dict[str, Any] = {}
        if "SETTINGS" in values:
            wanted = (
                'a range for each, like SETTINGS = {"bucket_mm": (0.05, 5)}, a list of values, '
                "a pattern of texts, or a table of these"
            )
            settings = self._value(values, "SETTINGS", wanted, _are_settings) or {}
        self._check_make(body, settings)
        if self.errors:
            return None
        return Driver(bus, tuple(quantities.by_id(number).name for number in ids), settings)

    def _value(self, values: Mapping[str, ast.expr], key: str, wanted: str, is_good: Any) -> Any:
        if key not in values:
            self.fail(key, f"is missing: give {wanted}")
            return None
        try:
            value = ast.literal_eval(values[key])
        except (ValueError, TypeError, SyntaxError):
            self.fail(key, f"is no plain value, and this file is not run here: give {wanted}")
            return None
        if not is_good(value):
            self.fail(key, f"is {value!r}: give {wanted}")
            return None
        return value

    def _check_make(self, body: list[ast.stmt], settings: Mapping[str, Any]) -> None:
        """`make` must be there and take the bus and every setting."""
        for node in body:
            if isinstance(node, ast.FunctionDef) and node.name == "make":
                takes = [argument.arg for argument in node.args.args + node.args.kwonlyargs]
                wanted = ["board", "bus", "address", *settings]
                absent = [name for name in wanted if name not in takes]
                if absent:
                    self.fail("make", f"does not take {', '.join(absent)}: add it")
                return
        self.fail("make", "is missing: give make(board, bus, address), which returns the driver")


def _is_bus(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _are_ids(value: object) -> bool:
    known = [row.id for row in quantities.QUANTITIES]
    return isinstance(value, tuple) and value != () and all(item in known for item in value)


def _are_settings(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and _is_setting(wanted) for name, wanted in value.items()
    )


def _is_setting(wanted: object) -> bool:
    if isinstance(wanted, str):
        return _is_pattern(wanted)
    if isinstance(wanted, list):
        return wanted != [] and all(isinstance(one, int | float | str) for one in wanted)
    if isinstance(wanted, dict):
        return wanted != {} and _are_settings(wanted)
    return _is_range(wanted)


def _is_pattern(wanted: str) -> bool:
    try:
        re.compile(wanted)
    except re.error:
        return False
    return wanted != ""


def _is_range(limits: object) -> bool:
    if not isinstance(limits, tuple) or len(limits) != 2:
        return False
    return all(isinstance(limit, int | float) for limit in limits) and limits[0] < limits[1]
