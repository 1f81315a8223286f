"""How warm something was, by windows of time that others told: for what of it nobody knows, too.

A window says that between two moments it was at least so cold and at most so warm. A reading of one
moment is a window without length. Time between two windows that are no farther apart than the
longest gap of `models.coldchain.readings` counts as known, half of it as either; all other time is
unknown. Where windows lie over each other, the coldest and the warmest of them stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.coldchain.readings import HIGH_C, LONGEST_GAP_S, LOW_C


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when [s since 1970 UTC], and how cold and how warm it was then [degC]."""

    start: float
    end: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Told:
    """What windows say of a stretch of time.

    ``start`` and ``end`` [s since 1970 UTC]; ``pieces`` are the known stretches in order, without
    overlap; ``alone`` are readings of one moment with unknown time around them; ``gaps`` are the
    unknown stretches, as pairs; ``known`` and ``unknown`` the sums of both [s].
    ``coldest`` and ``warmest`` [degC], NaN where nothing is known. ``above`` and ``below`` are the
    times [s] in which it was beyond the limits at some moment: at most so long, since a window does
    not tell how much of it was.
    """

    start: float
    end: float
    pieces: tuple[Window, ...]
    alone: tuple[Window, ...]
    gaps: tuple[tuple[float, float], ...]
    known: float
    unknown: float
    coldest: float
    warmest: float
    above: float
    below: float


def _widened(windows: list[Window], longest: float) -> list[Window]:
    """Let windows reach half-way to each other over gaps that are short enough."""
    starts, ends = [w.start for w in windows], [w.end for w in windows]
    last = 0
    for each in range(1, len(windows)):
        apart = windows[each].start - windows[last].end
        if 0 < apart <= longest:
            middle = windows[last].end + apart / 2
            ends[last], starts[each] = middle, middle
        if windows[each].end >= windows[last].end:
            last = each
    return [Window(a, b, w.low, w.high) for w, a, b in zip(windows, starts, ends, strict=True)]


def _laid(windows: list[Window]) -> list[Window]:
    """Lay windows end to end: where some lie over each other, their extremes."""
    edges = np.unique([edge for w in windows for edge in (w.start, w.end)])
    low, high = np.full(len(edges), np.inf), np.full(len(edges), -np.inf)
    for w in windows:
        part = slice(np.searchsorted(edges, w.start), np.searchsorted(edges, w.end))
        low[part] = np.minimum(low[part], w.low)
        high[part] = np.maximum(high[part], w.high)
    known = np.flatnonzero(np.isfinite(low[:-1]))
    return [
        Window(float(edges[i]), float(edges[i + 1]), float(low[i]), float(high[i])) for i in known
    ]


def sound(window: Window) -> bool:
    """Tell whether a window can be: in order of time and on the scale of temperatures.

    Parameters
    ----------
    window : Window
    """
    return window.start <= window.end and LOW_C <= window.low <= window.high <= HIGH_C


def told(
    windows: Sequence[Window],
    limits: tuple[float, float] | None,
    span: tuple[float, float] | None = None,
    longest_gap_s: float = LONGEST_GAP_S,
) -> Told | None:
    """Put windows together.

    Parameters
    ----------
    windows : sequence of Window
        In any order; those that are not `sound` are left out.
    limits : (float, float) or None
        The coldest and warmest that does no harm [degC]; on a limit is inside.
    span : (float, float) or None
        From when to when at least [s since 1970 UTC]; it grows with the windows.
    longest_gap_s : float
        The longest time between two windows that is known [s].

    Returns
    -------
    Told or None
        None where no window is left.
    """
    right = sorted(filter(sound, windows), key=lambda w: (w.start, w.end))
    if not right:
        return None
    wide = _widened(right, longest_gap_s)
    pieces = _laid(wide)
    start, end = right[0].start, max(w.end for w in right)
    if span is not None:
        start, end = min(start, span[0]), max(end, span[1])
    edges = [start, *(edge for w in pieces for edge in (w.start, w.end)), end]
    gaps = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]
    low, high = limits if limits is not None else (LOW_C, HIGH_C)
    return Told(
        start,
        end,
        tuple(pieces),
        tuple(w for w in wide if w.start == w.end),
        tuple(gaps),
        sum(w.end - w.start for w in pieces),
        sum(b - a for a, b in gaps),
        min(w.low for w in right),
        max(w.high for w in right),
        sum(w.end - w.start for w in pieces if w.high > high),
        sum(w.end - w.start for w in pieces if w.low < low),
    )
