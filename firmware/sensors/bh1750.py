"""ROHM BH1750FVI light sensor (I2C).

Source: ROHM, BH1750FVI Technical Note, 2009.04 Rev. B: page 2 (1.2 counts for a lux, H-resolution
at most 180 ms), page 5 (instructions: 0x01 power on, 0x20 one time H-resolution, 0x40 and 0x60
with the bits of the measurement time), page 11 (measurement time 31 to 254, 69 by default; the
result grows with it). At 69 the chip ends at 54,612 lx, which full sun exceeds: 31 reaches
121,557 lx in steps of 1.9 lx. `factor` is for what the window over the chip takes away.
"""

import struct

from firmware import const
from firmware.wire.frame import OUT_OF_RANGE, Missing

BUS = "i2c"
QUANTITIES = (14,)
(ILLUMINANCE,) = QUANTITIES
SETTINGS = {"factor": (0.1, 100)}

_POWER_ON = const(b"\x01")
_ONE_TIME = const(b"\x20")
_USUAL_TIME = const(69)
_OWN_TIME = const(31)
_TIME_HIGH = const(0x40 | _OWN_TIME >> 5)
_TIME_LOW = const(0x60 | _OWN_TIME & 31)
COUNTS_PER_LUX = 1.2
_MEASURE_MS = const(180)
ADDRESS = 0x23


def make(board, bus, address, factor=1):
    """Make the driver of the chip at `address` of the I2C bus."""
    return Bh1750(bus, address or ADDRESS, board.wait_ms, factor)


class Bh1750:
    """One chip on an I2C bus (``writeto``, ``readfrom``); `wait_ms` pauses."""

    def __init__(self, i2c, address, wait_ms, factor=1):
        self.i2c = i2c
        self.address = address
        self.wait_ms = wait_ms
        self.factor = factor

    def measure(self):
        """Return {14: illuminance [lx]}; OSError if the chip does not answer."""
        for command in (_POWER_ON, bytes((_TIME_HIGH,)), bytes((_TIME_LOW,)), _ONE_TIME):
            self.i2c.writeto(self.address, command)
        self.wait_ms(_MEASURE_MS)
        (count,) = struct.unpack(">H", self.i2c.readfrom(self.address, 2))
        if count == 0xFFFF:  # the end of its scale: it may be any brightness above
            return {ILLUMINANCE: Missing(OUT_OF_RANGE)}
        return {ILLUMINANCE: count / COUNTS_PER_LUX * _USUAL_TIME / _OWN_TIME * self.factor}
