"""Where the wind comes from, on RS-485 (Modbus RTU): one register, 0.1 degree a count.

Source: DFRobot, wiki of SEN0482, "Modbus Register": 0x0000, 0 to 3600 of 0.1 degree clockwise from
north (02 8F is 65.5 degrees), address 2, 9600 baud. Vanes that give whole degrees: scale 1. A vane
whose mark does not look north: `offset` is where it looks, clockwise from north [degree].
"""

from firmware.sensors import _modbus

BUS = "rs485"
QUANTITIES = (5,)
(WIND_FROM_DIRECTION,) = QUANTITIES
SETTINGS = {
    "baud": [1200, 2400, 4800, 9600, 19200, 38400],
    "function": [3, 4],
    "register": (0, 65535),
    "scale": (0.01, 45),
    "offset": (-360, 360),
}


def make(
    board, bus, address, baud=None, function=_modbus.READ_HOLDING, register=0, scale=0.1, offset=0
):
    """Make the driver of the vane at `address`; one count is `scale` [degree]."""
    station = _modbus.Station(board, bus, address or 2, "wind vane", baud, int(function))
    return WindDirectionModbus(station, int(register), scale, offset)


class WindDirectionModbus:
    """A vane behind a `_modbus.Station`."""

    def __init__(self, station, register, scale, offset):
        self.station = station
        self.register = register
        self.scale = scale
        self.offset = offset

    def measure(self):
        """Return {5: direction the wind comes from, 0 to 360 [degree]}."""
        read = self.station.read(self.register, 1)[0] * self.scale
        return {WIND_FROM_DIRECTION: (read + self.offset) % 360}
