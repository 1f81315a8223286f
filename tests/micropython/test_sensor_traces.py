"""Every driver against bytes on its bus, under CPython (pytest) and MicroPython (as a script).

A scripted bus holds what must be written and what is answered; anything else written ends the test.
Where a trace comes from is said beside it.
"""

import sys

from firmware.sensors import (
    _modbus,
    bh1750,
    bmp280,
    co2_senseair,
    ds18b20,
    flow_meter,
    leaf_wetness_adc,
    leaf_wetness_modbus,
    line_pressure,
    sht4x,
    soil7_modbus,
    soil_modbus,
    solar_voltage,
    trap_counter,
    wind_direction_modbus,
    wind_speed_modbus,
)
from firmware.wire import codec


class Board:
    """What drivers take of a board; its time goes on only by waiting."""

    falling = 2

    def __init__(self):
        self.now = 0
        self.bauds = []

    def wait_ms(self, ms):
        """Wait."""
        self.now += ms

    def uptime_ms(self):
        """Milliseconds since boot."""
        return self.now

    edge_ms = uptime_ms

    def set_baud(self, baud):
        """Note the speed."""
        self.bauds.append(baud)

    def tally(self, pin):
        """No memory that outlives a reset: there is none to return."""


class I2C:
    """Chips that answer from a script of ("w", bytes) and ("r", bytes) at one address."""

    def __init__(self, address, *script):
        self.address = address
        self.script = list(script)

    def writeto(self, address, data):
        """Take what the script has next."""
        _equal("write", (address, "w", bytes(data)), (self.address,) + self.script.pop(0))

    def readfrom(self, address, count):
        """Give what the script has next."""
        kind, data = self.script.pop(0)
        _equal("read", (address, kind, count), (self.address, "r", len(data)))
        return data


class Uart:
    """A line that answers each question of a script in pieces of `piece` bytes."""

    def __init__(self, *script, piece=64, before=b"", after=b""):
        self.script = [(bytes.fromhex(q), bytes.fromhex(a)) for q, a in script]
        self.piece = piece
        self.before, self.after = before, after
        self.waiting = b""

    def write(self, data):
        """Take the question that is next."""
        question, answer = self.script.pop(0)
        _equal("question", bytes(data), question)
        self.waiting = self.before + answer + self.after

    def read(self, count):
        """Give the next piece, or None."""
        count = min(count, self.piece)
        part, self.waiting = self.waiting[:count], self.waiting[count:]
        return part or None


class OneWire:
    """A line with probes by ROM, down to the bits of the search; `scratch` by ROM.

    After a conversion a probe holds the next of `scratch`; before, what it holds after power-on.
    """

    def __init__(self, scratch):
        self.scratch = {rom: list(rows) for rom, rows in scratch.items()}
        self.held = {rom: rows[0] for rom, rows in self.scratch.items()}
        self.there = list(self.scratch)
        self.bits = []
        self.said = []

    def reset(self):
        """Presence."""
        self.there = list(self.scratch)
        self.bits, self.said = [], []
        return bool(self.there)

    def writebyte(self, byte):
        """A command, or a byte of a ROM."""
        self.said.append(byte)
        if self.said == [0xF0]:
            self.bits = [0, False]
        elif self.said[0] == 0x55 and len(self.said) == 9:
            self.there = [rom for rom in self.there if rom == bytes(self.said[1:])]
        elif self.said[0] == 0x55 and len(self.said) == 10:
            for rom in self.there:
                if byte == 0x44:
                    rows = self.scratch[rom]
                    self.held[rom] = rows.pop(1) if len(rows) > 1 else rows[0]
                self.answer = list(self.held[rom])
            if not self.there:
                self.answer = []

    def readbyte(self):
        """The next byte of the scratchpad; a line that nobody holds reads ones."""
        return self.answer.pop(0) if self.answer else 0xFF

    def _bit(self, rom):
        return rom[self.bits[0] >> 3] >> (self.bits[0] & 7) & 1

    def readbit(self):
        """The bit of all that still take part, then its complement."""
        values = [self._bit(rom) ^ self.bits[1] for rom in self.there]
        self.bits[1] = not self.bits[1]
        return int(all(values))

    def writebit(self, bit):
        """Those with another bit fall silent."""
        self.there = [rom for rom in self.there if self._bit(rom) == bit]
        self.bits[0] += 1


