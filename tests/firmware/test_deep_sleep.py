"""Deep sleep in the emulator: the process ends, another begins, the boot goes on."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import littlefs
import pytest

from field_configs.load import load
from firmware.node.deep import DeepSleep
from firmware.node.kept import _BYTES, _STATE_AT, _TEXT_AT, Kept
from firmware.wire import cbor, codec
from firmware.wire.messages import Event
from firmware.workbench.config import changeable
from firmware.workbench.energy import DAY_S
from firmware.workbench.energy_command import plan_of
from firmware.workbench.simulated import SimulatedNode
from tests.firmware.field import Collector, FleetMaker, Shared, wait_for

NODE = "qf-001"
BOARD = "greenhouse-1"
#: An hour in twenty seconds: more than three between samples, of which starting anew takes one.
RATE = 180.0
CONFIG = {"linger_ms": 200, "radio_ms": 2000}


def said(node: SimulatedNode, what: str) -> int:
    """How often the node's log has a line."""
    return len(re.findall(f"^{what}", node.log.read_text(), re.MULTILINE))


def times_of(frames: list[codec.Frame]) -> list[int]:
    """UTC of every sample of frames [s]."""
    return [
        frame.offset + frame.t0 + frame.step * place
        for frame in frames
        for place in range(len(frame.channels[0]))
    ]


def taken(collector: Collector) -> list[codec.Frame]:
    with collector.lock:
        return [collector.frames[key] for key in sorted(collector.frames)]


