"""A node's outputs on a board of memory: its real code, a flash that loses power, a watch on pins.

Time is one count of milliseconds. The timer comes at each quarter of a second at which a lease
could end, whether the program goes on or is stuck; the program steps when it wants to.
"""

from __future__ import annotations

import io
import random
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from firmware.node.link import Identity
from firmware.wire.frame import NO_ANSWER, Missing
from firmware.wire.messages import Event
from firmware.wire.outputs import Order

ROOT = Path(__file__).resolve().parents[2]
TICK_MS = 250
KEY = bytes(range(32))
NODE = "pump-001"
CHANNELS = FLOW, PRESSURE, WIND, MOIST = range(4)
#: What is loaded anew for each start, and from where.
PARTS = {
    "account": "firmware.node.account",
    "leases": "firmware.actuators.leases",
    "proof": "firmware.node.proof",
    "rules": "firmware.node.rules",
    "control": "firmware.node.control",
}
#: Of each safeguard the file, its text, and the text without it.
SAFEGUARDS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "lease-timer": (
        (
            "leases",
            "over = self.left(output) is None\n",
            "over = self.leases[output] is not None and self.leases[output][1] == 0\n",
        ),
    ),
    "expiry-check": (("control", "elif left < 0:\n", "elif left < -(10**9):\n"),),
    "command-identity": (
        ("control", "elif order.seq > seq:\n", "elif True:\n"),
        ("control", "if number in account.ids:\n", "if False:\n"),
    ),
}


class PowerCut(BaseException):
    """Power is gone."""


class BrokenError(AssertionError):
    """Something that must hold does not; says when and what."""


class Flash:
    """Files that are whole or as before; `cut` is so many operations until power goes."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.files: dict[str, str] = {}
        self.cut: int | None = None
        self.is_full = False
        self.operations = 0

    def _operation(self, do: Callable[[], None]) -> None:
        self.operations += 1
        if self.cut is not None:
            self.cut -= 1
            if self.cut < 0:
                self.cut = None
                if self.chance.random() < 0.5:
                    do()
                raise PowerCut
        do()

    @contextmanager
    def open(self, path: str, mode: str = "r") -> Iterator[io.StringIO]:
        """As the builtin one."""
        if mode == "r":
            if path not in self.files:
                raise OSError(2, path)
            yield io.StringIO(self.files[path])
            return
        if self.is_full:
            raise OSError(28, "no space")
        text = io.StringIO()
        yield text
        self._operation(lambda: self.files.update({path: text.getvalue()}))

    def rename(self, old: str, new: str) -> None:
        """As `os.rename`."""
        self._operation(lambda: self.files.update({new: self.files.pop(old)}))


def load(without: str | None, flash: Flash, rig: Rig) -> ModuleType:
    """Load the node's control anew, on a flash and pins of ours, without a safeguard."""
    machine = ModuleType("machine")
    machine.Pin, machine.Timer = Pin, lambda number: rig.timer  # type: ignore[attr-defined]
    Pin.rig = rig
    kept = {name: sys.modules[name] for name in PARTS.values() if name in sys.modules}
    sys.modules["machine"] = machine
    made: dict[str, ModuleType] = {}
    try:
        sys.modules.pop("firmware.node.board_outputs", None)
        for part, name in PARTS.items():
            made[part] = sys.modules[name] = ModuleType(name)
            exec(_code(part, without), made[part].__dict__)
    finally:
        for name in PARTS.values():
            sys.modules.pop(name, None)
        sys.modules.update(kept)
        sys.modules.pop("machine"), sys.modules.pop("firmware.node.board_outputs", None)
    made["account"].open = flash.open  # type: ignore[attr-defined]
    made["account"].os = flash  # type: ignore[attr-defined]
    return made["control"]


_compiled: dict[tuple[str, str | None], Any] = {}


def _code(part: str, without: str | None) -> Any:
    if (part, without) not in _compiled:
        path = ROOT.joinpath(*PARTS[part].split(".")).with_suffix(".py")
        text = path.read_text(encoding="utf-8")
        for file, old, new in SAFEGUARDS[without] if without else ():
            if file == part:
                if text.count(old) != 1:
                    raise ValueError(f"{path}: the text of {without!r} is not there once: {old!r}")
                text = text.replace(old, new)
        _compiled[part, without] = compile(text, str(path), "exec")
    return _compiled[part, without]


class Pin:
    """A pin of the board, whose every move is watched."""

    OUT = 1
    rig: Rig

    def __init__(self, number: int, mode: int, value: int) -> None:
        self.number = number
        self.value(value)

    def value(self, level: int) -> None:
        """Set it."""
        self.rig.moved(self.number, bool(level))


@dataclass
class Watched:
    """What is known of one output by its pin and by what was granted."""

    is_on: bool = False
    since: int = -(10**12)  # when it last moved [ms]
    ends: int = 0  # when its newest lease ends [ms]
    spans: deque[tuple[int, int]] = field(default_factory=deque)  # times on, of running time


