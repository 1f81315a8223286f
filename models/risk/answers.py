"""From hourly data to statuses: the fold run over a Dataset, and its answers as records."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models.crops.season import Seasons
from models.risk.fold import HOURS, MODEL_VERSION, Fold, feed, newest, start
from models.risk.hazard import CANNOT_SAY, Hazard
from models.risk.judge import Result, within
from models.risk.provenance import facts_of, looked_at, once
from models.weather.dataset import Array, moment_of, prepare, stamp_of
from models.weather.local_days import local_day, midnight


@dataclass(frozen=True)
class RiskStatus:
    """One answer: a hazard for a crop at a site, at the end of a local day.

    Attributes
    ----------
    site, crop, hazard
        Field id, crop id, hazard id.
    time
        End of the local day it is for (aware, UTC).
    status
        Code of ``models.risk.hazard.STATUS``.
    score
        What is surely reached, in the hazard's own unit; NaN when unknown.
    certainty
        0..1; 0 when it cannot be said.
    stage_bbch, stage_source
        Growth stage, NaN where there is none; "observed", "estimated" or "unknown".
    drivers
        The terms that made the score, as far as they are known.
    missing
        Inputs with missing hours in the window, and "growth_stage" when that is the reason; all
        that enter the score when what was missing lies before the window. Never empty where
        nothing can be said.
    data_age_h
        Hours since the oldest of the inputs was last measured, at the time of asking [h].
    inputs_hash, model_version
        SHA-256 over what the answer was computed from: windows, wetness rule, season, carried
        values; version of engine and hazard.
    validated
        Whether local skill was shown; always False here, set from the skill ledger.
    source
        The seam: "measured" when every hour that was given lies in the past, "forecast" for a
        day that is not over (see ``models.risk.outlook``).
    """

    site: str
    crop: str
    hazard: str
    time: datetime
    status: int
    score: float
    certainty: float
    stage_bbch: float
    stage_source: str
    drivers: Mapping[str, float]
    missing: tuple[str, ...]
    data_age_h: float
    inputs_hash: str
    model_version: str
    validated: bool = False
    source: str = "measured"


def begin(
    data: xr.Dataset, seasons: Seasons, hazards: Sequence[Hazard], at: datetime | None = None
) -> Fold:
    """A fold for the sites of a prepared Dataset, opening on its first hour (or ``at``).

    Parameters
    ----------
    data
        A Dataset from ``models.weather.dataset.prepare``, in its units [for instance degC].
    seasons
        What is grown where.
    hazards
        What to compute.
    at
        Aware start of the first hour to be given; that of the Dataset when left out.
    """
    first = moment_of(data["time"].values[0]) if at is None else at
    options: dict[str, NDArray[np.generic]] = {
        name: data[name].values for name in ("wetness_measured", "wet_threshold") if name in data
    }
    return start(
        [str(s) for s in data["site"].values],
        hazards,
        seasons,
        first,
        wetness_measured=_as_bool(options.get("wetness_measured")),
        wet_threshold=_as_float(options.get("wet_threshold")),
    )


def walk(fold: Fold, data: xr.Dataset) -> Iterator[list[Result]]:
    """Feed a prepared Dataset to a fold; yields the results of every local day that closes.

    Parameters
    ----------
    fold
        Moved on in place.
    data
        A Dataset from ``models.weather.dataset.prepare``, in its units [for instance degC];
        quantities it lacks count as missing.

    Raises
    ------
    ValueError
        If the Dataset does not begin with the fold's next hour.
    """
    first = moment_of(data["time"].values[0])
    if first != fold.next_hour:
        raise ValueError(f"data begin at {first}, the fold goes on at {fold.next_hour}; fit them")
    arrays = {q: data[q].values for q in fold.quantities if q in data.data_vars}
    hours, position = data.sizes["time"], 0
    while position < hours:
        count = min(HOURS - fold.filled, hours - position)
        block = {q: a[position : position + count] for q, a in arrays.items()}
        if not block:
            block = {"air_temperature": np.full((count, len(fold.sites)), np.nan)}
        position += count
        results = feed(fold, block)
        if fold.filled == 0:
            yield results


def assess(
    dataset: xr.Dataset,
    seasons: Seasons,
    hazards: Sequence[Hazard],
    at: datetime,
    *,
    validated: frozenset[str] = frozenset(),
) -> list[RiskStatus]:
    """Statuses of every hazard and crop at every site, for the local day that closed last.

    Parameters
    ----------
    dataset
        Hourly data as ``models.weather.dataset`` says, in its units [for instance degC]; hours
        after ``at`` are not looked at, hours missing before it count as missing.
    seasons
        What is grown where.
    hazards
        Usually ``tuple(catalogue().values())``.
    at
        Aware time of asking.
    validated
        Hazard ids with local skill evidence.

    Returns
    -------
    list of RiskStatus
        Ordered by crop, hazard, site; empty before the first local day is over.
    """
    over = closed(dataset, seasons, hazards, at)
    if over is None:
        return []
    ages = ages_at(over.fold, at, over.open_hours)
    return [s for result in over.results for s in records(over.fold, result, ages, validated)]


@dataclass(frozen=True)
class Closed:
    """A fold at the end of the local day that closed last, its results, and the open day's hours.

    ``open_hours`` are prepared, from the fold's next hour on; there may be none.
    """

    fold: Fold
    results: list[Result]
    open_hours: xr.Dataset


def closed(
    dataset: xr.Dataset, seasons: Seasons, hazards: Sequence[Hazard], at: datetime
) -> Closed | None:
    """Run a fold to the end of the local day that closed last before ``at``; None without one.

    Parameters
    ----------
    dataset
        Hourly data as ``models.weather.dataset`` says, in its units [for instance degC].
    seasons, hazards, at
        As for `assess`.
    """
    cut, last = stamp_of(midnight(local_day(at))), stamp_of(at)
    # First of all: what comes after must not tell which of the hours before are in doubt.
    given = dataset.sel(time=dataset["time"].values <= last) if "time" in dataset else dataset
    if not given.sizes.get("time", 1):
        return None
    known, _ = prepare(given)
    over = known["time"].values < cut
    data = _extended(known.sel(time=over), cut)
    if not data.sizes["time"]:
        return None
    fold = begin(data, seasons, hazards)
    results: list[Result] = []
    for answers in walk(fold, data):
        results = answers
    return Closed(fold, results, known.sel(time=~over))


def _extended(data: xr.Dataset, end: np.datetime64) -> xr.Dataset:
    """The Dataset with missing hours up to ``end`` (excluded), when it stops before."""
    times = data["time"].values
    if not len(times):
        return data
    grid = np.arange(times[0], end, np.timedelta64(1, "h"))
    return data if len(grid) == len(times) else data.reindex(time=grid)


def ages_at(fold: Fold, at: datetime, later: xr.Dataset | None = None) -> dict[str, Array]:
    """Hours since each quantity was last measured at each site [h]; infinite for never.

    Parameters
    ----------
    fold
        Its newest measured hours count.
    at
        Aware time of asking; the ages returned are (site,) [h].
    later
        Prepared hours after those that the fold was given [for instance degC].
    """
    ages: dict[str, Array] = {}
    for name in fold.quantities:
        last = fold.last[name][: len(fold.sites)]
        if later is not None and name in later and later.sizes["time"]:
            first = moment_of(later["time"].values[0])
            last = newest(later[name].values, first, last)
        passed = stamp_of(at) - last.astype("datetime64[ns]")
        age = passed.astype("timedelta64[s]").astype(np.float64) / 3600.0
        ages[name] = np.where(np.isnat(last), np.inf, age)
    return ages


def records(
    fold: Fold, result: Result, ages: Mapping[str, Array], validated: frozenset[str]
) -> Iterator[RiskStatus]:
    """The result of the day just closed as one record per site.

    Parameters
    ----------
    fold
        The fold that gave the result.
    result
        Arrays over the crop's sites.
    ages
        Quantity -> hours since it was last measured (site,) [h].
    validated
        Hazard ids with local skill evidence.
    """
    end = midnight(result.date + timedelta(days=1))
    hazard, season = result.hazard, result.season
    inside, sure, _ = within(hazard, season)
    looks = looked_at(fold, hazard, result.index)
    rows = zip(result.index.tolist(), looks, facts_of(fold, result), strict=True)
    for row, (column, seen, facts) in enumerate(rows):
        unknown = result.status[row] == CANNOT_SAY
        missing = seen.missing
        if unknown and inside[row] and not seen.entering:
            missing = once((*missing, *seen.needed))
        if unknown and not sure[row]:
            missing = (*missing, "growth_stage")
        stage = float(season.bbch[row])
        digest = seen.digest
        digest.update(repr(facts).encode())
        yield RiskStatus(
            site=fold.sites[column],
            crop=result.crop,
            hazard=hazard.id,
            time=end,
            status=int(result.status[row]),
            score=math.nan if unknown else float(result.score[row]),
            certainty=float(result.certainty[row]),
            stage_bbch=stage,
            stage_source=_stage_source(stage, bool(season.observed[row])),
            drivers={k: float(v[row]) for k, v in result.drivers.items() if v[row] == v[row]},
            missing=missing,
            data_age_h=max((float(ages[q][column]) for q in seen.read), default=0.0),
            inputs_hash=digest.hexdigest(),
            model_version=f"{MODEL_VERSION}.{hazard.version}",
            validated=hazard.id in validated,
        )


def _stage_source(stage: float, observed: bool) -> str:
    """Where a growth stage comes from: "observed", "estimated", or "unknown" when there is none.

    Parameters
    ----------
    stage
        BBCH, NaN for none.
    observed
        Whether somebody saw it lately.
    """
    return "unknown" if math.isnan(stage) else "observed" if observed else "estimated"


def _as_bool(values: NDArray[np.generic] | None) -> NDArray[np.bool_] | None:
    # NaN, as on sites added by a reindex, is no sensor
    return None if values is None else np.array([bool(value == 1) for value in values])


def _as_float(values: NDArray[np.generic] | None) -> Array | None:
    return None if values is None else values.astype(np.float64)
