"""MQTT through a narrowband modem that speaks it itself: AT commands over a serial line.

Takes the place of `link_ip.Mqtt`. Sources: Quectel, "BC660K-GL&BC950K-GL MQTT Application Note",
V1.2 (2023-04-25), here [M], and "BC660K-GL&BC950K-GL AT Commands Manual", V1.4 (2024-01-26), here
[A], with their chapters. The manuals of the BC260Y-CN and BC26 themselves were not found; that
these modules answer alike is unverified.

Payloads go as hexadecimal digits both ways ([M] 3.3.1, "dataformat"), so that neither a line end
nor Ctrl+Z can be inside one. They are published in data mode, ended by Ctrl+Z ([M] 3.3.8), because
what <msg_len> counts there in hexadecimal mode is not said. In data mode the modem loses what it
has to report ([A] 1.4): an acknowledgement that falls into it is lost, and its frame goes again.
"""

import binascii
import select

from firmware.node.link_ip import PUBACK, PUBLISH, SUBACK, LinkError
from firmware.node.modem_ladder import Ladder, ModemError

MAX_LINE = 3000  # the collector's longest acknowledgement has less than 1300 bytes
HEAD = 256
CHUNK = 256
MAX_PAYLOAD = 730  # bytes in hexadecimal mode, [M] 3.3.8
PINGRESP = 0xD0
ESC, CTRL_Z = b"\x1b", b"\x1a"
RESYNCS = 4
REGISTERED = (b"1", b"5")  # at home, roaming; [A] 4.1
# ms; each may be set in the configuration's "link". answer: [A] gives most commands 5 s. network:
# [M] 3.3.8 gives a packet <pkt_timeout>, which is set to it. prompt: [A] 1.4. radio: [A] 9.3.
TIMES = {"answer_ms": 5000, "network_ms": 30000, "prompt_ms": 500, "radio_ms": 25000}


def _text(value, what):
    """`value` between quotation marks; none can be inside, as no way to write one is told."""
    if '"' in value or any(ord(char) < 32 for char in value):
        raise ValueError('/node.json: %s cannot be sent to the modem: it has a " in it' % what)
    return '"%s"' % value


