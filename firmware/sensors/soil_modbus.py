"""Soil moisture and temperature probe on RS-485 (Modbus RTU, function 3).

Register map common to the RS-485 soil probes on the market: 0x0000 moisture, 0.1 % of volume;
0x0001 temperature, 0.1 degC, signed. Maker's sheets differ: check the probe's own (unverified).
Framing and CRC: MODBUS over Serial Line, Specification and Implementation Guide V1.02.
"""

import struct

SOIL_TEMPERATURE = 9
SOIL_MOISTURE = 10

READ_HOLDING = 3


def crc16(data):
    """CRC-16 of Modbus: polynomial 0xA001 reflected, start 0xFFFF; sent low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


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
        while self.uart.read(64):
            pass  # what is left of an answer that came too late
        self.uart.write(request + struct.pack("<H", crc16(request)))
        self.wait_ms(self.ANSWER_MS)
        answer = self.uart.read(9)
        if not answer:
            raise OSError("soil probe %d: no answer" % self.address)
        if len(answer) < 5 or crc16(answer[:-2]) != struct.unpack("<H", answer[-2:])[0]:
            raise ValueError("soil probe %d: checksum" % self.address)
        if answer[0] != self.address or answer[1] != READ_HOLDING or len(answer) != 9:
            raise OSError("soil probe %d: answered function %d" % (self.address, answer[1]))
        moisture, temperature = struct.unpack(">Hh", answer[3:7])
        return {SOIL_MOISTURE: moisture / 1000, SOIL_TEMPERATURE: temperature / 10}
