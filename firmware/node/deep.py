"""Deep sleep between samples: the program ends and begins anew, the boot goes on.

What it must know lies in the RTC memory meanwhile, the samples of the unfinished frame and the
events that the server did not take on flash. The radio is on only for a frame or an event: until
all is acknowledged and nothing was heard for a moment, or its time is over. What an alarm or an
event left then is tried once more at the next start; whatever else is left waits for the next
frame. While an update is fetched the radio's time begins anew with each part, so that most often it
is all there behind one start. Nobody sleeps deeply while a configuration or an update is on trial.

Asleep the chip's own oscillator tells the time, and the acknowledgement of the next frame sets it
right: how far it is off after an hour was not measured.
"""

import os

from firmware import const
from firmware.node.outbox import remove
from firmware.node.power import RADIO_MS
from firmware.wire import cbor
from firmware.wire.messages import Event

# How long the radio stays on after the last acknowledgement, for commands. Our own judgement
# (unverified).
_LINGER_MS = const(3000)
_LEAST_MS = const(2000)  # starting anew takes as long
_NONE = const(-1)
_EVENTS = const("/events")


def _of_now(events):
    """All but those of an update, which /slot tells of after each start."""
    return [event for event in events if event.kind != "update"]


def _fetch(node):
    """The update that is being fetched, None where the battery is too low for that."""
    return node.update and not node.cycle.power.mode and node.update.fetch


def _left(node):
    return sum([not segment.is_free() for segment in node.outbox.segments])


class DeepSleep:
    """The sleep of `board` (``woke``, ``deep_sleep``), and the radio: ``on``."""

    def __init__(self, board, config):
        self.board = board
        self.radio_ms = config.get("radio_ms", RADIO_MS)
        self.linger_ms = config.get("linger_ms", _LINGER_MS)
        try:
            self.state = [int(word) for word in board.woke().split()]
        except ValueError:
            self.state = []
        self.woke = len(self.state) >= 10
        self.on = not self.woke
        self.tried = not self.woke
        self.opened = self.busy = board.ticks_ms()
        self.seq = self.left = self.again = self.alarms = 0
        self.urgent = False  # whether there is an event that was not there at the start
        self.come = None  # how far an update has come
        self.kept, self.data = 0, b""  # how many events are on flash, and their bytes
        if self.woke:
            board.uptime = self.state[1]  # sensors that count time begin where they ended
            self.seq = self.state[3]
            self.alarms, self.again = self.state[8:10]

    def go_on(self, outbox):
        """After the sensors are made: let the time pass that it slept; return the boot's number.

        The newest segment of the boot is appended to again: nothing cut it off.
        """
        self.board.uptime += self.state[0]
        if outbox.segments and outbox.segments[-1].boot == self.state[2]:
            outbox.writing = outbox.segments[-1]
        return self.state[2]

    def tell(self, uplink):
        """Queue the events that were left before, also where the power was cut since then."""
        try:
            with open(self.board.root + _EVENTS, "rb") as file:
                self.data = file.read()
            uplink.events += [Event(*row) for row in cbor.decode(self.data)]
        except (OSError, ValueError, TypeError):
            pass  # there are none, or the flash is damaged
        self.kept = len(uplink.events)

    def _keep(self, events):
        """Have these events on flash, and no others."""
        path = self.board.root + _EVENTS
        data = cbor.encode([list(event) for event in events]) if events else b""
        if data == self.data:
            return
        self.kept, self.data = len(events), data
        if not data:
            remove(path)
            return
        try:
            with open(path + ".new", "wb") as file:
                file.write(data)
            os.rename(path + ".new", path)
        except OSError:
            pass  # flash is full

    def resume(self, node):
        """Give a node of this boot what it knew before."""
        _, _, boot, seq, offset, due, taken, _, alarms, _ = self.state[:10]
        cycle = node.cycle
        cycle.seq, cycle.due = seq, due
        cycle.taken = None if taken == _NONE else taken
        cycle.clock.offset = None if offset == _NONE else abs(offset)
        cycle.clock.source = "its own" if offset < _NONE else None
        if cycle.alarms:
            cycle.alarms.on = [bool(alarms >> place & 1) for place in range(len(cycle.alarms.on))]
        for sensor, fault in zip(cycle.sensing.sensors, self.state[10:]):
            sensor.fault = None if fault == _NONE else fault
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
        events = node.uplink.events
        if not events:
            self._keep(events)  # the server has them
        # What is told of an update waits for the next frame: each start tells that one is fetched.
        self.urgent = self.urgent or len(_of_now(events)) > self.kept
        if node.cycle.seq != self.seq or (not self.tried and (self.urgent or self.again)):
            self.seq = node.cycle.seq
            self.opened = self.busy = now
            self._switch(node, True)
        if self.on and not self._is_over(node, now):
            return
        if node.on_trial or (node.commands and node.commands.restart):
            return
        if node.updating() or (_fetch(node) and node.update.busy()):
            return
        self._switch(node, False)
        ms = node.cycle.wait_ms()
        if ms >= _LEAST_MS:
            self._keep(_of_now(events))
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
        left = _left(node)
        if left < self.left:
            self.opened = now  # it goes on
        self.left = left
        fetch = _fetch(node)
        if fetch and self.come != (fetch.at, fetch.there):
            self.come = fetch.at, fetch.there
            self.opened = now  # and so does this
        if left or fetch or node.uplink.events:
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

    def _state(self, node, ms):
        cycle = node.cycle
        offset, taken = cycle.clock.offset, cycle.taken
        state = [ms, cycle.clock.uptime_ms(), node.uplink.identity.boot, cycle.seq]
        # Below 0: the server has not told this time.
        state.append(_NONE if offset is None else -offset if cycle.clock.source else offset)
        state += [cycle.due, _NONE if taken is None else taken, cycle.power.mode]
        alarms = cycle.alarms.on if cycle.alarms else ()
        alarms = sum([1 << place for place, on in enumerate(alarms) if on])
        urgent = self.urgent or alarms != self.alarms
        again = urgent and (_left(node) or node.uplink.events)
        state += [alarms, 1 if again else 0]
        for sensor in cycle.sensing.sensors:
            state.append(_NONE if sensor.fault is None else sensor.fault)
        return state
