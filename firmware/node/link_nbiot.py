"""MQTT through a narrowband modem that speaks it itself: AT commands over a serial line.

Takes the place of `link_ip.Mqtt`. Sources: Quectel, "BC660K-GL&BC950K-GL MQTT Application Note",
V1.2 (2023-04-25), here called M, and "BC660K-GL&BC950K-GL AT Commands Manual", V1.4 (2024-01-26),
called A, with their chapters. The manuals of the BC260Y-CN and BC26 themselves were not found; that
these modules answer alike is unverified.

Payloads go as hexadecimal digits both ways (M 3.3.1, "dataformat"), so that neither a line end
nor Ctrl+Z can be inside one. They are published within the command (M 3.3.8, "fixed-length messages
in non-data mode"); that <msg_len> counts bytes and not digits there follows from its range, 730 in
hexadecimal and 1460 in text mode, and is unverified. A modem that refuses that gets them in data
mode, ended by Ctrl+Z; there it loses what it has to report (A 1.4): an acknowledgement that falls
into it is lost, and its frame goes again.
"""

import binascii

from firmware import const, forget
from firmware.node.at_line import CTRL_Z, AtLine, ModemError, failure
from firmware.node.modem_ladder import Ladder
from firmware.node.packets import PINGRESP, PUBACK, PUBLISH, SUBACK, LinkError

_MAX_PAYLOAD = const(730)  # bytes in hexadecimal mode, M 3.3.8
_LISTEN_MS = const(3600000)
_QUIET_MS = const(2000)  # an answer to the last message may still come: our own judgement
_AWAKE_MS = const(5000)  # it sleeps 10 s after the last command, A 11.1.5
POWER = "AT+QSCLK=0", "AT+CPSMS=0", "AT+CEDRXS=0"  # not saved where nothing is configured
REFUSALS = "ERROR", 50, 8507  # of a form of a command that the modem does not know
REGISTERED = (b"1", b"5")  # at home, roaming; A 4.1
# ms; each may be set in the configuration's "link". answer: A gives most commands 5 s. network:
# M 3.3.8 gives a packet <pkt_timeout>, which is set to it. prompt: A 1.4. radio: A 9.3.
TIMES = {"answer_ms": 5000, "network_ms": 30000, "prompt_ms": 500, "radio_ms": 25000}


def _text(value, what):
    """`value` between quotation marks; none can be inside, as no way to write one is told."""
    if '"' in value or any(ord(char) < 32 for char in value):
        raise ValueError('/node.json: %s cannot be sent to the modem: it has a " in it' % what)
    return '"%s"' % value


