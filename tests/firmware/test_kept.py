"""Memory that outlives a reset: the text, the counts, and what a reset may cost a count."""

from __future__ import annotations

import pytest

from firmware.node.kept import _BYTES, _SLOTS, Kept
from firmware.sensors import flow_meter, tipping_bucket, trap_counter
from tests.firmware.test_sensors import Pin


class Rtc:
    """RTC memory as the ESP32's: what was written last, empty after a time without power."""

    def __init__(self) -> None:
        self.data = b""

    def __call__(self, data: bytes | None = None) -> bytes | None:
        if data is None:
            return self.data
        self.data = bytes(data)
        return None


class Board:
    """A board at one start."""

    falling = 2

    def __init__(self, rtc: Rtc) -> None:
        self.kept = Kept(rtc)
        self.pin = Pin()

    def edge_ms(self) -> int:
        return self.pin.ticks()

    def tally(self, pin: int | None) -> object:
        return self.kept.tally(pin)


@pytest.mark.parametrize(
    ("module", "quantity", "one"), [(tipping_bucket, 3, 0.2), (trap_counter, 25, 1)]
)
def test_a_count_outlives_a_reset_until_its_sample_is_safe(
    module: object, quantity: int, one: float
) -> None:
    rtc = Rtc()
    board = Board(rtc)
    counter = module.make(board, board.pin, 27)  # type: ignore[attr-defined]
    board.pin.edges(2000, 4000, 6000)
    assert counter.measure() == {quantity: pytest.approx(3 * one)}
    board.pin.edges(8000)
    # reset before the sample was written: everything is still there
    board = Board(rtc)
    counter = module.make(board, board.pin, 27)  # type: ignore[attr-defined]
    assert counter.measure() == {quantity: pytest.approx(4 * one)}
    counter.settle()
    board.pin.edges(10000, 12000)
    board = Board(rtc)
    counter = module.make(board, board.pin, 27)  # type: ignore[attr-defined]
    assert counter.measure() == {quantity: pytest.approx(2 * one)}
    assert counter.measure() == {quantity: 0}


def test_a_time_without_power_loses_the_count() -> None:
    board = Board(Rtc())
    meter = flow_meter.make(board, board.pin, 32, pulses_per_l=1)
    board.pin.edges(2000, 4000)
    other = Board(Rtc())
    assert flow_meter.make(other, other.pin, 32, pulses_per_l=1).measure() == {26: 0}
    assert meter.measure() == {26: 2}


def test_pins_count_apart_and_the_text_lies_beside_them() -> None:
    rtc = Rtc()
    kept = Kept(rtc)
    tallies = [kept.tally(pin) for pin in (None, *range(_SLOTS - 1))]
    for number, tally in enumerate(tallies):
        for _ in range(300 + number):
            tally.add()
    kept.keep("sht4x/i2c/68>soil 水")
    again = Kept(rtc)
    assert again.text() == "sht4x/i2c/68>soil 水"
    counts = [again.tally(pin).waiting() for pin in (None, *range(_SLOTS - 1))]
    assert counts == [300 + number for number in range(_SLOTS)]
    assert again.tally(99) is None, "there is no room for a ninth"
    again.keep("")
    assert (again.text(), len(rtc.data)) == ("", _BYTES)
    assert Kept(rtc).tally(0).waiting() == 301


@pytest.mark.parametrize("held", [b"", b"a/i2c/1>", bytes(_BYTES), b"\xff" * _BYTES])
def test_memory_of_something_else_is_not_believed(held: bytes) -> None:
    rtc = Rtc()
    rtc.data = held
    kept = Kept(rtc)
    assert (kept.text(), kept.tally(27).waiting()) == ("", 0)


def test_a_count_wraps() -> None:
    rtc = Rtc()
    tally = Kept(rtc).tally(27)
    tally.total = tally.taken = (1 << 30) - 2
    for _ in range(3):
        tally.add()
    assert tally.waiting() == 3
    tally.take(3)
    assert (tally.waiting(), tally.total) == (0, 1)
