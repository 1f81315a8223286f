"""Emulated chips of an ESP32 board, down to the bytes on the wire (MicroPython Unix port only).

SHT4x: Sensirion, Datasheet SHT4x. Soil probe: MODBUS over Serial Line V1.02, two registers.
Rain gauge: one falling edge per bucket, three with the fault ``bounce``. Battery: a lithium cell
with a little daily charge. Further stations, chips and pins are in stations.py, chips.py and
onewire.py, which only a node that has one loads: code, too, takes room in the heap.
"""

import math
import struct

from bench import clock, edges, fault, go_to_sleep, settings, slept, world

PWRON_RESET, DEEPSLEEP_RESET = 1, 4
SHT4X_ADDRESS, REAR_ADDRESS = 0x44, 0x45
DOOR_PIN, GNSS_LINE = 26, 1
PROBE_ADDRESS = 1
WATER_PIN, TRAP_PIN, BATTERY_PIN = 32, 33, 34
BUCKET_MM = 0.2
ENODEV = 19
BAUD = 9600


class _Registers:
    """The chip's own registers: of all, why it started. A 32-bit word at each address."""

    def __getitem__(self, address):
        return settings.get("reset_state", 1) if address == 0x3FF48034 else 0


mem32 = _Registers()


def reset_cause():
    """A simulated node starts from power, unless it slept or its settings say otherwise."""
    return DEEPSLEEP_RESET if slept else settings.get("reset_cause", PWRON_RESET)


def reset():
    """End the process; who started it starts it again."""
    raise SystemExit(3)


def deepsleep(ms):
    """End the process; what launched it starts another one when the time is over."""
    go_to_sleep(ms)
    raise SystemExit(DEEPSLEEP_RESET)


class WDT:
    """Watchdog: nothing to bite here."""

    def __init__(self, timeout):
        self.timeout = timeout

    def feed(self):
        """Accepted."""


