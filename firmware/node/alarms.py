"""Thresholds at which a frame does not wait until it is full: frost, an open door, a dry line.

A row is ``{"channel": number, "below": raw}`` or ``"above"``, with ``"back"``, the value at which
the alarm ends; values are scaled integers as they travel. Both its beginning and its end are told
at once, what lies between comes with the frames as usual.
"""

from firmware.wire.frame import Missing


class Alarms:
    """The alarms of a node whose `channels` are layout.Channel in the order of a sample."""

    def __init__(self, rows, channels):
        places = {channel.number: place for place, channel in enumerate(channels)}
        self.rows = [(places[row["channel"]], row) for row in rows]
        self.on = [False] * len(self.rows)

    def changed(self, sample):
        """Judge one sample; true if an alarm began or ended. What is missing changes nothing."""
        changed = False
        for number, (place, row) in enumerate(self.rows):
            value = sample[place]
            if isinstance(value, Missing):
                continue
            on = self._judge(row, value, self.on[number])
            changed = changed or on != self.on[number]
            self.on[number] = on
        return changed

    @staticmethod
    def _judge(row, value, on):
        if "below" in row:
            return value < (row["back"] if on else row["below"])
        return value > (row["back"] if on else row["above"])
