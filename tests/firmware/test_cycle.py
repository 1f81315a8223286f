"""Clock and measuring cycle, step by step under CPython."""

from __future__ import annotations

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


class Sensing:
    """One channel that always measures the same."""

    channels = ((codec.Channel(0, 1, 100), None),)

    def sample(self) -> list[int]:
        return [2000]


def make(utc: int | None = 1_459_468_800, per_frame: int = 2) -> tuple[Cycle, Time, Outbox]:
    time, outbox = Time(), Outbox()
    identity = Identity("qf-001", KEY, 1, 5)
    return Cycle(Sensing(), Clock(time, utc), outbox, identity, 600, per_frame), time, outbox


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
        assert frame.channels == ((2000, 2000),)


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
