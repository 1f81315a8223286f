"""Carbon dioxide by a Senseair S8 (Modbus RTU, function 4, input registers).

Source: Senseair, Modbus on Senseair S8 (TDE2067), register map and example frames: IR1 (register 0)
meter status, IR4 (register 3) CO2 in ppm; "CO2 read sequence" ``FE 04 00 03 00 01 D5 C5``, answer
``FE 04 02 01 90 AC D8`` (400 ppm); with the status ``FE 04 00 00 00 04 E5 C6``. 0xFE is "any
address". 9600 baud. Read here in the copies of others (cycbox.io, debug report of the S8), not in
the maker's file. Bits of the status: 0 to 4 errors, 5 out of range, 6 memory error.
"""

from firmware import const
from firmware.sensors import _modbus
from firmware.wire import frame

BUS = "rs485"
QUANTITIES = (13,)
(CO2_MOLE_FRACTION,) = QUANTITIES
SETTINGS = {"baud": [9600]}

_ANY_ADDRESS = const(254)
_OUT_OF_RANGE = const(1 << 5)


def make(board, bus, address, baud=9600):
    """Make the driver of the sensor; without an address, of the one on the line."""
    address = _ANY_ADDRESS if address is None else address
    station = _modbus.Station(board, bus, address, "CO2 sensor", baud, _modbus.READ_INPUT)
    return Co2Senseair(station)


class Co2Senseair:
    """One sensor behind a `_modbus.Station`."""

    def __init__(self, station):
        self.station = station

    def measure(self):
        """Return {13: CO2 in parts of a million}.

        OSError if the sensor does not answer or says that it is broken, ValueError if the checksum
        is wrong. Before its first measurement it holds 0, which is no reading.
        """
        status, _, _, ppm = self.station.read(0, 4)
        if status & ~_OUT_OF_RANGE:
            raise OSError("%s: says it is broken, status 0x%04x" % (self.station.name, status))
        if status:
            return {CO2_MOLE_FRACTION: frame.Missing(frame.OUT_OF_RANGE)}
        if not ppm:
            return {CO2_MOLE_FRACTION: frame.Missing(frame.WARMING_UP)}
        return {CO2_MOLE_FRACTION: ppm}
