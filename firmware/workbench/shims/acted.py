"""What a simulated node's outputs do to its world; laid over the emulated board where it has some.

Water that flows is counted, makes pressure and reaches the probe; an open vent lets out the heat
and the humidity that a closed greenhouse gathers. Illustrative, not measured: each is a straight
line or a lag of the first order, with the figures below. Faults of parts ``valve`` (``dry``: no
water comes; ``leak``: it flows though off), ``pump`` (``dry``) and ``vent`` (``stuck``).

The timer that ends leases is called whenever the program asks for the time or rests: what is
emulated runs on virtual time. That it comes while a program is stuck, tests try elsewhere.
"""

import math

import machine
import stations
from bench import clock, fault, settings, world
from machine import DOOR_PIN, WATER_PIN, Pin

DRIP_L_S, PUMP_L_S = 0.55, 8.3  # 2 and 30 m3 an hour
# Litres that raise the probe's soil by 1 m3 m-3: a third of a mu (667 m2) under drip lines, or ten
# mu, to 0.4 m.
DRIP_L, FIELD_L = 667 / 3 * 0.4 * 1000, 6670 * 0.4 * 1000
SOAK_S, DRY_S = 1200, 5 * 86400
HEAT_C, DAMP_PERCENT, AIR_S = 9.0, 12.0, 900
TRAVEL_S = 60
STEP_S = 60


class Acted:
    """The world that is acted on, up to the moment `then`."""

    def __init__(self, rows):
        self.rows = rows
        self.then = clock.now()
        self.litres = self.soaking = self.wet = 0.0
        self.vent = 0.0
        self.heat = self.damp = None
        self.pumping = False

    def pins(self, kind):
        """Pins of the first output of a kind, () where there is none."""
        for row in self.rows:
            if row["kind"] == kind:
                return row["pins"]
        return ()

    def is_on(self, kind):
        """Whether an output of this kind is on by its first pin."""
        return any(pin in Pin.high for pin in self.pins(kind)[:1])

    def flow(self):
        """Litres of water that flow in a second."""
        valve = fault("valve", self.then)
        if valve == "dry" or not (self.is_on("valve") or valve == "leak"):
            return 0.0
        if self.pins("pump"):
            return PUMP_L_S if self.pumping else 0.0
        return DRIP_L_S

    def until(self, now):
        """Let time pass as the outputs stand."""
        while self.then < now:
            step = min(STEP_S, now - self.then)
            self.pumping = self.is_on("pump") and fault("pump", self.then) != "dry"
            flow = self.flow()
            self.litres += flow * step
            self.soaking += flow * step / (FIELD_L if self.pins("pump") else DRIP_L)
            soaks = self.soaking * (1 - math.exp(-step / SOAK_S))
            self.soaking -= soaks
            self.wet = (self.wet + soaks) * math.exp(-step / DRY_S)
            if self.pins("vent"):
                self._air(step)
            self.then += step

    def _air(self, step):
        opens, closes = self.pins("vent")
        if fault("vent", self.then) != "stuck":
            moves = (opens in Pin.high) - (closes in Pin.high)
            self.vent = min(1.0, max(0.0, self.vent + moves * step / TRAVEL_S))
        shut = 1 - 0.9 * self.vent
        heat, damp = HEAT_C * stations.daylight(self.then) * shut, DAMP_PERCENT * shut
        if self.heat is None:
            self.heat, self.damp = heat, damp
        part = 1 - math.exp(-step / AIR_S)
        self.heat += (heat - self.heat) * part
        self.damp += (damp - self.damp) * part


acted = Acted(settings["outputs"]["rows"])
pulses_per_l = settings["outputs"]["pulses_per_l"]
clock.watchers.append(acted.until)
value_outside, volts_outside, level_outside = world.value, stations.volts_at, Pin.value


def value(name, time_s):
    """Value at this node, with what its outputs did."""
    found = value_outside(name, time_s)
    if found is None:
        return None
    if name == "soil_moisture":
        return min(0.45, found + acted.wet)
    if name == "air_temperature":
        return found + (acted.heat or 0)
    if name == "relative_humidity":
        return min(99.0, found + (acted.damp or 0))
    return found


def level(self, to=None):
    """Read the vent's contact, or set an output."""
    if to is None:
        return int(acted.vent > 0.02) if self.number == DOOR_PIN else level_outside(self)
    acted.until(clock.now())
    (Pin.high.add if to else Pin.high.discard)(self.number)
    return None


def water_until(self, now):
    """Give the pulses of the water that flowed."""
    if self.number != WATER_PIN:
        return
    acted.until(now)
    total = int(acted.litres * pulses_per_l)
    count = total - int(self.level)
    for number in range(count):
        Pin.edge_at = self.then + (now - self.then) * (number + 1) / count
        self.handler(self)
    self.level, self.then = total, now


def door_until(self, now):
    """Tell the contact of the vent's moves."""
    acted.until(now)
    is_open = acted.vent > 0.02
    Pin.edge_at = now
    if is_open != bool(self.level):
        self.level = is_open
        self.handler(self)


class Timer:
    """A hardware timer on virtual time."""

    PERIODIC = 1

    def __init__(self, number):
        self.number = number

    def init(self, period, mode, callback):
        """Call from now on, not more often than that."""
        then = 0.0

        def pass_until(now):
            nonlocal then
            if now - then >= period / 1000:
                then = now
                callback(self)

        clock.watchers.append(pass_until)


world.value = value
stations.pumping = lambda time_s: acted.pumping
Pin.value, Pin._pulses_until, Pin._door_until = level, water_until, door_until
machine.Timer = Timer
