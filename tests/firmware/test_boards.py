"""Every board type that ships, as a simulated node with all its sensors, end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from field_configs.board import layout_of
from field_configs.load import load
from firmware.wire import codec
from firmware.wire.quantities import by_id
from firmware.workbench.simulate import Fleet
from tests.firmware.field import START, Collector, Key, Shared, wait_for

pytestmark = pytest.mark.system

HOURS = 30
NARROWBAND = "soilair-nb-1"


def run(
    board: str, port: int, weather: Path, folder: Path, collector: Collector, **more: object
) -> list[codec.Reading]:
    """Run a node of a board type over its backlog; return all its readings."""
    kind = load(site=None).boards[board]
    clock = Shared.set(60, 1.0)
    rows = [(f"t-{board}", Key(f"t-{board}"), kind)]
    url = f"mqtt://127.0.0.1:{port}"
    settings = {"differences": {}} | more
    with Fleet(rows, url, clock, weather, folder / "nodes", HOURS / 24, settings=settings):
        wait_for(lambda: len(collector.received()) >= HOURS - 1)
    assert collector.refused == []
    layout = layout_of(kind)
    return [
        reading
        for _, frame in sorted(collector.frames.items())
        for reading in codec.readings(frame, layout)
    ]


@pytest.mark.parametrize("board", sorted(set(load(site=None).boards) - {"logger-1", NARROWBAND}))
def test_a_board_measures_with_all_its_sensors(
    board: str, broker_port: int, weather_file: Path, tmp_path: Path, collector: Collector
) -> None:
    """Every channel of every sample has a value that its quantity may have, and nothing fails."""
    readings = run(board, broker_port, weather_file, tmp_path, collector)
    assert collector.kinds("fault") == []
    channels = {
        channel.number: channel for channel in layout_of(load(site=None).boards[board]).channels
    }
    for reading in readings:
        row = by_id(channels[reading.channel].quantity)
        assert reading.reason is None, (row.name, reading)
        assert row.low <= reading.value <= row.high, (row.name, reading)
    assert {reading.channel for reading in readings} == set(channels)


def test_a_narrowband_board_sends_through_its_modem_and_says_how_well_it_hears(
    broker_port: int, weather_file: Path, tmp_path: Path, collector: Collector
) -> None:
    """Nobody knows before the first connection; then it is the modem's example, -72 dBm."""
    kind = load(site=None).boards[NARROWBAND]
    rows = [(NARROWBAND, Key(NARROWBAND), kind)]
    url = f"mqtt://127.0.0.1:{broker_port}"
    clock = Shared.set(60, 600.0)

    def signals() -> set[tuple[float | None, int | None]]:
        layout = layout_of(kind)
        frames = [frame for _, frame in sorted(collector.frames.items())]
        readings = [each for frame in frames for each in codec.readings(frame, layout)]
        return {(each.value, each.reason) for each in readings if each.channel == 6}

    with Fleet(rows, url, clock, weather_file, tmp_path / "nodes", HOURS / 24):
        wait_for(lambda: (-72.0, None) in signals(), 60)
    assert signals() == {(None, codec.WARMING_UP), (-72.0, None)}
    assert collector.kinds("fault") == []


def of(readings: list[codec.Reading], channel: int) -> dict[float, float]:
    """Values of a channel by the hour of the local day."""
    return {
        ((reading.time + 8 * 3600) % 86400) / 3600: reading.value
        for reading in readings
        if reading.channel == channel and reading.value is not None
    }


def test_the_greenhouse_measures_what_the_bench_holds(
    broker_port: int, weather_file: Path, tmp_path: Path, collector: Collector
) -> None:
    readings = run("greenhouse-1", broker_port, weather_file, tmp_path, collector)
    light, carbon, moisture = of(readings, 2), of(readings, 3), of(readings, 6)
    assert light[12] == pytest.approx(100_000, rel=0.01)
    assert light[0] == 0
    assert carbon[12] == 400
    assert carbon[0] == 650
    assert set(moisture.values()) == {0.25}
    assert set(of(readings, 7).values()) == set(of(readings, 13).values()) == {5.0}
    assert [set(of(readings, number).values()) for number in range(8, 13)] == [
        {800.0},
        {7.2},
        {86.0},
        {41.0},
        {133.0},
    ]
    wet, minutes = of(readings, 4), of(readings, 5)
    assert {hour for hour, value in wet.items() if value >= 50} <= {
        hour for hour, value in minutes.items() if value in (9, 10)
    }
    assert {value for hour, value in minutes.items() if wet[hour] < 50} == {0}


def test_probes_that_nothing_feeds_keep_silent(
    broker_port: int, weather_file: Path, tmp_path: Path, collector: Collector
) -> None:
    """Where the switch of their supply is on another pin; what hangs on the chip's own goes on."""
    more = {"supply_pin": 22}
    readings = run("greenhouse-1", broker_port, weather_file, tmp_path, collector, **more)
    silent = {reading.channel for reading in readings if reading.value is None}
    assert silent == {3, 4, 5, 6, 7, 8, 9, 10, 11, 12}


def test_the_pump_house_counts_its_water_once(
    broker_port: int, weather_file: Path, tmp_path: Path, collector: Collector
) -> None:
    """0.3 L a second from 6 to 7; pressure while it runs; insects by night."""
    readings = run("weather-1", broker_port, weather_file, tmp_path, collector)
    first = min(reading.time for reading in readings)
    days = {
        day: sum(
            reading.value or 0
            for reading in readings
            if reading.channel == 5 and (reading.time + 8 * 3600) // 86400 == day
        )
        for day in ((first + 8 * 3600) // 86400 + 1,)
    }
    assert [*days.values()] == [pytest.approx(1080, abs=1)]
    pressure = of(readings, 6)
    assert pressure[6.5] == pytest.approx(300, abs=0.1)
    assert pressure[8] == 0
    assert set(of(readings, 0).values()) == {5.0}
    assert set(of(readings, 3).values()) == {1000.0}
    insects = of(readings, 7)
    assert {insects[hour] for hour in range(8, 20)} == {0}
    assert sum(insects.values()) > 40


FAULTS = {
    "no_answer": codec.NO_ANSWER,
    "bad_checksum": codec.BAD_CHECKSUM,
    "power_on": codec.WARMING_UP,
}


@pytest.mark.parametrize(
    ("part", "kind", "channels"),
    [
        ("rs485", "no_answer", range(3, 13)),
        ("rs485", "bad_checksum", range(3, 13)),
        ("i2c", "no_answer", range(3)),
        ("onewire", "no_answer", (13,)),
        ("onewire", "bad_checksum", (13,)),
        ("onewire", "power_on", (13,)),
    ],
)
def test_what_fails_is_missing_with_its_reason_and_the_others_go_on(
    broker_port: int,
    weather_file: Path,
    tmp_path: Path,
    collector: Collector,
    part: str,
    kind: str,
    channels: range | tuple[int, ...],
) -> None:
    """For six hours of the backlog; before and after everything is measured."""
    start = START + 60 * 86400 - 20 * 3600
    faults = [(part, kind, start, start + 6 * 3600)]
    readings = run("greenhouse-1", broker_port, weather_file, tmp_path, collector, faults=faults)
    missing = {(r.channel, r.reason) for r in readings if r.reason is not None}
    assert missing == {(channel, FAULTS[kind]) for channel in channels}
    times = {reading.time for reading in readings if reading.reason is not None}
    assert (min(times), max(times)) == (start, start + 6 * 3600 - 600)
