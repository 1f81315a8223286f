"""The last days of a daily feature, kept so that a window is a view."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.risk.features import Range
from models.risk.hazard import Window
from models.weather.dataset import Array


class Windows(NamedTuple):
    """A hazard's windows in the worst and in the best case; one object twice when complete.

    ``sound`` tells that there is no NaN in them.
    """

    worst: Window
    best: Window
    sound: bool


class Ring:
    """The last ``depth`` days of one feature, as bounds; windows are views, oldest day first."""

    def __init__(self, depth: int, sites: int) -> None:
        self.depth = depth
        self.end = depth
        #: How many of the newest days are free of NaN at all sites, and how many more days must
        #: pass until the bounds are the same on all days.
        self.sound = self.apart = 0
        self.lo: Array = np.empty((3 * depth, sites))
        self.lo[:depth] = np.nan
        self.hi: Array | None = None

    def push(self, day: Range) -> None:
        """Append one day (arrays of sites)."""
        if self.end == self.lo.shape[0]:
            for rows in (self.lo, self.hi):
                if rows is not None:
                    rows[: self.depth] = rows[-self.depth :]
            self.end = self.depth
        if day.hi is not day.lo and self.hi is None:
            self.hi = self.lo.copy()
        self.lo[self.end] = day.lo
        if self.hi is not None:
            self.hi[self.end] = day.hi
        self.end += 1
        unknown = np.isnan(day.lo).any() or (day.hi is not day.lo and np.isnan(day.hi).any())
        self.sound = 0 if unknown else self.sound + 1
        if day.hi is day.lo or np.array_equal(day.lo, day.hi, equal_nan=True):
            self.apart = max(0, self.apart - 1)
        else:
            self.apart = self.depth
        if not self.apart:
            self.hi = None

    def window(self, days: int) -> Range:
        """The last ``days`` days, (days, site)."""
        cut = slice(self.end - days, self.end)
        lo = self.lo[cut]
        return Range(lo, lo if self.hi is None else self.hi[cut])

    def look(self) -> None:
        """Find out what `push` would know of its days, after they were written from outside."""
        lo, hi = self.window(self.depth)
        unknown = (np.isnan(lo) | np.isnan(hi)).any(axis=1)
        unlike = ~((lo == hi) | (np.isnan(lo) & np.isnan(hi))).all(axis=1)
        self.sound = int(unknown[::-1].argmax()) if unknown.any() else self.depth
        self.apart = self.depth - int(unlike[::-1].argmax()) if unlike.any() else 0
        if not self.apart:
            self.hi = None
