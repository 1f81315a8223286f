"""Door contact: how long a door stood open, by a reed switch that its magnet holds closed.

The pin is pulled up, so that it is high while the door is open, and while the cable is cut: that
reads as an open door and is noticed. Times are counted at the edges, so that an opening between two
samples counts, and one that lasts counts in every step. A switch bounces for some milliseconds when
it moves; such edges add up to what the door did. A door that has stood open for `alarm_min` asks
for a sample at once.
"""

from firmware import const

BUS = "pulse"
QUANTITIES = (18,)
(DOOR_OPEN_DURATION,) = QUANTITIES

SETTINGS = {"alarm_min": (0.1, 60)}

_MINUTE_MS = const(60000)
# Tick counters wrap at a power of two that is this or greater.
_TICKS = const((1 << 30) - 1)


def make(board, bus, address, alarm_min=None):
    """Make the driver of the contact at a pin; `alarm_min` [min] None: no sample out of turn."""
    return DoorContact(bus, board.changing, board.edge_ms, alarm_min)


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
    alarm_min : float, optional
        How long it may stand open before a sample is asked for at once [min].
    """

    def __init__(self, pin, changing, edge_ms, alarm_min=None):
        self.alarm_ms = None if alarm_min is None else int(alarm_min * _MINUTE_MS)
        self.told = False
        self.pin = pin
        self.edge_ms = edge_ms
        self.open = bool(pin.value())
        self.since = edge_ms()
        self.opened = self.since
        self.open_ms = 0
        pin.irq(self._moved, changing)

    def _moved(self, pin):
        # Runs as an interrupt: must not allocate.
        now = self.edge_ms()
        was_open = self.open
        if was_open:
            self.open_ms += (now - self.since) & _TICKS
        self.since = now
        self.open = bool(pin.value())
        if self.open and not was_open:
            self.opened = now
            self.told = False

    def measure(self):
        """Return {18: time that the door stood open since the last call [min]}."""
        self._moved(self.pin)
        minutes = self.open_ms / _MINUTE_MS
        self.open_ms = 0
        return {DOOR_OPEN_DURATION: minutes}

    def urgent(self):
        """Whether it has stood open for too long; once for each time that it was opened."""
        if self.alarm_ms is None or not self.open or self.told:
            return False
        self.told = (self.edge_ms() - self.opened) & _TICKS >= self.alarm_ms
        return self.told