class Adc:
    """A pin at a voltage."""

    def __init__(self, volts):
        self.volts = volts

    def read_uv(self):
        """Microvolts."""
        return int(self.volts * 1000000 + 0.5)


class Pin:
    """A pin whose edges the test makes."""

    def irq(self, handler, trigger):
        """Remember who is called."""
        self.handler, self.trigger = handler, trigger


def _equal(name, a, b):
    if a != b:
        raise AssertionError("%s: %r is not %r" % (name, a, b))


def _near(name, found, wanted):
    _equal(name, sorted(found), sorted(wanted))
    for key, value in wanted.items():
        if isinstance(value, codec.Missing):
            _equal(name, found[key], value)
        elif abs(found[key] - value) > 1e-4 * max(1, abs(value)):
            raise AssertionError("%s: %r is not %r" % (name, found, wanted))


def _raises(name, kind, text, call, *arguments):
    said = "nothing is raised"
    try:
        call(*arguments)
    except kind as error:
        said = str(error)
    if text not in said:
        raise AssertionError("%s: says %r" % (name, said))


def _answer(head, *words):
    """A Modbus answer as a station makes it."""
    body = bytes.fromhex(head)
    for word in words:
        body += bytes((word >> 8, word & 255))
    return "".join(["%02x" % byte for byte in _modbus.sealed(body)])


def check_modbus():
    """Questions and answers as makers print them."""
    # myduino, Industrial Soil Sensor RS485, "Example of Response Frame": 49.5 %, 32.4 degC, 4 uS/cm
    answer = "0103060 1ef01440004b559".replace(" ", "")
    board = Board()
    line = Uart(("01030000000305cb", answer))
    station = _modbus.Station(board, line, 1, "soil probe", 4800)
    _equal("three registers", station.read(0, 3), (495, 324, 4))
    _equal("its speed", board.bauds, [4800])
    # in small pieces, behind noise and the echo of the question
    for piece in (1, 3, 64):
        echo = bytes.fromhex("00" + "01030000000305cb")
        line = Uart(("01030000000305cb", answer), piece=piece, before=echo, after=b"\x00")
        board = Board()
        station = _modbus.Station(board, line, 1, "soil probe")
        if piece > 1:  # byte by byte with 50 ms between is slower than the answer may be
            _equal("in pieces of %d" % piece, station.read(0, 3), (495, 324, 4))
        else:
            _raises("too slow", (OSError, ValueError), "soil probe 1", station.read, 0, 3)
            _equal("the wait ends", board.now, _modbus.ANSWER_MS)
    line = Uart(("01030000000305cb", "018302c0f1"))
    station = _modbus.Station(Board(), line, 1, "soil probe")
    _raises("refused", OSError, "soil probe 1: refuses with code 2", station.read, 0, 3)


