"""The uplink: sends the outbox's frames, hears the server's signed acknowledgements.

A frame is sent verbatim until the server has signed that it is stored; the broker's own
acknowledgement frees nothing. What is not acknowledged in time is passed over, so that others get
their turn, and is sent again in the next round through the outbox; it is never dropped.
"""

import random
from collections import namedtuple

from firmware import const
from firmware.node.packets import PUBACK, PUBLISH, SUBACK, Refused
from firmware.wire import messages, seal

_WINDOW = const(32)
_NEW_ONLY = const(4)  # places of the window that frames never sent before have for themselves
ACK_MS = 10000
MAX_ACK_MS = const(1800000)
_RETRY_MS = const(1000)
_MAX_RETRY_MS = const(60000)
_SILENCE_MS = const(90000)  # a broker answers within a moment, or the connection is dead
_EVENTS = const(16)
_EVENT_TRIES = const(5)

# Who speaks: node id, 32-byte key, key epoch, boot number.
Identity = namedtuple("Identity", ("node", "key", "epoch", "boot"))


class Uplink:
    """Carries frames and events of one node.

    Parameters
    ----------
    mqtt : Mqtt
    outbox : Outbox
    clock : Clock
    board : object
        ``online()``, ``ticks_ms()``, ``ticks_diff(a, b)``.
    identity : Identity
    ack_ms : int
        How long to wait for a signed acknowledgement before a frame is passed over [ms]; doubled
        as long as nothing is acknowledged.
    """

    def __init__(self, mqtt, outbox, clock, board, identity, ack_ms=ACK_MS):
        from firmware.wire import topics  # let go of when the cycle has its own, too

        self.mqtt = mqtt
        self.outbox = outbox
        self.clock = clock
        self.board = board
        self.identity = identity
        self.up = topics.topic(identity.node, "up")
        self.evt = topics.topic(identity.node, "evt")
        self.ack = topics.topic(identity.node, "ack")
        self.cmd = topics.topic(identity.node, "cmd")
        self.on_command = None  # called with each message on `cmd`
        self.part = self.on_part = None
        self.confirmed = False  # whether the server acknowledged a frame of this boot
        # Frames written from now on go first: neither an old backlog nor what is never
        # acknowledged delays them. `again` goes round through all that is left.
        self.new = outbox.end()
        self.again = outbox.start()
        self.passed_over = False
        self.silent = False
        self.ack_ms = ack_ms
        self.patience = ack_ms
        self.backoff = _RETRY_MS
        self.events = []
        self.event_id = None
        self.event_tries = 0
        self.reported = set()
        self.wrong_times = 0
        # Of each frame sent and not yet answered: boot, seq, ticks and uptime [s] when it was sent,
        # whether it was new. Flat, for it is the most that lives beside the program.
        self.outstanding = []
        now = board.ticks_ms()
        self.next_try = now
        self.spoken = now
        self.asked = None  # when we first spoke since the broker was last heard
        self.since = now  # when the patience was last judged
        self.refused_at = None

    def report(self, kind, detail):
        """Queue an event; lost frames in a row make one, faults are dropped when many wait."""
        under_way = 0 if self.event_id is None else 1
        if kind == "lost":
            for queued in self.events[under_way:]:
                if queued.kind == "lost" and queued.detail[0] == detail[0]:
                    if queued.detail[2] + 1 == detail[1]:
                        queued.detail[2] = detail[2]
                        return
        if len(self.events) >= _EVENTS:
            kinds = [event.kind for event in self.events[under_way:]]
            self.events.pop(under_way + (kinds.index("fault") if "fault" in kinds else 0))
        self.events.append(messages.Event(self.identity.boot, kind, detail))

    def listen(self, on_part):
        """Call `on_part` with the body of each part of an update from now on."""
        from firmware.wire.topics import topic

        self.part = topic(self.identity.node, "part")
        self.on_part = on_part
        if self.mqtt.socket is not None:
            self._try(self.mqtt.subscribe, self.part)

    def say(self, kind, body):
        """Publish a sealed message of a kind now; one that does not go ends the connection."""
        from firmware.wire.topics import topic

        self._note_spoken()
        where = topic(self.identity.node, kind)
        self._try(self.mqtt.publish, where, self._sealed(where, body))

    def _try(self, do, *arguments):
        try:
            do(*arguments)
        except OSError:
            self._back_off()

    def _sealed(self, topic, body):
        return seal.seal(self.identity.key, self.identity.epoch, topic, body)

    def _report_once(self, what, detail):
        """Queue a fault of the kind `what`, the first in this boot."""
        if what not in self.reported:
            self.reported.add(what)
            self.report("fault", detail)

    def poll(self, readable):
        """Do what can be done now; `readable` says whether the socket has something to read."""
        try:
            if not self.board.online():
                self.mqtt.close()
                self.next_try = self.board.ticks_ms()  # old ticks would look like the future
            elif self.mqtt.socket is None:
                self._connect()
            else:
                if readable or self.mqtt.waiting:
                    packets = self.mqtt.receive()
                    self.asked = None
                    for kind, what, payload in packets:
                        self._hear(kind, what, payload)
                self._check_silence()
                self._pass_over()
                self._fill()
                if self.mqtt.rest and not self.outstanding and not self.events:
                    self.mqtt.rest()
        except OSError as error:
            if isinstance(error, Refused):
                self._report_once("refused", str(error))
            self._back_off()

    def wait_ms(self):
        """How long until `poll` has something to do if nothing arrives [ms]."""
        if self.mqtt.socket is None:
            left = self.board.ticks_diff(self.next_try, self.board.ticks_ms())
            return max(0, left) if self.board.online() else _RETRY_MS
        return 0 if self.mqtt.waiting else _RETRY_MS

    def _connect(self):
        now = self.board.ticks_ms()
        if self.board.ticks_diff(self.next_try, now) > 0:
            return
        self.mqtt.told = self._told if self.clock.offset is None else None
        self.mqtt.connect()
        self._subscribe()
        self.since = self.board.ticks_ms()
        self.asked = None
        self._note_spoken()
        self.refused_at = None
        # Not from the oldest again: what made the broker cut the connection would go first again.
        self.passed_over = self.passed_over or bool(self.outstanding)
        self.outstanding.clear()
        if self.event_id is not None:
            self.event_id = None
            self.event_tries += 1
            if self.event_tries >= _EVENT_TRIES:
                self._end_event()
        self._fill()

    def _end_event(self):
        self.events.pop(0)
        self.event_id = None
        self.event_tries = 0

    def _back_off(self):
        self.mqtt.close()
        # Jitter, so that a village's nodes do not all return in the same second after an outage.
        pause = self.backoff // 2 + random.getrandbits(16) * self.backoff // 131072
        self.next_try = self.board.ticks_ms() + pause
        self.backoff = min(self.backoff * 2, _MAX_RETRY_MS)

    def _note_spoken(self):
        self.spoken = self.board.ticks_ms()
        if self.asked is None:
            self.asked = self.spoken

    def _check_silence(self):
        now = self.board.ticks_ms()
        if self.asked is not None and self.board.ticks_diff(now, self.asked) > _SILENCE_MS:
            raise OSError("no answer from the broker")
        if self.board.ticks_diff(now, self.spoken) > self.mqtt.keepalive_s * 500:
            self.mqtt.ping()
            self._note_spoken()
        if (
            self.refused_at is not None
            and self.board.ticks_diff(now, self.refused_at) > _MAX_RETRY_MS
        ):
            self._subscribe()
            self.refused_at = None

    def _subscribe(self):
        self.mqtt.subscribe(self.ack)
        if self.on_command:
            self.mqtt.subscribe(self.cmd)
        if self.on_part:
            self.mqtt.subscribe(self.part)

    def _pass_over(self):
        """Give up waiting for what was sent too long ago, and wait longer from now on."""
        now = self.board.ticks_ms()
        late = [
            each for each in self.outstanding if self.board.ticks_diff(now, each[2]) > self.patience
        ]
        for each in late:
            self.outstanding.remove(each)
            self.silent = each[4] or self.silent
        if late:
            self.passed_over = True
            # Once for all that was sent together: it does not become late in the same moment.
            if self.board.ticks_diff(now, self.since) > self.patience:
                self.patience = min(self.patience * 2, MAX_ACK_MS)
                self.since = now

    def _fill(self):
        # What has come meanwhile is heard first: it takes memory as long as it waits.
        while len(self.outstanding) < _WINDOW and not self.mqtt.waiting:
            is_new = True
            found = self.outbox.next(self.new)
            if found is None and len(self.outstanding) < _WINDOW - _NEW_ONLY:
                is_new = False
                found = self._next_again()
            if found is None:
                break
            boot, seq, frame = found
            if any(each[0] == boot and each[1] == seq for each in self.outstanding):
                continue
            # Noted before it goes: the answer must not be younger than the question.
            self._note_spoken()
            self.outstanding.append((boot, seq, self.spoken, self.clock.uptime(), is_new))
            self.mqtt.publish(self.up, frame)
        # After the frames: an event that makes the broker cut the connection stops none of them.
        if self.events and self.event_id is None:
            message = self._sealed(self.evt, messages.encode_event(self.events[0]))
            self.event_id = self.mqtt.publish(self.evt, message)
            self._note_spoken()

    def _next_again(self):
        found = self.outbox.next(self.again)
        if found is None and self.passed_over:
            if all(each[4] for each in self.outstanding):
                self.passed_over = False
                self.again = self.outbox.start()
                found = self.outbox.next(self.again)
        return found

    def _hear(self, kind, what, payload):
        if kind == PUBACK and what == self.event_id:
            self._end_event()
        elif kind == SUBACK and payload[2:3] >= b"\x80":
            # The frames can still reach the server, and the broker's rules may be changed.
            self.refused_at = self.board.ticks_ms()
            self._report_once("subscription", "the broker refuses to let us hear %s" % self.ack)
        elif kind == PUBLISH and what == self.ack.encode():
            if payload is None:
                self._report_once("long", "a message on %s is too long to be read" % self.ack)
            else:
                self._hear_ack(payload)
        elif kind == PUBLISH and self.on_command and what == self.cmd.encode():
            self.on_command(payload)
        elif kind == PUBLISH and self.on_part and what == self.part.encode():
            try:
                self.on_part(self._opened(self.part, payload or b""))
            except ValueError as error:
                self._report_once("part", "part refused: %s" % error)

    def _opened(self, topic, message):
        epoch, body = seal.open_(self.identity.key, topic, message)
        if epoch != self.identity.epoch:
            raise ValueError("key epoch %d is not ours" % epoch)
        return body

    def _hear_ack(self, message):
        try:
            if seal.peek_epoch(message) < self.identity.epoch:
                return  # to a frame of before; it is answered again under the key of now
            ack = messages.decode_ack(self._opened(self.ack, message))
        except ValueError as error:
            self._report_once("ack", "ack refused: %s" % error)
            return
        fresh = self._release(ack)
        self.outbox.ack(ack.frames, ack.watermark)
        self.confirmed = self.confirmed or fresh is not None
        if fresh is not None and ack.now is not None:
            # Only an answer to a frame of this boot sets the clock: an old one sent again cannot.
            clock = self.clock
            before, source = clock.offset, clock.source
            if clock.learn(ack.now, clock.uptime() - fresh) and before is not None:
                wrong = before - clock.offset
                self._refuse_time(source or "its own", "%+d s by the server's" % wrong)

    def _told(self, utc, source):
        """Take over the time of `source` until the server tells its own; a text says why not."""
        if isinstance(utc, str):
            self._refuse_time(source, utc)
        elif self.clock.guess(utc, source):
            self.mqtt.told = None

    def _refuse_time(self, source, why):
        count = self.wrong_times = self.wrong_times + 1
        if count & (count - 1) == 0:
            self.report("refused", ["time of " + source, count])
            self.report("fault", "time of %s: %s, %d times" % (source, why, count))

    def _release(self, ack):
        """Forget what `ack` answers; return the uptime at which it was asked, or None."""
        fresh = None
        for each in list(self.outstanding):
            boot, seq, _, asked, is_new = each
            mark = ack.watermark
            if (boot, seq) not in ack.frames and not (mark and mark[0] == boot and mark[1] >= seq):
                continue
            self.outstanding.remove(each)
            self.backoff = _RETRY_MS
            self.since = self.board.ticks_ms()
            if self.silent or not is_new:
                # Somebody listens again, or old frames are taken: no reason to wait long. A new
                # frame alone says nothing about old ones that are refused.
                self.patience, self.silent = self.ack_ms, False
            if boot == self.identity.boot:
                fresh = asked if fresh is None else max(fresh, asked)
        return fresh
