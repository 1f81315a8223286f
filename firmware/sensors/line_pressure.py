"""Water pressure in a line: a transmitter of 0.5 to 4.5 V, or of 4 to 20 mA over a resistor.

Both are a straight line from `low_v` (no pressure) to `high_v` (`full_kpa`) at the ADC pin. 0.5 to
4.5 V is the span of ratiometric transmitters for 5 V; here behind two equal resistors, 0.25 to
2.25 V (unverified: each maker's own). 4 to 20 mA over 120 ohm is 0.48 to 2.4 V. Below half of
`low_v`, or above the end by as much, the cable is cut or shorted: no reading.
"""

BUS = "adc"
QUANTITIES = (27,)
(LINE_PRESSURE,) = QUANTITIES
SETTINGS = {"low_v": (0.05, 3), "high_v": (0.1, 3.3), "full_kpa": (10, 10000)}

LOW_V, HIGH_V, FULL_KPA = 0.25, 2.25, 1000


def make(board, bus, address, low_v=LOW_V, high_v=HIGH_V, full_kpa=FULL_KPA):
    """Make the driver of a transmitter at a pin; ValueError if its span is none."""
    if low_v >= high_v:
        raise ValueError("low_v %s is not below high_v %s: swap or mend them" % (low_v, high_v))
    return LinePressure(bus, low_v, high_v, full_kpa)


class LinePressure:
    """A transmitter on `adc` (``read_uv``)."""

    def __init__(self, adc, low_v, high_v, full_kpa):
        self.adc = adc
        self.low_v = low_v
        self.high_v = high_v
        self.full_kpa = full_kpa

    def measure(self):
        """Return {27: pressure above that of the air [kPa]}; OSError if the cable is cut."""
        volts = self.adc.read_uv() / 1000000
        if not self.low_v / 2 <= volts <= self.high_v + self.low_v / 2:
            raise OSError("pressure transmitter: %.2f V, cable cut or shorted" % volts)
        share = (volts - self.low_v) / (self.high_v - self.low_v)
        return {LINE_PRESSURE: max(0, share) * self.full_kpa}