class RTC:
    """Real-time clock; without a cell it starts at 2000 as the ESP32's does."""

    def datetime(self):
        """Return (year, month, day, weekday, hour, minute, second, 0) of virtual UTC."""
        if not settings.get("rtc", True):
            return (2000, 1, 1, 5, 0, 0, 0, 0)
        seconds = int(clock.now() + float(fault("clock") or 0))
        days, left = divmod(seconds, 86400)
        era_day = days + 719468
        era, doe = divmod(era_day, 146097)
        yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
        doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
        mp = (5 * doy + 2) // 153
        month = mp + 3 if mp < 10 else mp - 9
        year = yoe + era * 400 + (month <= 2)
        day = doy - (153 * mp + 2) // 5 + 1
        return (year, month, day, (days + 3) % 7, left // 3600, left // 60 % 60, left % 60, 0)

    def memory(self, data=None):
        """Memory that outlives a reset: the file ``rtc_memory``, empty after a start from power."""
        name = settings.get("rtc_memory")
        if data is not None:
            if name:
                with open(name, "wb") as file:
                    file.write(data)
            return None
        if not name or reset_cause() == PWRON_RESET:
            return b""
        with open(name, "rb") as file:
            return file.read()


class Pin:
    """A pin; on the rain gauge's, `irq` gets one call for each bucket that tips."""

    IN, OUT, PULL_UP, IRQ_RISING, IRQ_FALLING = 0, 1, 2, 1, 2
    edge_at = 0.0
    high = set()  # outputs that are on

    @staticmethod
    def edge_ms():
        """Ticks of the edge that is being handled [ms]."""
        return int(Pin.edge_at * 1000)

    def __init__(self, number, mode=0, pull=None, value=0):
        self.number = number
        if mode == Pin.OUT:
            (Pin.high.add if value else Pin.high.discard)(number)
        self.level = 0.0
        self.then = clock.now()
        self.handler = None

    def irq(self, handler, trigger):
        """Call `handler(pin)` for every tip, or move of a door, from now on."""
        self.handler = handler
        if self.number in (WATER_PIN, TRAP_PIN):
            from stations import pulses_a_second

            self.rate = pulses_a_second(self.number)
            clock.watchers.append(self._pulses_until)
        else:
            clock.watchers.append(self._door_until if self.number == DOOR_PIN else self._rain_until)

    def value(self):
        """Level of a door's pin: 1 while it is open."""
        at = Pin.edge_at or clock.now()
        is_open = fault("door", at) == "open"
        return int(is_open or (world.ride is not None and world.ride.open_at(at)))

    def _door_until(self, now):
        moves = world.ride.moves(self.then, now) if world.ride else []
        for edge in sorted(moves + edges("door", self.then, now)):
            Pin.edge_at = edge
            self.handler(self)
        Pin.edge_at = now
        self.then = max(self.then, now)

    def _pulses_until(self, now):
        while self.then < now:
            until = min(now, (self.then // 60 + 1) * 60)
            before = self.level
            self.level += self.rate(self.then) * (until - self.then)
            for number in range(int(before) + 1, int(self.level) + 1):
                share = (number - before) / (self.level - before)
                Pin.edge_at = self.then + (until - self.then) * share
                self.handler(self)
            self.level -= int(self.level)
            self.then = until

    def _rain_until(self, now):
        before = self.level
        self.level += world.rain(self.then, now)
        full = (self.level - before) or 1.0
        bounces = (0, 0.001, 0.003) if fault("pulse") == "bounce" else (0,)
        tip = BUCKET_MM
        while self.level >= BUCKET_MM:
            # As if it had rained evenly since the last look.
            at = self.then + (now - self.then) * (tip - before) / full
            for late in bounces:
                Pin.edge_at = at + late
                self.handler(self)
            self.level -= BUCKET_MM
            tip += BUCKET_MM
        self.then = max(self.then, now)


def _crc8(data):
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc


class I2C:
    """The bus with an SHT4x at 0x44, on a ride one at 0x45, and the chips of chips.py."""

    def __init__(self, number, scl=None, sda=None, freq=100000):
        self.asked = None

    def writeto(self, address, data):
        """Take a command; OSError where no chip acknowledges."""
        if not self._there(address):
            if fault("i2c") == "no_answer":
                raise OSError(ENODEV)
            self._other(address).writeto(data)
            return
        self.asked = bytes(data)

    @staticmethod
    def _there(address):
        known = (SHT4X_ADDRESS, REAR_ADDRESS) if world.ride else (SHT4X_ADDRESS,)
        return address in known and fault("i2c") != "no_answer"

    @staticmethod
    def _other(address):
        import chips

        return chips.at(address)

    def readfrom(self, address, count):
        """Answer the last command."""
        if not self._there(address) and fault("i2c") != "no_answer":
            return self._other(address).readfrom(count)
        if not self._there(address) or self.asked != b"\xfd":
            raise OSError(ENODEV)
        self.asked = None
        while fault("i2c") == "hang":
            pass
        now = clock.now()
        rear = address == REAR_ADDRESS
        t = world.chip("air_temperature", now, rear)
        rh = world.chip("relative_humidity", now, rear)
        if t is None or rh is None:
            raise OSError(ENODEV)
        t = struct.pack(">H", min(65535, max(0, round((t + 45) * 65535 / 175))))
        rh = struct.pack(">H", min(65535, max(0, round((min(rh, 100) + 6) * 65535 / 125))))
        answer = bytearray(t + bytes((_crc8(t),)) + rh + bytes((_crc8(rh),)))
        if fault("i2c") == "bad_checksum":
            answer[2] ^= 1
        return bytes(answer[:count])


def _crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


def _sentence():
    if world.ride is None:
        return b"$GNRMC,,V,,,,,,,,,,N*4D\r\n"
    return world.ride.sentence(clock.now(), bool(fault("gnss")))


class UART:
    """The RS-485 line with a soil probe as Modbus station 1, or that of a satellite receiver."""

    def __init__(self, number, baudrate=9600, tx=None, rx=None, timeout=0):
        self.answer = b""
        self.receiver = number == GNSS_LINE
        self.given = True
        self.baud = baudrate

    def init(self, baudrate=9600, tx=None, rx=None, timeout=0):
        """Change the speed."""
        self.baud = baudrate

    def write(self, data):
        """Hear a request; stations keep silent unless it is theirs and undamaged."""
        if len(data) != 8 or _crc16(data[:-2]) != data[-2:] or fault("rs485") == "no_answer":
            return len(data)
        if settings.get("supply_pin") is not None and settings["supply_pin"] not in Pin.high:
            return len(data)  # nothing feeds the stations
        while fault("rs485") == "hang":
            pass
        address, function, register, count = struct.unpack(">BBHH", data[:6])
        if address != PROBE_ADDRESS:
            from stations import answer_of

            return self._answer(data, answer_of(address, self.baud, function, register, count))
        if self.baud != BAUD:
            return len(data)
        now = clock.now()
        moisture = world.value("soil_moisture", now)
        temperature = world.value("soil_temperature", now)
        if moisture is None or temperature is None:
            return len(data)
        if function != 3:
            body = bytes((PROBE_ADDRESS, function | 0x80, 1))
        elif register != 0 or count != 2:
            body = bytes((PROBE_ADDRESS, function | 0x80, 2))
        else:
            values = round(max(0, moisture) * 1000), round(temperature * 10)
            body = struct.pack(">BBBHh", PROBE_ADDRESS, function, 4, values[0], values[1])
        return self._answer(data, body)

    def _answer(self, data, body):
        if body:
            crc = _crc16(body)
            if fault("rs485") == "bad_checksum":
                crc = bytes((crc[0] ^ 1, crc[1]))
            before = b"\x00" + data if fault("rs485") == "echo" else b""
            self.answer = before + body + crc
        return len(data)

    def read(self, count):
        """Give what has been answered, or None; of a receiver a sentence every other time."""
        if self.receiver:
            self.given = not self.given
            return _sentence() if self.given else None
        answer, self.answer = self.answer[:count], self.answer[count:]
        return answer or None


def modem():
    """The emulated modem's line, of which the settings tell, and what pulls its reset line."""
    name = settings["modem"]

    def reset():
        with open(name["reset"], "w") as pin:
            pin.write("1")

    return open(name["line"], "r+b"), reset


class ADC:
    """Half the voltage of a cell: 3.7 V, 0.15 V more in the afternoon than before dawn.

    ``battery_v`` in the settings is the cell's voltage instead: a number, or rows of (until when
    [s since 1970], voltage).
    """

    ATTN_11DB = 3

    def __init__(self, pin, atten=0):
        self.pin = pin

    def read_uv(self):
        """Microvolts at the pin."""
        if self.pin.number != BATTERY_PIN:
            from stations import volts_at

            return int(volts_at(self.pin.number) * 1000000)
        given = float(fault("battery") or 0) or settings.get("battery_v")
        if isinstance(given, list):
            given = [volts for until, volts in given if clock.now() < until][0]
        if given:
            return int(given * 500000)
        hour = (clock.now() / 3600 + 8) % 24
        return int((3.775 + 0.075 * math.sin((hour - 9) * math.pi / 12)) * 500000)
