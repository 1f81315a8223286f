"""An ESP32 board: the only place, with board_unix and main, that knows its pins and chips."""

import os
import select
import time

import machine
import network

from firmware import const
from firmware.node.clock import seconds
from firmware.node.kept import Kept

_I2C_SCL = const(22)
_I2C_SDA = const(21)
_PULSE_PIN = const(27)
_ADC_PIN = const(34)
_ONEWIRE_PIN = const(25)
_RS485_TX = const(17)
_RS485_RX = const(16)
_RS485_BAUD = const(9600)
_GNSS_TX = const(4)
_GNSS_RX = const(5)
_GNSS_BAUD = const(9600)
# The modem has the line that a satellite receiver would have: one board carries one of the two.
_MODEM_TX = const(32)
_MODEM_RX = const(33)
_MODEM_RESET = const(13)
_MODEM_BAUD = const(115200)
_RESET_PULSE_MS = const(100)  # how long the module wants it: unverified
_EARLIEST_RTC_YEAR = const(2010)
_WATCHDOG_MS = const(120000)
_RESTART_MS = const(60000)
_MAX_SLEEP_MS = const(30000)
# Why the chip itself says it started: ESP32 Technical Reference Manual, RTC_CNTL_RESET_STATE_REG,
# and ESP-IDF, components/esp_rom/include/esp32/rom/rtc.h (RTCWDT_BROWN_OUT_RESET). MicroPython's
# `reset_cause` calls a brown-out the watchdog's or a reset by hand, depending on its version.
_RESET_STATE = const(0x3FF48034)
_RESET_BITS = const(0x3F)
_BROWN_OUT_STATE = const(15)
_BROWN_OUT = const(6)  # ours, behind MicroPython's five


