"""What time it is on a node: seconds since boot, and UTC once it is known."""

from firmware import const

# An answer is no better than the time it took to come; below this a correction is not worth a
# break in the series.
_SETTLED_S = const(30)


class Clock:
    """Uptime from `uptime_ms`, and `offset`: UTC of the boot [s], or None while unknown."""

    def __init__(self, uptime_ms, utc=None):
        self.uptime_ms = uptime_ms
        self.offset = None
        if utc is not None:
            self.learn(utc, 0)

    def uptime(self):
        """Whole seconds since boot."""
        return self.uptime_ms() // 1000

    def learn(self, utc, took_s):
        """Take over `utc` [s], heard `took_s` after it was asked for; true if that changed time."""
        offset = utc - self.uptime()
        wrong = None if self.offset is None else abs(offset - self.offset)
        if offset < 0 or (wrong is not None and wrong <= max(_SETTLED_S, took_s)):
            return False
        self.offset = offset
        return True

    def next_slot(self, after, step):
        """First moment later than `after` [s of uptime] at a whole multiple of `step` of UTC."""
        base = self.offset or 0
        return ((base + after) // step + 1) * step - base
