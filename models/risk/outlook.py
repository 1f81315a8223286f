"""The coming days: measured hours up to now, forecast hours after them, the seam marked.

The past is never forecast. At each site and for each quantity the forecast begins after the last
measured hour of the open day; a gap before that hour stays a gap. The fold that closed the last
day goes on into the coming ones, so that an outlook continues what was said of the past.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models.risk.answers import Closed, RiskStatus, records, walk
from models.weather.dataset import AXES, Array, dataset, moment_of, prepare, stamp_of

DAYS = 7
MEASURED, FORECAST = 0, 1
#: Factor on the certainty for each day ahead; provisional, no verification of forecasts behind it.
LEAD = 0.95
_HOUR = np.timedelta64(1, "h")


def ahead(
    past: Closed,
    forecast: xr.Dataset,
    at: datetime,
    ages: Mapping[str, Array],
    *,
    days: int = DAYS,
    validated: frozenset[str] = frozenset(),
) -> Iterator[RiskStatus]:
    """Statuses of the coming days, ordered by day, crop, hazard, site.

    Parameters
    ----------
    past
        The day that closed last; its fold is moved on.
    forecast
        Forecast hours of some of the sites, as ``models.weather.dataset`` says [for instance
        degC]; without hours ahead nothing is said of coming days.
    at
        Now, aware.
    ages
        Quantity -> hours since it was last measured (site,) [h].
    days
        Local days ahead at most, the open day included [d].
    validated
        Hazard ids with local skill evidence.

    Yields
    ------
    RiskStatus
        A site's days end with its forecast.
    """
    if not forecast.sizes["time"]:
        return
    hours = seamed(past, forecast, at, days)
    reach = reaches(hours)
    if "leaf_wetness_duration" not in forecast:
        past.fold.wetness_measured = None
    for lead, results in enumerate(walk(past.fold, hours), start=1):
        for result in results:
            for status in records(past.fold, result, ages, validated):
                end = reach.get(status.site)
                if end is not None and status.time <= end:
                    certainty = status.certainty * LEAD**lead
                    yield replace(status, certainty=certainty, source="forecast")


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
    given, _ = prepare(forecast)
    start = stamp_of(past.fold.next_hour)
    now = stamp_of(at).astype("datetime64[h]")
    grid = np.arange(start, start + days * 24 * _HOUR, _HOUR)
    sites = list(past.fold.sites)
    known = past.open_hours
    known = known.sel(time=known["time"].values < now.astype("datetime64[ns]")).reindex(time=grid)
    given = given.reindex(time=grid, site=sites)
    values: dict[str, Array] = {}
    source = np.full((len(grid), len(sites)), MEASURED, np.int8)
    for name in past.fold.quantities:
        own = _hours(known, name, source.shape)
        coming = _hours(given, name, source.shape)
        after = np.arange(len(grid))[:, None] > last_row(own)
        values[name] = np.where(after, coming, own)
        source[after & ~np.isnan(coming)] = FORECAST
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
        Hourly values (hour, site), NaN where missing, in any unit.
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
