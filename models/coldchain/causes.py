"""Why it was warm: defrosts, open doors and sensors on the coil told from failures, by shape.

Nothing is learned here; the shapes follow from what the machine does. A timer stops the cooling and
heats the coil for 15 to 45 minutes several times a day, then cooling takes over; an open door lets
warm air in until it is shut; a failed compressor, a door left open or lost power does not end by
itself. So for an excursion above a limit:

    door        a door was open when it began (or shortly before)
    defrost     on a timetable; or, where the sensor lies on the coil, as steep as a heated coil
    brief       over in time, neither of these: a door, loading, or a defrost out of turn
    undecided   a gap hid its end, or it still goes on and has no reason yet
    failure     lasted too long, however it began

The first two hold for one that still goes on, until it has lasted too long. A timetable is a whole
fraction of a day at which short excursions come back within ten minutes, four times at least and on
three of four turns. A sensor lies on the coil (or in its air) where the rise of those on the
timetable is more than the air of a cold store makes within half an hour: it says nothing of the
product while the coil is heated. All limits here are our own and provisional; docs/coldchain.md has
what they were measured against.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from models.coldchain.excursions import Excursions, excursions
from models.coldchain.readings import Known
from models.weather.dataset import Array

#: Whatever lasts longer is no defrost and no door that somebody shut [s].
LONGEST_BRIEF_S = 90 * 60.0
#: A door explains what begins within this time after it was open [s].
DOOR_BEFORE_S = 15 * 60.0
#: A turn of a timetable may come so much early or late [s].
LATE_S = 10 * 60.0
#: Turns a day that defrost timers are set to; once a day is also how people load.
TURNS = (2, 3, 4, 6, 8)
#: So many turns, and so great a share of those that were due, make a timetable.
LEAST_TURNS, KEPT_TURNS = 4, 0.75
#: Rise within half an hour that only a heated coil brings [degC].
COIL_RISE_C = 15.0
COIL_WITHIN_S = 30 * 60.0
DAY_S = 86400.0


class Cause(Enum):
    """Why a reading was above the limit."""

    DEFROST = "defrost"
    DOOR = "door"
    BRIEF = "brief"
    UNDECIDED = "undecided"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Causes:
    """The warm excursions, the cause of each (excursion,), and which sensors lie on the coil.

    ``rise`` is how far each rose within half an hour [degC]; ``on_coil`` is (logger,).
    """

    excursions: Excursions
    cause: tuple[Cause, ...]
    rise: Array
    on_coil: NDArray[np.bool_]


def causes(known: Known, high_c: float, doors: tuple[tuple[int, float, float], ...] = ()) -> Causes:
    """Judge every excursion above a limit by its shape and its company.

    Parameters
    ----------
    known
        Known readings.
    high_c
        The limit [degC].
    doors
        When doors stood open: logger, from, to [s since 1970 UTC] each.
    """
    found = excursions(known, -np.inf, high_c)
    lasted = found.end - found.start
    short = lasted <= LONGEST_BRIEF_S
    running = found.last == np.searchsorted(known.logger, found.logger, side="right") - 1
    over = ~found.end_unseen
    rise = _rise(known, found)
    regular = np.zeros(len(found), dtype=bool)
    on_coil = np.zeros(len(known.total), dtype=bool)
    for logger in np.unique(found.logger):
        own = np.flatnonzero((found.logger == logger) & short)
        regular[own] = _on_timetable(found.start[own])
        steps = rise[own][regular[own]]
        on_coil[logger] = len(steps) > 0 and np.median(steps) >= COIL_RISE_C
    heated = regular | (on_coil[found.logger] & (rise >= COIL_RISE_C))
    judged = []
    for row in range(len(found)):
        if not short[row]:
            judged.append(Cause.FAILURE)
        elif not (over[row] or running[row]):
            judged.append(Cause.UNDECIDED)
        elif _door_open(found, row, doors):
            judged.append(Cause.DOOR)
        elif heated[row]:
            judged.append(Cause.DEFROST)
        else:
            judged.append(Cause.BRIEF if over[row] else Cause.UNDECIDED)
    return Causes(found, tuple(judged), rise, on_coil)


def without_coil(known: Known, judged: Causes) -> Known:
    """Make the defrosts of sensors on the coil unknown: they were the coil's, not the product's.

    Parameters
    ----------
    known
        Known readings.
    judged
        Of `causes`, of the same readings.
    """
    hidden = np.zeros(len(known.time), dtype=bool)
    found = judged.excursions
    for row, cause in enumerate(judged.cause):
        if cause is Cause.DEFROST and judged.on_coil[found.logger[row]]:
            hidden[found.first[row] : found.last[row] + 1] = True
    lost = known.joined & (hidden | np.append(hidden[1:], False))
    apart = np.append(np.diff(known.time), 0.0)
    half = np.where(lost, 0.5 * apart, 0.0)
    weight = known.weight - half
    weight[1:] -= half[:-1]
    begun = lost & ~np.append(False, lost[:-1])
    gaps = known.gaps + np.bincount(known.logger[begun], minlength=len(known.gaps))
    keep = ~hidden
    return replace(
        known,
        time=known.time[keep],
        value=known.value[keep],
        logger=known.logger[keep],
        weight=np.maximum(weight[keep], 0.0),
        joined=(known.joined & ~lost)[keep],
        gaps=gaps,
    )


def _rise(known: Known, found: Excursions) -> Array:
    """How far each excursion rose over the reading before it, within half an hour [degC]."""
    rise = np.zeros(len(found))
    for row in range(len(found)):
        if found.start_unseen[row]:
            continue
        before = found.first[row] - 1
        own = slice(found.first[row], found.last[row] + 1)
        soon = known.time[own] - known.time[before] <= COIL_WITHIN_S
        if soon.any():
            rise[row] = known.value[own][soon].max() - known.value[before]
    return rise


def _on_timetable(starts: Array) -> NDArray[np.bool_]:
    """Tell which starts [s] come back at a whole fraction of a day."""
    regular = np.zeros(len(starts), dtype=bool)
    for turns in TURNS:
        period = DAY_S / turns
        turn = np.rint((starts[None, :] - starts[:, None]) / period)
        late = np.abs(starts[None, :] - starts[:, None] - turn * period)
        for row in np.flatnonzero(~regular):
            held = np.unique(turn[row][late[row] <= LATE_S])
            due = held[-1] - held[0] + 1
            regular[row] = len(held) >= LEAST_TURNS and len(held) >= KEPT_TURNS * due
    return regular


def _door_open(found: Excursions, row: int, doors: tuple[tuple[int, float, float], ...]) -> bool:
    start = found.start[row]
    return any(
        logger == found.logger[row] and since <= start <= until + DOOR_BEFORE_S
        for logger, since, until in doors
    )
