"""Outputs of a board type: read from TOML, with the limits that its node keeps."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from field_configs.acting import KINDS, BoardOutput
from field_configs.driver_settings import take_settings
from field_configs.reading import Section
from field_configs.schema import BoardChannel
from firmware.wire import quantities

FOLDER = Path(quantities.__file__).parents[1] / "actuators"
TIME_DRIVER = "output_time"
DAY_S = 86400
MOST = 16
#: Pins of an ESP32 that can switch something. Not among them: 34 to 39 take no output, 6 to 11 are
#: the flash's, 1 and 3 the console's, 0, 2, 5, 12 and 15 choose how the chip starts (ESP32 Series
#: Datasheet v5.2, 2.2 and 2.4).
OUTPUT_PINS = (4, 13, 14, 16, 17, 18, 19, 21, 22, 23, 25, 26, 27, 32, 33)
PROOFS = ("counts", "above", "rises", "falls")  # in the order of firmware/node/proof.py


@dataclass(frozen=True, slots=True)
class Actuator:
    """A driver of an output: what its pins are, and what each of its settings may be."""

    pins: tuple[str, ...]
    settings: Mapping[str, Any]


@lru_cache
def read_actuators(folder: Path = FOLDER) -> Mapping[str, Actuator]:
    """Read what the drivers of outputs say of themselves, without running them."""
    known = {}
    for path in sorted(folder.glob("*.py")):
        found: dict[str, Any] = {}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.Assign):
                continue
            name = node.targets[0]
            if isinstance(name, ast.Name) and name.id in ("PINS", "SETTINGS"):
                found[name.id] = ast.literal_eval(node.value)
        if "PINS" in found:
            known[path.stem] = Actuator(found["PINS"], found.get("SETTINGS", {}))
    return known


def take_outputs(section: Section, channels: Sequence[BoardChannel]) -> tuple[BoardOutput, ...]:
    """Take a board's outputs; each has a proof, and a channel that says how long it was on."""
    parts = section.tables("outputs", "number")
    if len(parts) > MOST:
        section.fail("outputs", f"are {len(parts)}: a node has at most {MOST}")
    kinds = [part.maybe_text("kind") for part in parts]
    outputs = [_output(part, place, kinds, channels) for place, part in enumerate(parts)]
    section.bad |= any(part.bad for part in parts)
    times = {channel.address or 0 for channel in channels if channel.driver == TIME_DRIVER}
    if not section.bad:
        for output in outputs:
            if output.number not in times:
                reason = f"no channel says how long it was on: add one with driver {TIME_DRIVER}"
                section.fail(
                    f"outputs[{output.number}].number",
                    f"{reason}, bus output, address {output.number}",
                )
        for address in sorted(times - {output.number for output in outputs}):
            section.fail("channels", f"{TIME_DRIVER}: the board has no output {address}: add it")
    return tuple(outputs)


def _output(
    part: Section, place: int, kinds: Sequence[str | None], channels: Sequence[BoardChannel]
) -> BoardOutput:
    number = part.whole("number", 0, MOST - 1)
    if number != place and not part.bad:
        part.fail("number", f"is the {place + 1}. output: number them from 0 on, without gaps")
    kind = part.choice("kind", KINDS, "kind of output")
    names = part.text("zh"), part.text("en")
    known = read_actuators()
    driver = part.choice("driver", list(known), "driver of outputs")
    pins = _pins(part, known.get(driver))
    table = part.table("settings", optional=True)
    settings = take_settings(table, known[driver].settings) if driver in known else {}
    part.bad |= table.bad
    longest_s = part.whole("longest_s", 1, DAY_S, "s")
    rest_s = part.whole("rest_s", 0, DAY_S, "s")
    day_s = part.whole("day_s", 1, DAY_S, "s")
    if day_s < longest_s and not part.bad:
        part.fail("day_s", f"is less than longest_s ({longest_s}): it could never be on so long")
    behind = _behind(part, kinds, place, kind)
    limits = [_limit(each, channels) for each in part.tables("forbidden", "channel")]
    proof = part.table("proof")
    shown = _proof(proof, channels) if part.has("proof") else [0, 1, 4, 0]
    part.bad |= proof.bad
    part.close()
    raw: dict[str, Any] = {
        "driver": driver,
        "pins": list(pins),
        "longest_s": longest_s,
        "rest_s": rest_s,
        "day_s": day_s,
        "proof": shown,
    }
    for key, value in (("settings", settings), ("behind", list(behind)), ("forbidden", limits)):
        if value:
            raw[key] = value
    return BoardOutput(
        number, kind, *names, driver, pins, longest_s, rest_s, day_s, behind, shown[0], raw
    )


