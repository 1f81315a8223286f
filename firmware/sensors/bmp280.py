"""Bosch BMP280 air pressure and temperature in the box (I2C).

Source: Bosch Sensortec, BMP280 Data sheet, BST-BMP280-DS001: section 3.11.2, table 17 (trimming
values at 0x88), 3.11.3 (compensation in whole numbers, 64 bit), 3.12 (worked example), 4.3
(registers: 0xD0 chip id 0x58, 0xF4 control, 0xF7 data). Computed in whole numbers: floats of 32 bit
would do for the tenth of a hectopascal that is sent, but not for the example. The BME280 has the
same registers for both (id 0x60).
"""

import struct

from firmware import const

BUS = "i2c"
QUANTITIES = (7, 17)
AIR_PRESSURE, ENCLOSURE_TEMPERATURE = QUANTITIES

_CHIP_ID = const(b"\xd0")
_CONTROL = const(0xF4)
_DATA = const(b"\xf7")
_TRIMMING = const(b"\x88")
IDS = (b"\x58", b"\x60")
_FORCED = const(0b001_011_01)  # temperature once, pressure four times, then sleep
_MEASURE_MS = const(20)
_NOT_MEASURED = const(0x80000)
ADDRESS = 0x76


def make(board, bus, address):
    """Make the driver of the chip at `address` of the I2C bus."""
    return Bmp280(bus, address or ADDRESS, board.wait_ms)


def compensate(trimming, adc_t, adc_p):
    """Return temperature in 0.01 degC and pressure in 1/256 Pa as section 3.11.3 has them."""
    t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9 = trimming
    one = ((adc_t >> 3) - (t1 << 1)) * t2 >> 11
    two = (((adc_t >> 4) - t1) * ((adc_t >> 4) - t1) >> 12) * t3 >> 14
    fine = one + two
    one = fine - 128000
    two = one * one * p6 + (one * p5 << 17) + (p4 << 35)
    one = (one * one * p3 >> 8) + (one * p2 << 12)
    one = ((1 << 47) + one) * p1 >> 33
    if one == 0:
        raise ValueError("BMP280: trimming values")
    pressure = (((1048576 - adc_p) << 31) - two) * 3125 // one
    one = p9 * (pressure >> 13) * (pressure >> 13) >> 25
    two = p8 * pressure >> 19
    return fine * 5 + 128 >> 8, (pressure + one + two >> 8) + (p7 << 4)


class Bmp280:
    """One chip on an I2C bus (``writeto``, ``readfrom``); `wait_ms` pauses."""

    def __init__(self, i2c, address, wait_ms):
        self.i2c = i2c
        self.address = address
        self.wait_ms = wait_ms
        self.trimming = None

    def measure(self):
        """Return {7: air pressure [hPa], 17: temperature in the box [degC]}.

        OSError if no such chip answers, ValueError if it says that it measured nothing.
        """
        if self.trimming is None:
            found = self._read(_CHIP_ID, 1)
            if found not in IDS:
                raise OSError("BMP280: chip id 0x%02x is another chip's" % found[0])
            self.trimming = struct.unpack("<HhhHhhhhhhhh", self._read(_TRIMMING, 24))
        self.i2c.writeto(self.address, bytes((_CONTROL, _FORCED)))
        self.wait_ms(_MEASURE_MS)
        data = self._read(_DATA, 6)
        adc_p = data[0] << 12 | data[1] << 4 | data[2] >> 4
        adc_t = data[3] << 12 | data[4] << 4 | data[5] >> 4
        if adc_p == _NOT_MEASURED or adc_t == _NOT_MEASURED:
            raise ValueError("BMP280: nothing measured")
        temperature, pressure = compensate(self.trimming, adc_t, adc_p)
        return {AIR_PRESSURE: pressure / 25600, ENCLOSURE_TEMPERATURE: temperature / 100}

    def _read(self, register, count):
        self.i2c.writeto(self.address, register)
        return bytes(self.i2c.readfrom(self.address, count))
