"""The drivers, against bytes from data sheets and against buses that misbehave."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from firmware.sensors import soil_modbus
from firmware.sensors._modbus import crc16
from firmware.sensors.battery import Battery
from firmware.sensors.sht4x import Sht4x, crc8
from firmware.sensors.soil_modbus import SoilModbus
from firmware.sensors.tipping_bucket import TippingBucket


def no_wait(ms: int) -> None:
    """Chips of a test are ready at once."""


class I2C:
    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.written: list[tuple[int, bytes]] = []

    def writeto(self, address: int, data: bytes) -> None:
        self.written.append((address, data))

    def readfrom(self, address: int, count: int) -> bytes:
        return self.answer[:count]


def sht4x_answer(t: int, rh: int) -> bytes:
    words = struct.pack(">H", t), struct.pack(">H", rh)
    return b"".join(word + bytes((crc8(word),)) for word in words)


def test_crc8_example_of_the_sht4x_data_sheet() -> None:
    """Data sheet SHT4x, section 4.4: CRC(0xBEEF) = 0x92."""
    assert crc8(b"\xbe\xef") == 0x92


@pytest.mark.parametrize(
    ("t", "rh", "celsius", "percent"),
    [
        (0, 0, -45.0, 0.0),
        (65535, 65535, 130.0, 100.0),
        (0x6666, 0x8000, 25.0, 56.501),
        (24849, 63963, 21.355, 100.0),
    ],
)
def test_sht4x_formulas(t: int, rh: int, celsius: float, percent: float) -> None:
    bus = I2C(sht4x_answer(t, rh))
    measured = Sht4x(bus, 0x44, no_wait).measure()
    assert bus.written == [(0x44, b"\xfd")]
    assert measured[1] == pytest.approx(celsius, abs=0.002)
    assert measured[2] == pytest.approx(percent, abs=0.002)


@pytest.mark.parametrize("place", range(6))
def test_sht4x_notices_a_changed_byte(place: int) -> None:
    answer = bytearray(sht4x_answer(26214, 32768))
    answer[place] ^= 0x10
    with pytest.raises(ValueError, match="SHT4x: checksum"):
        Sht4x(I2C(bytes(answer)), 0x44, no_wait).measure()


def test_sht4x_gives_saturated_air_as_it_is() -> None:
    """Fog: the formula goes above 100 %, the reading is 100 %, and it is a reading."""
    measured = Sht4x(I2C(sht4x_answer(26214, 65535)), 0x44, no_wait).measure()
    assert measured[2] == 100.0


class Pin:
    """A pin whose edges come at times that the test says [ms]; ticks wrap as MicroPython's do."""

    PERIOD = 1 << 30

    def __init__(self) -> None:
        self.now = 0

    def irq(self, handler: Callable[[object], None], trigger: int) -> None:
        self.handler = handler

    def ticks(self) -> int:
        return self.now % self.PERIOD

    def edges(self, *times: int) -> None:
        for self.now in times:
            self.handler(self)


def gauge(pin: Pin, **settings: float) -> TippingBucket:
    return TippingBucket(pin, 2, pin.ticks, **settings)


def test_tipping_bucket_counts_since_the_last_call() -> None:
    pin = Pin()
    bucket = gauge(pin)
    assert bucket.measure() == {3: 0.0}
    pin.edges(*range(0, 7000, 1000))
    assert bucket.measure() == {3: pytest.approx(1.4)}
    assert bucket.measure() == {3: 0.0}


def test_a_contact_that_bounces_is_one_tip() -> None:
    """Ten tips of three edges within 3 ms each are 2.0 mm."""
    pin = Pin()
    bucket = gauge(pin)
    pin.edges(*(tip * 2000 + late for tip in range(10) for late in (0, 1, 3)))
    assert bucket.measure() == {3: pytest.approx(2.0)}


def test_a_contact_bounces_when_it_opens_too() -> None:
    """Texas Electronics: closed for 135 ms on average, bounce of 0.75 ms at most."""
    pin = Pin()
    bucket = gauge(pin)
    pin.edges(0, 1, 135, 136, 5000, 5001, 5135)
    assert bucket.measure() == {3: pytest.approx(0.4)}


def test_the_heaviest_rain_that_gauges_must_measure_is_counted() -> None:
    """WMO-No. 8: 2,000 mm/h, a bucket of 0.2 mm each 360 ms."""
    pin = Pin()
    bucket = gauge(pin)
    pin.edges(*range(0, 3_600_000, 360))
    assert bucket.measure() == {3: pytest.approx(2000)}


