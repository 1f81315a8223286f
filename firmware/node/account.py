"""What a node must remember of its outputs over a reset: orders taken, what is held, time on.

One small file, replaced whole and written before anything is switched on, so that power may go at
any moment: an order that was written down is not done again, and time on counts in full where
nobody knows how much of it came to pass. Hours are of running time, over all starts: no clock is
asked, and a reset makes none pass.
"""

import json
import os

from firmware import const

_FILE = const("/outputs")
_IDS = const(16)  # the newest orders that are known again under another number
_DAY_H = const(24)
_HOUR_S = const(3600)


class Account:
    """The account below `root` of so many outputs; `uptime()` in seconds.

    `seq` is the number of the last order, `ids` are those of the newest that were done, `holds` the
    outputs that rules leave alone.
    """

    def __init__(self, root, count, uptime):
        self.path = root + _FILE
        self.uptime = uptime
        self.seq, self.ids, self.holds, self.base, self.hours = 0, [], [], 0, []
        try:
            with open(self.path) as file:
                self.seq, self.ids, self.holds, self.base, self.hours = json.load(file)
        except OSError:
            pass  # the first start
        except (ValueError, TypeError):
            # Damaged on flash: no rule switches anything, and a day's time is used up.
            self.holds = list(range(count))
            self.hours = [[[0, 1 << 30]] for _ in range(count)]
        self.hours += [[] for _ in range(count - len(self.hours))]
        self.written = self.base
        self.given = [(0, 0)] * count  # the hour that the lease of each is counted in, its seconds

    def now(self):
        """Seconds of running time, over all starts."""
        return self.base + self.uptime()

    def used(self, output):
        """Seconds on within the last 24 hours, of what is on up to its lease's end."""
        since = self.now() // _HOUR_S - _DAY_H
        return sum([seconds for hour, seconds in self.hours[output] if hour >= since])

    def charge(self, output, seconds):
        """Count a lease from now on, in the hour of its end: it leaves the window no earlier."""
        hour = (self.now() + seconds) // _HOUR_S
        self._add(output, hour, seconds)
        self.given[output] = hour, seconds

    def refund(self, output, left):
        """Take back what is left of the lease that was counted last, of none more than that."""
        hour, seconds = self.given[output]
        self.given[output] = hour, 0
        self._add(output, hour, -min(left, seconds))

    def _add(self, output, hour, seconds):
        since = self.now() // _HOUR_S - _DAY_H
        rows = [[hour, seconds]]
        for when, much in self.hours[output]:
            if when == hour:
                rows[0][1] += much
            elif when >= since:
                rows.append([when, much])
        self.hours[output] = rows

    def write(self, done=()):
        """Write it all down, with the ids of orders that are done; OSError where it fails."""
        now, ids = self.now(), (self.ids + list(done))[-_IDS:]
        with open(self.path + ".new", "w") as file:
            json.dump([self.seq, ids, self.holds, now, self.hours], file)
        os.rename(self.path + ".new", self.path)
        self.written, self.ids = now, ids

    def step(self):
        """Once an hour, while time on is remembered: write how far running time has come."""
        if self.now() - self.written >= _HOUR_S and any(self.hours):
            try:
                self.write()
            except OSError:
                self.written = self.now()  # tried again in an hour
