"""Clock and measuring cycle, step by step under CPython."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.node.clock import Clock
from firmware.node.cycle import Cycle
from firmware.node.link import Identity
from firmware.wire import codec, seal

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


class Sensor:
    """Answers what `says` is, or raises it."""

    def __init__(self, says: Any) -> None:
        self.says = says
        self.asked = 0

    def measure(self) -> Any:
        self.asked += 1
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


def make(
    sensors: list[tuple[int, Any]], utc: int | None = 1_459_468_800, per_frame: int = 2
) -> tuple[Cycle, Time, Outbox, list[tuple[str, Any]]]:
    time, outbox, reports = Time(), Outbox(), []
    channels = [
        (codec.Channel(number, quantity, 100), sensor)
        for number, (quantity, sensor) in enumerate(sensors)
    ]
    cycle = Cycle(
        channels,
        Clock(time, utc),
        outbox,
        Identity("qf-001", KEY, 1, 5),
        600,
        per_frame,
        lambda *report: reports.append(report),
    )
    return cycle, time, outbox, reports


def run(cycle: Cycle, time: Time, seconds: int) -> None:
    end = time.ms + seconds * 1000
    while time.ms + cycle.wait_ms() <= end:
        time.ms += cycle.wait_ms()
        assert cycle.poll()
    time.ms = end


def test_samples_fall_on_full_steps_of_utc() -> None:
    cycle, time, outbox, _ = make([(1, Sensor({1: 20.0}))], utc=1_459_468_800 + 77)
    run(cycle, time, 3600)
    assert [frame.seq for frame in outbox.frames] == [0, 1, 2]
    for frame in outbox.frames:
        assert frame.offset is not None
        assert (frame.offset + frame.t0) % 600 == 0
        assert frame.channels == ((2000, 2000),)


def test_without_the_time_one_sample_goes_at_once() -> None:
    cycle, time, outbox, _ = make([(1, Sensor({1: 20.0}))], utc=None)
    assert cycle.poll()
    run(cycle, time, 1800)
    assert [(f.offset, f.t0, len(f.channels[0])) for f in outbox.frames] == [
        (None, 0, 1),
        (None, 600, 2),
    ]


def test_learning_the_time_ends_a_frame_and_aligns_the_next() -> None:
    cycle, time, outbox, _ = make([(1, Sensor({1: 20.0}))], utc=None, per_frame=6)
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
    cycle, time, outbox, _ = make([(1, Sensor({1: 20.0}))], per_frame=6)
    run(cycle, time, 1300)
    time.ms += 3_600_000
    run(cycle, time, 4000)
    first, second = outbox.frames[:2]
    assert len(first.channels[0]) == 2
    assert second.t0 >= 1300 + 3600 - 600
    assert (second.t0 - first.t0) % 600 == 0


@pytest.mark.parametrize(
    ("says", "reason", "report"),
    [
        (OSError(19), codec.NO_ANSWER, "Sensor: no answer"),
        (ValueError("checksum"), codec.BAD_CHECKSUM, "Sensor: bad checksum"),
        (ZeroDivisionError("x"), codec.DRIVER_FAULT, "Sensor: ZeroDivisionError('x')"),
    ],
)
def test_a_failing_sensor_gives_its_reason_and_one_report(
    says: Exception, reason: int, report: str
) -> None:
    cycle, time, outbox, reports = make([(1, Sensor(says)), (2, Sensor({2: 50.0}))])
    run(cycle, time, 3600)
    assert outbox.frames[0].channels == ((codec.Missing(reason),) * 2, (5000, 5000))
    assert reports == [("fault", report)]


def test_what_no_sensor_brings_is_missing() -> None:
    cycle, time, outbox, _ = make([(1, None), (2, Sensor({3: 1.0})), (3, Sensor({3: 1e9}))])
    run(cycle, time, 1200)
    reasons = [samples[0].reason for samples in outbox.frames[0].channels]
    assert reasons == [codec.NOT_FITTED, codec.DRIVER_FAULT, codec.OUT_OF_RANGE]


def test_a_sensor_of_two_channels_is_asked_once() -> None:
    sensor = Sensor({1: 20.0, 2: 50.0})
    cycle, time, outbox, _ = make([(1, sensor), (2, sensor)])
    run(cycle, time, 600)
    assert sensor.asked == 1


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