@pytest.mark.system
def test_it_sleeps_between_samples_and_opens_its_radio_once_an_hour(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """One boot, one series without a gap; as many wakes as the budget counts."""
    fleet = make_fleet(NODE, board=BOARD, rate=RATE, config=CONFIG, journal_dir=None)
    node = fleet.nodes[NODE]
    node.start()
    began = Shared.now()
    wait_for(lambda: len(taken(collector)) >= 4, 150)
    hours = (Shared.now() - began) / 3600
    assert node.alive()
    node.cut_power()
    frames = taken(collector)
    assert {frame.boot for frame in frames} == {1}
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    times = times_of(frames)
    assert times == list(range(times[0], times[0] + 600 * len(times), 600))
    assert times[0] % 600 == 0
    assert [event.detail[:2] for event in collector.kinds("boot")] == [[1, 0]]
    assert collector.kinds("fault") == []
    plan = plan_of(load(site=None).boards[BOARD], "ip", 3.6)
    wakes, radio = said(node, "asleep for"), said(node, "radio on")
    assert wakes == pytest.approx(plan.samples * hours * 3600 / DAY_S, rel=0.3)
    routine = radio - 1  # the first is that of the start
    assert routine <= math.ceil(plan.reports * hours * 3600 / DAY_S), f"{radio} in {hours:.1f} h"
    wet = [value for frame in frames for value in frame.channels[5]]
    assert set(wet) <= {0, 9, 10}, "the plate's time goes on while the board sleeps"


@pytest.mark.system
@pytest.mark.parametrize(
    "cause",
    [pytest.param(1, id="power", marks=pytest.mark.whole), pytest.param(3, id="watchdog")],
)
def test_a_reset_in_deep_sleep_begins_another_boot_and_loses_nothing(
    make_fleet: FleetMaker, collector: Collector, cause: int
) -> None:
    """After a watchdog's the RTC memory still holds the state, and nobody goes on from it."""
    fleet = make_fleet(NODE, board=BOARD, rate=RATE, config=CONFIG, journal_dir=None)
    node = fleet.nodes[NODE]
    node.start()
    wait_for(lambda: said(node, "asleep for") >= 3, 60)
    node.cut_power()
    node.start(reset_cause=cause)
    wait_for(lambda: len({frame.boot for frame in taken(collector)}) == 2, 60)
    wait_for(lambda: any(frame.boot == 2 and frame.seq for frame in taken(collector)), 60)
    assert [event.detail[0] for event in collector.kinds("boot")] == [1, cause]
    times = times_of(taken(collector))
    assert len(set(times)) == len(times) >= 8


@pytest.mark.system
@pytest.mark.whole
def test_without_coverage_frames_wait_in_one_segment(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """Its radio is on for its time and no longer; what was not sent goes with the next frame."""
    end = START_OF_RUN + 2 * 3600
    faults = [["link", "no_coverage", START_OF_RUN, end]]
    fleet = make_fleet(
        NODE,
        board=BOARD,
        rate=RATE,
        config=CONFIG | {"radio_ms": 700},
        settings={"faults": faults},
        journal_dir=None,
    )
    node = fleet.nodes[NODE]
    node.start()
    wait_for(lambda: len(taken(collector)) >= 3, 120)
    node.cut_power()
    frames = taken(collector)
    times = times_of(frames)
    assert times == list(range(times[0], times[0] + 600 * len(times), 600))
    assert {frame.boot for frame in frames} == {1}
    assert said(node, "radio on") <= 6


START_OF_RUN = 1_459_468_800 + 60 * 86400


def events(collector: Collector, kind: str) -> list[tuple[int, object]]:
    """Boot and detail of every event of a kind that came, however often."""
    return [(each.boot, each.detail) for each in collector.kinds(kind)]


@pytest.mark.system
def test_an_event_that_was_not_delivered_is_told_after_a_later_start_once(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """Of the start and of a probe that fails, while nobody is reached; not in every start anew."""
    end = START_OF_RUN + 3000
    faults = [
        ["link", "no_coverage", START_OF_RUN, end],
        ["i2c", "no_answer", START_OF_RUN + 300, end],
    ]
    fleet = make_fleet(
        NODE,
        board=BOARD,
        rate=RATE,
        config=CONFIG | {"radio_ms": 700},
        settings={"faults": faults},
        journal_dir=None,
    )
    node = fleet.nodes[NODE]
    node.start()
    wait_for(lambda: said(node, "asleep for") >= 5, 60)
    assert collector.events == []
    assert said(node, "radio on") <= 4  # the start, its one retry, the fault, its one retry
    wait_for(lambda: len(taken(collector)) >= 2, 120)
    node.cut_power()
    assert [boot for boot, _ in events(collector, "boot")] == [1]
    told = [str(detail) for _, detail in events(collector, "fault")]
    assert told
    assert len(told) == len(set(told))
    assert all("no answer" in each or "ENODEV" in each for each in told), told
    assert not held(node, "/events")


def test_what_was_delivered_is_not_told_again_after_a_power_cut_and_what_is_damaged_is_left(
    tmp_path: Path,
) -> None:
    """Delivered goes from flash at once; what follows in the same start is news again."""
    kept = [Event(1, "boot", [1, 0]), Event(1, "fault", "a probe")]
    (tmp_path / "events").write_bytes(cbor.encode([list(each) for each in kept]))
    board = SimpleNamespace(
        root=str(tmp_path), woke=lambda: "", ticks_ms=lambda: 0, ticks_diff=lambda a, b: a - b
    )
    uplink = SimpleNamespace(events=[])
    asleep = DeepSleep(board, {})
    asleep.tell(uplink)
    assert uplink.events == kept
    node = SimpleNamespace(
        uplink=uplink,
        cycle=SimpleNamespace(seq=0),
        outbox=SimpleNamespace(segments=[]),
        update=None,
    )
    asleep.follow(node)
    assert (tmp_path / "events").exists()
    assert not asleep.urgent
    uplink.events.clear()
    asleep.follow(node)
    assert not (tmp_path / "events").exists()
    uplink.events.append(Event(1, "fault", "another"))
    asleep.follow(node)
    assert asleep.urgent
    for damaged in (b"", b"\x00", b"\x81\x81\x01", b"\x82"):
        (tmp_path / "events").write_bytes(damaged)
        uplink.events.clear()
        DeepSleep(board, {}).tell(uplink)
        assert uplink.events == []


@pytest.mark.system
def test_an_event_is_told_after_the_power_was_cut_in_deep_sleep(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """Under the boot that it was of, ahead of that of the start."""
    faults = [["link", "no_coverage", START_OF_RUN, START_OF_RUN + 1200]]
    fleet = make_fleet(
        NODE,
        board=BOARD,
        rate=RATE,
        config=CONFIG | {"radio_ms": 700},
        settings={"faults": faults},
        journal_dir=None,
    )
    node = fleet.nodes[NODE]
    node.start()
    wait_for(lambda: said(node, "asleep for") >= 1, 60)
    node.cut_power()
    wait_for(lambda: Shared.now() > START_OF_RUN + 1200, 60)
    node.start()
    wait_for(lambda: len(events(collector, "boot")) >= 2, 60)
    wait_for(lambda: said(node, "asleep for") >= 2, 60)
    node.cut_power()
    assert [boot for boot, _ in events(collector, "boot")] == [1, 2]
    assert not held(node, "/events")


@pytest.mark.system
def test_an_alarm_that_was_not_delivered_is_tried_again_at_the_next_start(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """Its frame goes ten minutes later, not with the next one in an hour."""
    board = load(site=None).boards[BOARD]
    channel = next(c.number for c in board.channels if c.quantity == "air_temperature")
    alarm = [{"channel": channel, "below": 10_000, "back": 10_001}]  # with the first sample
    fleet = make_fleet(
        NODE,
        board=BOARD,
        rate=RATE,
        config=CONFIG | {"radio_ms": 700, "alarms": alarm},
        settings={"faults": [["link", "no_coverage", START_OF_RUN, START_OF_RUN + 1190]]},
        journal_dir=None,
    )
    node = fleet.nodes[NODE]
    node.start()
    wait_for(lambda: bool(taken(collector)), 60)
    assert Shared.now() - START_OF_RUN < 2700
    node.cut_power()


def held(node: SimulatedNode, path: str) -> bool:
    """Whether a file is on a node's flash."""
    disk = littlefs.LittleFS(block_size=4096, block_count=512, mount=False)
    disk.context.buffer = bytearray((node.folder / "flash.img").read_bytes())
    disk.mount()
    return path.removeprefix("/") in disk.listdir("/")


def test_the_state_is_taken_once_and_never_in_part() -> None:
    held = [b""]

    def memory(data: bytes | None = None) -> bytes | None:
        if data is None:
            return held[0]
        held[0] = bytes(data)
        return None

    kept = Kept(memory)
    kept.keep("a sensor>another")
    assert kept.keep_state("600000 1 2 3")
    again = Kept(memory)
    assert again.text() == "a sensor>another"
    assert again.take_state() == "600000 1 2 3"
    assert Kept(memory).take_state() == ""
    assert not kept.keep_state("9" * (_BYTES - _STATE_AT - 1))
    kept.keep("x" * _BYTES)
    assert len(kept.text()) == _STATE_AT - _TEXT_AT
    assert kept.keep_state("1")
    assert set(Kept(memory).text()) == {"x"}


@pytest.mark.parametrize(
    ("offset", "source", "told_by"),
    [(None, None, None), (1_459_468_800, None, None), (1_459_468_800, "ntp", "its own")],
)
def test_what_the_server_did_not_tell_proves_nothing_after_sleep_either(
    offset: int | None, source: str | None, told_by: str | None
) -> None:
    def node(offset: int | None, source: str | None) -> Any:
        clock = SimpleNamespace(offset=offset, source=source, uptime_ms=lambda: 60_000)
        cycle = SimpleNamespace(
            clock=clock,
            taken=None,
            seq=1,
            due=0,
            power=SimpleNamespace(mode=0),
            alarms=None,
            sensing=SimpleNamespace(sensors=[]),
            log=SimpleNamespace(recover=lambda: None),
            recover=lambda: None,
        )
        identity = SimpleNamespace(boot=3)
        uplink = SimpleNamespace(identity=identity, events=[])
        outbox = SimpleNamespace(segments=[], writing=None)
        return SimpleNamespace(cycle=cycle, uplink=uplink, outbox=outbox)

    deep = DeepSleep.__new__(DeepSleep)
    deep.urgent, deep.alarms = False, 0
    deep.state = deep._state(node(offset, source), 1000)
    woken = node(None, None)
    deep.resume(woken)
    assert (woken.cycle.clock.offset, woken.cycle.clock.source) == (offset, told_by)


def test_the_state_of_the_largest_board_has_room() -> None:
    """Nine numbers of ten digits, a mark, and a fault of one digit for each of 14 sensors."""
    assert len(" ".join(["4294967295"] * 9 + ["1"] + ["5"] * 14)) <= _BYTES - _STATE_AT - 2


def test_a_node_is_told_to_sleep_deeply_only_where_its_board_does() -> None:
    board = load(site=None).boards[BOARD]
    assert changeable(board)["power"]["deep_sleep"] is True
    other = replace(board, power=replace(board.power, deep_sleep=False))
    assert "deep_sleep" not in changeable(other)["power"]
