"""What a fold knows of its sites on the morning of a local day, to go on from another time.

Sites do not see each other, so a `Morning` is columns, one for each site: it can be cut and laid
beside others. `resume` makes a fold of mornings of one day; sites that none of them holds begin
on that day with nothing behind them. So a walk over a season starts with the sites that need it
longest, and the others join it on the day from which they need to be computed.

The newest morning worth keeping is that of the day that closed last: its hours are fed again
every time, so that its answers can be given again and its late hours find their place. Older
ones, `EVERY` so many days, are what late data and late facts take a site back to.

The bytes are a NumPy archive without pickled objects. What a column rests on (`rests_on`) is for
the caller to compare.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from models.crops.season import Seasons, SiteSeason
from models.risk.fold import MODEL_VERSION, Fold, Plot, start
from models.risk.hazard import Hazard
from models.risk.judge import Track
from models.weather.dataset import Array
from models.weather.local_days import local_day, midnight

#: Days between the older mornings, and how far back they reach [d].
EVERY, BACK = 8, 16
_GROWTH = ("thermal", "bridged", "gap", "cold")


class StateError(ValueError):
    """Saved bytes that are none of a `Morning`."""


@dataclass(frozen=True)
class Morning:
    """What a fold knows of sites when ``day`` begins; the last axis of each array is the site."""

    day: date
    sites: tuple[str, ...]
    arrays: Mapping[str, NDArray[np.generic]]

    def of(self, sites: Iterable[str]) -> Morning:
        """The columns of some of its sites."""
        column = {site: i for i, site in enumerate(self.sites)}
        wanted = tuple(sites)
        if wanted == self.sites:
            return self
        columns = np.array([column[site] for site in wanted], dtype=np.intp)
        arrays = {name: values.take(columns, axis=-1) for name, values in self.arrays.items()}
        return Morning(self.day, wanted, arrays)


def days_to_keep(at: datetime) -> list[date]:
    """Local days [d] whose mornings are worth keeping, the newest first.

    Parameters
    ----------
    at
        Now, aware.
    """
    last = local_day(at) - timedelta(days=1)
    older = (last - timedelta(days=back) for back in range(1, BACK + 1))
    return [last, *(day for day in older if day.toordinal() % EVERY == 0)]


def rests_on(seasons: Sequence[SiteSeason], day: date) -> str:
    """What a site's column depends on besides hours, as known before ``day``, in one text.

    Parameters
    ----------
    seasons
        The site's seasons; stages are BBCH. That a crop has a season at all counts, too.
    day
        The morning's day; what is dated on it or later does not count.
    """
    facts = [
        (s.crop, s.sown, s.resistance, s.previous_crop)
        + (s.ended if s.ended and s.ended < day else None,)
        + tuple(sorted(o for o in s.observed if o[0] < day))
        + tuple(sorted(spray for spray in s.sprays if spray < day))
        for s in seasons
        if s.sown < day
    ]
    return repr((sorted({s.crop for s in seasons}), sorted(facts, key=repr)))


def engine_of(hazards: Sequence[Hazard]) -> str:
    """What every column depends on besides facts and hours, in one text.

    Parameters
    ----------
    hazards
        What a fold computes.
    """
    models = [(h.id, h.version, h.days, sorted(h.uses)) for h in hazards]
    return repr((MODEL_VERSION, models))


def morning_of(fold: Fold, first: int = 0, last: int | None = None) -> Morning:
    """What a fold knows on the morning of its open day, of its sites from ``first`` to ``last``.

    Parameters
    ----------
    fold
        A fold to which no hour of its open day was given yet [for instance degC].
    first, last
        Columns of the first site and of the one after the last; default: all sites.

    Raises
    ------
    ValueError
        In the middle of a day.
    """
    if fold.filled:
        raise ValueError(f"fold: {fold.filled} h into {fold.day}; it is morning when a day closed")
    cut = slice(first, len(fold.sites) if last is None else last)
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, hours in fold.yesterday.items():
        arrays[f"yesterday/{name}"] = hours[:, cut].copy()
    for name, hour in fold.last.items():
        arrays[f"last/{name}"] = hour[cut].copy()
    for name, ring in fold.rings.items():
        lo, hi = ring.window(ring.depth)
        arrays[f"ring/{name}/lo"] = lo[:, cut].copy()
        if hi is not lo:
            arrays[f"ring/{name}/hi"] = hi[:, cut].copy()
    width = len(fold.sites)
    for crop, plot in fold.plots.items():
        for part in _GROWTH:
            values = _spread(getattr(plot.growth, part), plot, width)
            arrays[f"growth/{crop}/{part}"] = values[cut].copy()
    for (hazard, crop), track in fold.tracks.items():
        for name, values in track.worst.items():
            prefix = f"track/{hazard}/{crop}/{name}"
            worst = _spread(values, fold.plots[crop], width)
            arrays[f"{prefix}/worst"] = worst[cut].copy()
            if track.best is not track.worst:
                best = _spread(track.best[name], fold.plots[crop], width)
                arrays[f"{prefix}/best"] = best[cut].copy()
    return Morning(fold.day, fold.sites[cut], arrays)


def _spread(values: Array, plot: Plot, width: int) -> Array:
    """Values of a crop's sites, laid out over all sites of the fold."""
    found = np.full(width, np.nan)
    found[plot.seasons.index] = values
    return found


