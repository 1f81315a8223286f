"""Files of weather, read without a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from collector.files.given import Given
from collector.files.judging import judge
from collector.files.places import Places
from collector.files.table import Table
from collector.files.weather import is_document
from collector.files.weather_csv import read_csv
from collector.files.weather_json import read_json
from collector.store.measured.weather import WeatherValue
from models.sheets.refused import Refusals
from tests.collector.conftest import NOW

FORECAST, OBSERVED = Given("forecast", "test", NOW), Given("observed", "test", NOW)
LIUGE = (115.14, 36.01)


def places() -> Places:
    """A village, its field and its Chinese name, and a station."""
    known = {"qf-liuge": LIUGE, "qf-liuge-1": LIUGE, "station-1": (115.2, 35.9)}
    return Places(known, {"柳格示范村": "qf-liuge"}, frozenset(("qf-liuge", "qf-liuge-1")))


@dataclass
class Read:
    """A table and what was refused."""

    table: Table
    refusals: Refusals

    @property
    def refused(self) -> list[str]:
        return [str(each) for each in self.refusals]

    @property
    def values(self) -> list[WeatherValue]:
        return list(self.table.each())

    @property
    def notes(self) -> list[str]:
        return [str(note) for note in self.table.notes]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    """Write a file and read it as an import does, up to the database."""

    def read(
        text: str | bytes, given: Given = OBSERVED, known: Places | None = None, name: str = "w.csv"
    ) -> Read:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        refusals = Refusals(name)
        reader = read_json if is_document(path) else read_csv
        table = reader(path, given, known or places(), refusals)
        judge(table, refusals)
        return Read(table, refusals)

    return read
