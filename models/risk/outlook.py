"""The coming days: measured hours up to now, forecast hours after them, the seam marked.

The past is never forecast. At each site and for each quantity the forecast begins after the last
measured hour of the open day; a gap before that hour stays a gap. The fold that closed the last
day goes on into the coming ones, so that an outlook continues what was said of the past.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models.crops.season import Seasons
from models.risk import state
from models.risk.answers import Closed, RiskStatus, closed, data_ages, records, walk
from models.risk.fold import Fold
from models.risk.hazard import Hazard
from models.risk.state import Checkpoint, days_to_keep, last_measured, pack, with_earlier
from models.weather.dataset import AXES, Array, dataset, moment_of, prepare, stamp_of

DAYS = 7
MEASURED, FORECAST = 0, 1
#: Factor on the certainty for each day ahead; provisional, no verification of forecasts behind it.
LEAD = 0.95
_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True)
class Outlook:
    """Statuses of the day that closed last, and of the coming days at sites with a forecast.

    ``states`` are the new ones of `models.risk.state.days_to_keep`, by their open local day.
    """

    today: list[RiskStatus]
    coming: list[RiskStatus]
    states: Mapping[date, bytes] = field(default_factory=dict)


def assess_ahead(
    dataset: xr.Dataset,
    forecast: xr.Dataset | None,
    seasons: Seasons,
    hazards: Sequence[Hazard],
    at: datetime,
    checkpoint: Checkpoint | None = None,
    *,
    days: int = DAYS,
    validated: frozenset[str] = frozenset(),
) -> Outlook:
    """Statuses of the day that closed last, as `assess` gives them, and of the days ahead.

    Parameters
    ----------
    dataset
        Measured hours, as ``models.weather.dataset`` says.
    forecast
        Forecast hours of some of the sites, in the same units; None or no hours ahead: nothing
        is said of coming days.
    seasons, hazards, at, validated
        As for `models.risk.answers.assess`.
    checkpoint
        Where to go on from; the Dataset then begins with its open day. None: fold anew.
    days
        Local days ahead at most, the open day included [d].

    Returns
    -------
    Outlook
        ``coming`` is ordered by day, crop, hazard, site; a site's days end with its forecast.
    """
    folds: dict[date, bytes] = {}
    wanted = days_to_keep(at)

    def keep(fold: Fold) -> None:
        if fold.day in wanted:
            folds[fold.day] = state.save(fold, seasons)

    past = closed(dataset, seasons, hazards, at, checkpoint.fold if checkpoint else None, keep)
    if past is None:
        return Outlook([], [])
    earlier = checkpoint.last if checkpoint else None
    ages = data_ages(past.known, past.fold.quantities, at)
    if earlier is not None:
        ages = with_earlier(ages, earlier, at)
    states = {
        day: pack(state, last_measured(past.known, past.fold, day, earlier))
        for day, state in folds.items()
    }
    today = [s for r in past.results for s in records(past.fold, r, ages, validated)]
    if forecast is None or not forecast.sizes["time"]:
        return Outlook(today, [], states)
    hours = seamed(past, forecast, at, days)
    reach = reaches(hours)
    if "leaf_wetness_duration" not in forecast:
        past.fold.wetness_measured = None
    coming: list[RiskStatus] = []
    for lead, results in enumerate(walk(past.fold, hours), start=1):
        for result in results:
            for status in records(past.fold, result, ages, validated):
                end = reach.get(status.site)
                if end is not None and status.time <= end:
                    certainty = status.certainty * LEAD**lead
                    coming.append(replace(status, certainty=certainty, source="forecast"))
    return Outlook(today, coming, states)


def seamed(past: Closed, forecast: xr.Dataset, at: datetime, days: int = DAYS) -> xr.Dataset:
    """Hours of the open day and the coming ones: measured as far as they are, then forecast.

    Parameters
    ----------
    past
        As `models.risk.answers.closed` gives it.
    forecast
        Hours (time, site) in the vocabulary's units.
    at
        Now, aware; hours that are not over by then are forecast.
    days
        Local days, the open day included [d].

    Returns
    -------
    Dataset
        As ``models.weather.dataset`` says, from local midnight on; coordinate ``source``
        (time, site) is 1 in hours for which any quantity is forecast, else 0.
    """
    ahead, _ = prepare(forecast)
    start = stamp_of(past.fold.next_hour)
    now = stamp_of(at).astype("datetime64[h]")
    grid = np.arange(start, start + days * 24 * _HOUR, _HOUR)
    sites = list(past.fold.sites)
    known = past.known.sel(time=past.known["time"].values < now.astype("datetime64[ns]"))
    known = known.reindex(time=grid)
    ahead = ahead.reindex(time=grid, site=sites)
    values: dict[str, Array] = {}
    source = np.full((len(grid), len(sites)), MEASURED, np.int8)
    for name in past.fold.quantities:
        own = _hours(known, name, source.shape)
        told = _hours(ahead, name, source.shape)
        after = np.arange(len(grid))[:, None] > last_row(own)
        values[name] = np.where(after, told, own)
        source[after & ~np.isnan(told)] = FORECAST
    return dataset(grid, sites, values, source=(AXES, source))


def _hours(data: xr.Dataset, name: str, shape: tuple[int, int]) -> Array:
    if name not in data.data_vars:
        return np.full(shape, np.nan)
    values: Array = data[name].values
    return values


def last_row(values: Array) -> NDArray[np.intp]:
    """Place of the last value of each column (hour, site) [h], -1 where there is none.

    Parameters
    ----------
    values
        Hourly values (hour, site), NaN where missing [any unit].
    """
    there = ~np.isnan(values)
    last = len(values) - 1 - there[::-1].argmax(axis=0)
    return np.where(there.any(axis=0), last, -1)


def reaches(hours: xr.Dataset) -> dict[str, datetime]:
    """End of the last forecast hour of each site that has one (aware); hours as `seamed` gives.

    Parameters
    ----------
    hours
        Measured and forecast hours, in the vocabulary's units [for instance degC].
    """
    last = last_row(np.where(hours["source"].values == FORECAST, 1.0, np.nan))
    ends = [moment_of(hours["time"].values[row]) + timedelta(hours=1) for row in last]
    return {
        str(site): end
        for site, end, row in zip(hours["site"].values, ends, last, strict=True)
        if row >= 0
    }
