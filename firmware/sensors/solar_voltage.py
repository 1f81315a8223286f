"""Voltage of the solar panel through a resistor divider on an ADC pin."""

BUS = "adc"
QUANTITIES = (24,)
(SOLAR_VOLTAGE,) = QUANTITIES

# 100 kOhm over 10 kOhm: a panel's 23 V without load become 2.1 V, inside the ADC's range.
DIVIDER = 11
SETTINGS = {"divider": (1, 50)}


def make(board, bus, address, divider=DIVIDER):
    """Make the driver of a panel behind a divider by `divider`."""
    return SolarVoltage(bus, divider)


class SolarVoltage:
    """The panel behind `adc` (``read_uv``), divided by `divider`."""

    def __init__(self, adc, divider=DIVIDER):
        self.adc = adc
        self.divider = divider

    def measure(self):
        """Return {24: voltage of the panel [V]}."""
        return {SOLAR_VOLTAGE: self.adc.read_uv() * self.divider / 1000000}
