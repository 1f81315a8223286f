"""Clock and measuring cycle, step by step under CPython."""

from __future__ import annotations

import binascii
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from firmware import forget
from firmware.node.alarms import Alarms
from firmware.node.clock import Clock
from firmware.node.cycle import Cycle
from firmware.node.link import Identity
from firmware.node.power import NORMAL, Radio, make_power
from firmware.node.samples import HEAD_BYTES, SampleLog
from firmware.node.saving import SAVING, SURVIVAL
from firmware.wire import cbor, codec, seal

KEY = bytes(32)


class Time:
    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


class Outbox:
    def __init__(self) -> None:
        self.frames: list[codec.Frame] = []

    def append(self, boot: int, seq: int, sealed: bytes) -> None:
        frame = codec.decode(seal.open_(KEY, "nq/1/qf-001/up", sealed)[1])
        assert (frame.boot, frame.seq) == (boot, seq)
        self.frames.append(frame)

    def holds(self, boot: int, seq: int) -> bool:
        return (boot, seq) in [(frame.boot, frame.seq) for frame in self.frames]


class Sensing:
    """Two channels: a temperature that the test says, 20 degC at first, and a battery."""

    channels = ((codec.Channel(0, 1, 100), None), (codec.Channel(1, 15, 1000), None))

    def __init__(self) -> None:
        self.temperature: Any = 2000
        self.battery: Any = 3900
        self.asked: list[int | None] = []
        self.settled = 0
        self.calls = False

    def urgent(self) -> bool:
        return self.calls

    def sample(self, only: int | None = None) -> list[Any]:
        self.asked.append(only)
        low = codec.Missing(codec.LOW_POWER)
        return [low if only == 1 else self.temperature, self.battery]

    def settle(self) -> None:
        self.settled += 1


class NoLog:
    """A log that keeps nothing."""

    def append(self, frame: codec.Frame) -> bool:
        return True

    def clear(self) -> None:
        """There is nothing."""

    def recover(self) -> None:
        return None


def make(
    utc: int | None = 1_459_468_800,
    per_frame: int = 2,
    log: Any = None,
    boot: int = 5,
    **more: Any,
) -> tuple[Cycle, Time, Outbox]:
    time, outbox = Time(), more.pop("outbox", None) or Outbox()
    identity = Identity("qf-001", KEY, 1, boot)
    sensing = Sensing()
    sensing.battery = more.pop("battery", 3900)
    channels = [channel for channel, _ in sensing.channels]
    reports = more.pop("reports", [])
    power = make_power(more.pop("power", None), channels, 600, lambda *told: reports.append(told))
    rows = more.pop("alarms", None)
    alarms = Alarms(rows, channels) if rows else None
    clock = Clock(time, utc)
    cycle = Cycle(sensing, clock, outbox, identity, per_frame, log or NoLog(), alarms, power)
    return cycle, time, outbox


def run(cycle: Cycle, time: Time, seconds: int) -> None:
    end = time.ms + seconds * 1000
    while time.ms + cycle.wait_ms() <= end:
        time.ms += cycle.wait_ms()
        assert cycle.poll()
    time.ms = end


def test_samples_fall_on_full_steps_of_utc() -> None:
    cycle, time, outbox = make(utc=1_459_468_800 + 77)
    run(cycle, time, 3600)
    assert [frame.seq for frame in outbox.frames] == [0, 1, 2]
    for frame in outbox.frames:
        assert frame.offset is not None
        assert (frame.offset + frame.t0) % 600 == 0
        assert frame.channels == ((2000, 2000), (3900, 3900))


def test_without_the_time_one_sample_goes_at_once() -> None:
    cycle, time, outbox = make(utc=None)
    assert cycle.poll()
    run(cycle, time, 1800)
    assert [(f.offset, f.t0, len(f.channels[0])) for f in outbox.frames] == [
        (None, 0, 1),
        (None, 600, 2),
    ]


def test_learning_the_time_ends_a_frame_and_aligns_the_next() -> None:
    cycle, time, outbox = make(utc=None, per_frame=6)
    run(cycle, time, 700)
    assert cycle.clock.learn(1_459_468_800 + 123, 0)
    run(cycle, time, 8 * 600)
    first, second, third = outbox.frames[:3]
    assert (first.offset, second.offset) == (None, cycle.clock.offset)
    assert (third.offset + third.t0) % 600 == 0
    times = [
        frame.t0 + place * 600 for frame in outbox.frames for place in range(len(frame.channels[0]))
    ]
    assert times == sorted(set(times))