def _numbers(part: Section, key: str, wanted: str) -> tuple[int, ...]:
    found = dict(part.pairs_of((key,))).get(key, [])
    good = isinstance(found, list) and all(type(each) is int for each in found)
    if not good:
        part.fail(key, f"is no list of whole numbers: give {wanted}")
    return tuple(found) if good else ()


def _pins(part: Section, actuator: Actuator | None) -> tuple[int, ...]:
    wanted = "the pins of its driver, like pins = [18]"
    if not part.has("pins"):
        part.fail("pins", f"is missing: give {wanted}")
    pins = _numbers(part, "pins", wanted)
    if actuator and pins and len(pins) != len(actuator.pins):
        part.fail("pins", f"are {len(pins)}: give {len(actuator.pins)}: {', '.join(actuator.pins)}")
    for pin in pins:
        if pin not in OUTPUT_PINS:
            usable = ", ".join(map(str, OUTPUT_PINS))
            part.fail("pins", f"GPIO {pin} cannot switch anything: use one of {usable}")
    return pins


def _behind(part: Section, kinds: Sequence[str | None], place: int, kind: str) -> tuple[int, ...]:
    behind = _numbers(part, "behind", "numbers of valves, like behind = [0]")
    for other in behind:
        if not 0 <= other < len(kinds) or other == place or kinds[other] != "valve":
            part.fail("behind", f"output {other} is no valve of this board: name one that is")
    if kind == "pump" and not behind and not part.bad:
        part.fail("behind", "a pump runs only behind an open valve: give the numbers of its valves")
    return behind


def _channel(
    part: Section, channels: Sequence[BoardChannel]
) -> tuple[int, BoardChannel | None, quantities.Quantity]:
    number = part.whole("channel", 0, 31)
    channel = {each.number: each for each in channels}.get(number)
    if channel is None:
        if not part.bad:
            part.fail("channel", f"the board has no channel {number}: give the number of one")
        return number, None, quantities.QUANTITIES[0]
    return number, channel, quantities.by_name(channel.quantity)


def _limit(part: Section, channels: Sequence[BoardChannel]) -> list[int]:
    number, _, row = _channel(part, channels)
    below = part.maybe_number("below", row.low, row.high, row.unit)
    above = part.maybe_number("above", row.low, row.high, row.unit)
    if below is None and above is None and not part.bad:
        part.fail("above", "give above or below, the value beyond which it must be off")
    part.close()
    low = -(1 << 30) if below is None else round(below * row.scale)
    return [number, low, 1 << 30 if above is None else round(above * row.scale)]


def _proof(part: Section, channels: Sequence[BoardChannel]) -> list[int]:
    number, channel, row = _channel(part, channels)
    given = [key for key in PROOFS if part.has(key)]
    least = 1
    if len(given) != 1:
        part.fail(
            "counts", f"give one of {', '.join(PROOFS)}: what the channel shows when it is on"
        )
    for key in given:
        value = part.number(key, 1 / row.scale, row.high - row.low, row.unit)
        least = max(1, round(value * row.scale))
        if not part.bad and (key == "counts") != (row.method == "sum"):
            other = "counts" if row.method == "sum" else "above, rises or falls"
            part.fail(key, f"does not go with {row.name}: give {other}")
    if channel is not None and channel.driver == TIME_DRIVER:
        part.fail(
            "channel", f"{TIME_DRIVER} says what was switched and proves nothing: give a sensor"
        )
    within_s = part.whole("within_s", 4, DAY_S, "s")
    part.know(PROOFS)
    part.close()
    return [number, least, within_s, PROOFS.index(given[0]) if given else 0]
