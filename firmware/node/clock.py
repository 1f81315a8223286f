"""What time it is on a node: seconds since boot, and UTC once it is known."""

from firmware import const

# What tells another year is no time: clocks that nobody has set say 1970, 1980, 2000, 2004 or 2070.
_FIRST = const(1262304000)  # 2010
_LAST = const(3155760000)  # 2070
# An answer is no better than the time it took to come; below this a correction is not worth a
# break in the series.
_SETTLED_S = const(30)


def seconds(year, month, day):
    """Seconds from 1970 to a day; `time.mktime` counts from 2000 on a chip and 1970 elsewhere."""
    year -= month <= 2
    days = year * 365 + year // 4 - year // 100 + year // 400
    days += (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return (days - 719468) * 86400


class Clock:
    """Uptime from `uptime_ms`, and `offset`: UTC of the boot [s], or None while unknown.

    `source` is who told it, until the server has.
    """

    def __init__(self, uptime_ms, utc=None):
        self.uptime_ms = uptime_ms
        self.offset = self.source = None
        if utc is not None:
            self.learn(utc, 0)

    def uptime(self):
        """Whole seconds since boot."""
        return self.uptime_ms() // 1000

    def guess(self, utc, source):
        """Take over `utc` [s] of `source`, where none is known; true if it can be a time at all."""
        if not _FIRST <= utc < _LAST:
            return False
        if self.offset is None:
            self.offset, self.source = utc - self.uptime(), source
        return True

    def learn(self, utc, took_s):
        """Take over `utc` [s], heard `took_s` after it was asked for; true if that changed time."""
        offset = utc - self.uptime()
        wrong = None if self.offset is None else abs(offset - self.offset)
        if offset >= 0:
            self.source = None
        if offset < 0 or (wrong is not None and wrong <= max(_SETTLED_S, took_s)):
            return False
        self.offset = offset
        return True

    def next_slot(self, after, step):
        """First moment later than `after` [s of uptime] at a whole multiple of `step` of UTC."""
        base = self.offset or 0
        return ((base + after) // step + 1) * step - base
