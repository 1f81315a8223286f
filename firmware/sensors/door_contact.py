"""Door contact: how long a door stood open, by a reed switch that its magnet holds closed.

The pin is pulled up, so that it is high while the door is open, and while the cable is cut: that
reads as an open door and is noticed. Times are counted at the edges, so that an opening between two
samples counts, and one that lasts counts in every step. A switch bounces for some milliseconds when
it moves; such edges add up to what the door did.
"""

BUS = "pulse"
QUANTITIES = (18,)
(DOOR_OPEN_DURATION,) = QUANTITIES

MINUTE_MS = 60000
# Tick counters wrap at a power of two that is this or greater.
TICKS = (1 << 30) - 1


def make(board, bus, address):
    """Make the driver of the contact at a pin."""
    return DoorContact(bus, board.changing, board.edge_ms)


class DoorContact:
    """Counts the time that `pin` (``irq``, ``value``) is high.

    Parameters
    ----------
    pin : object
        ``irq(handler, trigger)`` and ``value()``.
    changing : int
        The trigger of both edges.
    edge_ms : callable
        Tick counter [ms]; wraps, and must not allocate.
    """

    def __init__(self, pin, changing, edge_ms):
        self.pin = pin
        self.edge_ms = edge_ms
        self.open = bool(pin.value())
        self.since = edge_ms()
        self.open_ms = 0
        pin.irq(self._moved, changing)

    def _moved(self, pin):
        # Runs as an interrupt: must not allocate.
        now = self.edge_ms()
        if self.open:
            self.open_ms += (now - self.since) & TICKS
        self.since = now
        self.open = bool(pin.value())

    def measure(self):
        """Return {18: time that the door stood open since the last call [min]}."""
        self._moved(self.pin)
        minutes = self.open_ms / MINUTE_MS
        self.open_ms = 0
        return {DOOR_OPEN_DURATION: minutes}
