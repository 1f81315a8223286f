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

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import numpy as np
import xarray as xr
from numpy.typing import NDArray

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


def spans(forecast: xr.Dataset) -> dict[str, Spans]:
    """Return the spans of hours fit for spraying of each site.

    Parameters
    ----------
    forecast
        Hourly, dimensions ``time`` and ``site``; units as for `fit_hours` [degC, %, mm, m s-1].
        Hours that are not there count as not known. Without one of the quantities nothing is known
        of any site.

    Returns
    -------
    dict of str to tuple of (datetime, datetime)
        Begin and end of each span, aware, UTC; empty where no hour is fit.
    """
    if not all(name in forecast for name in QUANTITIES):
        return {}
    whole = _without_gaps(forecast).transpose("time", "site")
    fit = np.pad(fit_hours(whole), ((1, 1), (0, 0))).astype(np.int8)
    turns = np.diff(fit, axis=0).T
    stamps = whole["time"].values
    moments = [moment_of(stamp) for stamp in stamps]
    moments += [moments[-1] + timedelta(hours=1)] if moments else []
    found: dict[str, list[tuple[datetime, datetime]]] = {str(s): [] for s in whole["site"].values}
    sites = list(found.values())
    begins, ends = np.argwhere(turns == 1), np.argwhere(turns == -1)
    for (site, first), (_, last) in zip(begins.tolist(), ends.tolist(), strict=True):
        sites[site].append((moments[first], moments[last]))
    return {site: tuple(each) for site, each in found.items()}


def within(
    known: Spans | None, actions: Iterable[str], first: datetime, last: datetime
) -> Spans | None:
    """Return what of the hours fit for spraying at a field is told with advice.

    Parameters
    ----------
    known
        Of the field; None where nothing is known.
    actions
        Of the advice; None is told unless one of them may end in a chemical treatment.
    first, last
        The window to act, aware; hours outside it are left out.
    """
    if known is None or not any(map(is_chemical, actions)):
        return None
    return tuple((max(a, first), min(b, last)) for a, b in known if a < last and b > first)


def is_chemical(action: str) -> bool:
    """Tell whether an action may end in a chemical treatment.

    Parameters
    ----------
    action
        Word key of the action.
    """
    return action.startswith(CHEMICAL)
