"""The workbench that a simulated node stands on: its settings, its clock and its weather.

Runs under MicroPython only. Settings come from the JSON file named by NONGQING_BENCH.
"""

import json
import os
import struct
import time

with open(os.getenv("NONGQING_BENCH")) as _file:
    settings = json.load(_file)


def _forget_mark():
    """The backlog is on flash, and nothing of it sent yet: it need not be made up again."""
    try:
        os.remove(settings["backlog_mark"])
    except OSError:
        pass


class Clock:
    """Virtual time: what the shared clock says, or earlier while a backlog is made up.

    The shared clock is ``system`` or ``sim:<sim_unix>@<real_unix>*<rate>``. While behind it, every
    wait passes in an instant; once level, waits are paced at the clock's rate.
    """

    def __init__(self, spec, backlog_s):
        self.sim, self.real, self.rate = 0.0, 0.0, 1.0
        if spec != "system":
            head, rate = spec[4:].split("*")
            sim, real = head.split("@")
            self.sim, self.real, self.rate = float(sim), float(real), float(rate)
        self.behind = backlog_s > 0
        self.start = self.at = self.shared() - backlog_s
        self.watchers = []

    def shared(self):
        """The clock that all parts share [s since 1970]."""
        return self.sim + (time.time_ns() / 1e9 - self.real) * self.rate

    def now(self):
        """Virtual time of this node [s since 1970]."""
        return self.at if self.behind else self.shared()

    def uptime_ms(self):
        """Virtual milliseconds since boot; lets the emulated world catch up first."""
        now = self.now()
        for watcher in self.watchers:
            watcher(now)
        return int((now - self.start) * 1000)

    def pass_ms(self, ms):
        """Pass `ms` of virtual time; return how long that still takes in real time [ms]."""
        if not self.behind:
            return int(ms / self.rate) + 1
        self.at += ms / 1000
        self.behind = self.at < self.shared()
        if not self.behind:
            _forget_mark()
        return 0


COLUMNS = (
    "air_temperature",
    "relative_humidity",
    "precipitation_amount",
    "wind_speed",
    "wind_from_direction",
    "air_pressure",
    "soil_temperature",
    "soil_moisture",
)
HEADER = "<4sII"
ROW = "<8h"
ROW_BYTES = 16
MISSING = -32768
SCALES = (100, 100, 100, 100, 10, 10, 100, 10000)


class Weather:
    """Hourly rows of the compact file that firmware/workbench/weather.py writes."""

    def __init__(self, path):
        self.file = open(path, "rb")
        magic, self.start, self.count = struct.unpack(HEADER, self.file.read(12))
        if magic != b"NQW1":
            raise ValueError("%s: not a weather file of the workbench" % path)
        self.rows = {}

    def row(self, hour):
        """The row of `hour` (counted from 1970), or None outside the file."""
        index = hour - self.start // 3600
        if not 0 <= index < self.count:
            return None
        if hour not in self.rows:
            if len(self.rows) > 3:
                self.rows.clear()
            self.file.seek(12 + index * ROW_BYTES)
            self.rows[hour] = struct.unpack(ROW, self.file.read(ROW_BYTES))
        return self.rows[hour]

    def hourly(self, name, hour):
        """Value of the hour itself, or None where it is missing."""
        column = COLUMNS.index(name)
        row = self.row(hour)
        if row is None or row[column] == MISSING:
            return None
        return row[column] / SCALES[column]

    def at(self, name, time_s):
        """Value at a moment, on a line between the middles of neighbouring hours."""
        hour = int(time_s // 3600)
        here = self.hourly(name, hour)
        part = time_s / 3600 - hour - 0.5
        other = self.hourly(name, hour + (1 if part > 0 else -1))
        if here is None or other is None:
            return here
        return here + (other - here) * abs(part)


class World:
    """What surrounds this node: the weather, with this node's own small differences, or a ride."""

    def __init__(self, weather, differences, ride=None):
        self.weather = weather
        self.differences = differences
        self.ride = ride

    def chip(self, name, time_s, rear=False):
        """Value at a chip for air: of a logger that rides along, at its front or at the doors."""
        if self.ride is None:
            return self.value(name, time_s)
        return self.ride.chip(name, time_s, rear)

    def value(self, name, time_s):
        """Value at this node, or None where the weather file has none."""
        value = self.weather.at(name, time_s)
        return None if value is None else value + self.differences.get(name, 0)

    def rain(self, start_s, end_s):
        """Rain between two moments [mm]."""
        total = 0.0
        while start_s < end_s:
            hour = int(start_s // 3600)
            until = min(end_s, (hour + 1) * 3600)
            amount = self.weather.hourly("precipitation_amount", hour) or 0
            total += amount * (until - start_s) / 3600
            start_s = until
        return total * self.differences.get("rain_factor", 1)


clock = Clock(settings["clock"], settings.get("backlog_s", 0))
ASLEEP = settings.get("asleep")  # the file that says until when it sleeps [s since 1970]
slept = False
if ASLEEP:
    try:
        with open(ASLEEP) as _file:
            clock.start = float(_file.read().split()[0])
        os.remove(ASLEEP)
        slept, clock.behind = True, False
    except OSError:
        pass  # power came


def go_to_sleep(ms):
    """Note until when the node sleeps, and how long that takes in real time [s]."""
    print("asleep for %d s" % (ms // 1000))
    until = clock.now() + ms / 1000
    with open(ASLEEP, "w") as file:
        file.write("%.3f %.3f" % (until, ms / 1000 / clock.rate))


ride = None
if settings.get("ride"):  # code, too, takes room in the heap: of those alone that ride
    from ride import Ride

    ride = Ride(settings["ride"])
world = World(Weather(settings["weather"]), settings.get("differences", {}), ride)


def fault(part, at=None):
    """Name of the fault that `part` has now, or at another time, or None."""
    now = clock.now() if at is None else at
    for name, kind, start, end in settings.get("faults", ()):
        if name == part and start <= now < end:
            return kind
    return None


def edges(part, start, end):
    """When faults of `part` began or ended, later than the start and no later than the end."""
    found = []
    for name, _, *times in settings.get("faults", ()):
        if name == part:
            found += [time for time in times if start < time <= end]
    return found
