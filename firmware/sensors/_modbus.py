"""Modbus RTU on an RS-485 line, for every probe that speaks it: functions 3 and 4, CRC-16.

Source: MODBUS over Serial Line, Specification and Implementation Guide V1.02, section 2.5.1 (frame,
CRC) and appendix B (CRC computation); MODBUS Application Protocol V1.1b3, sections 6.3, 6.4 and 7
(functions 3 and 4, exception answers).

On a real line more than the answer comes in: a stray byte when a transceiver turns round, the echo
of our own question where it hears itself, another probe's late answer. The answer is the part that
begins with address, function and length and ends with the right checksum, wherever it stands.
"""

import struct

from firmware import const

READ_HOLDING, READ_INPUT = 3, 4
_MOST_BYTES = const(64)
_MOST_HEARD = const(256)
STEP_MS = 50
ANSWER_MS = 400
# What the maker's manuals of probes name; a board type may give one of these.
BAUDS = [1200, 2400, 4800, 9600, 19200, 38400]


def crc16(data):
    """CRC-16 of Modbus: polynomial 0xA001 reflected, start 0xFFFF; sent low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def sealed(body):
    """`body` with its checksum behind it."""
    return body + struct.pack("<H", crc16(body))


def find(data, head, size):
    """Return the first `size` bytes of `data` that begin with `head` and end with their CRC."""
    at = data.find(head)
    while at >= 0:
        frame = data[at : at + size]
        if len(frame) == size and struct.pack("<H", crc16(frame[:-2])) == frame[-2:]:
            return frame
        at = data.find(head, at + 1)
    return None


def signed(word):
    """A register's 16 bits as a signed number."""
    return word - 0x10000 if word & 0x8000 else word


class Station:
    """One station at `address` of a line (``read``, ``write``); `name` says in errors what it is.

    `board` has ``wait_ms`` and ``set_baud``; `baud` None leaves the line at the board's own.
    """

    def __init__(self, board, uart, address, name, baud=None, function=READ_HOLDING):
        self.board = board
        self.uart = uart
        self.address = address
        self.name = "%s %d" % (name, address)
        self.baud = baud
        self.function = function

    def read(self, first, count):
        """Return `count` registers from `first` on, each 0 to 65535.

        OSError if the station does not answer or refuses, ValueError if the checksum is wrong.
        """
        request = sealed(struct.pack(">BBHH", self.address, self.function, first, count))
        self.board.set_baud(self.baud)
        for _ in range(16):  # bounded: a line that babbles must not hold up the other sensors
            if not self.uart.read(_MOST_BYTES):
                break  # what was left of an answer that came too late
        self.uart.write(request)
        heard = b""
        for _ in range(ANSWER_MS // STEP_MS):
            self.board.wait_ms(STEP_MS)
            heard += self.uart.read(_MOST_BYTES) or b""
            answer = find(heard, bytes((self.address, self.function, 2 * count)), 5 + 2 * count)
            if answer:
                return struct.unpack(">%dH" % count, answer[3:-2])
            refusal = find(heard, bytes((self.address, self.function | 0x80)), 5)
            if refusal:
                raise OSError("%s: refuses with code %d" % (self.name, refusal[2]))
            if len(heard) >= _MOST_HEARD:
                break
        heard = heard.replace(request, b"")
        if bytes((self.address, self.function)) in heard:
            raise ValueError("%s: checksum" % self.name)
        others = ", but %d bytes that are not its" % len(heard) if heard else ""
        raise OSError("%s: no answer%s" % (self.name, others))
