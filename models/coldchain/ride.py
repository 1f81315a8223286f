"""What the loggers of one load say of it by now: how warm, for how long, what is left, what next.

The sensors of a load are judged one by one, and the load lies between them: the best case is that
of the kindest sensor, the worst case that of the unkindest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from field_configs.schema import Product
from models.coldchain.causes import causes
from models.coldchain.exposure import Assumed, Between
from models.coldchain.life import life_left
from models.coldchain.outlook import outlook
from models.coldchain.readings import Known, known_readings
from models.coldchain.score import Score, score_known
from models.weather.dataset import Array

#: Time and temperature of a sensor [s since 1970 UTC, degC], NaN where there is none.
Readings = tuple[Array, Array]


@dataclass(frozen=True, slots=True)
class Range:
    """A number that is known only to lie between two."""

    best: float
    worst: float


@dataclass(frozen=True, slots=True)
class Outside:
    """A run of readings beyond a limit of the product, of one sensor.

    ``above`` or below; ``start`` and ``end`` [s since 1970 UTC]; ``peak`` [degC]; ``degree_hours``
    [degC h]; ``cause`` a word of `models.coldchain.causes.Cause`, '' below the limit; ``hidden``
    says that a gap hid its beginning or its end; ``goes_on`` that the last reading is part of it.
    """

    sensor: int
    above: bool
    start: float
    end: float
    peak: float
    degree_hours: float
    cause: str
    hidden: bool
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Ride:
    """What is known of a load.

    Times in s, ``degree_hours`` beyond both limits in degC h, ``life_used`` a share, ``life_left``
    in days at ``held_c``, the middle of the product's limits. ``soonest`` and ``latest``: when a
    limit breaks if the next hour is like the last, from the last reading on (0: it is broken; inf:
    not on this trend; NaN: nothing can be said); ``left_after_hour`` is the life left then [d].
    ``unknown`` is that of the sensor that knows least.
    """

    total: float
    unknown: float
    gaps: int
    coldest: float
    warmest: float
    out: Range
    degree_hours: Range
    life_used: Range
    life_left: Range
    held_c: float
    outside: tuple[Outside, ...]
    soonest: float
    latest: float
    left_after_hour: Range


def _known(sensors: Sequence[Readings], span: tuple[float, float]) -> Known:
    """Known readings of sensors that measured at times of their own."""
    longest = max([len(time) for time, _ in sensors] + [1])
    times = np.full((max(len(sensors), 1), longest), span[0])
    values = np.full(times.shape, np.nan)
    for row, (time, value) in enumerate(sensors):
        times[row, : len(time)] = time
        times[row, len(time) :] = time[-1] if len(time) else span[0]
        values[row, : len(time)] = value
    return known_readings(times, values, span=span)


def _range(*parts: Between) -> Range:
    """The best of any sensor and the worst of any, of parts that add up."""
    best, worst = sum(part.best for part in parts), sum(part.worst for part in parts)
    return Range(float(np.min(best)), float(np.max(worst)))


def _left(left: Between) -> Range:
    """Of what is left the most is the best."""
    if np.isnan(left.best).all():
        return Range(np.nan, np.nan)
    return Range(float(np.nanmax(left.best)), float(np.nanmin(left.worst)))


def judge(
    sensors: Sequence[Readings],
    product: Product,
    assumed: Assumed,
    span: tuple[float, float],
    doors: Sequence[tuple[float, float]] = (),
) -> Ride:
    """Judge a load by the sensors that ride with it.

    Parameters
    ----------
    sensors
        Readings of each temperature sensor within the span, times rising.
    product
        What is carried.
    assumed
        What unknown time is taken for.
    span
        From when to when it was on its way [s since 1970 UTC].
    doors
        When doors stood open: from, to [s since 1970 UTC] each.
    """
    known = _known(sensors, span)
    found = score_known(known, product, assumed)
    held = (product.temperature.low + product.temperature.high) / 2
    next_hour = outlook(known, found.life_used, product, held)
    blind = bool(np.isnan(next_hour.soonest).all())
    return Ride(
        total=float(span[1] - span[0]),
        unknown=float(found.unknown.max()),
        gaps=int(found.gaps.max()),
        coldest=_least(found.coldest),
        warmest=-_least(-found.warmest),
        out=_range(found.above, found.below),
        degree_hours=_range(found.degree_hours_above, found.degree_hours_below),
        life_used=_range(found.life_used),
        life_left=_left(life_left(found.life_used, product, held)),
        held_c=held,
        outside=_outside(known, found, product, doors),
        soonest=np.nan if blind else float(np.nanmin(next_hour.soonest)),
        latest=np.nan if blind else float(np.nanmin(next_hour.latest)),
        left_after_hour=_left(next_hour.left_after_hour),
    )


def _least(values: Array) -> float:
    known = values[~np.isnan(values)]
    return float(known.min()) if len(known) else float("nan")


def _outside(
    known: Known, found: Score, product: Product, doors: Sequence[tuple[float, float]]
) -> tuple[Outside, ...]:
    every = tuple((row, *door) for row in range(len(known.total)) for door in doors)
    judged = causes(known, product.temperature.high, every)
    warm = {
        (int(sensor), float(start)): cause.value
        for sensor, start, cause in zip(
            judged.excursions.logger, judged.excursions.start, judged.cause, strict=True
        )
    }
    rows = found.excursions
    ends = np.searchsorted(known.logger, rows.logger, side="right") - 1
    listed = [
        Outside(
            int(rows.logger[row]),
            bool(rows.side[row] > 0),
            float(rows.start[row]),
            float(rows.end[row]),
            float(rows.peak[row]),
            float(rows.degree_hours[row]),
            warm.get((int(rows.logger[row]), float(rows.start[row])), ""),
            bool(rows.start_unseen[row] or (rows.end_unseen[row] and rows.last[row] != ends[row])),
            bool(rows.last[row] == ends[row]),
        )
        for row in range(len(rows))
    ]
    return tuple(sorted(listed, key=lambda each: (each.start, each.sensor)))
