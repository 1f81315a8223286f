"""Soil moisture and temperature probe on RS-485 (Modbus RTU, function 3).

Register map common to the RS-485 soil probes on the market: 0x0000 moisture, 0.1 % of volume;
0x0001 temperature, 0.1 degC, signed. Maker's sheets differ: check the probe's own (unverified).
Framing and CRC: MODBUS over Serial Line, Specification and Implementation Guide V1.02.

On a real line more than the answer comes in: a stray byte when a transceiver turns round, the echo
of our own question where it hears itself, another probe's late answer. The answer is the part that
begins with address, function and length and ends with the right checksum, wherever it stands.
"""

import struct

BUS = "rs485"
QUANTITIES = (10, 9)
SOIL_MOISTURE, SOIL_TEMPERATURE = QUANTITIES

READ_HOLDING = 3
MOST_BYTES = 64


def make(board, bus, address):
    """Make the driver of the probe at `address` of the RS-485 line."""
    return SoilModbus(bus, address, board.wait_ms)


def crc16(data):
    """CRC-16 of Modbus: polynomial 0xA001 reflected, start 0xFFFF; sent low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def find(data, head, size):
    """Return the first `size` bytes of `data` that begin with `head` and end with their CRC."""
    at = data.find(head)
    while at >= 0:
        frame = data[at : at + size]
        if len(frame) == size and struct.pack("<H", crc16(frame[:-2])) == frame[-2:]:
            return frame
        at = data.find(head, at + 1)
    return None


class SoilModbus:
    """One probe at `address` on a UART (``read``, ``write``); `wait_ms` pauses."""

    ANSWER_MS = 200

    def __init__(self, uart, address, wait_ms):
        self.uart = uart
        self.address = address
        self.wait_ms = wait_ms

    def measure(self):
        """Return {10: soil moisture [m3 m-3], 9: soil temperature [degC]}.

        OSError if the probe does not answer or refuses, ValueError if the checksum is wrong.
        """
        request = struct.pack(">BBHH", self.address, READ_HOLDING, 0, 2)
        request += struct.pack("<H", crc16(request))
        for _ in range(16):  # bounded: a line that babbles must not hold up the other sensors
            if not self.uart.read(MOST_BYTES):
                break  # what was left of an answer that came too late
        self.uart.write(request)
        self.wait_ms(self.ANSWER_MS)
        heard = self.uart.read(MOST_BYTES) or b""
        answer = find(heard, bytes((self.address, READ_HOLDING, 4)), 9)
        if answer:
            moisture, temperature = struct.unpack(">Hh", answer[3:7])
            return {SOIL_MOISTURE: moisture / 1000, SOIL_TEMPERATURE: temperature / 10}
        refusal = find(heard, bytes((self.address, READ_HOLDING | 0x80)), 5)
        if refusal:
            raise OSError("soil probe %d: refuses with code %d" % (self.address, refusal[2]))
        heard = heard.replace(request, b"")
        if bytes((self.address, READ_HOLDING)) in heard:
            raise ValueError("soil probe %d: checksum" % self.address)
        others = ", but %d bytes that are not its" % len(heard) if heard else ""
        raise OSError("soil probe %d: no answer%s" % (self.address, others))