class Board:
    """Buses, time, network and rest of one board; `root` is where its flash is mounted."""

    root = ""

    def __init__(self):
        self.wlan = None
        self.network = None, None
        self.joining = True
        self.has_modem = False
        self.supply = None
        self.buses = {}
        self.poller = select.poll()
        self.last_ticks = time.ticks_ms()
        self.uptime = 0
        self.watchdog = None
        self.memory = Kept(machine.RTC().memory)
        self.baud = _RS485_BAUD

    def bus(self, name, address):
        """Return the bus a driver takes, by its name.

        ``i2c``, ``rs485``, ``gnss``, ``pulse``, ``adc``, ``onewire`` or ``link``; `address` is the
        pin of ``pulse``, ``adc`` and ``onewire``, None takes the board's usual one.
        """
        if name == "pulse":
            return machine.Pin(address or _PULSE_PIN, machine.Pin.IN, machine.Pin.PULL_UP)
        if name == "adc":
            return machine.ADC(machine.Pin(address or _ADC_PIN), atten=machine.ADC.ATTN_11DB)
        if name == "onewire":
            from onewire import OneWire  # not every firmware has it, and few boards need it

            return OneWire(machine.Pin(address or _ONEWIRE_PIN))
        if name == "link":
            return self.signal_dbm
        if name not in self.buses:
            if name == "i2c":
                scl, sda = machine.Pin(_I2C_SCL), machine.Pin(_I2C_SDA)
                self.buses[name] = machine.I2C(0, scl=scl, sda=sda, freq=100000)
            elif name == "rs485":
                self.buses[name] = machine.UART(
                    2, baudrate=_RS485_BAUD, tx=_RS485_TX, rx=_RS485_RX, timeout=50
                )
            elif name == "gnss":
                self.buses[name] = machine.UART(
                    1, baudrate=_GNSS_BAUD, tx=_GNSS_TX, rx=_GNSS_RX, timeout=50
                )
            else:
                raise ValueError(
                    "bus %r: this board has i2c, rs485, gnss, pulse, adc, onewire and link" % name
                )
        return self.buses[name]

    def set_baud(self, baud):
        """Set the RS-485 line to the speed of the station that is asked next; None: the board's."""
        baud = int(baud or _RS485_BAUD)
        if baud != self.baud:
            self.buses["rs485"].init(baudrate=baud, tx=_RS485_TX, rx=_RS485_RX, timeout=50)
            self.baud = baud

    def tally(self, pin):
        """Return a count of pulses that outlives a reset, None where there is no room for it."""
        return self.memory.tally(pin)

    falling = machine.Pin.IRQ_FALLING
    changing = machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING
    edge_ms = staticmethod(time.ticks_ms)

    def join(self, ssid, password, on=True):
        """Start joining the wireless network; it goes on by itself. Not beside a modem.

        With `on` false it is joined when the radio is switched on.
        """
        if self.has_modem:
            return
        self.wlan = network.WLAN(network.STA_IF)
        self.network = ssid, password
        if on:
            self.radio(True)

    def radio(self, on):
        """Switch the radio on, and join again, or off: of all parts it takes the most power.

        What the radio refuses `online` tries again, from off (micropython issue 17661: it does so
        when it is told to join while it does).
        """
        if self.wlan is None:
            return  # a modem saves power by its own timers
        self.joining = True
        try:
            self.wlan.active(on)
            if on and self.network[0] and not self.wlan.isconnected():
                self.wlan.connect(*self.network)
        except OSError:
            self.joining = False

    def modem(self, baud):
        """Return the modem's serial line and a function that resets it, which takes 0.1 s."""
        pin = machine.Pin(_MODEM_RESET, machine.Pin.OUT, value=0)  # 1 pulls RESET_N low: transistor

        def reset():
            pin.value(1)
            time.sleep_ms(_RESET_PULSE_MS)
            pin.value(0)

        self.has_modem = True
        line = machine.UART(
            1, baudrate=baud or _MODEM_BAUD, tx=_MODEM_TX, rx=_MODEM_RX, timeout=0, rxbuf=1024
        )
        return line, reset

    def online(self):
        """Return whether the network is there; with a modem only trying tells."""
        if self.has_modem:
            return True
        if not self.joining:
            self.radio(False)
            self.radio(True)
        return self.wlan is not None and self.wlan.isconnected()

    def signal_dbm(self):
        """How strongly Wi-Fi is heard [dBm], None where it is not; a modem puts its own here."""
        return self.wlan.status("rssi") if self.online() else None

    def utc(self):
        """Seconds since 1970 by the real-time clock, or None if nobody has ever set it."""
        year, month, day, _, hour, minute, second, _ = machine.RTC().datetime()
        if year < _EARLIEST_RTC_YEAR:
            return None
        return seconds(year, month, day) + hour * 3600 + minute * 60 + second

    def uptime_ms(self):
        """Milliseconds since boot, without the wrap of the tick counter after 12 days."""
        ticks = time.ticks_ms()
        self.uptime += time.ticks_diff(ticks, self.last_ticks)
        self.last_ticks = ticks
        return self.uptime

    def ticks_ms(self):
        """Tick counter for the network's waits [ms]; wraps."""
        return time.ticks_ms()

    def ticks_diff(self, a, b):
        """Milliseconds from tick `b` to tick `a`."""
        return time.ticks_diff(a, b)

    def wait_ms(self, ms):
        """Let a chip take its time."""
        time.sleep_ms(ms)

    def wait(self, socket, sample_ms, link_ms):
        """Rest until a sample is due, the link wants attention or `socket` can be read.

        Returns true if `socket` can be read.
        """
        return self._poll(socket, min(sample_ms, link_ms, _MAX_SLEEP_MS))

    def _poll(self, socket, ms):
        if socket is None:
            time.sleep_ms(ms)
            return False
        self.poller.register(socket, select.POLLIN)
        try:
            return bool(self.poller.poll(ms))
        finally:
            self.poller.unregister(socket)

    def watch(self):
        """Start the watchdog, or show it that the program is alive."""
        if self.watchdog is None:
            self.watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        self.watchdog.feed()

    def restart(self):
        """Start the board again, after a pause: what ends it at every start must not empty it."""
        self.wait_ms(_RESTART_MS)
        machine.reset()

    def reset(self):
        """Start the board again now."""
        machine.reset()

    def feed(self, on):
        """Switch what feeds the sensors, and let them warm up; in deep sleep the pin lets go."""
        if self.supply is None:
            return
        machine.Pin(self.supply["pin"], machine.Pin.OUT, value=1 if on else 0)
        if on:
            self.wait_ms(self.supply["warm_ms"])

    def keep(self, text):
        """Keep `text` where it outlives a reset, but not a time without power."""
        self.memory.keep(text)

    def kept(self):
        """Return what `keep` was given before the last reset, empty after a time without power."""
        return self.memory.text()

    def deep_sleep(self, ms, state):
        """Sleep deeply for `ms`, then start anew; `woke` gives `state` back.

        It returns where there is no room for the state. The radio is off before: left on, it would
        go on taking power (micropython issue 5418).
        """
        self.radio(False)
        if self.memory.keep_state(state):
            machine.deepsleep(ms)

    def woke(self):
        """Return the state that `deep_sleep` was given, once; empty after any other start."""
        state = self.memory.take_state()
        return state if self.reset_cause() == machine.DEEPSLEEP_RESET else ""

    def reset_cause(self):
        """Why the board started: a number of `machine`, or 6 for a brown-out.

        1 power came, 2 reset by hand (or by the power supply), 3 watchdog, 4 woke from deep sleep,
        5 the program began anew, 6 the voltage fell too low; 0 unknown.
        """
        if self._is_esp32() and machine.mem32[_RESET_STATE] & _RESET_BITS == _BROWN_OUT_STATE:
            return _BROWN_OUT
        return machine.reset_cause()

    def _is_esp32(self):
        """Whether it is the first ESP32; others of the family have nothing at that address."""
        return os.uname()[4].split()[-1] == "ESP32"
