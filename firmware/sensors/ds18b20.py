"""Maxim DS18B20 temperature probe (1-Wire): air, soil, or inside a box, as the channel says.

Source: Maxim Integrated, DS18B20 data sheet, 19-7487: page 3 (-55 to +125 degC), memory map and
configuration register (page 8: after power-on the scratchpad holds 0550h, which is +85 degC; bits 0
to 4 of byte 4 read 1), CRC generation (page 9), ROM commands (page 11: search F0h, match 55h),
function commands (page 12: convert 44h, read scratchpad BEh), 750 ms at 12 bit (page 3). Search:
Maxim, application note 187. -127 degC is no value of the chip, but what libraries give without one.

A line may have several probes: each is named by its ROM, 16 hexadecimal digits in the order in
which they are read (28... first). Without `rom` the line is searched, and must have one.
"""

from firmware import const
from firmware.wire.frame import OUT_OF_RANGE, WARMING_UP, Missing

BUS = "onewire"
QUANTITIES = (1, 9, 17)
SETTINGS = {"rom": "28[0-9a-f]{14}"}

_SEARCH = const(0xF0)
_MATCH = const(0x55)
_CONVERT = const(0x44)
_READ = const(0xBE)
_CONVERT_MS = const(750)
_POWER_ON = const(0x0550)
_CONFIGURATION = const(0x1F)
_FAMILY = const(0x28)
_MOST_PROBES = const(16)


def make(board, bus, address, rom=None):
    """Make the driver of the probe `rom`, or of the only one, on the line at pin `address`."""
    return Ds18b20(bus, board.wait_ms, bytes.fromhex(rom) if rom else None)


def crc8(data):
    """CRC-8 of Maxim: polynomial 0x8C reflected, start 0; 0 over data with its checksum."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8C if crc & 1 else crc >> 1
    return crc


def search(line):
    """Return the ROMs of all devices on `line`.

    OSError where none answers, ValueError if one is damaged.
    """
    found = []
    turn = None  # the last bit at which both values were there and 0 was taken
    rom = bytearray(8)
    for _ in range(_MOST_PROBES):
        if not line.reset():
            raise OSError("1-Wire: no probe answers")
        line.writebyte(_SEARCH)
        last = turn
        turn = None
        for bit in range(64):
            one, zero = line.readbit(), line.readbit()
            if one and zero:
                raise OSError("1-Wire: the probe is gone in the middle of the search")
            place, mask = bit >> 3, 1 << (bit & 7)
            if one != zero:
                way = one
            elif last is not None and bit < last:
                way = 1 if rom[place] & mask else 0
            else:
                way = 1 if bit == last else 0
            if one == zero and not way:
                turn = bit
            rom[place] = rom[place] | mask if way else rom[place] & ~mask & 0xFF
            line.writebit(way)
        if crc8(rom):
            raise ValueError("1-Wire: ROM checksum")
        found.append(bytes(rom))
        if turn is None:
            break
    return found


class Ds18b20:
    """One probe on `line` (``reset``, ``writebyte``, ``readbyte``, ``writebit``, ``readbit``)."""

    def __init__(self, line, wait_ms, rom=None):
        self.line = line
        self.wait_ms = wait_ms
        self.rom = rom

    def measure(self):
        """Return the temperature [degC] under each quantity that it can be.

        OSError if the probe does not answer, ValueError if a checksum is wrong. The value of
        power-on is asked for once more, then it is `WARMING_UP`.
        """
        if self.rom is None:
            self.rom = self._only()
        for _ in range(2):
            self._select()
            self.line.writebyte(_CONVERT)
            self.wait_ms(_CONVERT_MS)
            raw = self._scratchpad()
            if raw != _POWER_ON:
                break
        else:
            return self._told(Missing(WARMING_UP))
        celsius = (raw - 0x10000 if raw & 0x8000 else raw) / 16
        if not -55 <= celsius <= 125:
            return self._told(Missing(OUT_OF_RANGE))
        return self._told(celsius)

    @staticmethod
    def _told(value):
        return dict.fromkeys(QUANTITIES, value)

    def _only(self):
        found = [rom for rom in search(self.line) if rom[0] == _FAMILY]
        if len(found) != 1:
            names = ", ".join(["".join(["%02x" % byte for byte in rom]) for rom in found])
            raise OSError(
                "1-Wire: %d probes (%s): give the board's channel the rom of one"
                % (len(found), names or "none")
            )
        return found[0]

    def _select(self):
        if not self.line.reset():
            raise OSError("1-Wire: no probe answers")
        self.line.writebyte(_MATCH)
        for byte in self.rom:
            self.line.writebyte(byte)

    def _scratchpad(self):
        self._select()
        self.line.writebyte(_READ)
        data = bytes([self.line.readbyte() for _ in range(9)])
        if data == b"\xff" * 9:
            raise OSError("DS18B20: no answer under its ROM")
        # A line held low gives nine zeros, and their checksum is right.
        if crc8(data) or data[4] & _CONFIGURATION != _CONFIGURATION:
            raise ValueError("DS18B20: checksum")
        return data[1] << 8 | data[0]
