"""Further chips on the I2C bus of a simulated node, down to their bytes.

BH1750: ROHM, BH1750FVI technical note. BMP280: Bosch, BST-BMP280-DS001; the trimming values are
those of its worked example (3.12), and what the chip has measured is found by halving.
"""

import struct

from bench import clock, world
from stations import daylight

ENODEV = 19
FULL_SUN_LUX = 100000
TRIMMING = (27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)


def at(address):
    """Return the chip at an address; OSError where there is none."""
    if address not in CHIPS:
        raise OSError(ENODEV)
    return CHIPS[address]


class Bh1750:
    """Light: counts of 1.2 for a lux at a measurement time of 69."""

    time = 69

    def writeto(self, data):
        """A command: of all, the two halves of the measurement time."""
        command = data[0]
        if command & 0xF8 == 0x40:
            self.time = self.time & 0x1F | (command & 7) << 5
        elif command & 0xE0 == 0x60:
            self.time = self.time & 0xE0 | command & 0x1F

    def readfrom(self, count):
        """The brightness now."""
        lux = FULL_SUN_LUX * daylight(clock.now())
        return struct.pack(">H", min(65535, int(lux * 1.2 * self.time / 69)))


class Bmp280:
    """Pressure of the weather, and the temperature of the air as that of the box."""

    register = 0

    def writeto(self, data):
        """Point to a register; what is written behind it is taken as it is."""
        self.register = data[0]

    def readfrom(self, count):
        """Chip id, trimming values or data."""
        if self.register == 0xD0:
            return b"\x58"
        if self.register == 0x88:
            return struct.pack("<HhhHhhhhhhhh", *TRIMMING)
        now = clock.now()
        pressure, celsius = world.value("air_pressure", now), world.value("air_temperature", now)
        if pressure is None or celsius is None:
            raise OSError(ENODEV)
        from firmware.sensors.bmp280 import compensate

        t = _halved(lambda raw: compensate(TRIMMING, raw, 415148)[0], round(celsius * 100), 1)
        p = _halved(lambda raw: compensate(TRIMMING, t, raw)[1], round(pressure * 25600), -1)
        return bytes((p >> 12, p >> 4 & 255, p << 4 & 255, t >> 12, t >> 4 & 255, t << 4 & 255))


def _halved(value_of, wanted, sign):
    """The 20 bits whose value is nearest below `wanted`; `sign`: how the value goes with them."""
    low, high = 0, (1 << 20) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if (value_of(middle) - wanted) * sign <= 0:
            low = middle
        else:
            high = middle - 1
    return low


CHIPS = {0x23: Bh1750(), 0x76: Bmp280()}
