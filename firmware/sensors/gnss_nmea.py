"""Position from a satellite receiver that talks NMEA 0183 on a serial line.

A receiver sends one RMC sentence a second: ``$GNRMC,time,A,ddmm.mmmm,N,dddmm.mmmm,E,...*hh``, where
A says that the position holds and V that there is none; hh is the exclusive or of all characters
between ``$`` and ``*``. Layout as u-blox document it (Interface Description of the M8, RMC).
Without a fix there is no position: the last one is never sent again.
"""

from firmware import const
from firmware.wire.frame import WARMING_UP, Missing

BUS = "gnss"
QUANTITIES = (19, 20)
LATITUDE, LONGITUDE = QUANTITIES

_MOST_BYTES = const(512)
_SENTENCE_MS = const(1200)


def make(board, bus, address):
    """Make the driver of the receiver on the line."""
    return GnssNmea(bus, board.wait_ms)


def checksum(text):
    """Exclusive or of all bytes."""
    found = 0
    for byte in text:
        found ^= byte
    return found


def degrees(text, half):
    """Degrees of ``dddmm.mmmm``; south and west are negative."""
    point = text.index(".") - 2
    value = int(text[:point]) + float(text[point:]) / 60
    return -value if half in "SW" else value


class GnssNmea:
    """A receiver on a UART (``read``); `wait_ms` pauses."""

    def __init__(self, uart, wait_ms):
        self.uart = uart
        self.wait_ms = wait_ms

    def measure(self):
        """Return {19: latitude, 20: longitude, by WGS 84 [degree]}, or that there is no fix.

        OSError if nothing comes, ValueError if no sentence comes whole.
        """
        for _ in range(16):  # bounded: what is waiting there is old
            if not self.uart.read(_MOST_BYTES):
                break
        self.wait_ms(_SENTENCE_MS)
        heard = self.uart.read(_MOST_BYTES) or b""
        if not heard:
            raise OSError("receiver: no answer")
        for line in reversed(heard.split(b"$")):
            body, star, rest = line.partition(b"*")
            if body[2:6] != b"RMC," or not star or len(rest) < 2:
                continue
            if checksum(body) != int(rest[:2], 16):
                continue
            parts = body.decode().split(",")
            if parts[2] != "A":
                none = Missing(WARMING_UP)
                return {LATITUDE: none, LONGITUDE: none}
            return {LATITUDE: degrees(parts[3], parts[4]), LONGITUDE: degrees(parts[5], parts[6])}
        raise ValueError("receiver: no whole sentence")
