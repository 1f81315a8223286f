"""How long a node lives on its battery: what each part takes a day, added up.

A part on a voltage up to the battery's hangs behind a linear regulator: its current is the
battery's. One on a higher voltage hangs behind a converter that wastes a part (`CONVERTER`).
Energy is counted at the battery: voltage times current times time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

DAY_S = 86400
#: What a small step-up converter passes on (unverified: no part was chosen).
CONVERTER = 0.85
LINKS = ("ip", "nbiot")
#: Of an update: the most bytes that travel, and files (each is asked for by itself).
UPDATE_BYTES, UPDATE_FILES = 48 * 1024, 56
#: What one ask brings [bytes] (docs/wire.md), and how long that takes [s] (our own judgement,
#: unverified).
ASKED = {"ip": (8 * 512, 1.0), "nbiot": (256, 5.0)}


class State(Protocol):
    """A part in one state: current [mA] and length [s], None where it fills what time is left."""

    @property
    def ma(self) -> float:
        """Current [mA]."""

    @property
    def seconds(self) -> float | None:
        """How long one time of it lasts [s]."""

    @property
    def verified(self) -> bool:
        """Whether both were read in the source."""

    @property
    def source(self) -> str:
        """Where they were read."""


class Part(Protocol):
    """A part: its names, supply voltage [V] and states."""

    @property
    def zh(self) -> str:
        """Name in Chinese."""

    @property
    def en(self) -> str:
        """Name in English."""

    @property
    def volts(self) -> float:
        """Supply voltage [V]."""

    @property
    def states(self) -> Mapping[str, State]:
        """States by name."""


@dataclass(frozen=True)
class Plan:
    """How a node spends a day.

    Attributes
    ----------
    drivers : sequence of str
        One name for each sensor, in the order in which they are asked.
    on_rs485 : int
        How many of them are on the RS-485 line.
    samples, reports : float
        How often a day it measures, and how often it opens its radio.
    link : str
        ``ip`` (Wi-Fi) or ``nbiot``.
    deep_sleep : bool
        Whether it sleeps deeply between samples; else it is awake, and joined over ``ip``, all day.
    volts : float
        The battery's usual voltage [V].
    supply_s : float or None
        How long before each sample the sensors on a converter and the RS-485 transceiver are fed
        [s]; None: all the time.
    """

    drivers: Sequence[str]
    on_rs485: int
    samples: float
    reports: float
    link: str
    deep_sleep: bool
    volts: float
    supply_s: float | None = None


@dataclass(frozen=True)
class Row:
    """What a part takes in one state: current [mA], time [s] and energy [mJ] of one time of it.

    `times` is how often that is in a day; `of` says of what it is part: ``sample``, ``report`` or
    ``day``.
    """

    of: str
    part: str
    state: str
    ma: float
    seconds: float
    times: float
    mj: float
    verified: bool
    source: str

    @property
    def mj_a_day(self) -> float:
        """Energy in a day [mJ]."""
        return self.mj * self.times


def energy(part: Part, state: State, seconds: float, volts: float) -> float:
    """Energy that a part takes out of a battery of `volts` [V] in `seconds`, in mJ."""
    if part.volts <= volts:
        return state.ma * seconds * volts
    return state.ma * seconds * part.volts / CONVERTER


class _Day:
    """A day of a node as it is put together; `spent` is how long its parts were at work [s]."""

    def __init__(self, plan: Plan, parts: Mapping[str, Part]) -> None:
        self.plan = plan
        self.parts = parts
        self.times = {"sample": plan.samples, "report": plan.reports, "day": 1.0}
        self.rows: list[Row] = []

    def add(
        self, of: str, name: str, state: str, *, seconds: float | None = None, each: int = 1
    ) -> float:
        """Add a state that comes `each` times in every sample, report or day; its seconds a day."""
        part = self.parts[name]
        entry = part.states[state]
        lasts = seconds if entry.seconds is None or seconds is not None else entry.seconds
        assert lasts is not None, f"{name}.{state} has no time of its own"
        mj = energy(part, entry, lasts, self.plan.volts)
        times = self.times[of] * each
        row = Row(of, name, state, entry.ma, lasts, times, mj, entry.verified, entry.source)
        self.rows.append(row)
        return lasts * times

    def seconds(self, name: str, state: str) -> float:
        """How long one time of a state lasts [s]."""
        return self.parts[name].states[state].seconds or 0.0


def budget(plan: Plan, parts: Mapping[str, Part]) -> list[Row]:
    """What every part of a node takes in a day, state by state.

    Raises
    ------
    KeyError
        With the name of a part that is not among `parts`.
    """
    day = _Day(plan, parts)
    radio = "esp32" if plan.link == "ip" else "nbiot"
    reporting = day.seconds(radio, "reporting")
    left = DAY_S - reporting * plan.reports
    fed = (plan.supply_s or 0.0) + sum(day.seconds(name, "measuring") for name in plan.drivers)
    if plan.deep_sleep:
        left -= day.add("sample", "esp32", "starting")
        left -= day.add("sample", "esp32", "awake", seconds=fed)
    if radio == "esp32":
        day.add("report", "esp32", "reporting")
        day.add("report", "esp32", "transmitting")
    else:
        day.add("report", "esp32", "awake", seconds=reporting)
        asleep = DAY_S - day.add("report", "nbiot", "reporting")
        day.add("day", "nbiot", "asleep", seconds=max(0.0, asleep))
    between = "asleep" if plan.deep_sleep else ("joined" if radio == "esp32" else "awake")
    day.add("day", "esp32", between, seconds=max(0.0, left))
    for name in plan.drivers:
        day.add("sample", name, "measuring")
        if plan.supply_s is not None and parts[name].volts > plan.volts:
            day.add("sample", name, "resting", seconds=fed)
        else:
            day.add("day", name, "resting", seconds=DAY_S)
    if plan.on_rs485:
        day.add("sample", "rs485", "measuring", each=plan.on_rs485)
        if plan.supply_s is None:
            day.add("day", "rs485", "resting", seconds=DAY_S)
        else:
            day.add("sample", "rs485", "resting", seconds=fed)
    day.add("day", "regulator", "resting", seconds=DAY_S)
    return day.rows


def update(plan: Plan, parts: Mapping[str, Part]) -> tuple[float, float]:
    """How long the radio is on for a whole update [s], at most, and what that takes [mJ].

    A file that has less than an ask may bring takes one all the same.
    """
    size, each_s = ASKED[plan.link]
    seconds = (UPDATE_BYTES / size + UPDATE_FILES) * each_s
    at_work = [("esp32", "reporting")]
    if plan.link == "nbiot":
        at_work = [("esp32", "awake"), ("nbiot", "reporting")]
    taken = (energy(parts[p], parts[p].states[s], seconds, plan.volts) for p, s in at_work)
    return seconds, sum(taken)


def of_one(rows: Sequence[Row], plan: Plan, of: str) -> float:
    """Energy of one ``sample`` or ``report`` [mJ], without what goes on all day."""
    times = plan.samples if of == "sample" else plan.reports
    return sum(row.mj_a_day for row in rows if row.of == of) / times


def days(rows: Sequence[Row], mah: float, volts: float, usable: float, gained_mj: float) -> float:
    """How long a battery lasts [d]; infinite where the panel gives `gained_mj` a day or more."""
    spent = sum(row.mj_a_day for row in rows) - gained_mj
    held = mah * 3600 * volts * usable
    return float("inf") if spent <= 0 else held / spent
