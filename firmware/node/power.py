"""How often a node measures, and when its radio is on.

A board whose battery may run low has a policy for that, `saving.Saving`; of others it is not even
loaded. In both of its low modes the radio is on only for a while after something was written to the
outbox.
"""

from firmware import const

# How long the radio is on for a frame: to join, to greet and to hear the acknowledgement. Our own
# judgement (unverified).
RADIO_MS = const(120000)

NORMAL = const(0)


def make_power(policy, channels, sample_s, report):
    """Make the Saving of a `policy`, or the Power of a board that has none; as `saving.Saving`."""
    if not policy:
        return Power(sample_s)
    from firmware.node.saving import Saving

    return Saving(policy, channels, sample_s, report)


class Power:
    """Always in the mode normal: all channels, a sample every `sample_s` seconds."""

    mode = NORMAL
    place = None  # of the battery's channel in a sample

    def __init__(self, sample_s):
        self.sample_s = sample_s

    def step(self):
        """Time between samples now [s]."""
        return self.sample_s

    def only(self):
        """Place of the only channel to be measured now, or None for all."""

    def judge(self, sample):
        """Take over the battery's voltage of one sample; true if the mode is another now."""


class Radio:
    """Switches the board's radio (``radio(on)``, ``ticks_ms()``, ``ticks_diff(a, b)``)."""

    def __init__(self, board, radio_ms=RADIO_MS):
        self.board = board
        self.radio_ms = radio_ms
        self.on = True
        self.since = board.ticks_ms()
        self.seq = 0

    def follow(self, mode, seq):
        """Switch it as the mode wants it; `seq` is the number of the frame that is next."""
        now = self.board.ticks_ms()
        if seq != self.seq or mode == NORMAL:
            self.seq = seq
            self.since = now
        on = self.board.ticks_diff(now, self.since) < self.radio_ms
        if on != self.on:
            self.on = on
            self.board.radio(on)
