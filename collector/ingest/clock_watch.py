"""Whether this machine's clock can be believed, judged by what else tells the time.

Nodes take their time from acknowledgements, and readings are refused when their time cannot be
right; so a wrong clock of the server would spoil both. Witnesses are the monotonic clock (a step),
the newest time of receipt that was sure (behind it), the nodes' own clocks (most of those heard
lately), and the database's clock. The broker is none: MQTT carries no time.

While there is doubt, acknowledgements carry no time and frames with impossible times wait. Doubt
ends when the nodes confirm the clock, when it returns to where it was, or when a person accepts it.

A sample of some minutes ago fits a clock that has just gone ahead by an hour as well as it fitted
before, so it says nothing of such a step: were it a yes, the nodes would learn the wrong time, and
speak against the right one once the clock is back.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from collector.clock import Clock
from collector.store.network.server_clock import Kept

STEP_S = 30.0
BEHIND_S = 60.0
# A node's sample cannot be of the future; one sent at once is not older than this.
NODE_AHEAD_S = 120.0
NODE_FRESH_S = 2 * 3600.0
# So many nodes against the clock, and more than with it, are believed.
LEAST_NODES = 3
# A node whose samples stay old for so long does not make up for a time without a link.
STAYS_OLD_S = 1800.0
HEARD_S = 3600.0
# After so long a silence the clock is not believed before somebody confirms it, or so much time
# passed without a word against it.
GAP_S = 3600.0
PATIENCE_S = 3600.0


class Heard:
    """Nodes' newest samples: when they came (monotonic [s]), their time [s since 1970 UTC].

    Columns, because all are looked at with every batch.
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._columns = np.full((4, 64), -np.inf)

    def note(self, at: float, firsts: dict[str, float], newest: dict[str, float]) -> None:
        """Note the times of the first and newest samples that nodes sent, the same in both.

        Older ones than a node's newest change nothing.
        """
        places = [self._places.setdefault(node, len(self._places)) for node in newest]
        while len(self._places) > self._columns.shape[1]:
            self._columns = np.hstack([self._columns, np.full_like(self._columns, -np.inf)])
        found = self._columns[:, places]
        first, last = np.array([firsts[node] for node in newest]), np.array([*newest.values()])
        anew = at - found[2] > HEARD_S
        found[0, anew], found[1, anew] = at, first[anew]
        later = anew | (last >= found[3])
        found[2, later], found[3, later] = at, last[later]
        self._columns[:, places] = found

    def lately(self, at: float) -> NDArray[np.float64]:
        """When the first and the newest sample came, and their times: first_came, first_sample,
        came, sample; a column for each node that was heard lately.
        """
        known = self._columns[:, : len(self._places)]
        return known[:, at - known[2] <= HEARD_S]


