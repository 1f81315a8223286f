"""The types of what a board switches: outputs, and rules by which it switches them alone.

``raw`` is each as ``node.json`` has it, its values as they travel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = ("valve", "pump", "vent", "fan", "shade", "fill_light", "heater")


@dataclass(frozen=True, slots=True)
class BoardOutput:
    """One output of a board type, and its limits.

    ``longest_s`` is how long it may be on in one go, ``rest_s`` how long it is off between, and
    ``day_s`` for how long it may be on in 24 hours. It is on only while one of ``behind`` is.
    """

    number: int
    kind: str
    zh: str
    en: str
    driver: str
    pins: tuple[int, ...]
    longest_s: int
    rest_s: int
    day_s: int
    behind: tuple[int, ...]
    proof: int
    raw: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class BoardRule:
    """A rule of a board: of which output, and by which channel; None: by the time."""

    output: int
    channel: int | None
    raw: tuple[int, ...]
