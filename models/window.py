"""The last days of a daily feature, kept so that a window is a view."""

from __future__ import annotations

import numpy as np

from models.features import Array, Range


class Ring:
    """The last ``depth`` days of one feature, as bounds; windows are views, oldest day first."""

    def __init__(self, depth: int, sites: int) -> None:
        self.depth = depth
        self.end = depth
        self.lo: Array = np.full((3 * depth, sites), np.nan)
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
        if self.hi is not None and np.array_equal(
            self.lo[self.end - self.depth : self.end],
            self.hi[self.end - self.depth : self.end],
            equal_nan=True,
        ):
            self.hi = None

    def window(self, days: int) -> Range:
        """The last ``days`` days, (days, site)."""
        cut = slice(self.end - days, self.end)
        lo = self.lo[cut]
        return Range(lo, lo if self.hi is None else self.hi[cut])
