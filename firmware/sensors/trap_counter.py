"""Counter of a pheromone trap: one pulse for each insect that falls through its light barrier.

An insect that flutters breaks the beam several times: edges within `dead_ms` belong to the same
one. One second is our own judgement (unverified): two that fall within it count as one.
"""

from firmware.sensors import _pulses

BUS = "pulse"
QUANTITIES = (25,)
(INSECT_COUNT,) = QUANTITIES
SETTINGS = {"dead_ms": (1, 60000)}

DEAD_MS = 1000


def make(board, bus, address, dead_ms=DEAD_MS):
    """Make the driver of the counter at a pin, deaf for `dead_ms` [ms] after each insect."""
    return TrapCounter(bus, board.falling, board.edge_ms, dead_ms, board.tally(address))


class TrapCounter:
    """Counts falling edges of `pin` (``irq``)."""

    def __init__(self, pin, falling, edge_ms, dead_ms=DEAD_MS, tally=None):
        self.pulses = _pulses.Pulses(pin, falling, edge_ms, dead_ms, tally)
        self.settle = self.pulses.settle

    def measure(self):
        """Return {25: insects since the last call}."""
        return {INSECT_COUNT: self.pulses.count()}
