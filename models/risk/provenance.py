"""What an answer was computed from: which quantities it saw, what of them was missing, and a hash.

Two answers with the same hash come from the same windows, wetness rule, season and carried values,
by the same version of engine and hazard.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.risk.fold import MODEL_VERSION, Fold
from models.risk.hazard import Hazard
from models.risk.judge import Result
from models.weather.dataset import Array
from models.weather.meteo import WET_RH

#: What stands in for a leaf wetness sensor where there is none.
WETNESS_FROM = ("relative_humidity", "precipitation_amount")


class Looked(NamedTuple):
    """What a hazard saw in its window at one site.

    ``read`` and ``needed`` name its quantities, the latter only those that enter the score;
    ``missing`` those with missing hours, and ``entering`` tells whether one of them enters the
    score. If none does and yet nothing can be said, something was missing before the window.
    """

    read: tuple[str, ...]
    needed: tuple[str, ...]
    missing: tuple[str, ...]
    entering: bool
    digest: hashlib._Hash


class _Seen(NamedTuple):
    """A hazard's use of a feature at some sites: its windows, a row each, and where hours lack."""

    alias: bytes
    names: tuple[tuple[str, ...], tuple[str, ...]]
    entering: bool
    estimated: bool
    lo: Array
    hi: Array
    gaps: list[bool]


def looked_at(fold: Fold, hazard: Hazard, columns: NDArray[np.intp]) -> Iterator[Looked]:
    """What the hazard saw in the window that ends with the day just closed, and a hash of it.

    Parameters
    ----------
    fold
        The fold; values of its windows are in the unit of each feature.
    hazard
        Whose window.
    columns
        Those of the sites in the fold's arrays.
    """
    begin = hashlib.sha256(f"{MODEL_VERSION}.{hazard.id}.{hazard.version}".encode())
    uses = [_seen(fold, hazard, alias, columns) for alias in sorted(hazard.uses)]
    read = [once(name for use in uses for name in use.names[fitted]) for fitted in (False, True)]
    needed = [
        once(name for use in uses if use.entering for name in use.names[fitted])
        for fitted in (False, True)
    ]
    measured, limits = fold.wetness_measured, fold.wet_threshold
    for row, column in enumerate(columns.tolist()):
        fitted = measured is not None and bool(measured[column])
        limit = WET_RH if limits is None else float(limits[column])
        rule = repr("sensor" if fitted else limit).encode()
        digest = begin.copy()
        lacking = [use for use in uses if use.gaps[row]]
        for use in uses:
            digest.update(use.alias + use.lo[row].tobytes() + use.hi[row].tobytes())
            if use.estimated:
                digest.update(rule)
        yield Looked(
            read[fitted],
            needed[fitted],
            once(name for use in lacking for name in use.names[fitted]),
            any(use.entering for use in lacking),
            digest,
        )


def _seen(fold: Fold, hazard: Hazard, alias: str, columns: NDArray[np.intp]) -> _Seen:
    use = hazard.uses[alias]
    names = use.feature.inputs
    sensor = names
    if use.feature.estimated:
        sensor = (*(q for q in names if q not in WETNESS_FROM), "leaf_wetness_duration")
    lo, hi = fold.rings[use.feature.name].window(hazard.days)
    first = np.ascontiguousarray(lo.take(columns, axis=1).T)
    last = first if hi is lo else np.ascontiguousarray(hi.take(columns, axis=1).T)
    # what is NaN on both sides is not known either
    gaps = (first != last).any(axis=1) if hi is not lo else np.isnan(first).any(axis=1)
    entering = use.effect != "shown"
    estimated = use.feature.estimated
    return _Seen(alias.encode(), (names, sensor), entering, estimated, first, last, gaps.tolist())


def once(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order of its first place.

    Parameters
    ----------
    names
        Names of quantities.
    """
    return tuple(dict.fromkeys(names))


def facts_of(fold: Fold, result: Result) -> Iterator[list[object]]:
    """What answers rest on besides windows: the season that day, and what was carried; by site.

    Parameters
    ----------
    fold
        The fold that gave the result; carried values of both cases, in the hazard's units.
    result
        Of the day just closed; a stage is BBCH.
    """
    season, track = result.season, fold.tracks[result.hazard.id, result.crop]
    stages = (season.bbch, season.bbch_low, season.bbch_high)
    days = (season.after_sowing, season.since_flowering, season.since_spray)
    numbers = [values.tolist() for values in (*stages, *days)]
    carried = [
        (name, values.tolist())
        for case in (track.worst, track.best)
        for name, values in sorted(case.items())
    ]
    known = zip(season.resistance.tolist(), season.observed.tolist(), strict=True)
    for row, (resistance, observed) in enumerate(list(known)[: len(result.index)]):
        yield [
            *(result.crop, season.date, season.previous_crop[row], resistance, observed),
            *(values[row] for values in numbers),
            *((name, values[row]) for name, values in carried),
        ]
