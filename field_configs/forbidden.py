"""Pesticides that may not be used, each with the announcement that says so."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).parent / "forbidden.toml"
ALL = "all"


@dataclass(frozen=True)
class Forbidden:
    """A substance, on which categories of food (`ALL`: on any), since which local day, by what.

    ``since`` is the first day of all where the announcement is older than any diary.
    """

    name: str
    on: tuple[str, ...]
    since: date
    source: str


@lru_cache
def forbidden() -> tuple[Forbidden, ...]:
    """Return what the announcements forbid, the longest names first."""
    tables = tomllib.loads(FILE.read_text("utf-8"))["forbidden"]
    rows = [
        Forbidden(name, tuple(table["on"]), table.get("since", date.min), table["source"])
        for table in tables
        for name in table["names"]
    ]
    return tuple(sorted(rows, key=lambda row: -len(row.name)))