def test_slots_slept_through_stay_a_gap() -> None:
    cycle, time, outbox = make(per_frame=6)
    run(cycle, time, 1300)
    time.ms += 3_600_000
    run(cycle, time, 4000)
    first, second = outbox.frames[:2]
    assert len(first.channels[0]) == 2
    assert second.t0 >= 1300 + 3600 - 600
    assert (second.t0 - first.t0) % 600 == 0


def test_the_clock_keeps_its_time_against_small_or_stale_corrections() -> None:
    time = Time()
    clock = Clock(time, 1_000_000)
    assert clock.offset == 1_000_000
    time.ms = 100_000
    assert not clock.learn(1_000_100 + 29, 0)
    assert not clock.learn(1_000_100 + 290, 300)
    assert clock.learn(1_000_100 + 290, 10)
    assert clock.offset == 1_000_290
    assert not clock.learn(5, 0)


def log_at(path: Path, reports: list[Any] | None = None) -> SampleLog:
    told = [] if reports is None else reports
    return SampleLog(str(path / "samples"), lambda *report: told.append(report))


def times(frames: list[codec.Frame]) -> list[tuple[int, int]]:
    """Boot and uptime of every sample."""
    return [
        (frame.boot, frame.t0 + place * frame.step)
        for frame in frames
        for place in range(len(frame.channels[0]))
    ]


@pytest.mark.parametrize("utc", [None, 1_459_468_800])
@pytest.mark.parametrize("taken", range(8))
def test_the_samples_of_an_unfinished_frame_come_after_a_reset(
    tmp_path: Path, taken: int, utc: int | None
) -> None:
    """Each once, under the boot and the number that their frame would have had."""
    cycle, time, outbox = make(utc, 6, log_at(tmp_path))
    for number in range(taken):
        time.ms += cycle.wait_ms()
        cycle.sensing.temperature = 2000 + number
        assert cycle.poll()
    before = list(outbox.frames)
    for boot in (6, 7):  # the second finds nothing more
        again, _, _ = make(None, 6, log_at(tmp_path), boot=boot, outbox=outbox)
        again.recover()
    assert [value for frame in outbox.frames for value in frame.channels[0]] == [
        2000 + number for number in range(taken)
    ]
    first = 0 if utc is None else 600
    assert times(outbox.frames) == [(5, first + 600 * number) for number in range(taken)]
    assert [frame.seq for frame in outbox.frames] == list(range(len(outbox.frames)))
    assert {frame.offset for frame in outbox.frames} <= {utc}
    assert len(outbox.frames) - len(before) <= 1


def test_a_power_cut_between_outbox_and_log_doubles_nothing(tmp_path: Path) -> None:
    log = log_at(tmp_path)
    cycle, time, outbox = make(per_frame=3, log=log)
    log.clear = lambda: None  # type: ignore[method-assign]  the power goes before it
    run(cycle, time, 1900)
    assert len(outbox.frames) == 1
    again, _, _ = make(log=log_at(tmp_path), boot=6, outbox=outbox)
    assert again.recover()
    assert len(outbox.frames) == 1
    assert not again.recover()


def test_a_frame_that_was_not_cleared_is_not_joined_to_the_next(tmp_path: Path) -> None:
    log = log_at(tmp_path)
    cycle, time, outbox = make(per_frame=3, log=log)
    log.clear = lambda: None  # type: ignore[method-assign]
    run(cycle, time, 2500)
    again, _, _ = make(log=log_at(tmp_path), boot=6, outbox=outbox)
    assert again.recover()
    assert times(outbox.frames) == [(5, 600), (5, 1200), (5, 1800), (5, 2400)]


def test_a_log_that_is_cut_off_gives_its_whole_samples(tmp_path: Path) -> None:
    """At every byte; and a damaged one gives those before the damage."""
    cycle, time, _ = make(per_frame=6, log=log_at(tmp_path))
    ends = [0]
    for _ in range(4):
        time.ms += cycle.wait_ms()
        cycle.poll()
        ends.append((tmp_path / "samples").stat().st_size)
    whole = (tmp_path / "samples").read_bytes()
    assert len(whole) == ends[-1]
    for size in range(len(whole)):
        count = sum(end <= size for end in ends[1:])
        (tmp_path / "samples").write_bytes(whole[:size])
        frame = log_at(tmp_path).recover()
        assert (len(frame.channels[0]) if frame else 0) == count
        damaged = bytearray(whole)
        damaged[size] ^= 0x20
        (tmp_path / "samples").write_bytes(damaged)
        frame = log_at(tmp_path).recover()
        assert (len(frame.channels[0]) if frame else 0) == count


