"""The measuring cycle: every `sample_s` one sample of every channel, every few samples a frame."""

from firmware.wire import codec, seal, topics


class Cycle:
    """Samples the channels and writes frames to the outbox.

    Parameters
    ----------
    channels : sequence of (codec.Channel, sensor or None)
        A sensor has ``measure()``: a dict from quantity id to value. One sensor may serve several
        channels; it is asked once for each sample. None: not fitted.
    clock : Clock
    outbox : Outbox
    identity : Identity
    sample_s, samples_per_frame : int
    report : callable
        ``report(kind, detail)`` for a sensor's fault.
    """

    def __init__(self, channels, clock, outbox, identity, sample_s, samples_per_frame, report):
        self.channels = channels
        self.layout = codec.make_layout([channel for channel, _ in channels]).id
        self.clock = clock
        self.outbox = outbox
        self.identity = identity
        self.step = sample_s
        self.samples_per_frame = samples_per_frame
        self.report = report
        self.topic = topics.topic(identity.node, "up")
        self.faults = {}
        self.seq = 0
        self.t0 = None
        self.batch = [[] for _ in channels]
        # Without the time, one sample goes at once: its acknowledgement tells the time.
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
        self._sample()
        following = self.clock.next_slot(self.due, self.step)
        full = len(self.batch[0]) >= self.samples_per_frame
        if full or following != self.due + self.step or (self.seq == 0 and not self.clock.offset):
            self.flush()
        self.due = following
        return True

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
        self.batch = [[] for _ in self.channels]

    def _sample(self):
        measured = {}
        for place, (channel, sensor) in enumerate(self.channels):
            if id(sensor) not in measured:
                measured[id(sensor)] = self._measure(sensor)
            found = measured[id(sensor)]
            if isinstance(found, dict):
                found = self._raw(channel, found.get(channel.quantity))
            self.batch[place].append(found)

    def _measure(self, sensor):
        """Return what `sensor` measured, or Missing; a sensor never stops the cycle."""
        if sensor is None:
            return codec.Missing(codec.NOT_FITTED)
        try:
            values = sensor.measure()
        except OSError:
            return self._fault(sensor, codec.NO_ANSWER, "no answer")
        except ValueError:
            return self._fault(sensor, codec.BAD_CHECKSUM, "bad checksum")
        except Exception as error:  # noqa: BLE001  reported, and the channel says "driver fault"
            return self._fault(sensor, codec.DRIVER_FAULT, repr(error))
        self.faults.pop(id(sensor), None)
        return values

    def _raw(self, channel, value):
        if value is None:
            return codec.Missing(codec.DRIVER_FAULT)
        raw = int(round(value * channel.scale))
        if not -codec.MAX_RAW // 2 <= raw < codec.MAX_RAW // 2:
            return codec.Missing(codec.OUT_OF_RANGE)
        return raw

    def _fault(self, sensor, reason, text):
        if self.faults.get(id(sensor)) != reason:
            self.faults[id(sensor)] = reason
            self.report("fault", "%s: %s" % (type(sensor).__name__, text))
        return codec.Missing(reason)
