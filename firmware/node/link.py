"""The uplink: sends the outbox's frames, hears the server's signed acknowledgements.

A frame is sent verbatim until the server has signed that it is stored; the broker's own
acknowledgement frees nothing. After silence everything not acknowledged is sent again.
"""

import random
from collections import namedtuple

from firmware.node.link_ip import PUBACK, PUBLISH
from firmware.wire import codec, seal, topics

WINDOW = 32
ACK_MS = 10000
MAX_ACK_MS = 300000
RETRY_MS = 1000
MAX_RETRY_MS = 60000
EVENTS = 16

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
        How long to wait for a signed acknowledgement before sending again [ms].
    """

    def __init__(self, mqtt, outbox, clock, board, identity, ack_ms=ACK_MS):
        self.mqtt = mqtt
        self.outbox = outbox
        self.clock = clock
        self.board = board
        self.identity = identity
        self.up = topics.topic(identity.node, "up")
        self.evt = topics.topic(identity.node, "evt")
        self.ack = topics.topic(identity.node, "ack")
        self.ack_ms = ack_ms
        self.patience = ack_ms
        self.backoff = RETRY_MS
        self.refused = 0
        self.events = []
        self.event_id = None
        self.outstanding = {}
        now = board.ticks_ms()
        self.next_try = now
        self.heard = now
        self.spoken = now

    def report(self, kind, detail):
        """Queue an event; lost frames in a row make one, faults are dropped when many wait."""
        flying = 0 if self.event_id is None else 1
        if kind == "lost":
            for place in range(flying, len(self.events)):
                queued = self.events[place]
                if queued.kind == "lost" and queued.detail[0] == detail[0]:
                    if queued.detail[2] + 1 == detail[1]:
                        queued.detail[2] = detail[2]
                        return
        if len(self.events) >= EVENTS:
            kinds = [event.kind for event in self.events[flying:]]
            self.events.pop(flying + (kinds.index("fault") if "fault" in kinds else 0))
        self.events.append(codec.Event(self.identity.boot, kind, detail))

    def poll(self, readable):
        """Do what can be done now; `readable` says whether the socket has something to read."""
        try:
            if not self.board.online():
                self.mqtt.close()
            elif self.mqtt.socket is None:
                self._connect()
            else:
                if readable:
                    for kind, what, payload in self.mqtt.receive():
                        self._hear(kind, what, payload)
                self._check_silence()
                self._fill()
        except OSError:
            self._back_off()

    def wait_ms(self):
        """How long until `poll` has something to do if nothing arrives [ms]."""
        if self.mqtt.socket is None:
            left = self.board.ticks_diff(self.next_try, self.board.ticks_ms())
            return max(0, left) if self.board.online() else RETRY_MS
        return RETRY_MS

    def _connect(self):
        now = self.board.ticks_ms()
        if self.board.ticks_diff(self.next_try, now) > 0:
            return
        self.mqtt.connect()
        self.mqtt.subscribe(self.ack)
        self.heard = self.spoken = now = self.board.ticks_ms()
        self.outstanding.clear()
        self.event_id = None
        self.outbox.rewind()
        self._fill()

    def _back_off(self):
        self.mqtt.close()
        # Jitter, so that a village's nodes do not all return in the same second after an outage.
        pause = self.backoff // 2 + random.getrandbits(16) * self.backoff // 131072
        self.next_try = self.board.ticks_ms() + pause
        self.backoff = min(self.backoff * 2, MAX_RETRY_MS)

    def _check_silence(self):
        now = self.board.ticks_ms()
        quiet = self.board.ticks_diff(now, self.heard)
        if quiet > self.mqtt.keepalive_s * 1500:
            raise OSError("no answer from the broker")
        if self.board.ticks_diff(now, self.spoken) > self.mqtt.keepalive_s * 500:
            self.mqtt.ping()
            self.spoken = now
        if any(
            self.board.ticks_diff(now, sent[0]) > self.patience
            for sent in self.outstanding.values()
        ):
            self.outstanding.clear()
            self.outbox.rewind()
            self.patience = min(self.patience * 2, MAX_ACK_MS)

    def _fill(self):
        if self.events and self.event_id is None:
            who = self.identity
            message = seal.seal(who.key, who.epoch, self.evt, codec.encode_event(self.events[0]))
            self.event_id = self.mqtt.publish(self.evt, message)
        while len(self.outstanding) < WINDOW:
            found = self.outbox.next()
            if found is None:
                return
            boot, seq, frame = found
            # Noted before it goes: the answer must not be younger than the question.
            self.spoken = self.board.ticks_ms()
            self.outstanding[(boot, seq)] = self.spoken, self.clock.uptime()
            self.mqtt.publish(self.up, frame)

    def _hear(self, kind, what, payload):
        self.heard = self.board.ticks_ms()
        if kind == PUBACK and what == self.event_id:
            self.events.pop(0)
            self.event_id = None
        elif kind == PUBLISH and what == self.ack:
            self._hear_ack(payload)

    def _hear_ack(self, message):
        try:
            epoch, body = seal.open_(self.identity.key, self.ack, message)
            if epoch != self.identity.epoch:
                raise ValueError("key epoch %d is not ours" % epoch)
            ack = codec.decode_ack(body)
        except ValueError as error:
            self.refused += 1
            if self.refused == 1:
                self.report("fault", "ack refused: %s" % error)
            return
        fresh = self._release(ack)
        self.outbox.ack(ack.frames, ack.watermark)
        if fresh is not None and ack.now is not None:
            # Only an answer to a frame of this boot tells the time: an old one sent again cannot.
            self.clock.learn(ack.now, self.clock.uptime() - fresh)

    def _release(self, ack):
        """Forget what `ack` answers; return the uptime at which it was asked, or None."""
        fresh = None
        for pair in list(self.outstanding):
            mark = ack.watermark
            if pair not in ack.frames and not (mark and mark[0] == pair[0] and mark[1] >= pair[1]):
                continue
            asked = self.outstanding.pop(pair)[1]
            self.patience, self.backoff = self.ack_ms, RETRY_MS
            if pair[0] == self.identity.boot:
                fresh = asked if fresh is None else max(fresh, asked)
        return fresh
