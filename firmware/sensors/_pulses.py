"""Pulses at a pin, counted by an interrupt; the count outlives a reset where the board keeps it.

What a sample took is let go only when the sample is safe (`settle`), so that a reset in between
loses no pulse. A reset between the two, some milliseconds, counts that sample's pulses twice.
"""

from firmware import const

# Tick counters wrap at a power of two that is this or greater; counts wrap here too.
_TICKS = const((1 << 30) - 1)


class Tally:
    """A count in memory alone. `total` is moved by the interrupt, `taken` by the program alone."""

    def __init__(self):
        self.total = 0
        self.taken = 0

    def add(self):
        """Count one more; runs as an interrupt and must not allocate."""
        self.total = (self.total + 1) & _TICKS

    def waiting(self):
        """How many are counted and not yet taken."""
        return (self.total - self.taken) & _TICKS

    def take(self, count):
        """Let go of `count`."""
        self.taken = (self.taken + count) & _TICKS


class Pulses:
    """Counts the edges that `trigger` names at `pin`, deaf for `dead_ms` after each."""

    def __init__(self, pin, trigger, edge_ms, dead_ms, tally=None):
        self.edge_ms = edge_ms
        self.dead_ms = int(dead_ms)
        self.tally = tally or Tally()
        self.last = edge_ms() - self.dead_ms
        self.given = 0
        pin.irq(self._edge, trigger)

    def _edge(self, pin):
        # Runs as an interrupt: must not allocate. The mask makes the difference right over a wrap.
        now = self.edge_ms()
        if (now - self.last) & _TICKS >= self.dead_ms:
            self.last = now
            self.tally.add()

    def count(self):
        """How many since the last call."""
        self.settle()
        self.given = self.tally.waiting()
        return self.given

    def settle(self):
        """What was given is safe: it need not be given again after a reset."""
        self.tally.take(self.given)
        self.given = 0