class ClockWatch:
    """Judges one process's clock, for all of its threads.

    Parameters
    ----------
    clock : Clock
    monotonic : callable
        Real time that nobody sets [s].

    Attributes
    ----------
    doubt : str
        Why the clock is in doubt, a word of ``clock_doubt``; empty while it is sure.
    settled : int
        How often a step or a doubt was settled.
    """

    def __init__(self, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.monotonic = monotonic
        self._lock = threading.RLock()
        self.doubt = ""
        self.settled = 0
        self._rate = 1.0 / clock.real_seconds(1.0)
        self._tolerance = max(1.0, self._rate)
        self._base: tuple[float, float] | None = None
        self._before_step: tuple[float, float] | None = None
        self._left: tuple[float, float] | None = None  # before a step that nobody confirmed
        self._back_until = -math.inf
        self._unproven: float | None = None
        self._heard = Heard()
        self._accepted: int | None = None
        self._ask_database = True
        self._kept = Kept(None, None, 0)

    def look(self, kept: Kept) -> datetime:
        """Take the time, and judge it with what is kept in the database; return it.

        Parameters
        ----------
        kept : Kept
            Asked of the database just now.
        """
        with self._lock:
            return self._look(kept)

    def _look(self, kept: Kept) -> datetime:
        now, at = self.clock.now(), self.monotonic()
        wall = now.timestamp()
        if self._base is None:
            silent = kept.received is not None and wall - kept.received.timestamp() > GAP_S
            self._unproven = at if silent else None
            self._accepted = kept.accepted
        elif self._stepped(wall, at):
            self._before_step = self._before_step or self._base
            self._unproven = at
            self._ask_database = True
        self._base, self._kept = (wall, at), kept
        if self._left is not None and self._goes_on_from(self._left, at):
            self._left, self._back_until = None, at + HEARD_S
        if kept.accepted != self._accepted:
            self._accepted, self._before_step, self._unproven = kept.accepted, None, None
            self._left, self._back_until = None, -math.inf
            self._ask_database = False
            self._heard = Heard()
        self._judge(at)
        return now

    def sure(self) -> datetime | None:
        """Return the time for others to go by; None while it is in doubt, or has just stepped."""
        with self._lock:
            now, at = self.clock.now(), self.monotonic()
            if self.doubt or self._base is None or self._stepped(now.timestamp(), at):
                return None
            return now

    def hear(self, samples: Iterable[tuple[str, float]]) -> None:
        """Note nodes and the times of their samples, in the order of arrival [s since 1970 UTC]."""
        firsts: dict[str, float] = {}
        newest: dict[str, float] = {}
        for node, sample in samples:
            firsts.setdefault(node, sample)
            newest[node] = max(sample, newest.get(node, sample))
        if newest:
            with self._lock:
                self._heard.note(self.monotonic(), firsts, newest)

    def judge(self) -> str:
        """Judge again, with what was heard since the last look; return the doubt."""
        with self._lock:
            if self._base is not None:
                self._judge(self.monotonic())
            return self.doubt

    def _stepped(self, wall: float, at: float) -> bool:
        """Tell whether the clock went on other than the monotonic one since the last look."""
        return abs(wall - self._wall(at)) > STEP_S * self._tolerance

    def _wall(self, at: float) -> float:
        """What the clock says at a monotonic time, going on from the last look [s since 1970]."""
        assert self._base is not None
        return self._base[0] + (at - self._base[1]) * self._rate

    def _goes_on_from(self, before: tuple[float, float], at: float) -> bool:
        """Tell whether the clock is where it would be had it gone on from an earlier look."""
        expected = before[0] + (at - before[1]) * self._rate
        return abs(self._wall(at) - expected) <= STEP_S * self._tolerance

    def _judge(self, at: float) -> None:
        open_before = bool(self.doubt) or self._before_step is not None
        self.doubt = self._verdict(at)
        if not self.doubt:
            self._before_step = self._unproven = None
            self.settled += open_before

    def _verdict(self, at: float) -> str:
        if at < self._back_until:
            return ""  # what nodes and receipts say was learnt from the wrong time
        with_it, behind, ahead = self._votes(at)
        against = behind + ahead
        if against >= LEAST_NODES and against > with_it:
            return "nodes_ahead" if behind >= ahead else "nodes_behind"
        if with_it > against:
            return ""
        return self._alone(at, heard_against=against > 0)

    def _alone(self, at: float, *, heard_against: bool) -> str:
        """Judge without the nodes, who say nothing or are divided."""
        wall = self._wall(at)
        received = self._kept.received
        database = self._kept.database if self._ask_database else None
        if received is not None and wall < received.timestamp() - BEHIND_S * self._tolerance:
            return "behind_received"
        before = self._before_step
        back = before is not None and self._goes_on_from(before, at)
        if back:
            self._unproven = None
        patient = self._unproven is not None and at - self._unproven < PATIENCE_S
        if patient or (self._unproven is not None and heard_against):
            return "stepped" if before is not None else "unproven"
        if database is not None and abs(database.timestamp() - wall) > BEHIND_S:
            return "database"
        if before is not None and not back:
            self._left = self._left or before
        return ""

    def _votes(self, at: float) -> tuple[int, int, int]:
        """How many nodes agree with the clock, find it behind, and find it ahead."""
        first_came, first_sample, came, sample = self._heard.lately(at)
        if not len(came):
            return 0, 0, 0
        assert self._base is not None
        age = self._base[0] + (came - self._base[1]) * self._rate - sample
        behind = age < -NODE_AHEAD_S * self._tolerance
        old = age > NODE_FRESH_S * self._tolerance
        stays = sample - first_sample <= (came - first_came) * self._rate * 1.5
        ahead = old & stays & (came - first_came >= STAYS_OLD_S)
        fits = ~behind & ~old
        if self._before_step is not None:
            at, wall = self._base[1], self._base[0]
            step = wall - self._before_step[0] - (at - self._before_step[1]) * self._rate
            if abs(step) > NODE_AHEAD_S * self._tolerance:
                fitted = (age - step >= -NODE_AHEAD_S * self._tolerance) & (
                    age - step <= NODE_FRESH_S * self._tolerance
                )
                fits &= ~fitted
        return int(fits.sum()), int(behind.sum()), int(ahead.sum())
