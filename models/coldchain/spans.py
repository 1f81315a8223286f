"""Spans of readings: how much of a stretch of time is known, and what lies in it."""

from __future__ import annotations

import numpy as np

from models.coldchain.readings import LONGEST_GAP_S
from models.weather.dataset import Array


def coverage(time: Array, start: float, end: float, longest_gap_s: float = LONGEST_GAP_S) -> float:
    """Share of a stretch that is known: that lies between two readings not too far apart.

    Parameters
    ----------
    time
        Of readings that are ones, rising [s since 1970 UTC]; also those just outside of it.
    start, end
        The stretch [s since 1970 UTC].
    longest_gap_s
        The longest time between two readings that is known [s].
    """
    if len(time) < 2 or end <= start:
        return 0.0
    joined = np.diff(time) <= longest_gap_s
    inside = np.clip(time[1:], start, end) - np.clip(time[:-1], start, end)
    return float(min(1.0, inside[joined].sum() / (end - start)))


def gaps(
    time: Array, start: float, end: float, longest_gap_s: float = LONGEST_GAP_S
) -> list[tuple[float, float]]:
    """Stretches between two times of which nothing is known [s since 1970 UTC].

    Up to the end a stretch shorter than the longest gap is none yet: the next reading may be on its
    way.

    Parameters
    ----------
    time
        Of readings that are ones, rising [s since 1970 UTC].
    start, end
        The stretch [s since 1970 UTC].
    longest_gap_s
        The longest time between two readings that is known [s].
    """
    edges = np.concatenate(([start], time[(time >= start) & (time <= end)], [end]))
    return [
        (float(a), float(b))
        for a, b in zip(edges[:-1], edges[1:], strict=True)
        if b - a > longest_gap_s
    ]