@pytest.mark.parametrize("dry_ms", [250, 7 * 86_400_000, 12 * 86_400_000, 30 * 86_400_000])
def test_tips_are_counted_over_the_wrap_of_the_tick_counter(dry_ms: int) -> None:
    pin = Pin()
    pin.now = Pin.PERIOD - 100
    bucket = gauge(pin)
    pin.edges(pin.now, pin.now + 2, pin.now + dry_ms, pin.now + dry_ms + 2)
    assert bucket.measure() == {3: pytest.approx(0.4)}


def test_bucket_and_dead_time_are_the_boards() -> None:
    pin = Pin()
    bucket = gauge(pin, bucket_mm=0.1, dead_ms=10)
    pin.edges(0, 5, 20, 25, 40)
    assert bucket.measure() == {3: pytest.approx(0.3)}


class Uart:
    def __init__(self, answer: bytes | None, before: bytes = b"") -> None:
        self.waiting, self.answer = before, answer
        self.written = b""

    def write(self, data: bytes) -> int:
        self.written += data
        self.waiting += self.answer or b""
        return len(data)

    def read(self, count: int) -> bytes | None:
        part, self.waiting = self.waiting[:count], self.waiting[count:]
        return part or None


class Line:
    """What a station takes of a board."""

    wait_ms = staticmethod(no_wait)

    def set_baud(self, baud: int | None) -> None:
        """The line stays as it is."""


def soil(uart: Uart) -> SoilModbus:
    return soil_modbus.make(Line(), uart, 1)


def modbus(body: bytes) -> bytes:
    return body + struct.pack("<H", crc16(body))


def test_crc16_check_value() -> None:
    """The catalogue's check value of CRC-16/MODBUS over the digits 1 to 9."""
    assert crc16(b"123456789") == 0x4B37


@pytest.mark.parametrize(
    ("moisture", "temperature", "expected"),
    [(253, 187, (0.253, 18.7)), (0, -105, (0.0, -10.5)), (1000, 0, (1.0, 0.0))],
)
def test_soil_probe_registers(
    moisture: int, temperature: int, expected: tuple[float, float]
) -> None:
    uart = Uart(modbus(struct.pack(">BBBHh", 1, 3, 4, moisture, temperature)))
    measured = soil(uart).measure()
    assert uart.written == bytes.fromhex("010300000002c40b")
    assert (measured[10], measured[9]) == expected


GOOD = modbus(struct.pack(">BBBHh", 1, 3, 4, 253, 187))
ASKED = bytes.fromhex("010300000002c40b")


def test_soil_probe_forgets_a_late_answer() -> None:
    assert soil(Uart(GOOD, before=b"\x01\x03\x04")).measure()[10] == 0.253


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\x00", b""),
        (b"\xff\x00\xff", b""),
        (ASKED, b""),
        (b"\x00" + ASKED + b"\x00", b""),
        (b"", b"\x00"),
        (b"\x01\x03\x04\x00", b"\xff"),
        (modbus(b"\x02\x03\x04\x00\x01\x00\x02"), b""),
    ],
)
def test_soil_probe_is_heard_behind_noise_echo_and_others(before: bytes, after: bytes) -> None:
    """And leaves nothing behind that would spoil the next answer."""
    uart = Uart(before + GOOD + after)
    probe = soil(uart)
    for _ in range(3):
        assert probe.measure() == {10: 0.253, 9: 18.7}
    uart.waiting = b"\x01\x03\x04" * 100
    assert probe.measure() == {10: 0.253, 9: 18.7}


def test_a_line_that_babbles_does_not_hold_up_the_node() -> None:
    class Babbling(Uart):
        def read(self, count: int) -> bytes:
            return b"\x55" * count

    with pytest.raises(OSError, match="no answer, but 256 bytes that are not its"):
        soil(Babbling(None)).measure()


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (None, OSError, "soil probe 1: no answer$"),
        (ASKED, OSError, "soil probe 1: no answer$"),
        (b"\x00" + ASKED, OSError, "no answer, but 1 bytes that are not its"),
        (b"\x01\x03", ValueError, "soil probe 1: checksum"),
        (GOOD[:-1] + b"\x00", ValueError, "soil probe 1: checksum"),
        (ASKED + GOOD[:-1] + b"\x00", ValueError, "soil probe 1: checksum"),
        (modbus(b"\x01\x83\x02"), OSError, "soil probe 1: refuses with code 2"),
        (ASKED + modbus(b"\x01\x83\x02"), OSError, "refuses with code 2"),
        (modbus(b"\x02\x03\x04\x00\x01\x00\x02"), OSError, "no answer, but 9 bytes"),
    ],
)
def test_soil_probe_faults(answer: bytes | None, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        soil(Uart(answer)).measure()


class Adc:
    def read_uv(self) -> int:
        return 1_850_000


def test_battery_behind_its_divider() -> None:
    assert Battery(Adc()).measure() == {15: 3.7}
