"""What parts take from a battery: read from ``parts.toml``, each figure with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from field_configs.drivers import read_drivers
from field_configs.reading import Section, read_toml
from field_configs.schema import ConfigError, ConfigErrors

FILE = "parts.toml"
ROOT = Path(__file__).parent
#: Parts that a node has or may have beside its sensors, and the states that each must have.
NODE_PARTS = {
    "esp32": ("asleep", "starting", "awake", "joined", "reporting", "transmitting"),
    "nbiot": ("asleep", "reporting"),
    "regulator": ("resting",),
    "rs485": ("resting", "measuring"),
}
SENSOR = ("resting", "measuring")
DAY_S = 86400


@dataclass(frozen=True, slots=True)
class State:
    """A part in one state: its current [mA] and how long one time of it lasts [s].

    ``seconds`` is None where the state lasts as long as nothing else does. ``verified`` says
    whether both were read in the source that is named.
    """

    ma: float
    seconds: float | None
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part and its supply voltage [V]; a sensor stands under its driver's name."""

    id: str
    zh: str
    en: str
    volts: float
    states: Mapping[str, State]


def load_parts(root: Path = ROOT) -> dict[str, Part]:
    """Read the parts of a folder laid out like field_configs.

    Raises
    ------
    ConfigErrors
        With every error in the file.
    """
    errors: list[ConfigError] = []
    parts = read_parts(root, errors)
    if errors:
        raise ConfigErrors(tuple(errors))
    return parts


def read_parts(root: Path, errors: list[ConfigError]) -> dict[str, Part]:
    """Read the parts; mistakes go to `errors`. Without the file there are none."""
    name = f"{root.name}/{FILE}"
    if not (root / FILE).is_file():
        return {}
    table = read_toml(root / FILE, name, errors)
    if table is None:
        return {}
    section = Section(table, name, "", errors)
    found: dict[str, Part] = {}
    for each in section.tables("parts", "id"):
        part = _part(each)
        if part.id in found:
            each.fail("id", f'"{part.id}" is declared twice: remove one')
        if not each.bad:
            found[part.id] = part
    for needed in NODE_PARTS:
        if needed not in found and not errors:
            section.fail("parts", f'has no part "{needed}", which every budget needs: add it')
    section.close()
    return found


def _part(section: Section) -> Part:
    known = [*NODE_PARTS, *read_drivers().known]
    name = section.choice("id", known, "part or driver")
    states: dict[str, State] = {}
    for state in NODE_PARTS.get(name, SENSOR):
        table = section.table(state)
        if table.key and section.has(state):
            states[state] = _state(table)
            section.bad |= table.bad
    part = Part(
        name,
        section.text("zh"),
        section.text("en"),
        section.number("volts", 0.5, 48, "V"),
        states,
    )
    section.close()
    return part


def _state(section: Section) -> State:
    state = State(
        section.number("ma", 0, 10000, "mA"),
        section.maybe_number("s", 0.0001, DAY_S, "s"),
        section.flag("verified"),
        section.text("source", "document and page, or why there is none"),
    )
    section.close()
    return state