class Rig:
    """One node through its starts.

    Parameters
    ----------
    chance : random.Random
    rows, rules : list
        As ``node.json`` has them.
    without : str, optional
        A safeguard that is left out.
    """

    def __init__(
        self, chance: random.Random, rows: list[Any], rules: list[Any], without: str | None
    ) -> None:
        self.chance, self.rows, self.rules, self.without = chance, rows, rules, without
        self.flash = Flash(chance)
        self.now = 0
        self.ran = 0  # running time before this start [ms]
        self.boot = 0
        self.began = 0
        self.watched = [Watched() for _ in rows]
        self.pins = {row["pins"][0]: number for number, row in enumerate(rows)}
        self.values: dict[int, Any] = dict.fromkeys(CHANNELS, 0)
        self.shown: list[Any] = []
        self.dry = False
        self.counted_at = 0
        self.litres = 0.0
        self.orders: dict[int, Order] = {}  # delivered ones by id, the newest
        self.deadlines: dict[int, int] = {}  # of a seq the last moment at which it may begin [ms]
        self.granted: dict[int, int] = {}
        self.open: dict[int, int] = {}  # outputs whose ON has neither proof nor alarm: since [ms]
        self.seen = 0  # rows of this start that were looked at
        self.held: set[int] = set()
        self.counts = {"on": 0, "proof": 0, "alarm": 0, "refused": 0, "reset": 0}
        self.timer = SimpleNamespace(PERIODIC=1, init=lambda **_: None)
        self.control: Any = None
        self.start()

    # --- the board

    def uptime_ms(self) -> int:
        """Milliseconds since boot."""
        return self.now - self.began

    def start(self) -> None:
        """Power is there: a new boot."""
        self.boot += 1
        self.began, self.seen = self.now, 0
        board = SimpleNamespace(
            root="",
            buses={},
            uptime_ms=self.uptime_ms,
            # like the ESP32's, it wraps; here soon
            ticks_ms=lambda: (self.now + 12345) % (1 << 30),
            ticks_diff=lambda a, b: (a - b + (1 << 29)) % (1 << 30) - (1 << 29),
        )
        module = load(self.without, self.flash, self)
        self.events: list[Event] = []
        config = {"outputs": self.rows, "rules": self.rules}
        self.control = module.Control(
            board, config, lambda kind, detail: self.events.append(Event(self.boot, kind, detail))
        )
        self.held = set(self.control.account.holds)
        grant, switch = self.control.leases.grant, self.control.switch

        def granted(output: int, seconds: int, renews: bool = False) -> bool:
            self.watched[output].ends = self.now + 1000 * seconds
            return bool(grant(output, seconds, renews))

        def switched(number: int, seconds: int, by: int) -> None:
            self.asked(number, seconds, by)
            switch(number, seconds, by)

        self.control.leases.grant, self.control.switch = granted, switched
        self.sensing = SimpleNamespace(
            channels=[(SimpleNamespace(number=number), None) for number in CHANNELS],
            sample=self.measure,
        )
        self.taken = -1
        cycle = SimpleNamespace(
            sensing=self.sensing,
            clock=SimpleNamespace(offset=None, uptime=lambda: self.uptime_ms() // 1000),
            sample_now=self.sample_now,
        )
        identity = Identity(NODE, KEY, 1, self.boot)
        uplink = SimpleNamespace(identity=identity, cmd=f"nq/1/{NODE}/cmd", events=self.events)
        self.clock = cycle.clock
        self.counted_at, self.litres = self.now, 0.0
        self.control.begin(SimpleNamespace(cycle=cycle, uplink=uplink))
        self.step_at = self.now
        self.sample_at = self.now

    def reset(self) -> None:
        """All pins let go at once."""
        self.counts["reset"] += 1
        self.ran += self.now - self.began
        for watched in self.watched:
            if watched.is_on:
                self._off(watched)
        self.open.clear()
        self.flash.cut = None

    def measure(self, only: object = None) -> list[Any]:
        """What the channels show."""
        self._flow()
        running = [self.watched[n].is_on for n in range(len(self.rows))]
        self.values[FLOW], self.litres = int(self.litres), self.litres % 1
        pump = [n for n, row in enumerate(self.rows) if "behind" in row]
        self.values[PRESSURE] = 300 if not self.dry and any(running[n] for n in pump) else 0
        self.shown = [self.values[channel] for channel in CHANNELS]
        return list(self.shown)

    def sample_now(self) -> list[Any] | None:
        """As `Cycle.sample_now`."""
        if self.uptime_ms() // 1000 <= self.taken:
            return None
        self.taken = self.uptime_ms() // 1000
        return list(self.sensing.sample())

    def _flow(self) -> None:
        if self.watched[0].is_on and not self.dry:
            self.litres += (self.now - self.counted_at) / 1000
        self.counted_at = self.now

    # --- the watch

    def broken(self, text: str) -> None:
        """Say what does not hold."""
        raise BrokenError(f"at {self.now / 1000:.1f} s, start {self.boot}: {text}")

    def asked(self, number: int, seconds: int, by: int) -> None:
        """An order or a rule wants an output on: it must be one that may."""
        if by < 0:
            if number in self.held:
                self.broken(f"output {number}: rule {-by} acts, though it is held")
            return
        order = self.orders.get(by)
        if order is None or order.argument != [number, seconds]:
            self.broken(f"output {number}: on by order {by}, which nobody gave")
        elif order.boot != self.boot:
            self.broken(f"output {number}: on by order {by} for start {order.boot}")
        elif self.now > self.deadlines[order.seq] + 1000:
            late = (self.now - self.deadlines[order.seq]) / 1000
            self.broken(f"output {number}: on by order {by}, {late:.0f} s too late")

    def moved(self, pin: int, to: bool) -> None:
        """A pin was set."""
        number = self.pins[pin]
        watched, row = self.watched[number], self.rows[number]
        if to == watched.is_on:
            return
        self._flow()
        if not to:
            self._off(watched)
            return
        off_s = (self.now - watched.since) / 1000
        if off_s < row["rest_s"] - 1:
            self.broken(f"output {number}: on after {off_s:.1f} s of rest")
        if "behind" in row and not any(self.watched[n].is_on for n in row["behind"]):
            self.broken(f"output {number}: on though its valve is off")
        for channel, low, high in row.get("forbidden", ()):
            value = self.shown[channel]
            if isinstance(value, Missing) or not low <= value <= high:
                self.broken(f"output {number}: on though channel {channel} is {value}")
        watched.is_on, watched.since = True, self.now

    def _off(self, watched: Watched) -> None:
        begun = self.ran + watched.since - self.began
        if watched.is_on:
            watched.spans.append((begun, begun + self.now - watched.since))
        watched.is_on, watched.since = False, self.now

    def look(self) -> None:
        """What must hold at any moment, and what the node said since the last look."""
        for number, (watched, row) in enumerate(zip(self.watched, self.rows, strict=True)):
            if watched.is_on:
                over = self.now - watched.ends
                if over > 1000:
                    self.broken(f"output {number}: on {over / 1000:.1f} s beyond its lease")
                if self.now - watched.since > 1000 * row["longest_s"] + 1000:
                    self.broken(f"output {number}: on for longer than {row['longest_s']} s")
                if "behind" in row and not any(self.watched[n].is_on for n in row["behind"]):
                    self.broken(f"output {number}: still on though its valve is off")
            self._look_at_day(number, watched, row)
        rows = [each for each in self.control.rows if each[0] >= self.seen]
        for k, _, output, state, by, more in rows:
            self.seen = k + 1
            self._said(output, state, by, more)

    def _look_at_day(self, number: int, watched: Watched, row: dict[str, Any]) -> None:
        running = self.ran + self.now - self.began
        while watched.spans and watched.spans[0][1] < running - 86_400_000:
            watched.spans.popleft()
        day = sum(end - max(start, running - 86_400_000) for start, end in watched.spans)
        day += self.now - watched.since if watched.is_on else 0
        if day > 1000 * row["day_s"] + 1000 * (len(watched.spans) + 1):
            self.broken(f"output {number}: on for {day / 1000:.0f} s of {row['day_s']} in a day")

    def _said(self, output: int | None, state: str, by: int, more: Any) -> None:
        if state in self.counts:
            self.counts[state] += 1
        if state == "on" and output is not None:
            if by > 0:
                self.granted[by] = self.granted.get(by, 0) + 1
                if self.granted[by] > 1:
                    self.broken(f"output {output}: on by order {by} a second time")
            self.open.setdefault(output, self.now)
        elif state == "proof" or (state == "alarm" and more in ("no_proof", "unproven")):
            self.open.pop(output or 0, None)
        elif state == "hold":
            self.held |= set(range(len(self.rows))) if output is None else {output}
        elif state == "auto":
            self.held.discard(output or 0)

    def settled(self) -> None:
        """Long after all: everything is off, and every ON had its proof or its alarm."""
        for number, since in self.open.items():
            self.broken(f"output {number}: on at {since / 1000:.0f} s, neither proof nor alarm")

    # --- time

    def pass_until(self, then: int, stuck: bool = False) -> None:
        """Let time pass: the timer comes, and unless it is stuck the program steps."""
        while self.now < then:
            until = then
            for number in range(len(self.rows)):
                lease = self.control.leases.leases[number]
                if lease is not None:
                    left = self.control.leases.left(number) or 0
                    end = self.watched[number].ends if left else self.now
                    until = min(until, max(self.now + 1, -(-(end + 1) // TICK_MS) * TICK_MS))
            if not stuck:
                until = min(until, max(self.now + 1, min(self.step_at, self.sample_at)))
            self.now = until
            if any(self.control.leases.leases.values()):
                self.control.leases.tick()
            if not stuck and self.now >= self.sample_at:
                self.sample_now()
                self.sample_at = self.now + 60_000
            if not stuck and self.now >= self.step_at:
                self.step_at = self.now + max(1, self.control.step())
            self.look()


def missing() -> Missing:
    """What a channel shows that does not answer."""
    return Missing(NO_ANSWER)
