"""Outputs that are on, and when each is to end: nothing stays on because something died.

A lease is counted in the node's own uptime and ended from a hardware timer, so that it needs
neither link, server nor wall clock, nor a program that goes on. After any reset there is none, and
every output is off.
"""

#: The longest lease [s]: tick counters tell half of 2^30 ms apart, six days (docs.micropython.org,
#: `time.ticks_diff`).
LONGEST_S = 86400
#: How often the timer looks [ms]: an output is on for its lease, this and a callback's delay.
PERIOD_MS = 250


class Leases:
    """Leases of a node's outputs, all of which are put off at once.

    Parameters
    ----------
    outputs : dict
        By the id of an output its switch, a callable that takes whether it is to be on and raises
        OSError when it could not be switched.
    ticks_ms, ticks_diff : callable
        As those of MicroPython's `time`.
    behind : dict, optional
        By the id of an output the others of which one must be on while it is: a pump's valves.
    """

    def __init__(self, outputs, ticks_ms, ticks_diff, behind=None):
        self.outputs = outputs
        self.behind = behind or {}
        # What stands behind others goes off before them.
        self.order = sorted(outputs, key=lambda output: output not in self.behind)
        self.ticks_ms = ticks_ms
        self.ticks_diff = ticks_diff
        #: The tick at which each lease began and its length [ms], None where an output is off. No
        #: output comes or goes, so that the timer may come between any two steps of the program.
        self.leases = {}
        self.ended = {}  # the tick at which each went off last
        self.faults = 0  # switches that failed; each is tried again with the next tick
        for output in outputs:
            self.leases[output] = ticks_ms(), 0
            self.ended[output] = ticks_ms()
        self.tick()

    def start(self, timer):
        """Let a `machine.Timer` end leases from now on."""
        timer.init(period=PERIOD_MS, mode=timer.PERIODIC, callback=self.tick)

    def grant(self, output, seconds, renews=False):
        """Switch an output on until `seconds` from now; another grant is a new lease.

        False where it `renews` one that has just ended: then the output stays off. ValueError says
        what is wrong with it; OSError that the output could not be switched on, and then it is put
        off.
        """
        if output not in self.outputs:
            known = ", ".join([str(each) for each in sorted(self.outputs)])
            text = "no output %s: there are %s"
            raise ValueError(text % (output, known))
        if not 0 < seconds <= LONGEST_S:
            text = "a lease of %s s: give 1 to %d"
            raise ValueError(text % (seconds, LONGEST_S))
        ended = self.ended[output]
        is_on = self.left(output)
        lease = self.leases[output] = self.ticks_ms(), int(seconds * 1000)
        if is_on and self.ended[output] == ended:  # else the timer ended the one of before
            return True
        if renews:
            self.end(output)
            return False
        try:
            self.outputs[output](True)
        except OSError:
            self.end(output)
            raise
        if self.leases[output] is not lease:  # it took longer than the lease: the timer was first
            self.end(output)
        return True

    def end(self, output):
        """Switch an output off; where that fails the timer goes on trying."""
        self.leases[output] = self.ticks_ms(), 0
        self.tick()

    def tick(self, _timer=None):
        """End what is over; called by the timer, and no failure of one output keeps another on."""
        for output in self.order:
            over = self.left(output) is None
            if over or self.leases[output] and not self.most(output):
                try:
                    self.outputs[output](False)
                    self.leases[output] = None
                    self.ended[output] = self.ticks_ms()
                except OSError:
                    self.faults += 1
            tick = getattr(self.outputs[output], "tick", None)
            if tick:
                tick()

    def most(self, output):
        """For how many seconds an output may be on, by what it must be behind."""
        if output not in self.behind:
            return LONGEST_S
        return max([self.left(other) or 0 for other in self.behind[output]])

    def left(self, output):
        """Seconds until an output is to be off, 0 where it is off; None when it is overdue."""
        if self.leases[output] is None:
            return 0
        begun, length = self.leases[output]
        left = length - self.ticks_diff(self.ticks_ms(), begun)
        return (left + 999) // 1000 if left > 0 else None

    def busy(self):
        """Whether anything is on: a node that is busy does not sleep deeply."""
        return any(lease is not None for lease in self.leases.values())
