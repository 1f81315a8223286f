"""What the sensors show of the outputs: proof that one is on, that none is when it should be off.

Each sample of the node is looked at; while a proof is waited for, samples are taken beside the
grid (`Cycle.sample_now`), and each is a frame of its own: the evidence is kept with the readings.

A proof is ``[channel, least, within, kind]``, raw and in seconds: so much counted since the output
went on (kind 0), a value (1), or a change, upward (2) or downward (3). What forbids an output is
``[channel, low, high]``: below or above it must be off, and where the channel has no value.
"""

from firmware import const
from firmware.wire.frame import Missing

_LOOKS = const(4)  # beside the first, evenly until the time is over
_LATE_S = const(5)  # where no sample came: the sensors took too long
_COUNTS, _CHANGES, _FALLS = const(0), const(2), const(3)


class Expected:
    """A proof that is waited for: `since` the output was switched on [s of uptime]."""

    def __init__(self, since, by, base):
        self.since = self.look = since
        self.by = by
        self.base = base  # what the channel showed before
        self.sum = None  # what it counted since the first sample; that one began before
        self.over = False  # whether the output is off again


class Proofs:
    """Proofs and limits of the outputs of `control`, by the samples of `sensing`."""

    def __init__(self, control, sensing):
        self.control = control
        self.channels = [channel.number for channel, _ in sensing.channels]
        self.values = None  # the newest sample
        self.then = 0  # when it was taken [s of uptime]
        self.waiting = {}
        self.alarms = []  # [output, reason] of those that last
        self.measure, sensing.sample = sensing.sample, self.sample

    def sample(self, only=None):
        """Take a sample in place of `sensing`, and look at it."""
        control = self.control
        self.values = self.measure(only)
        control.follow()
        now = control.uptime()
        looked = []  # channels of meters
        for number, output in enumerate(control.outputs):
            if number in self.waiting:
                self._judge(number, output, now)
            if output.on and self.forbids(output):
                control.end(number, "limit", 0)
            channel, least, _, kind = output.row["proof"]
            value = self.value(channel)
            if kind == _COUNTS and channel not in looked and value is not None:
                looked.append(channel)
                self._watch_meter(number, channel, value, least)
        self.then = now
        return self.values

    def value(self, channel):
        """Return the newest raw value of a channel, None where there is none."""
        value = self.values and self.values[self.channels.index(channel)]
        return None if isinstance(value, Missing) else value

    def expect(self, number, output):
        """Wait for the proof of an output that was switched on just now."""
        if number in self.waiting:
            self._end(number, "unproven")
        base = self.value(output.row["proof"][0])
        self.waiting[number] = Expected(output.began, output.by, base)

    def ended(self, number):
        """An output went off: if its proof is waited for, one more look tells."""
        if number in self.waiting:
            self.waiting[number].over = True
            self.waiting[number].look = self.control.uptime()

    def forbids(self, output):
        """Whether a limit forbids an output to be on."""
        for channel, low, high in output.row.get("forbidden", ()):
            value = self.value(channel)
            if value is None or not low <= value <= high:
                return True
        return False

    def step(self):
        """Take a sample where one is due for a proof, and end what has none in time."""
        now = self.control.uptime()
        for number, expected in list(self.waiting.items()):
            within = self.control.outputs[number].row["proof"][2]
            if now >= expected.look and self.control.cycle.sample_now():
                expected.look += max(1, within // _LOOKS)
            late = max(expected.since + within, expected.look) + _LATE_S
            if now > late and number in self.waiting:
                self._end(number, "no_proof")

    def _judge(self, number, output, now):
        expected = self.waiting[number]
        channel, least, within, kind = output.row["proof"]
        value = self.value(channel)
        if expected.base is None:
            expected.base = value
        first = expected.sum is None
        if first:
            expected.sum = 0
        if value is not None:
            shown = value
            if kind == _COUNTS:
                expected.sum = shown = expected.sum + (0 if first else value)
            elif kind >= _CHANGES:
                shown -= expected.base
            if (-shown if kind == _FALLS else shown) >= least:
                del self.waiting[number]
                output.shown = [channel, value]
                return self.control.say(number, "proof", expected.by, output.shown)
        if expected.over or now >= expected.since + within and not first:
            self._end(number, "no_proof")
        return None

    def _end(self, number, why):
        expected = self.waiting.pop(number)
        if expected.over:
            why = "unproven"
        self.control.say(number, "alarm", expected.by, why)
        if not expected.over:
            self.control.end(number, "no_proof", 0)

    def _watch_meter(self, number, channel, value, least):
        """Alarm where a meter counts while all that it proves is off, or counts backward."""
        self.alarm(number, "backward", value < 0, value >= 0)
        for output in self.control.outputs:
            other, _, within, _ = output.row["proof"]
            if other == channel and (output.on or output.began + within > self.then):
                return
        self.alarm(number, "off_flow", value >= least, value == 0)

    def alarm(self, number, why, begins, ends):
        """Tell the beginning and the end of an alarm, each once."""
        alarm = [number, why]
        if begins and alarm not in self.alarms:
            self.alarms.append(alarm)
            self.control.say(number, "alarm", 0, why)
        elif ends and alarm in self.alarms:
            self.alarms.remove(alarm)
            self.control.say(number, "clear", 0, why)
