"""Business steps from the field to the shop, and their names in events: one table for everybody."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).parent / "business_steps.toml"
#: Steps of our own are named below this.
OWN = "urn:nongqing:bizstep:"


@dataclass(frozen=True)
class BusinessStep:
    """A step: its id here, its name in events (a bare word of CBV or a URI), why it is so called.

    Its words are ``business_step.<id>``.
    """

    id: str
    step: str
    why: str


@lru_cache
def business_steps() -> dict[str, BusinessStep]:
    """Return every step, by its id, in the order of the way that goods take."""
    tables = tomllib.loads(FILE.read_text("utf-8"))
    return {id_: BusinessStep(id_, row["step"], row.get("why", "")) for id_, row in tables.items()}


def step_of(id_: str) -> str:
    """Return what a step is called in events.

    Raises
    ------
    KeyError
        When there is no such step.
    """
    return business_steps()[id_].step


def step_named(step: str) -> str | None:
    """Return the id of the step that events call so, the first where two are; None for others."""
    return next((each.id for each in business_steps().values() if each.step == step), None)
