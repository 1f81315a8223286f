"""The real firmware on a logger's board that rides along: what it meets is what it sends."""

from __future__ import annotations

from pathlib import Path

from field_configs.board import layout_of
from field_configs.load import load
from firmware.wire import codec
from firmware.workbench.rides import DOORS, LOOSE, NO_COVERAGE, read_ride, write_ride
from firmware.workbench.simulate import Fleet
from tests.firmware.field import START, Collector, Key, Shared, wait_for

NODE = "lg-001"
MINUTE = 60


def test_a_field_has_no_ride(tmp_path: Path) -> None:
    assert read_ride(tmp_path) is None


def test_a_ride_is_sent_whole_in_spite_of_a_stretch_without_coverage(
    broker_port: int, collector: Collector, weather_file: Path, tmp_path: Path
) -> None:
    left = START + 60 * 86400
    write_ride(tmp_path / "nodes" / NODE, left)
    board = load(site=None).boards["logger-1"]
    clock = Shared.set(60 + (NO_COVERAGE[0] - 20) * MINUTE / 86400, 240.0)
    url = f"mqtt://127.0.0.1:{broker_port}"
    rows = [(NODE, Key(NODE), board)]
    folder = tmp_path / "nodes"
    fleet = Fleet(rows, url, clock, weather_file, folder, 30, config={"ack_ms": 500})
    assert fleet.nodes[NODE].settings["backlog_s"] < 8 * 3600

    def values(channel: int) -> dict[int, object]:
        found = {}
        for frame in list(collector.frames.values()):
            assert frame.layout == layout_of(board).id
            for step, value in enumerate(frame.channels[channel]):
                at = frame.offset + frame.t0 + step * frame.step
                found[round((at - left) / MINUTE)] = value
        return found

    with fleet:
        wait_for(lambda: max(values(0), default=0) >= NO_COVERAGE[0] - 25, 60)
        arrived = max(values(0))
        wait_for(lambda: Shared.now() > left + (NO_COVERAGE[1] - 5) * MINUTE, 60)
        assert max(values(0)) <= NO_COVERAGE[0] + 5, "sent where there was no coverage"
        wait_for(lambda: max(values(0)) > NO_COVERAGE[1], 60)
    rear, door = values(2), values(3)
    assert arrived < NO_COVERAGE[0] + 5
    steps = range(0, NO_COVERAGE[1], 5)
    assert not [minute for minute in steps if minute not in rear], "the stretch was sent later"
    assert rear[100] > 280 > rear[30]
    assert all(isinstance(rear[minute], codec.Missing) for minute in range(LOOSE[0], LOOSE[1], 5))
    assert sum(door[minute] for minute in steps) == DOORS[0][1] - DOORS[0][0]
    assert abs(values(4)[0] - 3601000) < 200
    assert abs(values(5)[0] - 11514000) < 200