def check_soil():
    """Soil probes, of two and of seven quantities."""
    # DFRobot, wiki of SEN0601, section 3: 65.8 %, -10.1 degC
    line = Uart(("010300000002c40b", _answer("010304", 0x0292, 0xFF9B)))
    _near("soil", soil_modbus.make(Board(), line, 1).measure(), {10: 0.658, 9: -10.1})
    # DFRobot, wiki of SEN0604, section 3: 65.8 %, -10.1 degC, 1000 uS/cm, pH 5.6
    none = {"register": -1}
    asked = ("0103000000044409", "0103080292ff9b03e8003857b6")
    probe = soil7_modbus.make(
        Board(), Uart(asked), None, nitrogen=none, phosphorus=none, potassium=none
    )
    missing = codec.Missing(codec.NOT_FITTED)
    found = {10: 0.658, 9: -10.1, 11: 1000, 12: 5.6, 21: missing, 22: missing, 23: missing}
    _near("soil of four", probe.measure(), found)
    # WoMaster, ES107: all seven behind each other
    words = 253, 187, 1240, 72, 86, 41, 133
    line = Uart(("0103000000070408", _answer("01030e", *words)))
    probe = soil7_modbus.make(Board(), line, 1)
    found = {10: 0.253, 9: 18.7, 11: 1240, 12: 7.2, 21: 86, 22: 41, 23: 133}
    _near("soil of seven", probe.measure(), found)
    # EPCB, ES-SOIL-7-IN-1: the map with holes; what lies in them is not asked for
    script = (
        ("0203000600016438", _answer("020302", 690)),
        ("0203001200026 43d".replace(" ", ""), _answer("020304", 301, 0xFFF6)),
        ("02030015000195fd", _answer("020302", 77)),
        ("0203001e000365fe", _answer("020306", 5, 6, 7)),
    )
    registers = (
        ("ph", 6, 0.01),
        ("moisture", 0x12, 0.001),
        ("temperature", 0x13, 0.1),
        ("conductivity", 0x15, 10),
        ("nitrogen", 0x1E, 1),
        ("phosphorus", 0x1F, 1),
        ("potassium", 0x20, 1),
    )
    maps = {name: {"register": number, "scale": scale} for name, number, scale in registers}
    board = Board()
    probe = soil7_modbus.make(board, Uart(*script), 2, baud=4800, **maps)
    found = {12: 6.9, 10: 0.301, 9: -1.0, 11: 770, 21: 5, 22: 6, 23: 7}
    _near("soil of another map", probe.measure(), found)
    _equal("its speed", board.bauds, [4800] * 4)


