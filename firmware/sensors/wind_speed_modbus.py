"""Wind speed on RS-485 (Modbus RTU): one register, 0.1 m/s a count.

Source: ADTEK, WSA user manual, section 6.3: register 0x0000, 0.1 m/s, 4800 baud; XUNCHIP, XM8589
product page, "Communication Protocol": question ``01 03 00 00 00 01 84 0A``, answer
``01 03 02 00 79 79 A6`` (12.1 m/s), 9600 baud. Other makers: give register and scale.
"""

from firmware.sensors import _modbus

BUS = "rs485"
QUANTITIES = (4,)
(WIND_SPEED,) = QUANTITIES
SETTINGS = {
    "baud": [1200, 2400, 4800, 9600, 19200, 38400],
    "function": [3, 4],
    "register": (0, 65535),
    "scale": (0.001, 1),
}


def make(board, bus, address, baud=None, function=_modbus.READ_HOLDING, register=0, scale=0.1):
    """Make the driver of the anemometer at `address`; one count is `scale` [m s-1]."""
    station = _modbus.Station(board, bus, address or 1, "anemometer", baud, int(function))
    return WindSpeedModbus(station, int(register), scale)


class WindSpeedModbus:
    """An anemometer behind a `_modbus.Station`."""

    def __init__(self, station, register, scale):
        self.station = station
        self.register = register
        self.scale = scale

    def measure(self):
        """Return {4: wind speed [m s-1]}."""
        return {WIND_SPEED: self.station.read(self.register, 1)[0] * self.scale}
