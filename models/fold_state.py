"""A fold as bytes, so that a job goes on from where the last one stopped.

The bytes are a NumPy archive without pickled objects. They belong to one list of sites, one set
of hazards and the season facts known by then; with anything else `restore` refuses, and the
caller folds anew from the first hour that counts.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from models.features import Array
from models.fold import LOCAL, MODEL_VERSION, Fold, start
from models.hazard import Hazard
from models.judge import Track
from models.phenology import Growth
from models.season import Seasons


class StateError(ValueError):
    """Saved bytes that do not belong to these sites, hazards and seasons."""


def fingerprint(
    sites: Sequence[str], hazards: Sequence[Hazard], seasons: Seasons, day: date
) -> str:
    """SHA-256 over what a state depends on besides weather, as known before ``day``.

    Parameters
    ----------
    sites
        Site ids.
    hazards
        What the fold computes.
    seasons
        What is grown; stages are BBCH [1].
    day
        The fold's open local day; what is dated on it or later does not count.
    """
    facts = [
        (s.site, s.crop, s.sown, s.resistance, s.previous_crop)
        + (s.ended if s.ended and s.ended < day else None,)
        + tuple(sorted(o for o in s.observed if o[0] < day))
        for s in seasons.seasons
        if s.sown < day
    ]
    models = [(h.id, h.version, h.days, sorted(h.uses)) for h in hazards]
    text = repr((MODEL_VERSION, tuple(sites), models, sorted(facts, key=repr)))
    return hashlib.sha256(text.encode()).hexdigest()


def save(fold: Fold, seasons: Seasons) -> bytes:
    """The state as bytes.

    Parameters
    ----------
    fold
        Any fold, also in the middle of a day; arrays are kept in their units [see `Fold`].
    seasons
        The seasons it was started with.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    for when, hours in (("today", fold.today), ("yesterday", fold.yesterday)):
        arrays |= {f"{when}/{quantity}": values for quantity, values in hours.items()}
    for name, ring in fold.rings.items():
        arrays[f"ring/{name}/lo"] = ring.window(ring.depth).lo
        if ring.hi is not None:
            arrays[f"ring/{name}/hi"] = ring.window(ring.depth).hi
    for crop, plot in fold.plots.items():
        for part in ("thermal", "bridged", "gap"):
            arrays[f"growth/{crop}/{part}"] = getattr(plot.growth, part)
    for (hazard, crop), track in fold.tracks.items():
        for name, values in track.worst.items():
            arrays[f"track/{hazard}/{crop}/{name}/worst"] = values
            if track.best is not track.worst:
                arrays[f"track/{hazard}/{crop}/{name}/best"] = track.best[name]
    for name in ("wetness_measured", "wet_threshold"):
        values = getattr(fold, name)
        if values is not None:
            arrays[name] = values
    head = {
        "day": fold.day.isoformat(),
        "filled": fold.filled,
        "sites": fold.sites,
        "normals": fold.normals,
        "sound": {name: ring.sound for name, ring in fold.rings.items()},
        "fingerprint": fingerprint(fold.sites, fold.hazards, seasons, fold.day),
    }
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def restore(data: bytes, hazards: Sequence[Hazard], seasons: Seasons) -> Fold:
    """The fold that `save` wrote.

    Parameters
    ----------
    data
        What `save` wrote [bytes].
    hazards, seasons
        Those of the fold that was saved.

    Raises
    ------
    StateError
        If the bytes are damaged, or belong to other sites, hazards or season facts.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        head = json.loads(arrays.pop("head").tobytes())
        day = date.fromisoformat(head["day"])
    except (BadZipFile, ValueError, KeyError, EOFError, OSError) as error:
        raise StateError(f"saved state: damaged ({error}); fold anew from the data") from error
    if head["fingerprint"] != fingerprint(head["sites"], hazards, seasons, day):
        raise StateError(
            f"saved state of {day}: sites, hazards or season facts have changed since; "
            f"fold anew from the data"
        )
    first = _midnight(day)
    fold = start(
        head["sites"],
        hazards,
        seasons,
        first,
        wetness_measured=_bools(arrays.get("wetness_measured")),
        wet_threshold=_floats(arrays.get("wet_threshold")),
        normals=tuple(head["normals"]),
    )
    fold.filled = head["filled"]
    for when, hours in (("today", fold.today), ("yesterday", fold.yesterday)):
        for quantity in fold.quantities:
            if f"{when}/{quantity}" in arrays:
                hours[quantity] = np.array(arrays[f"{when}/{quantity}"], dtype=np.float64)
    for name, ring in fold.rings.items():
        ring.lo[: ring.depth] = arrays[f"ring/{name}/lo"]
        ring.sound = head["sound"][name]
        if f"ring/{name}/hi" in arrays:
            ring.hi = ring.lo.copy()
            ring.hi[: ring.depth] = arrays[f"ring/{name}/hi"]
    for crop, plot in fold.plots.items():
        plot.active = plot.seasons.at(day - timedelta(days=1))
        plot.growth = Growth(
            *(np.array(arrays[f"growth/{crop}/{p}"]) for p in ("thermal", "bridged", "gap"))
        )
    for hazard, crop in fold.tracks:
        fold.tracks[hazard, crop] = _track(arrays, f"track/{hazard}/{crop}/")
    return fold


def _track(arrays: dict[str, NDArray[np.generic]], prefix: str) -> Track:
    parts: dict[str, dict[str, Array]] = {"worst": {}, "best": {}}
    for key, values in arrays.items():
        if key.startswith(prefix):
            name, case = key[len(prefix) :].rsplit("/", 1)
            parts[case][name] = np.array(values, dtype=np.float64)
    return Track(parts["worst"], parts["best"] or parts["worst"])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), LOCAL)


def _bools(values: NDArray[np.generic] | None) -> NDArray[np.bool_] | None:
    return None if values is None else values.astype(bool)


def _floats(values: NDArray[np.generic] | None) -> Array | None:
    return None if values is None else values.astype(np.float64)