class ModemMqtt(AtLine):
    """One connection to `broker` through the modem on the serial line `uart`.

    Parameters
    ----------
    uart : stream
        ``read(count)`` returns at once what is there, ``write(data)``; can be polled.
    reset : callable
        Pulls the modem's reset line.
    board : object
        ``ticks_ms()``, ``ticks_diff(a, b)``, ``watch()``.
    name : str
    broker : dict
        ``host``, ``port`` and perhaps ``user`` and ``password``.
    settings : dict
        The configuration's ``link``: ``apn``, the times of `TIMES`, those of modem_power.
    report : callable
        ``report(kind, detail)``.
    """

    parts = (
        416,
        1,
    )  # of an update; what comes while flash is written waits in 1024 bytes, board_esp32
    told = None  # called with the network's time, while the uplink knows none
    keepalive_s = 3600  # the most that there is, M 3.3.1: the modem itself wakes its radio for it

    def __init__(self, uart, reset, board, name, broker, settings, report):
        times = {key: settings.get(key, TIMES[key]) for key in TIMES}
        AtLine.__init__(self, uart, board, times)
        self.apn = settings.get("apn") or ""
        self.power = POWER
        if settings.get("psm") or settings.get("edrx_s"):
            from firmware.node.modem_power import commands

            self.power = commands(settings)
        self.sleeps = bool(settings.get("psm"))
        _text(self.apn, "link.apn")
        self.where = "%s,%d" % (_text(broker["host"], "broker.host"), broker["port"])
        self.who = _text(name, "node")
        if broker.get("user") is not None:
            self.who += "," + _text(broker["user"], "broker.user")
            self.who += "," + _text(broker.get("password") or "", "broker.password")
        self.ladder = Ladder(self, reset, report)
        self.socket = None
        self.waiting = []
        self.published = None
        self.data_mode = False
        self.packet_id = 0
        self.rai = settings.get("rai")
        self.releases = True  # until it is found that the modem does not know how
        self.talked = None  # when a message last went or came, until the network was told the end
        self.rsrp = None  # dBm, as the modem said at `listened`
        self.listened = board.ticks_ms()
        board.signal_dbm = lambda: self.rsrp

    def connect(self):
        """Attach and connect; OSError if that cannot be had now, the next attempt does more."""
        self.close()
        try:
            self.ladder.climb()
            self._attach()
            if self.told:
                from firmware.node import modem_clock

                modem_clock.ask(self)
                forget(modem_clock)
            self._open()
            self._listen()
        except OSError as error:
            self.ladder.failed(error)
            raise
        self.socket = self.uart

    def close(self):
        """Forget the connection; the modem closes it when the next one is opened."""
        self.socket = None
        self.waiting = []
        self.lost = None

    def publish(self, topic, payload):
        """Publish one message with QoS 1; return its packet id once the broker has it."""
        self._check()
        packet_id = self._next_id()
        if len(payload) > _MAX_PAYLOAD:
            # It can never go, and must hold up nothing that can.
            self.ladder.why = "%d bytes for %s, the modem takes %d" % (
                len(payload),
                topic,
                _MAX_PAYLOAD,
            )
            self.ladder.count("too long")
            self.waiting.append((PUBACK, packet_id, b""))
            return packet_id
        head = 'AT+QMTPUB=0,%d,1,0,"%s"' % (packet_id, topic)
        try:
            self._wake()
            if not self.data_mode:
                try:
                    self._write(b'%s,%d,"' % (head.encode(), len(payload)))
                    self._write(binascii.hexlify(payload) + b'"\r')
                    self._final(head, self.times["answer_ms"])
                except ModemError as error:
                    self.data_mode = error.code in REFUSALS
                    if not self.data_mode:
                        raise
            if self.data_mode:
                self._publish_in_data_mode(head, payload)
            start = self.board.ticks_ms()
            while self.published is None or self.published[0] != packet_id:
                # The modem gives up itself; it is heard a little longer.
                if self._passed(start) > self.times["network_ms"] + self.times["answer_ms"]:
                    raise failure(head, None)
                self._hear(100)
                self._check()
            if self.published[1]:
                raise failure(head, "result %d" % self.published[1])
        except OSError as error:
            self.prompting = False
            self.ladder.failed(error)
            raise
        self.ladder.worked()
        self.talked = self.board.ticks_ms()
        if self._passed(self.listened) > _LISTEN_MS:
            self._listen()
        return packet_id

    def _publish_in_data_mode(self, head, payload):
        self.prompting = True
        self._write(head.encode() + b"\r")
        start = self.board.ticks_ms()
        while self._line(head, start, self.times["answer_ms"]) != b">":
            pass
        self.prompting = False
        self._rest(self.times["prompt_ms"])
        self._write(binascii.hexlify(payload) + CTRL_Z)
        self._final(head, self.times["answer_ms"])

    def subscribe(self, topic):
        """Subscribe with QoS 1; the broker's answer comes through `receive`."""
        packet_id = self._next_id()
        text = 'AT+QMTSUB=0,%d,"%s",1' % (packet_id, topic)
        try:
            fields = self._result(text, b"+QMTSUB: 0,%d," % packet_id)
            if fields[0] != b"0" or len(fields) < 2:
                raise failure(text, "result %s" % fields[0].decode())
            granted = int(fields[1])
        except (OSError, ValueError) as error:
            self.ladder.failed(error)
            raise LinkError("cannot subscribe: %s" % error)
        answer = b"\0\0" + bytes((granted & 0xFF,))
        self.waiting.append((SUBACK, None, answer))

    def ping(self):
        """Ask the modem, not the broker, whether the connection stands (M 3.3.4)."""
        try:
            self._wake()
            if b"+QMTCONN: 0,3" not in self.ask("AT+QMTCONN?"):
                raise LinkError("the modem has no connection")
        except OSError as error:
            self.ladder.failed(error)
            raise
        self.waiting.append((PINGRESP, None, b""))

    def rest(self):
        """Tell the network, once it is quiet, that no more is to come, so that it lets go."""
        if self.talked is None or self._passed(self.talked) < _QUIET_MS:
            return
        self.talked = None
        if not self.releases:
            return
        try:
            self._wake()
            self.command("AT+CNMPSD")  # A 6.1
        except OSError as error:
            self.ladder.failed(error)
            if getattr(error, "code", None) is None:
                raise
            self.releases = False
            self.ladder.count("no release")
            self.ladder.worked()

    def receive(self):
        """Return what has arrived, as `link_ip.Mqtt.receive` does."""
        try:
            self._hear(0)
            self.lines.clear()  # answers that nobody waits for any longer
            self._check()
        except OSError as error:
            self.ladder.failed(error)
            raise
        result, self.waiting = self.waiting, []
        return result

    def _attach(self):
        self.resync()
        self.lost = None
        self.ask("ATE0")
        self.ask("AT+CMEE=1")
        if self.apn:
            self._set_apn()
        if self.rai:
            from firmware.node.modem_power import use_rai

            use_rai(self)
            self.rai = False  # kept by the modem
        for text in self.power:  # of which AT+QSCLK is not kept over a start (A 9.10)
            self.ask(text)
        if b"+CFUN: 1" not in self.ask("AT+CFUN?"):
            self.ask("AT+CFUN=1", self.times["radio_ms"])
        self.ask("AT+CEREG=0")
        start = self.board.ticks_ms()
        while True:
            states = [line for line in self.ask("AT+CEREG?") if line.startswith(b"+CEREG: ")]
            state = states[0].split(b",")[1] if states and b"," in states[0] else b"?"
            if state in REGISTERED:
                return
            if state == b"3" or self._passed(start) > self.times["radio_ms"]:
                raise failure("AT+CEREG?", "not registered, state %s" % state.decode())
            self._rest(500)

    def _wake(self):
        """A modem that sleeps may lose what wakes it (A 9.10, note 1)."""
        if self.unanswered or (self.sleeps and self._passed(self.spoken) > _AWAKE_MS):
            self.resync()

    def _listen(self):
        """Ask how well it hears, while it is awake; what keeps silent about it does not fail."""
        from firmware.node.modem_power import signal

        self.listened = self.board.ticks_ms()
        try:
            self.rsrp = signal(self)[0]
        except ModemError:
            self.rsrp = None

    def _set_apn(self):
        """The APN is kept by the modem, and counts from its next start (A 5.6)."""
        wanted = ('"IP","%s"' % self.apn).upper().encode()
        if not any(wanted in line.upper() for line in self.ask("AT+QCGDEFCONT?")):
            self.ask('AT+QCGDEFCONT="IP","%s"' % self.apn)
            self.restart()

    def restart(self):
        """Start the modem anew, so that what it keeps counts."""
        self.command("AT+QRST=1")
        self.await_boot()
        self.resync()
        self.ask("ATE0")
        self.ask("AT+CMEE=1")

    def _open(self):
        try:
            self._result("AT+QMTCLOSE=0", b"+QMTCLOSE: 0,", self.times["answer_ms"])
        except ModemError:
            pass  # nothing was open
        try:
            self.command('AT+QMTCFG="version",0,4')  # so numbered on the BC26: unverified
        except ModemError:
            self.ask('AT+QMTCFG="version",0,1')
        self.ask('AT+QMTCFG="session",0,1')
        self.ask('AT+QMTCFG="keepalive",0,%d' % self.keepalive_s)
        packet_s = min(60, max(1, self.times["network_ms"] // 1000))
        self.ask('AT+QMTCFG="timeout",0,%d,0,0' % packet_s)
        self.ask('AT+QMTCFG="dataformat",0,1,1')
        text = "AT+QMTOPEN=0," + self.where
        result = self._result(text, b"+QMTOPEN: 0,")
        if result[0] != b"0":
            raise failure(text, "result %s" % result[0].decode())
        result = self._result("AT+QMTCONN=0," + self.who, b"+QMTCONN: 0,")
        if result != [b"0", b"0"]:
            raise failure("AT+QMTCONN", "result %s" % b",".join(result).decode())

    def _result(self, text, prefix, ms=None):
        """Send `text`; return the fields of the result that comes after its OK, or before it."""
        ms = ms or self.times["network_ms"] + self.times["answer_ms"]
        lines = self.command(text)
        start = self.board.ticks_ms()
        while True:
            for line in lines:
                if line.startswith(prefix):
                    return line[len(prefix) :].split(b",")
            self._check()
            lines = [self._line(text, start, ms)]

    def _understand(self, line, whole):
        """Keep what the modem reports by itself (M 5); everything else answers a command."""
        if line.startswith(b"+QMTRECV: 0,"):
            parts = line.split(b'"')
            digits = parts[3] if len(parts) > 3 else parts[2][1:] if len(parts) > 2 else b""
            payload = None
            if whole:
                try:
                    payload = binascii.unhexlify(digits)
                except ValueError:
                    self.ladder.count("garbled")
                    return
            if len(parts) > 2:
                self.talked = self.board.ticks_ms()
                self.waiting.append((PUBLISH, parts[1], payload))
        elif line.startswith(b"+QMTSTAT: 0,"):
            self.lost = "+QMTSTAT " + line[12:].decode("utf-8", "ignore")
        elif line == b"RDY":
            self.lost = "restarted"
        elif line.startswith(b"+QMTPUB: 0,"):
            try:
                fields = [int(field) for field in line[11:].split(b",")]
                if fields[1] != 1:  # 1: sent again, the result is still to come
                    self.published = fields[0], fields[1]
                    if not fields[1]:
                        self.waiting.append((PUBACK, fields[0], b""))
            except (ValueError, IndexError):
                self.ladder.count("garbled")
        elif whole and not line.startswith(b"AT"):  # no echo of ours
            self.lines.append(line)

    def _check(self):
        if self.lost:
            raise failure("the connection", self.lost)

    def _next_id(self):
        self.packet_id = self.packet_id % 65535 + 1
        self.published = None
        return self.packet_id
