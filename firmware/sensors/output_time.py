"""How long an output of this board was on since the last sample; its address is the output."""

BUS = "output"
QUANTITIES = (29,)
(OUTPUT_ON_DURATION,) = QUANTITIES


def make(board, bus, address):
    """Make the driver of an output; `bus` is the board's `firmware.node.control.Control`."""
    return OutputTime(bus, address or 0)


class OutputTime:
    """The time of one output of `control` (``on_s``)."""

    def __init__(self, control, output):
        self.control = control
        self.output = output
        self.taken = self.given = 0

    def measure(self):
        """Return {29: time on since the last sample that is safe [s]}."""
        self.given = self.control.on_s(self.output)
        return {OUTPUT_ON_DURATION: self.given - self.taken}

    def settle(self):
        """What was given is safe."""
        self.taken = self.given
