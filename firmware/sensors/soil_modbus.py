"""Soil moisture and temperature probe on RS-485 (Modbus RTU, function 3).

Register map common to the RS-485 soil probes on the market: 0x0000 moisture, 0.1 % of volume;
0x0001 temperature, 0.1 degC, signed (so DFRobot's wiki of SEN0601, section 4, and WoMaster's of
ES107). Maker's sheets differ: check the probe's own. One with more quantities, or with another map,
is `soil7_modbus`.
"""

from firmware.sensors import _modbus

BUS = "rs485"
QUANTITIES = (10, 9)
SOIL_MOISTURE, SOIL_TEMPERATURE = QUANTITIES
SETTINGS = {"baud": [1200, 2400, 4800, 9600, 19200, 38400]}


def make(board, bus, address, baud=None):
    """Make the driver of the probe at `address` of the RS-485 line."""
    return SoilModbus(_modbus.Station(board, bus, address or 1, "soil probe", baud))


class SoilModbus:
    """One probe behind a `_modbus.Station`."""

    def __init__(self, station):
        self.station = station

    def measure(self):
        """Return {10: soil moisture [m3 m-3], 9: soil temperature [degC]}.

        OSError if the probe does not answer or refuses, ValueError if the checksum is wrong.
        """
        moisture, temperature = self.station.read(0, 2)
        return {
            SOIL_MOISTURE: moisture / 1000,
            SOIL_TEMPERATURE: _modbus.signed(temperature) / 10,
        }
