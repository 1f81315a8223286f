"""Deep sleep between samples: the program ends and begins anew, the boot goes on.

What it must know lies in the RTC memory meanwhile, the samples of the unfinished frame on flash.
The radio is on only for a frame or an event: until all is acknowledged and nothing was heard for a
moment, or its time is over. Events that the server did not take by then are lost, frames wait.
Nobody sleeps deeply while a configuration or an update is on trial, or parts of one are coming.

Asleep the chip's own oscillator tells the time, and the acknowledgement of the next frame sets it
right: how far it is off after an hour was not measured.
"""

from firmware.node.power import RADIO_MS

# How long the radio stays on after the last acknowledgement, for commands. Our own judgement
# (unverified).
LINGER_MS = 3000
LEAST_MS = 2000  # starting anew takes as long
NONE = -1


class DeepSleep:
    """The sleep of `board` (``woke``, ``deep_sleep``), and the radio: ``on``."""

    def __init__(self, board, config):
        self.board = board
        self.radio_ms = config.get("radio_ms", RADIO_MS)
        self.linger_ms = config.get("linger_ms", LINGER_MS)
        try:
            self.state = [int(word) for word in board.woke().split()]
        except ValueError:
            self.state = []
        self.woke = len(self.state) >= 9
        self.on = not self.woke
        self.tried = not self.woke
        self.opened = self.busy = board.ticks_ms()
        self.seq = self.left = 0
        if self.woke:
            board.uptime = self.state[1]  # sensors that count time begin where they ended
            self.seq = self.state[3]

    def go_on(self, outbox):
        """After the sensors are made: let the time pass that it slept; return the boot's number.

        The newest segment of the boot is appended to again: nothing cut it off.
        """
        self.board.uptime += self.state[0]
        if outbox.segments and outbox.segments[-1].boot == self.state[2]:
            outbox.writing = outbox.segments[-1]
        return self.state[2]

    def resume(self, node):
        """Give a node of this boot what it knew before."""
        _, _, boot, seq, offset, due, taken, _, alarms = self.state[:9]
        cycle = node.cycle
        cycle.seq, cycle.due = seq, due
        cycle.taken = None if taken == NONE else taken
        cycle.clock.offset = None if offset == NONE else offset
        if cycle.alarms:
            cycle.alarms.on = [bool(alarms >> place & 1) for place in range(len(cycle.alarms.on))]
        for sensor, fault in zip(cycle.sensing.sensors, self.state[9:]):
            sensor.fault = None if fault == NONE else fault
        segment = node.outbox.writing
        if segment:  # frames from now on go first, as after any start
            new = node.uplink.new
            new.number, new.index, new.at = segment.number, segment.count, segment.size
        frame = cycle.log.recover()
        if frame and (frame.boot, frame.seq) == (boot, seq):
            cycle.t0 = frame.t0
            cycle.batch = [list(samples) for samples in frame.channels]
        else:
            cycle.recover()

    def follow(self, node):
        """Switch the radio on for what is to be sent, and sleep when all is done."""
        now = self.board.ticks_ms()
        if node.cycle.seq != self.seq or (node.uplink.events and not self.tried):
            self.seq = node.cycle.seq
            self.opened = self.busy = now
            self._switch(node, True)
        if self.on and not self._is_over(node, now):
            return
        if node.on_trial or (node.commands and node.commands.restart):
            return
        if node.update and (node.updating() or node.update.busy()):
            return
        self._switch(node, False)
        ms = node.cycle.wait_ms()
        if ms >= LEAST_MS:
            self._tidy(node.outbox)
            self.board.deep_sleep(ms, " ".join([str(number) for number in self._state(node, ms)]))

    def _switch(self, node, on):
        if on == self.on:
            return
        self.on = on
        self.tried = True
        if not on:
            node.uplink.mqtt.close()
        self.board.radio(on)

    def _is_over(self, node, now):
        left = sum([not segment.is_free() for segment in node.outbox.segments])
        if left < self.left:
            self.opened = now  # it goes on
        self.left = left
        if left or node.uplink.events:
            self.busy = now
        if self.board.ticks_diff(now, self.opened) >= self.radio_ms:
            return True
        return self.board.ticks_diff(now, self.busy) >= self.linger_ms

    @staticmethod
    def _tidy(outbox):
        """A segment that is acknowledged needs no file any more."""
        segment, outbox.writing = outbox.writing, None
        if segment:
            outbox._free(segment)

    @staticmethod
    def _state(node, ms):
        cycle = node.cycle
        offset, taken = cycle.clock.offset, cycle.taken
        state = [ms, cycle.clock.uptime_ms(), node.uplink.identity.boot, cycle.seq]
        state.append(NONE if offset is None else offset)
        state += [cycle.due, NONE if taken is None else taken, cycle.power.mode]
        alarms = cycle.alarms.on if cycle.alarms else ()
        state.append(sum([1 << place for place, on in enumerate(alarms) if on]))
        for sensor in cycle.sensing.sensors:
            state.append(NONE if sensor.fault is None else sensor.fault)
        return state
