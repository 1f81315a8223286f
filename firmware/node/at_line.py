"""A modem's serial line: commands out, answers and what it reports by itself in.

Sources: as link_nbiot. Nothing waits longer than it is told to, and a line takes no more memory
than `_MAX_LINE`: of a longer one the head is kept.
"""

import select

from firmware import const
from firmware.node.packets import LinkError

# The collector's longest acknowledgement has less than 1300 bytes, two digits each.
_MAX_LINE = const(3000)
_HEAD = const(256)
_CHUNK = const(256)
_ESC = const(b"\x1b")
CTRL_Z = b"\x1a"
_RESYNCS = const(4)


class ModemError(LinkError):
    """The modem refused something (`code` a number or words) or kept silent (None)."""

    code = None


def failure(text, code):
    """Make the ModemError of the command `text`; `code` as there."""
    said = "no answer" if code is None else code
    error = ModemError("modem: %s: %s" % (text.split("=0,")[0], said))
    error.code = code
    return error


class AtLine:
    """One modem's line. Who inherits it brings `ladder` and `_understand(line, whole)`.

    `times` are waits in ms, as link_nbiot's.
    """

    def __init__(self, uart, board, times):
        self.uart = uart
        self.board = board
        self.times = times
        self.poller = select.poll()
        self.poller.register(uart, select.POLLIN)
        self.lines = []
        self.buffer = b""
        self.skipping = False
        self.prompting = False
        self.lost = None
        self.unanswered = False  # what was written last has not ended
        self.spoken = board.ticks_ms()

    def resync(self):
        """Find the start of an answer again, out of data mode or the middle of anything.

        That Esc and a line end do no harm outside data mode is unverified.
        """
        for turn in range(_RESYNCS):
            if turn:
                self.ladder.count("resync")
            if turn or self.unanswered:
                self._write(_ESC + b"\r")
            self._quiet()
            try:
                self.command("AT", self.times["answer_ms"] // 8 << turn)
                self._quiet()  # an old OK may have come first
                return
            except ModemError:
                pass
        raise failure("AT", None)

    def command(self, text, ms=None):
        """Send a command and return its lines; ModemError if it fails or stays unanswered.

        Nothing follows a command that has not ended but Esc (A 1.2): it may only be late.
        """
        if self.unanswered and text != "AT":
            self.resync()
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
        """Wait for a modem that was reset; it says RDY (A 9.3, example)."""
        start = self.board.ticks_ms()
        while self.lost != "restarted" and self._passed(start) < self.times["radio_ms"]:
            self._hear(200)
        self.lost = None

    def _final(self, text, ms):
        lines = []
        start = self.board.ticks_ms()
        while True:
            line = self._line(text, start, ms)
            if line == b"OK":
                self.unanswered = False
                return lines
            if line == b"ERROR":
                self.unanswered = False
                raise failure(text, "ERROR")
            if line.startswith(b"+CME ERROR:"):
                self.unanswered = False
                try:
                    raise failure(text, int(line[11:]))
                except ValueError:
                    raise failure(text, "ERROR")
            lines.append(line)

    def _line(self, text, start, ms):
        while not self.lines:
            left = ms - self._passed(start)
            if left <= 0:
                raise failure(text, None)
            self._hear(min(left, 1000))
        return self.lines.pop(0)

    def _hear(self, ms):
        """Wait up to `ms` for something; take apart what has come. Returns whether it has."""
        self.board.watch()
        self.poller.poll(ms)
        data = self.uart.read(_CHUNK)
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
        if len(self.buffer) > (_HEAD if self.skipping else _MAX_LINE):
            self.skipping = True
            self.buffer = self.buffer[:_HEAD]
        if self.prompting and self.buffer.strip() == b">":
            self.buffer = b""
            self.lines.append(b">")
        return True

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

    def _write(self, data):
        self.spoken = self.board.ticks_ms()
        self.unanswered = True
        while data:
            sent = self.uart.write(data)
            if not sent:
                raise LinkError("the modem takes nothing")
            data = data[sent:]
