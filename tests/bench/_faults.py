"""Faults put into real series, by a seed: where they stand is known, so checks can be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
KINDS = ("spike", "offset", "stuck", "drift")


@dataclass(frozen=True)
class Size:
    """How large a fault is in the quantity's unit, and how long each kind lasts [steps].

    What a sensor cannot tell, it does not: faults stay within `low` and `high`.
    """

    spike: float
    offset: float
    drift: float
    long: int
    drift_long: int
    low: float = -np.inf
    high: float = np.inf

    def length(self, kind: str) -> int:
        """Steps that a fault of a kind lasts."""
        return {"spike": 1, "drift": self.drift_long}.get(kind, self.long)


@dataclass(frozen=True)
class Injected:
    """A series with faults, and which of them each step belongs to; -1: none."""

    values: Array
    event: NDArray[np.int32]


def inject(values: Array, kind: str, size: Size, count: int, seed: int, margin: int) -> Injected:
    """Put faults of one kind into a series, apart from each other.

    Parameters
    ----------
    values : array
        (step,), NaN where missing.
    kind : str
        Of `KINDS`.
    size : Size
    count : int
        As many as fit, at most.
    seed : int
    margin : int
        Steps between faults, and before the first.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    long = size.length(kind)
    found, event = values.copy(), np.full(len(values), -1, np.int32)
    room = (len(values) - margin) // (long + margin)
    slots = np.sort(rng.choice(room, min(count, room), replace=False))
    for number, slot in enumerate(slots.tolist()):
        start = margin + slot * (long + margin) + int(rng.integers(0, margin // 2 + 1))
        part = slice(start, min(start + long, len(values)))
        sign = rng.choice([-1.0, 1.0])
        if kind == "stuck":
            found[part] = np.where(np.isnan(values[part]), np.nan, values[start])
        elif kind == "drift":
            found[part] += sign * size.drift * np.arange(1, long + 1)[: part.stop - start] / long
        else:
            found[part] += sign * getattr(size, kind)
        event[part] = number
    found[event >= 0] = np.clip(found[event >= 0], size.low, size.high)
    event[np.isnan(values)] = -1
    return Injected(found, event)


@dataclass(frozen=True)
class Score:
    """How a check did: faults found at all, steps of faults marked, sound steps marked."""

    faults: int
    found: int
    steps: int
    marked: int
    sound: int
    false: int

    def row(self) -> Mapping[str, float]:
        """Shares; NaN where there was nothing."""
        return {
            "faults": self.faults,
            "found": self.found / self.faults if self.faults else float("nan"),
            "steps": self.marked / self.steps if self.steps else float("nan"),
            "false alarms": self.false / self.sound if self.sound else float("nan"),
        }

    def __add__(self, other: Score) -> Score:
        """Add what was counted elsewhere."""
        return Score(
            self.faults + other.faults,
            self.found + other.found,
            self.steps + other.steps,
            self.marked + other.marked,
            self.sound + other.sound,
            self.false + other.false,
        )


NONE = Score(0, 0, 0, 0, 0, 0)


def score(
    flags: NDArray[np.bool_],
    injected: Injected,
    clean: NDArray[np.bool_],
    there: NDArray[np.bool_],
) -> Score:
    """Count what a check marked of the faults, and what it marked of the series without faults.

    Parameters
    ----------
    flags : array of bool
        Marked with the faults.
    injected : Injected
    clean : array of bool
        Marked without the faults: each is a false alarm, since nobody knows of faults there.
    there : array of bool
        Steps that are judged.
    """
    faulty = (injected.event >= 0) & there
    all_of = np.unique(injected.event[faulty])
    seen = np.unique(injected.event[faulty & flags])
    return Score(
        len(all_of),
        len(seen),
        int(faulty.sum()),
        int((faulty & flags).sum()),
        int(there.sum()),
        int((clean & there).sum()),
    )
