"""Door contact and satellite receiver, against sentences as written and lines that misbehave."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firmware.sensors.door_contact import DoorContact
from firmware.sensors.gnss_nmea import GnssNmea, checksum
from firmware.wire import codec

MINUTE = 60_000
#: The sentence that u-blox print as their example of RMC.
UBLOX = b"$GPRMC,083559.00,A,4717.11437,N,00833.91522,E,0.004,77.52,091202,,,A*57\r\n"


class Door:
    """A pin that moves at times that the test says [ms]; ticks wrap as MicroPython's do."""

    def __init__(self, *, is_open: bool = False, now: int = 0) -> None:
        self.now, self.level = now, int(is_open)

    def value(self) -> int:
        return self.level

    def irq(self, handler: Callable[[object], None], trigger: int) -> None:
        self.handler = handler

    def ticks(self) -> int:
        return self.now % (1 << 30)

    def move(self, at: int) -> None:
        self.now, self.level = at, 1 - self.level
        self.handler(self)


def test_an_opening_between_two_samples_counts() -> None:
    pin = Door()
    door = DoorContact(pin, 3, pin.ticks)
    pin.move(MINUTE)
    pin.move(3 * MINUTE)
    pin.now = 5 * MINUTE
    assert door.measure() == {18: 2.0}
    pin.now = 10 * MINUTE
    assert door.measure() == {18: 0.0}


def test_a_door_that_stays_open_counts_in_every_step() -> None:
    pin = Door(is_open=True, now=(1 << 30) - MINUTE)
    door = DoorContact(pin, 3, pin.ticks)
    for _ in range(2):
        pin.now += 5 * MINUTE
        assert door.measure() == {18: 5.0}


def test_a_bounce_adds_nothing() -> None:
    pin = Door()
    door = DoorContact(pin, 3, pin.ticks)
    for at in (1000, 1002, 1005, 61005, 61006, 61008):
        pin.move(at)
    pin.now = 5 * MINUTE
    assert door.measure()[18] == pytest.approx(1.0, abs=0.001)


class Line:
    def __init__(self, *answers: bytes) -> None:
        self.answers = [b"old", b"", *answers]

    def read(self, count: int) -> bytes | None:
        return (self.answers.pop(0) or None) if self.answers else None


def read(*answers: bytes) -> dict[int, object]:
    found: dict[int, object] = GnssNmea(Line(*answers), lambda _ms: None).measure()
    return found


def test_the_makers_example() -> None:
    assert checksum(UBLOX[1 : UBLOX.index(b"*")]) == 0x57
    found = read(b"$GPGGA,broken*00\r\n" + UBLOX + b"$GPRMC,0835")
    assert found[19] == pytest.approx(47.2852395)
    assert found[20] == pytest.approx(8.565253667)


def test_without_a_fix_there_is_no_position() -> None:
    found = read(b"$GNRMC,,V,,,,,,,,,,N*4D\r\n")
    assert {each.reason for each in found.values()} == {codec.WARMING_UP}  # type: ignore[attr-defined]


def test_south_and_west_are_negative() -> None:
    body = b"GNRMC,083559.00,A,0430.00000,S,00030.00000,W,,,091202,,,A"
    found = read(b"$%s*%02X\r\n" % (body, checksum(body)))
    assert (found[19], found[20]) == (-4.5, -0.5)


def test_a_line_that_misbehaves_is_said() -> None:
    with pytest.raises(OSError, match="no answer"):
        read(b"")
    with pytest.raises(ValueError, match="no whole sentence"):
        read(UBLOX.replace(b"4717", b"4718"))


def test_a_door_left_open_asks_for_a_sample_once() -> None:
    pin = Door(now=(1 << 30) - MINUTE)
    door = DoorContact(pin, 3, pin.ticks, alarm_min=5)
    assert not door.urgent()
    pin.move(pin.now + 1000)
    opened = pin.now
    for minutes, urgent in ((0, False), (4.9, False), (5, True), (6, False), (20, False)):
        pin.now = opened + int(minutes * MINUTE)
        assert door.urgent() is urgent
        door.measure()
    pin.move(pin.now)
    pin.now += 10 * MINUTE
    assert not door.urgent(), "it is shut"
    pin.move(pin.now)
    pin.now += 5 * MINUTE
    assert door.urgent()
    without = DoorContact(Door(is_open=True), 3, pin.ticks)
    assert not without.urgent()
