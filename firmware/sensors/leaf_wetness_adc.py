"""Leaf wetness plate with a voltage for its wetness, on an ADC pin.

Plates differ, and each is set up by two readings that a technician takes on site: `dry_v` with the
plate wiped dry, `wet_v` with it sprayed all over, both at the pin [V]. The line through both gives
the wetness [%]; `wet_from` is the reading from which a leaf counts as wet [%].
"""

from firmware.sensors import _wetness

BUS = "adc"
QUANTITIES = (28, 8)
SETTINGS = {"dry_v": (0, 3.3), "wet_v": (0, 3.3), "wet_from": (1, 99)}

# A plate whose voltage rises with water from 0 V to the ADC's end (unverified for any maker).
DRY_V, WET_V = 0, 2.45


def make(board, bus, address, dry_v=DRY_V, wet_v=WET_V, wet_from=_wetness.WET_FROM):
    """Make the driver of the plate at a pin; ValueError if dry and wet are the same voltage."""
    if dry_v == wet_v:
        raise ValueError("dry_v and wet_v are both %s V: measure both at the plate" % dry_v)
    return LeafWetnessAdc(bus, dry_v, wet_v, _wetness.Wetness(board.uptime_ms, wet_from))


class LeafWetnessAdc:
    """A plate on `adc` (``read_uv``)."""

    def __init__(self, adc, dry_v, wet_v, wetness):
        self.adc = adc
        self.dry_v = dry_v
        self.span = wet_v - dry_v
        self.wetness = wetness

    def measure(self):
        """Return {28: leaf wetness [%], 8: wet time since the last call [min]}."""
        volts = self.adc.read_uv() / 1000000
        return self.wetness.told((volts - self.dry_v) / self.span * 100)
