"""Battery voltage through a resistor divider on an ADC pin."""

BUS = "adc"
QUANTITIES = (15,)
(BATTERY_VOLTAGE,) = QUANTITIES

# Two equal resistors: a lithium cell's 4.2 V becomes 2.1 V, inside the ADC's range.
DIVIDER = 2
SETTINGS = {"divider": (1, 20)}


def make(board, bus, address, divider=DIVIDER):
    """Make the driver of a battery behind a divider by `divider`."""
    return Battery(bus, divider)


class Battery:
    """The battery behind `adc` (``read_uv``), divided by `divider`."""

    def __init__(self, adc, divider=DIVIDER):
        self.adc = adc
        self.divider = divider

    def measure(self):
        """Return {15: battery voltage [V]}."""
        return {BATTERY_VOLTAGE: self.adc.read_uv() * self.divider / 1000000}
