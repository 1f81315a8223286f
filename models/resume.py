"""Going on from where a fold stood, instead of folding anew from the first hour that counts.

A state is a fold on the morning of a local day, and when each quantity was last measured before
it. The newest one kept is that of the day that closed last: its hours are fed again every time,
so that its answers can be given again and its late hours find their place. Older ones, `EVERY`
so many days, are what late data and late facts take the job back to.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zipfile import BadZipFile

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models import fold_state
from models.features import Array
from models.fold import LOCAL, Fold
from models.fold_state import StateError
from models.hazard import Hazard
from models.season import Seasons

#: Days between the older states, and how far back they reach [d].
EVERY, BACK = 8, 16

Times = NDArray[np.datetime64]


@dataclass
class Standing:
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
    newest = at.astimezone(LOCAL).date() - timedelta(days=1)
    older = (newest - timedelta(days=back) for back in range(1, BACK + 1))
    return [newest, *(day for day in older if day.toordinal() % EVERY == 0)]


def pack(state: bytes, last: Mapping[str, Times]) -> bytes:
    """A fold's bytes (`models.fold_state.save`) and when quantities were last measured, as one.

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


def unpack(data: bytes, hazards: tuple[Hazard, ...], seasons: Seasons) -> Standing:
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
    fold = fold_state.restore(state, hazards, seasons)
    prefix = len("last/")
    last = {name[prefix:]: times.astype("datetime64[ns]") for name, times in arrays.items()}
    if last.keys() != set(fold.quantities):
        raise StateError("saved state: of other quantities; fold anew from the data")
    return Standing(fold, last)


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
    midnight = datetime.combine(before, datetime.min.time(), LOCAL).astimezone(UTC)
    times = known["time"].values.astype("datetime64[ns]")
    count = int(np.searchsorted(times, np.datetime64(midnight.replace(tzinfo=None), "ns")))
    found: dict[str, Times] = {}
    for name in fold.quantities:
        never = np.full(len(fold.sites), np.datetime64("NaT", "ns"))
        found[name] = never if earlier is None else earlier[name]
        if name in known.data_vars and count:
            there = ~np.isnan(known[name].transpose("time", "site").values[:count])
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
        As `models.risk.data_ages` gives them, infinite where there is no value [h].
    last
        When each was last measured before the Dataset [ns].
    at
        Aware time of asking.
    """
    stamp = np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "ns")
    found: dict[str, Array] = {}
    for name, age in ages.items():
        passed = (stamp - last[name]).astype("timedelta64[s]").astype(np.float64) / 3600.0
        earlier = np.where(np.isnat(last[name]), np.inf, passed)
        found[name] = np.where(np.isinf(age), earlier, age)
    return found
