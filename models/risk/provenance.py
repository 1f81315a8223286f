"""What an answer was computed from: which quantities it saw, what of them was missing, and a hash.

Two answers with the same hash come from the same windows, wetness rule, season and carried values,
by the same version of engine and hazard.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from models.risk.fold import MODEL_VERSION, Fold
from models.risk.hazard import Hazard
from models.risk.judge import Result
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


def looked_at(fold: Fold, hazard: Hazard, column: int) -> Looked:
    """What the hazard saw in the window that ends with the day just closed, and a hash of it.

    Parameters
    ----------
    fold
        The fold; values of its windows are in the unit of each feature [see ``uses``].
    hazard
        Whose window.
    column
        That of the site in the fold's arrays.
    """
    digest = hashlib.sha256(f"{MODEL_VERSION}.{hazard.id}.{hazard.version}".encode())
    sensor = fold.wetness_measured is not None and bool(fold.wetness_measured[column])
    read: list[str] = []
    needed: list[str] = []
    missing: list[str] = []
    entering = False
    for alias, use in sorted(hazard.uses.items()):
        names = use.feature.inputs
        if sensor and use.feature.estimated:
            names = (*(q for q in names if q not in WETNESS_FROM), "leaf_wetness_duration")
        lo, hi = (b[:, column] for b in fold.rings[use.feature.name].window(hazard.days))
        read += names
        if use.effect != "shown":
            needed += names
        if not np.array_equal(lo, hi):
            missing += names
            entering |= use.effect != "shown"
        digest.update(alias.encode() + lo.tobytes() + hi.tobytes())
        if use.feature.estimated:
            limit = WET_RH if fold.wet_threshold is None else float(fold.wet_threshold[column])
            digest.update(repr("sensor" if sensor else limit).encode())
    return Looked(once(read), once(needed), once(missing), entering, digest)


def once(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order of its first place.

    Parameters
    ----------
    names
        Names of quantities [text].
    """
    return tuple(dict.fromkeys(names))


def facts_of(fold: Fold, result: Result, row: int) -> list[object]:
    """What an answer rests on besides its windows: the season that day, and what was carried.

    Parameters
    ----------
    fold
        The fold that gave the result; carried values of both cases, in the hazard's units.
    result
        Of the day just closed.
    row
        Which of the crop's sites; a stage is BBCH [1].
    """
    season, track = result.season, fold.tracks[result.hazard.id, result.crop]
    facts: list[object] = [result.crop, season.date, season.previous_crop[row]]
    facts += [int(season.resistance[row]), bool(season.observed[row])]
    stages = (season.bbch, season.bbch_low, season.bbch_high)
    days = (season.after_sowing, season.since_flowering)
    facts += [float(values[row]) for values in (*stages, *days)]
    for case in (track.worst, track.best):
        facts += [(name, float(values[row])) for name, values in sorted(case.items())]
    return facts