def check_wind_and_air():
    """Wind, CO2 and leaf wetness on the line."""
    # XUNCHIP, XM8589, "Communication Protocol": 12.1 m/s
    line = Uart(("010300000001840a", "010302007979a6"))
    _near("wind speed", wind_speed_modbus.make(Board(), line, 1).measure(), {4: 12.1})
    # DFRobot, wiki of SEN0482: 02 8F is 65.5 degrees, address 2
    for offset, wanted in ((0, 65.5), (300, 5.5), (-90, 335.5)):
        line = Uart(("0203000000018439", _answer("020302", 0x028F)))
        vane = wind_direction_modbus.make(Board(), line, None, offset=offset)
        _near("wind direction", vane.measure(), {5: wanted})
    # Senseair, TDE2067: 400 ppm, status 0
    asked = "fe0400000004e5c6"
    for answer, wanted in (
        ("fe0408000000000000019016e6", 400),
        (_answer("fe0408", 0, 0, 0, 0), codec.Missing(codec.WARMING_UP)),
        (_answer("fe0408", 0x20, 0, 0, 9000), codec.Missing(codec.OUT_OF_RANGE)),
    ):
        probe = co2_senseair.make(Board(), Uart((asked, answer)), None)
        _near("CO2", probe.measure(), {13: wanted})
    probe = co2_senseair.make(Board(), Uart((asked, _answer("fe0408", 0x41, 0, 0, 400))), None)
    _raises("CO2", OSError, "CO2 sensor 254: says it is broken, status 0x0041", probe.measure)
    # a wet plate counts as wet since it was asked last
    board = Board()
    script = [("010300000001840a", _answer("010302", word)) for word in (1000, 499, 1200)]
    plate = leaf_wetness_modbus.make(board, Uart(*script), 1)
    rows = []
    for _ in range(3):
        board.now = (board.now // 600000 + 1) * 600000 - _modbus.STEP_MS
        rows.append(plate.measure())
    _near("wet", rows[0], {28: 100, 8: 10})
    _near("drying", rows[1], {28: 49.9, 8: 0})
    none = codec.Missing(codec.OUT_OF_RANGE)
    _near("no leaf is so wet", rows[2], {28: none, 8: none})


def check_chips():
    """Chips on I2C."""
    # Sensirion, data sheet SHT4x, section 4.4: CRC(BE EF) = 92
    line = I2C(0x44, ("w", b"\xfd"), ("r", bytes.fromhex("beef92beef92")))
    celsius = -45 + 175 * 0xBEEF / 65535
    found = sht4x.make(Board(), line, 0x44).measure()
    _near("SHT4x", found, {1: celsius, 2: -6 + 125 * 0xBEEF / 65535})
    # ROHM, BH1750FVI technical note, page 7: 83 90 is 28067 lx at the usual time (69)
    start = [("w", command) for command in (b"\x01", b"\x40", b"\x7f", b"\x20")]
    board = Board()
    found = bh1750.make(board, I2C(0x23, *(start + [("r", b"\x83\x90")])), None).measure()
    _near("BH1750", found, {14: 33680 / 1.2 * 69 / 31})
    _equal("BH1750 waits", board.now, 180)
    bright = bh1750.make(Board(), I2C(0x23, *(start + [("r", b"\xff\xff")])), None).measure()
    _near("BH1750 at its end", bright, {14: codec.Missing(codec.OUT_OF_RANGE)})
    # Bosch, BMP280 data sheet, section 3.12: 25.08 degC, 100653.27 Pa
    trimming = bytes.fromhex("706b43671 8fc7d8e43d6d00b270b8c00f9ff8c3cf8c67017".replace(" ", ""))
    script = (
        ("w", b"\xd0"),
        ("r", b"\x58"),
        ("w", b"\x88"),
        ("r", trimming),
        ("w", b"\xf4\x2d"),
        ("w", b"\xf7"),
        ("r", bytes.fromhex("655ac07eed00")),
        ("w", b"\xf4\x2d"),
        ("w", b"\xf7"),
        ("r", bytes.fromhex("800000800000")),
    )
    chip = bmp280.make(Board(), I2C(0x76, *script), None)
    _near("BMP280", chip.measure(), {7: 1006.5327, 17: 25.08})
    _raises("BMP280", ValueError, "BMP280: nothing measured", chip.measure)
    other = bmp280.make(Board(), I2C(0x77, ("w", b"\xd0"), ("r", b"\x61")), 0x77)
    _raises("BMP280", OSError, "BMP280: chip id 0x61 is another chip's", other.measure)


def _scratch(raw):
    body = bytes((raw & 255, raw >> 8, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10))
    return body + bytes((ds18b20.crc8(body),))


def check_one_wire():
    """The 1-Wire probe: its search, its checksums, and what is no reading."""
    # Maxim, application note 27, figure of the CRC example: ROM 02 1C B8 01 00 00 00, CRC A2
    _equal("CRC", ds18b20.crc8(bytes.fromhex("021cb801000000")), 0xA2)
    power_on = _scratch(0x0550)
    _equal("power-on", power_on, bytes.fromhex("50054b467fff0c101c"))
    roms = []
    for number in (1, 2, 3, 0x80, 0xFF):
        body = bytes((0x28, number, 0, 0, 0, 0, 0))
        roms.append(body + bytes((ds18b20.crc8(body),)))
    # data sheet, table 1: 0191h is 25.0625, FF5Eh is -10.125, FC90h is -55 degC
    for raw, celsius in ((0x0191, 25.0625), (0xFF5E, -10.125), (0xFC90, -55), (0, 0)):
        board = Board()
        line = OneWire({roms[0]: [power_on, _scratch(raw)]})
        found = ds18b20.make(board, line, 25).measure()
        _near("DS18B20", found, {1: celsius, 9: celsius, 17: celsius})
        _equal("DS18B20 waits", board.now, 750)
    lines = OneWire({rom: [power_on, _scratch(0x0191)] for rom in roms})
    _equal("all are found", sorted(ds18b20.search(lines)), sorted(roms))
    one = "".join(["%02x" % byte for byte in roms[3]])
    _near(
        "named",
        ds18b20.make(Board(), lines, 25, rom=one).measure(),
        {1: 25.0625, 9: 25.0625, 17: 25.0625},
    )
    text = "1-Wire: 5 probes (28"
    _raises("which", OSError, text, ds18b20.make(Board(), lines, 25).measure)
    warming = codec.Missing(codec.WARMING_UP)
    held = ds18b20.make(Board(), OneWire({roms[0]: [power_on]}), 25)
    _near("85 degC", held.measure(), {1: warming, 9: warming, 17: warming})
    once = OneWire({roms[0]: [power_on, power_on, _scratch(0x0191)]})
    _near(
        "85 degC once",
        ds18b20.make(Board(), once, 25).measure(),
        {1: 25.0625, 9: 25.0625, 17: 25.0625},
    )
    beyond = codec.Missing(codec.OUT_OF_RANGE)
    low = OneWire({roms[0]: [power_on, _scratch(0xF810)]})  # -127 degC
    _near("-127 degC", ds18b20.make(Board(), low, 25).measure(), {1: beyond, 9: beyond, 17: beyond})
    _raises("nobody", OSError, "no probe answers", ds18b20.make(Board(), OneWire({}), 25).measure)
    gone = ds18b20.make(Board(), lines, 25, rom="28" + "00" * 7)
    _raises("gone", OSError, "no answer under its ROM", gone.measure)
    shorted = ds18b20.make(Board(), OneWire({roms[0]: [bytes(9)]}), 25)
    _raises("held low", ValueError, "DS18B20: checksum", shorted.measure)
    for place in range(9):
        damaged = bytearray(_scratch(0x0191))
        damaged[place] ^= 0x04
        probe = ds18b20.make(Board(), OneWire({roms[0]: [power_on, bytes(damaged)]}), 25)
        _raises("byte %d" % place, ValueError, "DS18B20: checksum", probe.measure)


def check_pins():
    """Voltages and pulses."""
    _near("panel", solar_voltage.make(Board(), Adc(1.85), 35).measure(), {24: 20.35})
    for volts, kpa in ((0.25, 0), (1.25, 500), (2.25, 1000), (0.24, 0)):
        found = line_pressure.make(Board(), Adc(volts), 35).measure()
        _near("line pressure", found, {27: kpa})
    for volts in (0, 0.12, 2.45, 3.3):
        probe = line_pressure.make(Board(), Adc(volts), 35)
        _raises("cable", OSError, "V, cable cut or shorted", probe.measure)
    text = "low_v 2 is not below high_v 1: swap or mend them"
    _raises("span", ValueError, text, lambda: line_pressure.make(Board(), Adc(1), 35, 2, 1))
    board = Board()
    plate = leaf_wetness_adc.make(board, Adc(0.9), 35, dry_v=2.4, wet_v=0.4)
    board.now = 300000
    _near("plate", plate.measure(), {28: 75, 8: 5})
    text = "dry_v and wet_v are both 1 V: measure both at the plate"
    _raises("plate", ValueError, text, lambda: leaf_wetness_adc.make(board, Adc(1), 35, 1, 1))
    board, pin = Board(), Pin()
    meter = flow_meter.make(board, pin, 27)
    for board.now in range(10, 10 + 900 * 5, 5):
        pin.handler(pin)
    _near("water", meter.measure(), {26: 2})
    _near("no water", meter.measure(), {26: 0})
    board, pin = Board(), Pin()
    trap = trap_counter.make(board, pin, 27)
    for board.now in (5000, 5300, 5900, 7000, 60000):
        pin.handler(pin)
    _near("insects", trap.measure(), {25: 3})


def check():
    """Run every check; return how many there are."""
    checks = (
        check_modbus,
        check_soil,
        check_wind_and_air,
        check_chips,
        check_one_wire,
        check_pins,
    )
    for one in checks:
        one()
    return len(checks)


if sys.implementation.name == "micropython":
    print(check())
else:
    import subprocess
    from pathlib import Path

    from tests.paths import ROOT

    def test_traces() -> None:
        """The same file under CPython."""
        assert check() == 6

    def test_traces_under_micropython() -> None:
        """The script above in the heap that a node has."""
        start = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"
        done = subprocess.run(
            [sys.executable, "-c", start, "-X", "heapsize=160k", str(Path(__file__))],
            env={"MICROPYPATH": f"{ROOT}:.frozen"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == "6\n", done.stdout + done.stderr