class ModemMqtt:
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
        The configuration's ``link``: ``apn``, the times of `TIMES`.
    report : callable
        ``report(kind, detail)``.
    """

    keepalive_s = 3600  # the most that there is, [M] 3.3.1: the modem itself wakes its radio for it

    def __init__(self, uart, reset, board, name, broker, settings, report):
        self.uart = uart
        self.board = board
        self.apn = settings.get("apn") or ""
        _text(self.apn, "link.apn")
        self.times = {key: settings.get(key, TIMES[key]) for key in TIMES}
        self.where = "%s,%d" % (_text(broker["host"], "broker.host"), broker["port"])
        self.who = _text(name, "node")
        if broker.get("user") is not None:
            self.who += "," + _text(broker["user"], "broker.user")
            self.who += "," + _text(broker.get("password") or "", "broker.password")
        self.ladder = Ladder(self, reset, report)
        self.poller = select.poll()
        self.poller.register(uart, select.POLLIN)
        self.socket = None
        self.waiting = []
        self.lines = []
        self.buffer = b""
        self.skipping = False
        self.prompting = False
        self.lost = None
        self.published = None
        self.packet_id = 0

    def connect(self):
        """Attach and connect; OSError if that cannot be had now, the next attempt does more."""
        self.close()
        try:
            self.ladder.climb()
            self._attach()
            self._open()
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
        if len(payload) > MAX_PAYLOAD:
            raise LinkError("a message of %d bytes is too long for the modem" % len(payload))
        self._check()
        packet_id = self._next_id()
        head = 'AT+QMTPUB=0,%d,1,0,"%s"' % (packet_id, topic)
        try:
            self.prompting = True
            self._write(head.encode() + b"\r")
            start = self.board.ticks_ms()
            while self._line(head, start, self.times["answer_ms"]) != b">":
                pass
            self.prompting = False
            self._rest(self.times["prompt_ms"])
            self._write(binascii.hexlify(payload) + CTRL_Z)
            self._final(head, self.times["answer_ms"])
            start = self.board.ticks_ms()
            while self.published is None or self.published[0] != packet_id:
                # The modem gives up itself; it is heard a little longer.
                if self._passed(start) > self.times["network_ms"] + self.times["answer_ms"]:
                    raise ModemError(head, None)
                self._hear(100)
                self._check()
            if self.published[1]:
                raise ModemError(head, "result %d" % self.published[1])
        except OSError as error:
            self.prompting = False
            self.ladder.failed(error)
            raise
        self.ladder.worked()
        return packet_id

    def subscribe(self, topic):
        """Subscribe with QoS 1; the broker's answer comes through `receive`."""
        packet_id = self._next_id()
        text = 'AT+QMTSUB=0,%d,"%s",1' % (packet_id, topic)
        try:
            fields = self._result(text, b"+QMTSUB: 0,%d," % packet_id)
            if fields[0] != b"0" or len(fields) < 2:
                raise ModemError(text, "result %s" % fields[0].decode())
            granted = int(fields[1])
        except (OSError, ValueError) as error:
            self.ladder.failed(error)
            raise LinkError("cannot subscribe: %s" % error)
        answer = b"\0\0" + bytes((granted & 0xFF,))
        self.waiting.append((SUBACK, None, answer))

    def ping(self):
        """Ask the modem, not the broker, whether the connection stands ([M] 3.3.4)."""
        try:
            if b"+QMTCONN: 0,3" not in self.ask("AT+QMTCONN?"):
                raise LinkError("the modem has no connection")
        except OSError as error:
            self.ladder.failed(error)
            raise
        self.waiting.append((PINGRESP, None, b""))

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

    # What the ladder uses, too.

    def resync(self):
        """Find the start of an answer again, out of data mode or the middle of anything.

        That Esc and a line end do no harm outside data mode is unverified.
        """
        for turn in range(RESYNCS):
            if turn:
                self.ladder.count("resync")
                self._write(ESC + b"\r")
            self._quiet()
            try:
                self.command("AT", self.times["answer_ms"] // 8 << turn)
                self._quiet()  # an old OK may have come first
                return
            except ModemError:
                pass
        raise ModemError("AT", None)

    def command(self, text, ms=None):
        """Send a command and return its lines; ModemError if it fails or stays unanswered."""
        self._write(text.encode() + b"\r")
        return self._final(text, ms or self.times["answer_ms"])

    def ask(self, text, ms=None):
        """As `command`, but once again where it fails: for what may be said twice."""
        try:
            return self.command(text, ms)
        except ModemError:
            self.ladder.count("repeat")
            self._quiet()
            return self.command(text, ms)

    def await_boot(self):
        """Wait for a modem that was reset; it says RDY ([A] 9.3, example)."""
        start = self.board.ticks_ms()
        while self.lost != "restarted" and self._passed(start) < self.times["radio_ms"]:
            self._hear(200)
        self.lost = None

    # Inside.

    def _attach(self):
        self.resync()
        self.lost = None
        self.ask("ATE0")
        self.ask("AT+CMEE=1")
        self.ask("AT+QSCLK=0")
        if self.apn:
            self._set_apn()
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
                raise ModemError("AT+CEREG?", "not registered, state %s" % state.decode())
            self._rest(500)

    def _set_apn(self):
        """The APN is kept by the modem, and counts from its next start ([A] 5.6)."""
        wanted = ('"IP","%s"' % self.apn).upper().encode()
        if not any(wanted in line.upper() for line in self.ask("AT+QCGDEFCONT?")):
            self.ask('AT+QCGDEFCONT="IP","%s"' % self.apn)
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
            raise ModemError(text, "result %s" % result[0].decode())
        result = self._result("AT+QMTCONN=0," + self.who, b"+QMTCONN: 0,")
        if result != [b"0", b"0"]:
            raise ModemError("AT+QMTCONN", "result %s" % b",".join(result).decode())

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

    def _final(self, text, ms):
        lines = []
        start = self.board.ticks_ms()
        while True:
            line = self._line(text, start, ms)
            if line == b"OK":
                return lines
            if line == b"ERROR":
                raise ModemError(text, "ERROR")
            if line.startswith(b"+CME ERROR:"):
                try:
                    raise ModemError(text, int(line[11:]))
                except ValueError:
                    raise ModemError(text, "ERROR")
            lines.append(line)

    def _line(self, text, start, ms):
        while not self.lines:
            left = ms - self._passed(start)
            if left <= 0:
                raise ModemError(text, None)
            self._hear(min(left, 1000))
        return self.lines.pop(0)

    def _hear(self, ms):
        """Wait up to `ms` for something; take apart what has come. Returns whether it has."""
        self.board.watch()
        self.poller.poll(ms)
        data = self.uart.read(CHUNK)
        if not data:
            return False
        self.buffer += data
        while True:
            end = self.buffer.find(b"\n")
            if end < 0:
                break
            line, self.buffer = self.buffer[:end].strip(), self.buffer[end + 1 :]
            if line:
                self._understand(line, not self.skipping)
            self.skipping = False
        if len(self.buffer) > (HEAD if self.skipping else MAX_LINE):
            self.skipping = True
            self.buffer = self.buffer[:HEAD]
        if self.prompting and self.buffer.strip() == b">":
            self.buffer = b""
            self.lines.append(b">")
        return True

    def _understand(self, line, whole):
        """Keep what the modem reports by itself ([M] 5); everything else answers a command."""
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
            raise ModemError("the connection", self.lost)

    def _quiet(self):
        """Let go by what is still on its way."""
        start = self.board.ticks_ms()
        while self._hear(50) and self._passed(start) < self.times["answer_ms"]:
            pass
        self.lines.clear()
        self.buffer = b""
        self.skipping = False

    def _rest(self, ms):
        """Let `ms` pass, hearing what comes."""
        start = self.board.ticks_ms()
        while ms - self._passed(start) > 0:
            self._hear(max(0, min(ms - self._passed(start), 1000)))

    def _passed(self, start):
        return self.board.ticks_diff(self.board.ticks_ms(), start)

    def _next_id(self):
        self.packet_id = self.packet_id % 65535 + 1
        self.published = None
        return self.packet_id

    def _write(self, data):
        while data:
            sent = self.uart.write(data)
            if not sent:
                raise LinkError("the modem takes nothing")
            data = data[sent:]
