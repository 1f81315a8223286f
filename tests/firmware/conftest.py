"""A real broker, a collector and simulated nodes on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import iotcore
import numpy as np
import pytest

from field_configs.load import load
from firmware.workbench.hourly import NAMES, Weather, write_compact
from firmware.workbench.simulate import Fleet
from tests.firmware.field import (
    DAYS,
    START,
    Collector,
    FleetMaker,
    Key,
    Shared,
    free_port,
    wait_for,
)


@pytest.fixture(scope="session")
def broker_port() -> Iterator[int]:
    port = free_port()
    with iotcore.Broker(port=port, listen="127.0.0.1"):
        yield port


@pytest.fixture
def collector(broker_port: int) -> Iterator[Collector]:
    collector = Collector(broker_port)
    wait_for(collector.client.is_connected)
    yield collector
    collector.stop()


@pytest.fixture(scope="session")
def weather_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 days whose every hour has its own temperature; 1 mm of rain in every 10th hour."""
    hours = np.arange(DAYS * 24, dtype=float)
    series = {name: np.full(len(hours), 5.0) for name in NAMES}
    series["air_temperature"] = np.round(hours % 1000 / 40, 2)
    series["relative_humidity"] = 50 + hours % 40
    series["precipitation_amount"] = np.where(hours % 10 == 0, 1.0, 0.0)
    series["soil_moisture"] = np.full(len(hours), 0.25)
    series["air_pressure"] = np.full(len(hours), 1000.0)
    path = tmp_path_factory.mktemp("weather") / "weather.nqw"
    write_compact(Weather("csv", "test", START, series), path)
    return path


@pytest.fixture
def make_fleet(broker_port: int, weather_file: Path, tmp_path: Path) -> Iterator[FleetMaker]:
    """Make fleets on the test's broker; all are stopped at the end."""
    fleets: list[Fleet] = []
    boards = load(site=None).boards

    def make(
        *nodes: str, days: float = 0.0, rate: float = 3600.0, at_day: float = 60, **more: object
    ) -> Fleet:
        clock = Shared.set(at_day, rate)
        url = f"mqtt://127.0.0.1:{more.pop('port', broker_port)}"
        more.setdefault("journal_dir", tmp_path / "journal")
        more["config"] = {"ack_ms": 500} | dict(more.get("config", {}))
        epoch = int(more.pop("epoch", 1))
        board = boards[str(more.pop("board", "soilair-1"))]
        rows = [(node, Key(node, epoch), board) for node in nodes]
        fleet = Fleet(rows, url, clock, weather_file, tmp_path / "nodes", days, **more)
        fleets.append(fleet)
        return fleet

    yield make
    for fleet in fleets:
        fleet.stop()