def resume(
    sites: Sequence[str],
    hazards: Sequence[Hazard],
    seasons: Seasons,
    day: date,
    mornings: Iterable[Morning] = (),
    *,
    wetness_measured: NDArray[np.bool_] | None = None,
    wet_threshold: Array | None = None,
) -> Fold:
    """A fold on the morning of a day that knows of its sites what the mornings hold.

    Parameters
    ----------
    sites, hazards, seasons, wetness_measured, wet_threshold
        As for `models.risk.fold.start` [%].
    day
        The local day that is to be computed next.
    mornings
        Of that day. A site that none of them holds begins now.

    Raises
    ------
    ValueError
        If a morning is of another day.
    """
    fold = start(
        sites,
        hazards,
        seasons,
        midnight(day),
        wetness_measured=wetness_measured,
        wet_threshold=wet_threshold,
    )
    column = {site: i for i, site in enumerate(sites)}
    held = False
    for morning in mornings:
        if morning.day != day:
            raise ValueError(f"a morning of {morning.day} cannot be gone on from on {day}")
        held = True
        source = np.full(len(sites), -1)
        source[[column[site] for site in morning.sites]] = np.arange(len(morning.sites))
        _put(fold, morning, source)
    if held:
        for plot in fold.plots.values():
            # what changes on the day itself comes when it closes, as it does for the others
            plot.active = plot.seasons.at(day - timedelta(days=1))
        for ring in fold.rings.values():
            ring.look()
    return fold


def _put(fold: Fold, morning: Morning, source: NDArray[np.intp]) -> None:
    """Write a morning's columns into a fold; ``source`` is each site's column, -1 for none."""
    arrays = morning.arrays
    wide = np.resize(source, fold.rings[fold.features[0].name].lo.shape[1])
    to = np.flatnonzero(wide >= 0)
    columns = wide[to]
    for name in fold.quantities:
        hours = arrays.get(f"yesterday/{name}")
        if hours is not None:
            if name not in fold.yesterday:
                fold.yesterday[name] = np.full((len(hours), len(wide)), np.nan)
            fold.yesterday[name][:, to] = hours[:, columns]
        if f"last/{name}" in arrays:
            fold.last[name][to] = arrays[f"last/{name}"][columns]
    for name, ring in fold.rings.items():
        lo = arrays[f"ring/{name}/lo"]
        hi = arrays.get(f"ring/{name}/hi")
        if hi is not None and ring.hi is None:
            ring.hi = ring.lo.copy()
        ring.lo[: ring.depth, to] = lo[:, columns]
        if ring.hi is not None:
            ring.hi[: ring.depth, to] = (lo if hi is None else hi)[:, columns]
    for crop, plot in fold.plots.items():
        grown = source[plot.seasons.index]
        rows = np.flatnonzero(grown >= 0)
        for part in _GROWTH:
            values = arrays.get(f"growth/{crop}/{part}")
            if values is not None:
                getattr(plot.growth, part)[rows] = values[grown[rows]]
        for (hazard, of), track in fold.tracks.items():
            if of == crop:
                _put_track(track, arrays, f"track/{hazard}/{crop}", rows, grown[rows])


def _put_track(
    track: Track,
    arrays: Mapping[str, NDArray[np.generic]],
    prefix: str,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
) -> None:
    for name, worst in track.worst.items():
        values = arrays.get(f"{prefix}/{name}/worst")
        if values is None:
            continue
        best = arrays.get(f"{prefix}/{name}/best")
        if best is not None and track.best is track.worst:
            track.best = {key: array.copy() for key, array in track.worst.items()}
        worst[rows] = values[columns]
        if track.best is not track.worst:
            track.best[name][rows] = (values if best is None else best)[columns]


def encode(morning: Morning) -> bytes:
    """A morning as bytes.

    Parameters
    ----------
    morning
        Columns of any sites.
    """
    head = json.dumps({"day": morning.day.isoformat(), "sites": morning.sites})
    buffer = io.BytesIO()
    arrays = {**morning.arrays, "head": np.frombuffer(head.encode(), dtype=np.uint8)}
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def decode(data: bytes) -> Morning:
    """The morning that `encode` wrote.

    Parameters
    ----------
    data
        What `encode` wrote.

    Raises
    ------
    StateError
        If the bytes are damaged.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        head = json.loads(arrays.pop("head").tobytes())
        return Morning(date.fromisoformat(head["day"]), tuple(head["sites"]), arrays)
    except (BadZipFile, ValueError, KeyError, EOFError, OSError) as error:
        raise StateError(f"saved state: damaged ({error}); compute again from the hours") from error
