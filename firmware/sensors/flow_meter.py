"""Water meter or turbine flow sensor with pulses: how much water since the last sample.

The turbine YF-S201 gives 450 pulses a litre (F = 7.5 Q with Q in L/min, so its data sheet as
sellers print it; +-10 %). Water meters with a reed contact give one pulse in 1, 10 or 100 L: give
`pulses_per_l` = 1, 0.1 or 0.01, and `dead_ms` for the bounce of a contact. A turbine at 30 L/min
gives 225 pulses a second; whether MicroPython's interrupt on the ESP32 keeps up with more is
unverified.
"""

from firmware.sensors import _pulses

BUS = "pulse"
QUANTITIES = (26,)
(WATER_VOLUME,) = QUANTITIES
SETTINGS = {"pulses_per_l": (0.0001, 10000), "dead_ms": (0, 2000)}

PULSES_PER_L = 450
DEAD_MS = 1


def make(board, bus, address, pulses_per_l=PULSES_PER_L, dead_ms=DEAD_MS):
    """Make the driver of a meter at a pin with so many pulses a litre."""
    tally = board.tally(address)
    return FlowMeter(bus, board.falling, board.edge_ms, pulses_per_l, dead_ms, tally)


class FlowMeter:
    """Counts falling edges of `pin` (``irq``)."""

    def __init__(
        self, pin, falling, edge_ms, pulses_per_l=PULSES_PER_L, dead_ms=DEAD_MS, tally=None
    ):
        self.pulses_per_l = pulses_per_l
        self.pulses = _pulses.Pulses(pin, falling, edge_ms, dead_ms, tally)
        self.settle = self.pulses.settle

    def measure(self):
        """Return {26: water since the last call [L]}."""
        return {WATER_VOLUME: self.pulses.count() / self.pulses_per_l}
