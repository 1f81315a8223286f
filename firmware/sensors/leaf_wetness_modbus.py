"""Leaf wetness plate on RS-485 (Modbus RTU).

The makers' pages give 0 to 100 % in steps of 0.1 (Renke RS-WS-N01-YM, m2m LWS-304: ranges only);
that the wetness stands in register 0x0000 is unverified: read it in the plate's own manual and give
register and scale. `wet_from` is the reading from which a leaf counts as wet [%].
"""

from firmware.sensors import _modbus, _wetness

BUS = "rs485"
QUANTITIES = (28, 8)
SETTINGS = {
    "baud": [1200, 2400, 4800, 9600, 19200, 38400],
    "function": [3, 4],
    "register": (0, 65535),
    "scale": (0.001, 100),
    "wet_from": (1, 99),
}


def make(
    board,
    bus,
    address,
    baud=None,
    function=_modbus.READ_HOLDING,
    register=0,
    scale=0.1,
    wet_from=_wetness.WET_FROM,
):
    """Make the driver of the plate at `address`; one count is `scale` [%]."""
    station = _modbus.Station(board, bus, address or 1, "leaf plate", baud, int(function))
    wetness = _wetness.Wetness(board.uptime_ms, wet_from)
    return LeafWetnessModbus(station, int(register), scale, wetness)


class LeafWetnessModbus:
    """A plate behind a `_modbus.Station`."""

    def __init__(self, station, register, scale, wetness):
        self.station = station
        self.register = register
        self.scale = scale
        self.wetness = wetness

    def measure(self):
        """Return {28: leaf wetness [%], 8: wet time since the last call [min]}."""
        return self.wetness.told(self.station.read(self.register, 1)[0] * self.scale)