def test_samples_that_another_firmware_wrote_are_left_alone(tmp_path: Path) -> None:
    """As frames in format 2, which such a log once held, or with fewer parts than ours."""
    frame = codec.Frame(bytes(4), 5, 0, None, 600, 600, [[1], [2]])
    for body in (codec.encode(frame), cbor.encode([1, 2]), cbor.encode(7)):
        head = struct.pack(">HI", len(body), binascii.crc32(body))
        (tmp_path / "samples").write_bytes(head + body)
        assert log_at(tmp_path).recover() is None
    log_at(tmp_path).append(frame)
    assert log_at(tmp_path).recover() is None  # behind what cannot be read
    (tmp_path / "samples").unlink()
    log_at(tmp_path).append(frame)
    assert log_at(tmp_path).recover() == frame


def test_what_a_node_lets_go_of_is_there_again_when_it_is_needed() -> None:
    from firmware.node import samples_left as first

    forget(first)
    assert "firmware.node.samples_left" not in sys.modules
    from firmware.node import samples_left as second

    assert second is not first
    assert second.read("/nowhere") is None


def test_learning_the_time_reaches_the_samples_of_the_frame(tmp_path: Path) -> None:
    cycle, time, outbox = make(None, 6, log_at(tmp_path))
    run(cycle, time, 700)
    cycle.clock.learn(1_459_468_800 + 700, 0)
    run(cycle, time, 500)
    again, _, _ = make(None, 6, log_at(tmp_path), boot=6, outbox=outbox)
    again.recover()
    assert {frame.offset for frame in outbox.frames[1:]} == {1_459_468_800}


def test_a_log_that_cannot_be_written_is_told_once_and_ends_nothing(tmp_path: Path) -> None:
    reports: list[Any] = []
    log = log_at(tmp_path / "nowhere", reports)
    cycle, time, outbox = make(per_frame=4, log=log)
    run(cycle, time, 2500)
    assert len(outbox.frames) == 1
    assert [kind for kind, _ in reports] == ["fault"]
    assert reports[0][1].startswith("sample log: ")
    assert "power cuts lose samples" in reports[0][1]
    assert log.recover() is None
    assert HEAD_BYTES == 6


FROST = {"channel": 0, "below": 200, "back": 300}


def test_a_frame_goes_at_once_when_an_alarm_begins_and_when_it_ends() -> None:
    cycle, time, outbox = make(per_frame=6, alarms=[FROST])
    sent = []
    for celsius in (500, 201, 200, 199, 150, 250, 299, 300, 199, codec.Missing(1), 400):
        cycle.sensing.temperature = celsius
        before = len(outbox.frames)
        time.ms += cycle.wait_ms()
        cycle.poll()
        if len(outbox.frames) > before:
            sent.append(celsius)
    assert sent == [199, 300, 199, 400]
    assert [len(frame.channels[0]) for frame in outbox.frames] == [4, 4, 1, 2]


def test_an_alarm_above_a_value() -> None:
    channels = [channel for channel, _ in Sensing.channels]
    alarms = Alarms([{"channel": 1, "above": 4000, "back": 3900}], channels)
    volts = (3900, 4001, 4500, 3901, 3900, 4000)
    assert [alarms.changed([0, one]) for one in volts] == [False, True, False, False, True, False]


POLICY = {
    "channel": 1,
    "saving_below": 3600,
    "survival_below": 3400,
    "back": 100,
    "saving_s": 1800,
    "survival_s": 21600,
}


