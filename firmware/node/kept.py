"""What outlives a reset and a deep sleep, but not a time without power: in the ESP32's RTC memory.

One record of fixed size: a mark, eight counts of pulses each with its pin, then two texts, each
with its length: the first is kept for good, the second taken once. The record is written whole,
from memory that is there already: an interrupt may count.

Source: MicroPython, ports/esp32/machine_rtc.c: `RTC.memory` keeps up to 2,048 bytes in memory that
a reset leaves alone, and is empty after a start from power.
"""

from firmware import const

_MARK = const(b"NK2")
_SLOTS_AT = const(3)  # behind the mark
_SLOTS = const(8)
_SLOT_BYTES = const(9)  # pin + 1, or 0; total and taken, low byte first
_LENGTH_AT = const(_SLOTS_AT + _SLOTS * _SLOT_BYTES)
_TEXT_AT = const(_LENGTH_AT + 2)
_BYTES = const(512)
_STATE_AT = const(_BYTES - 130)  # the second text: its length, then itself
_TICKS = const((1 << 30) - 1)


class Kept:
    """The record in `memory`, called as ``machine.RTC().memory`` is."""

    def __init__(self, memory):
        self.memory = memory
        self.record = bytearray(_BYTES)
        held = memory()
        if len(held) == _BYTES and held[:_SLOTS_AT] == _MARK:
            self.record[:] = held
        else:
            self.record[:_SLOTS_AT] = _MARK

    def write(self):
        """Write the record; takes no memory."""
        self.memory(self.record)

    def keep(self, text):
        """Keep `text`, as much of it as there is room for."""
        self._keep(_LENGTH_AT, text.encode()[: _STATE_AT - _TEXT_AT])

    def text(self):
        """Return the text, empty after a time without power."""
        return self._text(_LENGTH_AT)

    def keep_state(self, text):
        """Keep a second text until it is taken; false if there is no room for all of it."""
        data = text.encode()
        if len(data) > _BYTES - _STATE_AT - 2:
            return False
        self._keep(_STATE_AT, data)
        return True

    def take_state(self):
        """Return the second text, and forget it: a reset that follows must not find it again."""
        text = self._text(_STATE_AT)
        if text:
            self._keep(_STATE_AT, b"")
        return text

    def _keep(self, at, data):
        self.record[at + 2 : at + 2 + len(data)] = data
        self.record[at] = len(data) & 255
        self.record[at + 1] = len(data) >> 8
        self.write()

    def _text(self, at):
        length = self.record[at] | self.record[at + 1] << 8
        try:
            return bytes(self.record[at + 2 : at + 2 + length]).decode()
        except UnicodeError:
            return ""

    def tally(self, pin):
        """Return the count of `pin` (None: the board's usual one), kept if there is room."""
        mark = 255 if pin is None else pin + 1
        free = None
        for at in range(_SLOTS_AT, _LENGTH_AT, _SLOT_BYTES):
            if self.record[at] == mark:
                return KeptTally(self, at + 1)
            if free is None and not self.record[at]:
                free = at
        if free is None:
            return None
        self.record[free] = mark
        return KeptTally(self, free + 1)


class KeptTally:
    """A count in a record; `total` is moved by an interrupt, `taken` by the program alone."""

    def __init__(self, kept, at):
        self.kept = kept
        self.at = at
        self.total = self._number(at)
        self.taken = self._number(at + 4)

    def add(self):
        """Count one more; runs as an interrupt and must not allocate."""
        self.total = (self.total + 1) & _TICKS
        self._put(self.at, self.total)
        self.kept.write()

    def waiting(self):
        """How many are counted and not yet taken."""
        return (self.total - self.taken) & _TICKS

    def take(self, count):
        """Let go of `count`."""
        if count:
            self.taken = (self.taken + count) & _TICKS
            self._put(self.at + 4, self.taken)
            self.kept.write()

    def _number(self, at):
        record = self.kept.record
        return record[at] | record[at + 1] << 8 | record[at + 2] << 16 | record[at + 3] << 24

    def _put(self, at, number):
        record = self.kept.record
        record[at] = number & 255
        record[at + 1] = number >> 8 & 255
        record[at + 2] = number >> 16 & 255
        record[at + 3] = number >> 24 & 255
