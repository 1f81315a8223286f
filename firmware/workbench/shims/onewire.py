"""The 1-Wire line of a simulated node, with one DS18B20 (Maxim, data sheet 19-7487).

Has what MicroPython's `onewire.OneWire` has of it; every reset begins a new question.
"""

from bench import clock, fault, world

ROM = b"\x28\x10\x20\x30\x00\x00\x00"
POWER_ON = 0x0550


def _crc8(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8C if crc & 1 else crc >> 1
    return crc


class OneWire:
    """A line and its probe: the temperature of the soil."""

    def __init__(self, pin):
        self.rom = ROM + bytes((_crc8(ROM),))
        self.said = []
        self.bit = 0
        self.raw = POWER_ON
        self.answer = []

    def reset(self):
        """Presence: whether anybody answers."""
        self.said, self.bit, self.answer = [], 0, []
        return fault("onewire") != "no_answer"

    def writebyte(self, byte):
        """A command, or a byte of a ROM behind the command that names one."""
        self.said.append(byte)
        if len(self.said) < 10 or bytes(self.said[1:9]) != self.rom:
            return
        if byte == 0x44:
            celsius = world.value("soil_temperature", clock.now())
            power_on = celsius is None or fault("onewire") == "power_on"
            self.raw = POWER_ON if power_on else round(celsius * 16) & 0xFFFF
        elif byte == 0xBE:
            body = bytes((self.raw & 255, self.raw >> 8, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10))
            crc = _crc8(body) ^ (fault("onewire") == "bad_checksum")
            self.answer = list(body) + [crc]

    def readbyte(self):
        """The next byte, ones where nobody holds the line."""
        return self.answer.pop(0) if self.answer else 0xFF

    def readbit(self):
        """The bit of the only ROM, then its complement."""
        place = self.bit >> 1
        value = self.rom[place >> 3] >> (place & 7) & 1
        value ^= self.bit & 1
        self.bit += 1
        return value

    def writebit(self, bit):
        """There is nobody else to fall silent."""