def test_the_battery_decides_how_often_is_measured() -> None:
    """With hysteresis: a cell that is spared rises, and does not swing between two modes."""
    reports: list[Any] = []
    cycle, time, outbox = make(per_frame=2, power=POLICY, reports=reports)
    steps = []
    for millivolts in (3900, 3600, 3599, 3699, 3700, 3399, 3499, 3500, 3699, 3700, 3300, 4000):
        cycle.sensing.battery = millivolts
        time.ms += cycle.wait_ms()
        assert cycle.poll()
        steps.append(cycle.step)
    assert steps == [600, 600, 1800, 1800, 600, 21600, 21600, 1800, 1800, 600, 21600, 600]
    assert [text for _, text in reports] == [
        "battery at 3.60 V: saving, a sample every 1800 s",
        "battery at 3.40 V: survival, a sample every 21600 s",
        "battery at 3.30 V: survival, a sample every 21600 s",
    ]
    for frame in outbox.frames:
        assert (frame.offset + frame.t0) % 600 == 0
    low = codec.Missing(codec.LOW_POWER)
    alone = [frame for frame in outbox.frames if frame.channels[0][0] == low]
    assert [frame.channels[1] for frame in alone] == [(3499,), (3500,), (4000,)]
    assert all(frame.step == 21600 for frame in alone)


def test_a_weak_battery_is_asked_before_anything_else() -> None:
    cycle, time, _ = make(power=POLICY, battery=3300)
    assert (cycle.sensing.asked, cycle.step) == ([1], 21600)
    time.ms = cycle.wait_ms()
    cycle.poll()
    assert cycle.sensing.asked == [1, 1]


@pytest.mark.parametrize("battery", [codec.Missing(codec.NO_ANSWER), codec.Missing(0)])
def test_a_battery_without_a_reading_changes_nothing(battery: Any) -> None:
    cycle, time, _ = make(power=POLICY, battery=3500)
    assert cycle.step == 1800
    cycle.sensing.battery = battery
    time.ms = cycle.wait_ms()
    cycle.poll()
    assert cycle.step == 1800


def test_sensors_let_go_of_what_a_sample_took_once_it_is_safe(tmp_path: Path) -> None:
    cycle, time, _ = make(per_frame=3, log=log_at(tmp_path))
    order: list[str] = []
    append, settle = cycle.log.append, cycle.sensing.settle
    cycle.log.append = lambda frame: [order.append("log"), append(frame)][1]
    cycle.sensing.settle = lambda: [order.append("settle"), settle()][1]
    cycle.outbox.append = lambda *rest: order.append("outbox")
    run(cycle, time, 1900)
    assert order == ["log", "settle", "log", "settle", "outbox", "settle"]


def test_what_cannot_wait_is_a_frame_of_its_own_beside_the_grid(tmp_path: Path) -> None:
    cycle, time, outbox = make(per_frame=3, log=log_at(tmp_path))
    run(cycle, time, 700)
    assert not cycle.poll()
    cycle.sensing.calls, cycle.sensing.temperature = True, 1000
    time.ms = 777_000
    assert cycle.poll()
    cycle.sensing.calls, cycle.sensing.temperature = False, 2000
    run(cycle, time, 2000)
    assert times(outbox.frames) == [(5, 600), (5, 777), (5, 1200), (5, 1800), (5, 2400)]
    assert [frame.channels[0] for frame in outbox.frames] == [(2000,), (1000,), (2000,) * 3]
    assert [frame.seq for frame in outbox.frames] == [0, 1, 2]
    assert cycle.log.recover() is None


def test_two_samples_never_have_the_same_time() -> None:
    cycle, time, outbox = make(per_frame=1)
    run(cycle, time, 600)
    cycle.sensing.calls = True
    assert not cycle.poll()
    time.ms += 999
    assert not cycle.poll()
    time.ms += 1
    assert cycle.poll()
    assert not cycle.poll()
    assert times(outbox.frames) == [(5, 600), (5, 601)]


class Switch:
    """A board's radio, and its ticks."""

    def __init__(self) -> None:
        self.now = 0
        self.switched: list[tuple[int, bool]] = []

    def ticks_ms(self) -> int:
        return self.now

    def ticks_diff(self, a: int, b: int) -> int:
        return a - b

    def radio(self, on: bool) -> None:
        self.switched.append((self.now, on))


@pytest.mark.parametrize("mode", [SAVING, SURVIVAL])
def test_the_radio_is_on_for_a_while_after_a_frame_when_the_battery_is_low(mode: int) -> None:
    board = Switch()
    radio = Radio(board, 2000)
    for board.now in range(0, 10_000, 1000):
        radio.follow(mode, 1 if board.now >= 6000 else 0)
    assert board.switched == [(2000, False), (6000, True), (8000, False)]
    radio.follow(NORMAL, 1)
    assert board.switched[-1] == (9000, True)
    board.now = 100_000
    radio.follow(NORMAL, 1)
    assert len(board.switched) == 4
