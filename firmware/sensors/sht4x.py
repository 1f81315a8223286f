"""Sensirion SHT4x air temperature and humidity (I2C).

Source: Sensirion, Datasheet SHT4x, version 6: command 0xFD (high repeatability, at most 8.3 ms),
answer of two 16-bit words each with CRC-8 (polynomial 0x31, start 0xFF), conversion formulas.
"""

import struct

from firmware import const

BUS = "i2c"
QUANTITIES = (1, 2)
AIR_TEMPERATURE, RELATIVE_HUMIDITY = QUANTITIES

_MEASURE = const(b"\xfd")
_MEASURE_MS = const(10)


def make(board, bus, address):
    """Make the driver of the chip at `address` of the I2C bus."""
    return Sht4x(bus, address, board.wait_ms)


def crc8(data):
    """CRC-8 of Sensirion: polynomial 0x31, start 0xFF, nothing reflected."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc


class Sht4x:
    """One chip on an I2C bus (``writeto``, ``readfrom``); `wait_ms` pauses."""

    def __init__(self, i2c, address, wait_ms):
        self.i2c = i2c
        self.address = address
        self.wait_ms = wait_ms

    def measure(self):
        """Return {1: air temperature [degC], 2: relative humidity [%]}.

        OSError if the chip does not answer, ValueError if a checksum is wrong.
        """
        self.i2c.writeto(self.address, _MEASURE)
        self.wait_ms(_MEASURE_MS)
        answer = self.i2c.readfrom(self.address, 6)
        if crc8(answer[0:2]) != answer[2] or crc8(answer[3:5]) != answer[5]:
            raise ValueError("SHT4x: checksum")
        t, rh = struct.unpack(">HxH", answer[:5])
        # The data sheet: the humidity formula may leave 0 to 100 and is to be cropped.
        humidity = min(100.0, max(0.0, -6 + 125 * rh / 65535))
        return {AIR_TEMPERATURE: -45 + 175 * t / 65535, RELATIVE_HUMIDITY: humidity}
