"""The measuring cycle: every `sample_s` one sample of every channel, every few samples a frame.

A sample is written to flash as soon as it is taken (`SampleLog`), a frame goes to the outbox when
it is full, when an alarm begins or ends, when the battery changes the time between samples, and
when something cannot wait for the next sample.
"""

from firmware import forget
from firmware.wire import format2, seal
from firmware.wire.frame import Frame


class Cycle:
    """Samples the channels and writes frames to the outbox.

    Parameters
    ----------
    sensing : Sensing
        ``channels``, ``sample(only)`` and ``settle()``.
    clock : Clock
    outbox : Outbox
    identity : Identity
    samples_per_frame : int
    log : SampleLog
    alarms : Alarms or None
    power : Power
    """

    def __init__(self, sensing, clock, outbox, identity, samples_per_frame, log, alarms, power):
        from firmware.wire import layout, topics

        self.sensing = sensing
        self.layout = layout.make_layout([channel for channel, _ in sensing.channels]).id
        self.clock = clock
        self.outbox = outbox
        self.identity = identity
        self.log = log
        self.alarms = alarms
        self.power = power
        if power.place is not None:  # before anything that takes more power
            power.judge(sensing.sample(power.place))
        self.step = power.step()
        self.samples_per_frame = samples_per_frame
        self.topic = topics.topic(identity.node, "up")
        forget(layout)
        forget(topics)
        self.seq = 0
        self.t0 = None
        self.taken = None  # uptime of the newest sample [s]
        self.batch = [[] for _ in sensing.channels]
        # Without the time, one sample goes at once: its acknowledgement brings the time.
        self.due = 0 if clock.offset is None else clock.next_slot(0, self.step)

    def wait_ms(self):
        """How long until the next sample is due [ms]; 0 when it is."""
        return max(0, self.due * 1000 - self.clock.uptime_ms())

    def poll(self):
        """Take a sample if one is due; true if one was taken."""
        now = self.clock.uptime()
        if now < self.due:
            return self.sensing.urgent() and self.sample_now() is not None
        if now >= self.due + self.step:
            # Slept through whole slots: what was not measured stays a gap.
            self.flush()
            self.due = self.clock.next_slot(now - self.step, self.step)
        sample = self._take(self.due)
        following = self.clock.next_slot(self.due, self.step)
        urgent = self.alarms is not None and self.alarms.changed(sample)
        # Every sample is a frame of its own while the battery allows no more than signs of life.
        urgent = urgent or self.power.only() is not None
        if self.power.judge(sample):
            urgent = True
        full = len(self.batch[0]) >= self.samples_per_frame
        first = self.seq == 0 and not self.clock.offset
        if full or urgent or following != self.due + self.step or first:
            self.flush()
        else:
            self._log(sample)
        self.sensing.settle()
        if self.step != self.power.step():
            self.step = self.power.step()
            following = self.clock.next_slot(self.due, self.step)
        self.due = following
        return True

    def sample_now(self):
        """Take a sample beside the grid and send it at once, for what cannot wait.

        A door left open, a valve that does not obey, a command. Returns the sample; None where one
        is due or was taken in this second: two samples never have the same time.
        """
        now = self.clock.uptime()
        if now >= self.due or (self.taken is not None and now <= self.taken):
            return None
        self.flush()
        sample = self._take(now)
        self.flush()
        self.sensing.settle()
        return sample

    def _take(self, at):
        """Sample all channels for the uptime `at` [s]."""
        if self.t0 is None:
            self.t0 = at
        sample = self.sensing.sample(self.power.only())
        for samples, value in zip(self.batch, sample):
            samples.append(value)
        self.taken = at
        return sample

    def flush(self):
        """Seal what has been sampled as one frame and write it to the outbox."""
        if self.t0 is None:
            return
        self._write(self._frame(self.t0, self.batch))
        self.log.clear()
        self.seq += 1
        self.t0 = None
        self.batch = [[] for _ in self.batch]

    def recover(self):
        """Write what a reset left of the boot before; true if there was something."""
        frame = self.log.recover()
        if frame is None:
            return False
        if not self.outbox.holds(frame.boot, frame.seq):
            self._write(frame)
        self.log.clear()
        return True

    def _frame(self, t0, channels):
        boot, seq, offset = self.identity.boot, self.seq, self.clock.offset
        return Frame(self.layout, boot, seq, offset, t0, self.step, channels)

    def _log(self, sample):
        self.log.append(self._frame(self.due, [[value] for value in sample]))

    def _write(self, frame):
        who = self.identity
        sealed = seal.seal(who.key, who.epoch, self.topic, format2.encode(frame))
        self.outbox.append(frame.boot, frame.seq, sealed)
