"""The measuring cycle: every `sample_s` one sample of every channel, every few samples a frame."""

from firmware.wire import codec, seal, topics


class Cycle:
    """Samples the channels and writes frames to the outbox.

    Parameters
    ----------
    sensing : Sensing
        ``channels`` and ``sample()``.
    clock : Clock
    outbox : Outbox
    identity : Identity
    sample_s : int
        Time between samples [s].
    samples_per_frame : int
    """

    def __init__(self, sensing, clock, outbox, identity, sample_s, samples_per_frame):
        self.sensing = sensing
        self.layout = codec.make_layout([channel for channel, _ in sensing.channels]).id
        self.clock = clock
        self.outbox = outbox
        self.identity = identity
        self.step = sample_s
        self.samples_per_frame = samples_per_frame
        self.topic = topics.topic(identity.node, "up")
        self.seq = 0
        self.last = None
        self.t0 = None
        self.batch = [[] for _ in sensing.channels]
        # Without the time, one sample goes at once: its acknowledgement brings the time.
        self.due = 0 if clock.offset is None else clock.next_slot(0, sample_s)

    def wait_ms(self):
        """How long until the next sample is due [ms]; 0 when it is."""
        return max(0, self.due * 1000 - self.clock.uptime_ms())

    def poll(self):
        """Take a sample if one is due; true if one was taken."""
        now = self.clock.uptime()
        if now < self.due:
            return False
        if now >= self.due + self.step:
            # Slept through whole slots: what was not measured stays a gap.
            self.flush()
            self.due = self.clock.next_slot(now - self.step, self.step)
        if self.t0 is None:
            self.t0 = self.due
        self.last = self.due
        for samples, sample in zip(self.batch, self.sensing.sample()):
            samples.append(sample)
        following = self.clock.next_slot(self.due, self.step)
        full = len(self.batch[0]) >= self.samples_per_frame
        if full or following != self.due + self.step or (self.seq == 0 and not self.clock.offset):
            self.flush()
        self.due = following
        return True

    def at_once(self):
        """Take a sample now and write it as a frame of its own, after what was sampled before.

        Returns the sample; None where the last one, or the one that is due, is of this second.
        """
        self.flush()
        now = self.clock.uptime()
        if now == self.last or now == self.due:
            return None
        self.t0 = self.last = now
        row = self.sensing.sample()
        for samples, sample in zip(self.batch, row):
            samples.append(sample)
        self.flush()
        return row

    def flush(self):
        """Seal what has been sampled as one frame and write it to the outbox."""
        if self.t0 is None:
            return
        who = self.identity
        frame = codec.Frame(
            self.layout, who.boot, self.seq, self.clock.offset, self.t0, self.step, self.batch
        )
        sealed = seal.seal(who.key, who.epoch, self.topic, codec.encode(frame))
        self.outbox.append(who.boot, self.seq, sealed)
        self.seq += 1
        self.t0 = None
        self.batch = [[] for _ in self.batch]
