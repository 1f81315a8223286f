"""Everything that the readings of many loggers say of the product that they ride with.

Loggers are taken a few at a time, so that memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from field_configs.schema import Product
from models.coldchain.excursions import Excursions, degree_hours, excursions, outside
from models.coldchain.exposure import Assumed, Between, dose, exposure
from models.coldchain.kinetics import kinetic_bounds
from models.coldchain.life import chilling, life_used, paces
from models.coldchain.readings import (
    FROZEN_S,
    HIGH_C,
    LONGEST_GAP_S,
    LOW_C,
    Known,
    known_readings,
)
from models.weather.dataset import Array

#: Loggers at a time: their readings stay near the processor, and memory stays flat.
CHUNK = 8


@dataclass(frozen=True, slots=True)
class Score:
    """What is known of each logger's load, (logger,) each; `Between` where a gap leaves it open.

    Times in s, degree-hours in degC h, ``kinetic`` (mean kinetic temperature), ``coldest`` and
    ``warmest`` (of what is known, NaN where nothing is) in degC; ``life_used`` and ``chilling`` are
    shares, ``frozen`` is the time below the freezing point, ``by_law`` the time at temperatures
    where life was never measured; ``gaps`` counts unknown stretches. ``excursions`` lists those of
    all.
    """

    total: Array
    known: Array
    unknown: Array
    gaps: NDArray[np.int64]
    coldest: Array
    warmest: Array
    kinetic: Between
    above: Between
    below: Between
    degree_hours_above: Between
    degree_hours_below: Between
    life_used: Between
    chilling: Between
    frozen: Between
    by_law: Between
    excursions: Excursions


def score(
    times: ArrayLike,
    celsius: ArrayLike,
    product: Product,
    assumed: Assumed,
    *,
    scale: tuple[float, float] = (LOW_C, HIGH_C),
    frozen_s: float = FROZEN_S,
    longest_gap_s: float = LONGEST_GAP_S,
    span: tuple[ArrayLike, ArrayLike] | None = None,
) -> Score:
    """Score loggers against a product.

    Parameters
    ----------
    times
        When [s since 1970 UTC], (reading,) or (logger, reading).
    celsius
        Temperature [degC], (logger, reading) or (reading,); NaN where there is none.
    product
        What they ride with.
    assumed
        What unknown time is taken for.
    scale
        The sensor's scale [degC].
    frozen_s
        How long a reading may stay the same [s].
    longest_gap_s
        The longest time between two readings that is known [s].
    span
        From when to when the load was on its way [s since 1970 UTC].

    Raises
    ------
    ValueError
        As `known_readings`; the message counts loggers from 0.
    """
    value = np.atleast_2d(np.asarray(celsius, dtype=np.float64))
    when = np.asarray(times, dtype=np.float64)
    parts = []
    for rows in _chunks(len(value)):
        part_span = None if span is None else _cut(span, rows, len(value))
        known = known_readings(
            when if when.ndim == 1 else when[rows],
            value[rows],
            scale=scale,
            frozen_s=frozen_s,
            longest_gap_s=longest_gap_s,
            span=part_span,
        )
        part = score_known(known, product, assumed)
        numbered = replace(part.excursions, logger=part.excursions.logger + rows.start)
        parts.append(replace(part, excursions=numbered))
    return _joined(parts)


def score_known(known: Known, product: Product, assumed: Assumed) -> Score:
    """Score a few loggers whose known readings were taken out already, or judged by their cause.

    Parameters
    ----------
    known
        Of `known_readings`.
    product
        What they ride with.
    assumed
        What unknown time is taken for.
    """
    seen = exposure(known)
    limits = product.temperature.low, product.temperature.high
    above, below = outside(seen, *limits, assumed)
    hours_above, hours_below = degree_hours(seen, *limits, assumed)
    table = paces(product)
    coldest, warmest = _extremes(known)
    return Score(
        known.total,
        seen.known,
        seen.unknown,
        known.gaps,
        coldest,
        warmest,
        kinetic_bounds(seen, assumed),
        above,
        below,
        hours_above,
        hours_below,
        life_used(seen, product, assumed),
        chilling(seen, product, assumed),
        dose(seen, table.surely_frozen, table.maybe_frozen, assumed),
        dose(seen, table.beyond, table.beyond, assumed),
        excursions(known, *limits),
    )


def _extremes(known: Known) -> tuple[Array, Array]:
    ends = np.searchsorted(known.logger, np.arange(len(known.total)), side="right")
    coldest, warmest = np.full(len(ends), np.nan), np.full(len(ends), np.nan)
    for logger, own in enumerate(np.split(known.value, ends[:-1])):
        if len(own):
            coldest[logger], warmest[logger] = own.min(), own.max()
    return coldest, warmest


def _chunks(loggers: int) -> Iterator[slice]:
    for first in range(0, max(loggers, 1), CHUNK):
        yield slice(first, min(first + CHUNK, loggers))


def _cut(span: tuple[ArrayLike, ArrayLike], rows: slice, loggers: int) -> tuple[Array, Array]:
    begin, end = (np.broadcast_to(np.asarray(s, dtype=np.float64), loggers)[rows] for s in span)
    return begin, end


def _joined(parts: list[Score]) -> Score:
    """Lay the scores of chunks end to end, column by column."""
    if len(parts) == 1:
        return parts[0]
    return Score(*(_laid([getattr(p, f.name) for p in parts]) for f in fields(Score)))


def _laid(columns: list[Any]) -> Any:
    kind = type(columns[0])
    if kind is np.ndarray:
        return np.concatenate(columns)
    return kind(*(np.concatenate([getattr(c, f.name) for c in columns]) for f in fields(kind)))
