"""A motor that opens and closes: vent or shade, with two relays and end switches of its own.

On is open. It runs for `travel_s` from one end to the other, ended by the timer, and rests for half
a second before it turns round: both relays are never on. What a reset left open is closed at the
start, unless `after_reset` is "stay": then it stands as it is until it is told.
"""

from firmware import const

PINS = ("open", "close")
SETTINGS = {"travel_s": (1, 600), "after_reset": ["closed", "stay"]}

_TURN_MS = const(500)  # our own judgement (unverified)


def make(pins, ticks_ms, ticks_diff, travel_s=60, after_reset="closed"):
    """Make the motor."""
    return Motor(pins, int(travel_s * 1000), after_reset == "stay", ticks_ms, ticks_diff)


class Motor:
    """A motor on two `pins`: open, close."""

    def __init__(self, pins, travel_ms, stays, ticks_ms, ticks_diff):
        self.pins = pins
        self.travel_ms = travel_ms
        self.stays = stays  # for the first word, which only says that nothing is on
        self.ticks_ms = ticks_ms
        self.ticks_diff = ticks_diff
        self.left = None  # ms that it is to rest or to run from `since` on
        self.since = 0
        self.next = None  # the pin that is switched on when it has rested

    def __call__(self, to):
        """Open or close."""
        self.stop()
        if self.stays:
            self.stays = False
            return
        self.next = self.pins[0 if to else 1]
        self.since = self.ticks_ms()
        self.left = _TURN_MS

    def stop(self):
        """Stand."""
        self.left = None
        for pin in self.pins:
            pin.value(0)

    def tick(self):
        """Start or stop where it is time; called by the timer."""
        if self.left is None or self.ticks_diff(self.ticks_ms(), self.since) < self.left:
            return
        self.stop()
        if self.next is not None:
            self.next.value(1)
            self.next = None
            self.since = self.ticks_ms()
            self.left = self.travel_ms
