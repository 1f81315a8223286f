"""Hours of the forecast in which a crop can be sprayed, for advice that may end in spraying.

An hour is fit when it is light, the wind blows between two limits, the air is neither too cold
nor too hot nor, while warm, too dry, and no rain is forecast in it or in the hours after it. An
hour in which anything of this is not known is not fit. Whether and with what to spray stays the
officer's and the label's matter: these are hours, not a recommendation.

References
----------
DB12/T 332-2007 (Tianjin, boom sprayers), as published in its abstract: wind 1 to 4 m/s.
DB34/T 5101-2025 (Anhui, machines in wheat), as published in a summary: 5 to 30 degC, no rain.
Ontario Ministry of Agriculture, "How weather conditions affect spray applications": not below
40 % relative humidity while above 25 degC; wind 2 to 15 km/h.
Jinzhai county government, advice on wheat scab: treat again when rain falls within 6 h.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models.advice.advisory import Advisory
from models.risk.hazard import Parameter
from models.weather.dataset import moment_of
from models.weather.local_days import clock_hours

#: Actions with this beginning may end in a chemical treatment; all others are cultural measures.
CHEMICAL = "ask_officer"
QUANTITIES = ("air_temperature", "relative_humidity", "precipitation_amount", "wind_speed")
PARAMETERS = {
    "wind_low": Parameter(1.0, "m s-1", "DB12/T 332-2007", "second-hand"),
    "wind_high": Parameter(4.0, "m s-1", "DB12/T 332-2007", "second-hand"),
    "coldest": Parameter(5.0, "degC", "DB34/T 5101-2025", "second-hand"),
    "hottest": Parameter(30.0, "degC", "DB34/T 5101-2025", "second-hand"),
    "warm": Parameter(25.0, "degC", "Ontario, weather and spray applications", "primary"),
    "driest_when_warm": Parameter(40.0, "%", "Ontario, weather and spray applications", "primary"),
    "dry_hours": Parameter(6.0, "h", "Jinzhai county, advice on wheat scab", "second-hand"),
    "rain": Parameter(0.1, "mm", "least amount that counts as rain; chosen here", "provisional"),
    "first_hour": Parameter(6.0, "h", "daylight, local time; chosen here", "provisional"),
    "last_hour": Parameter(18.0, "h", "daylight, local time; chosen here", "provisional"),
}

#: So long after a last hour the forecast still has a say in it.
DRY_AFTER = timedelta(hours=PARAMETERS["dry_hours"].value)

Spans = tuple[tuple[datetime, datetime], ...]
_HOUR = np.timedelta64(1, "h")


def fit_hours(
    forecast: xr.Dataset, parameters: Mapping[str, Parameter] = PARAMETERS
) -> NDArray[np.bool_]:
    """Tell which hours are fit for spraying.

    Parameters
    ----------
    forecast
        Hourly, dimension ``time`` without gaps, hours named by their start (UTC);
        ``air_temperature`` [degC], ``relative_humidity`` [%], ``precipitation_amount`` of
        the hour [mm], ``wind_speed`` [m s-1]. Of one site, or with ``site`` as the second
        dimension.
    parameters
        Limits; those of a product's label may be put in their place.

    Returns
    -------
    array, shape (time,) or (time, site)
        An hour whose values, or whose following hours' rain, are not all known is not fit.
    """
    value = {name: parameter.value for name, parameter in parameters.items()}
    temperature, humidity, rain, wind = (
        forecast[name].values.astype(np.float64) for name in QUANTITIES
    )
    # A comparison with NaN is false: what is not known makes no hour fit.
    fit = (wind >= value["wind_low"]) & (wind <= value["wind_high"])
    fit &= (temperature >= value["coldest"]) & (temperature <= value["hottest"])
    fit &= (temperature <= value["warm"]) | (humidity >= value["driest_when_warm"])
    fit &= ~np.isnan(humidity)
    # Hours beyond the forecast's end are not known to be dry.
    after = int(value["dry_hours"])
    unknown = np.zeros((after, *rain.shape[1:]), dtype=bool)
    dry = np.concatenate([rain < value["rain"], unknown])
    for hours in range(after + 1):
        fit &= dry[hours : hours + len(fit)]
    clock = clock_hours(forecast["time"].values)
    light = (clock >= value["first_hour"]) & (clock < value["last_hour"])
    return np.asarray(fit & light.reshape(-1, *[1] * (fit.ndim - 1)))


def _without_gaps(forecast: xr.Dataset) -> xr.Dataset:
    """Put hours that are not there in as missing."""
    hours = forecast["time"].values
    if not len(hours):
        return forecast
    return forecast.reindex(time=np.arange(hours.min(), hours.max() + _HOUR, _HOUR))


def spans(forecast: xr.Dataset, fit: NDArray[np.bool_]) -> Spans:
    """Join fit hours that follow one another.

    Parameters
    ----------
    forecast
        Its ``time`` names the hours by their start (UTC); its values are not looked at.
    fit
        As `fit_hours` gives it, shape (time,).

    Returns
    -------
    tuple of (datetime, datetime)
        Begin and end of each span, aware, UTC.
    """
    stamps = forecast["time"].values[fit]
    if not len(stamps):
        return ()
    ends = np.append(np.flatnonzero(np.diff(stamps) != _HOUR), len(stamps) - 1)
    begins = np.append(0, ends[:-1] + 1)
    return tuple(
        (moment_of(stamps[first]), moment_of(stamps[last]) + timedelta(hours=1))
        for first, last in zip(begins, ends, strict=True)
    )


def is_chemical(action: str) -> bool:
    """Tell whether an action may end in a chemical treatment.

    Parameters
    ----------
    action
        Word key of the action.
    """
    return action.startswith(CHEMICAL)


def with_spraying_hours(
    advisories: Sequence[Advisory], forecast: xr.Dataset | None, at: datetime
) -> list[Advisory]:
    """Add the hours fit for spraying to advisories that may end in spraying.

    Parameters
    ----------
    advisories
        As `models.advice.advisory.advise` gives them.
    forecast
        Hourly, dimensions ``time`` and ``site``; None, or without a site or a quantity: nothing
        is said of spraying there (``spraying`` is None; an empty tuple says that no hour is fit).
        Units as for `fit_hours` [degC, %, mm, m s-1].
    at
        Now, aware; hours before it are left out, and hours outside an advisory's window.

    Returns
    -------
    list of Advisory
        Those without a chemical action unchanged.
    """
    known: dict[str, Spans] = {}
    asked = {a.site for a in advisories if any(map(is_chemical, a.actions))}
    if forecast is not None and all(name in forecast for name in QUANTITIES):
        sites = [str(site) for site in forecast["site"].values]
        columns = [column for column, site in enumerate(sites) if site in asked]
        whole = _without_gaps(forecast.isel(site=columns)).transpose("time", "site")
        fit = fit_hours(whole)
        known = {sites[c]: spans(whole, fit[:, n]) for n, c in enumerate(columns)}
    found = []
    for advisory in advisories:
        hours: Spans | None = None
        if advisory.site in known and any(map(is_chemical, advisory.actions)):
            first, last = max(at, advisory.window_from), advisory.window_to
            hours = tuple(
                (max(begin, first), min(end, last))
                for begin, end in known[advisory.site]
                if begin < last and end > first
            )
        same = hours == advisory.spraying
        found.append(advisory if same else replace(advisory, spraying=hours))
    return found
