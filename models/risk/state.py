"""A fold as bytes, so that a job goes on from where the last one stopped.

A checkpoint is a fold on the morning of a local day, and when each quantity was last measured
before it. The newest one kept is that of the day that closed last: its hours are fed again every
time, so that its answers can be given again and its late hours find their place. Older ones,
`EVERY` so many days, are what late data and late facts take the job back to.

The bytes are a NumPy archive without pickled objects. They belong to one list of sites, one set
of hazards and the season facts known by then; with anything else `restore` refuses, and the
caller folds anew from the first hour that counts.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zipfile import BadZipFile

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models.crops.phenology import Growth
from models.crops.season import Seasons
from models.risk.fold import MODEL_VERSION, Fold, start
from models.risk.hazard import Hazard
from models.risk.judge import Track
from models.weather.dataset import Array, stamp_of
from models.weather.local_days import local_day, midnight

#: Days between the older states, and how far back they reach [d].
EVERY, BACK = 8, 16

Times = NDArray[np.datetime64]


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
    fold = start(
        head["sites"],
        hazards,
        seasons,
        midnight(day),
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


def _bools(values: NDArray[np.generic] | None) -> NDArray[np.bool_] | None:
    return None if values is None else values.astype(bool)


def _floats(values: NDArray[np.generic] | None) -> Array | None:
    return None if values is None else values.astype(np.float64)


@dataclass
class Checkpoint:
    """A fold on the morning of a day; ``last`` is when each quantity was last measured (site,).

    Times are starts of hours (datetime64[ns], UTC), NaT for never.
    """

    fold: Fold
    last: Mapping[str, Times]


def days_to_keep(at: datetime) -> list[date]:
    """Open local days [d] whose states are worth keeping, the newest first.

    Parameters
    ----------
    at
        Now, aware.
    """
    newest = local_day(at) - timedelta(days=1)
    older = (newest - timedelta(days=back) for back in range(1, BACK + 1))
    return [newest, *(day for day in older if day.toordinal() % EVERY == 0)]


def pack(state: bytes, last: Mapping[str, Times]) -> bytes:
    """A fold's bytes (`save`) and when quantities were last measured, as one.

    Parameters
    ----------
    state
        The fold [bytes].
    last
        Quantity -> time (site,) [ns].
    """
    buffer = io.BytesIO()
    arrays = {f"last/{name}": times.astype(np.int64) for name, times in last.items()}
    np.savez(buffer, allow_pickle=False, fold=np.frombuffer(state, np.uint8), **arrays)
    return buffer.getvalue()


def unpack(data: bytes, hazards: tuple[Hazard, ...], seasons: Seasons) -> Checkpoint:
    """What `pack` wrote.

    Parameters
    ----------
    data
        What `pack` wrote [bytes].
    hazards, seasons
        Those of now.

    Raises
    ------
    StateError
        If the bytes are damaged, or belong to other hazards or season facts.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        state = arrays.pop("fold").tobytes()
    except (BadZipFile, ValueError, KeyError, EOFError, OSError) as error:
        raise StateError(f"saved state: damaged ({error}); fold anew from the data") from error
    fold = restore(state, hazards, seasons)
    prefix = len("last/")
    last = {name[prefix:]: times.astype("datetime64[ns]") for name, times in arrays.items()}
    if last.keys() != set(fold.quantities):
        raise StateError("saved state: of other quantities; fold anew from the data")
    return Checkpoint(fold, last)


def last_measured(
    known: xr.Dataset, fold: Fold, before: date, earlier: Mapping[str, Times] | None
) -> dict[str, Times]:
    """When each quantity was last measured at each site before a local day.

    Parameters
    ----------
    known
        A prepared Dataset; hours without a value are NaN.
    fold
        Its quantities and sites.
    before
        Local day.
    earlier
        What holds where the Dataset has no value; None for never [ns].
    """
    times = known["time"].values.astype("datetime64[ns]")
    count = int(np.searchsorted(times, stamp_of(midnight(before))))
    found: dict[str, Times] = {}
    for name in fold.quantities:
        never = np.full(len(fold.sites), np.datetime64("NaT", "ns"))
        found[name] = never if earlier is None else earlier[name]
        if name in known.data_vars and count:
            there = ~np.isnan(known[name].values[:count])
            newest = times[count - 1 - there[::-1].argmax(axis=0)]
            found[name] = np.where(there.any(axis=0), newest, found[name])
    return found


def with_earlier(
    ages: Mapping[str, Array], last: Mapping[str, Times], at: datetime
) -> dict[str, Array]:
    """Ages of quantities [h], from before the Dataset where it has no value.

    Parameters
    ----------
    ages
        As `models.risk.answers.data_ages` gives them, infinite where there is no value [h].
    last
        When each was last measured before the Dataset [ns].
    at
        Aware time of asking.
    """
    stamp = stamp_of(at)
    found: dict[str, Array] = {}
    for name, age in ages.items():
        passed = (stamp - last[name]).astype("timedelta64[s]").astype(np.float64) / 3600.0
        earlier = np.where(np.isnat(last[name]), np.inf, passed)
        found[name] = np.where(np.isinf(age), earlier, age)
    return found
