"""Tipping-bucket rain gauge: a reed contact closes once for each full bucket.

A contact bounces when it closes and again when it opens, so that one tip is several edges. The
gauges of Texas Electronics (TE525 and TR-525) close for 135 ms on average and bounce for 0.75 ms at
most (maker's specification). The dead time lasts over all of that; at 0.2 mm it still counts
3,600 mm/h, and WMO-No. 8, annex 1.A, asks for intensities up to 2,000 mm/h.
"""

from firmware.sensors import _pulses

BUS = "pulse"
QUANTITIES = (3,)
(PRECIPITATION_AMOUNT,) = QUANTITIES

# Buckets of 0.2 mm are the commonest size sold (unverified); a board type can say otherwise.
BUCKET_MM = 0.2
DEAD_MS = 200
SETTINGS = {"bucket_mm": (0.05, 5), "dead_ms": (1, 2000)}


def make(board, bus, address, bucket_mm=BUCKET_MM, dead_ms=DEAD_MS):
    """Make the driver of a gauge of `bucket_mm` [mm] a tip, deaf for `dead_ms` [ms] after each."""
    tally = board.tally(address)
    return TippingBucket(bus, board.falling, board.edge_ms, bucket_mm, dead_ms, tally)


class TippingBucket:
    """Counts falling edges of `pin` (``irq``); each is `bucket_mm` of rain.

    Parameters
    ----------
    pin : object
        ``irq(handler, trigger)``.
    falling : int
        The trigger of a falling edge.
    edge_ms : callable
        Tick counter [ms]; wraps, and must not allocate.
    bucket_mm : float
        Rain of one tip [mm].
    dead_ms : int
        Edges within this time after one that counted belong to the same tip [ms].
    tally : object, optional
        As `_pulses.Tally`, kept over a reset.
    """

    def __init__(self, pin, falling, edge_ms, bucket_mm=BUCKET_MM, dead_ms=DEAD_MS, tally=None):
        self.bucket_mm = bucket_mm
        self.pulses = _pulses.Pulses(pin, falling, edge_ms, dead_ms, tally)
        self.settle = self.pulses.settle

    def measure(self):
        """Return {3: rain since the last call [mm]}."""
        return {PRECIPITATION_AMOUNT: self.pulses.count() * self.bucket_mm}
