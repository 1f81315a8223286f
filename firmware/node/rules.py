"""What a node switches by itself: rows of its configuration, and no text that is interpreted.

A threshold is ``[output, channel, on, back]``, raw: where `on` is above `back` it switches on above
it and off at `back`, else below it. A schedule is ``[output, days, start, length, 0]`` in minutes
of local time, Monday the lowest bit. Both are compiled by the server (field_configs/rules.py). What
any rule of an output wants is on, by short leases under all limits, renewed while it is wanted:
where a sensor or the time is missing, nothing is switched on, and what is on ends with its lease.
"""

from firmware import const

_EVERY_S = const(20)  # between two looks
_LEASE_S = const(900)
_ZONE_S = const(8 * 3600)  # UTC+8 all over China, without summer time
_DAY_MIN = const(1440)


class Rules:
    """The rules of the outputs of `control`."""

    def __init__(self, control, rows):
        self.control = control
        self.rows = rows
        self.wants = [False] * len(rows)  # what each wanted last
        self.due = 0

    def step(self):
        """Switch what rules want, where nobody holds it and no order has it on."""
        now = self.control.uptime()
        if now < self.due:
            return
        self.due = now + _EVERY_S
        for number in reversed(self.control.leases.order):  # a valve before its pump
            output = self.control.outputs[number]
            if number in self.control.account.holds or output.on and output.by > 0:
                continue
            rule, unsure, has_rule = None, False, False
            for place, row in enumerate(self.rows):
                if row[0] == number:
                    has_rule = True
                    wants = self._schedule(row) if len(row) > 4 else self._threshold(place, row)
                    unsure = unsure or wants is None
                    rule = place if wants else rule
            if rule is not None:
                self._want(number, output, -1 - rule)
            elif has_rule and not unsure:
                output.refused = None
                if output.on:
                    self.control.end(number, "rule", output.by)

    def _want(self, number, output, by):
        control, row = self.control, output.row
        left = control.left(number)
        most = row["longest_s"] - (control.uptime() - output.began if output.on else 0)
        day = row["day_s"] - control.account.used(number) + left
        seconds = min(_LEASE_S, most, day, control.leases.most(number))
        if not output.on or left <= _LEASE_S // 2 and seconds > left:
            control.switch(number, max(1, seconds), by)

    def _threshold(self, place, row):
        """Whether it wants its output on; None where the channel shows nothing."""
        _, channel, on, back = row
        value = self.control.proofs.value(channel)
        if value is None:
            return None
        end = back if self.wants[place] else on
        self.wants[place] = value > end if on > back else value < end
        return self.wants[place]

    def _schedule(self, row):
        """Whether its time is now; None where nobody knows the time."""
        _, days, start, length, _ = row
        clock = self.control.clock
        if clock.offset is None:
            return None
        minute = (clock.offset + clock.uptime() + _ZONE_S) // 60 - start
        day = minute // _DAY_MIN + 3  # of the week, from Monday on; 1970 began with a Thursday
        return minute % _DAY_MIN < length and days >> day % 7 & 1
