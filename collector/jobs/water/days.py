"""Hours of fields as days of the water account: reference evapotranspiration, rain, wind.

Temperatures of a day are the lowest and highest hourly mean, which are a little narrower than its
extremes. A day with fewer than `FEWEST` hours of a quantity has none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np

from models.water.greenhouse import eto_indoors
from models.weather.dataset import Array
from models.weather.reference_evapotranspiration import daily, saturation

QUANTITIES = (
    "air_temperature",
    "relative_humidity",
    "wind_speed",
    "shortwave_irradiance",
    "precipitation_amount",
)
#: Hours that a day must have of a quantity; unverified.
FEWEST = 20
#: Height of Puyang's plain above the sea [m], and a latitude for fields without position [degree];
#: 100 m more change reference evapotranspiration by less than 1 %.
ALTITUDE, LATITUDE = 52.0, 35.7
#: A mean of 1 W m-2 is so many MJ m-2 d-1.
PER_WATT = 0.0864


def by_day(values: Array | None, shape: tuple[int, int, int]) -> Array:
    """Hours (hour, field), or nothing, as (day, 24, field), in the same unit.

    Parameters
    ----------
    values
        From a local midnight in whole days; None: not known.
    shape
        Days, 24 and fields.
    """
    return np.full(shape, np.nan) if values is None else values.reshape(shape)


def enough(hours: Array) -> Array:
    """Hours (day, 24, field), all NaN on days that have too few, in the same unit."""
    few = (~np.isnan(hours)).sum(axis=1) < FEWEST
    return np.where(few[:, None, :], np.nan, hours)


def _over(statistic: Callable[..., Array], hours: Array) -> Array:
    """A statistic of each day; NaN where it has no hour."""
    none = np.asarray(np.isnan(hours).all(axis=1))
    filled = np.where(none[:, None, :], 0.0, hours)
    return np.where(none, np.nan, statistic(filled, axis=1))


def daily_weather(
    hours: Mapping[str, Array], first: date, latitude: Array, indoors: Array
) -> Array:
    """Weather of days (of `collector.store.advice.water.KEPT`, day, field).

    Parameters
    ----------
    hours
        By quantity (hour, field), from the local midnight of ``first`` on, whole days.
    first
        Local day.
    latitude
        Of the fields (field,), NaN where unknown [degree].
    indoors
        Whether they are greenhouses (field,): no rain, FAO-56 with the air of inside.
    """
    count, fields = len(hours["air_temperature"]) // 24, len(latitude)
    shape = (count, 24, fields)
    air, damp, wind, sun, rain = (enough(by_day(hours.get(q), shape)) for q in QUANTITIES)
    with np.errstate(invalid="ignore"):
        vapour = _over(np.nanmean, enough(saturation(air) * damp / 100.0))
    doy = np.array([(first + timedelta(days=d)).timetuple().tm_yday for d in range(count)])[:, None]
    north = np.where(np.isnan(latitude), LATITUDE, latitude)[None, :]
    low, high, light = (
        _over(np.nanmin, air),
        _over(np.nanmax, air),
        PER_WATT * _over(np.nanmean, sun),
    )
    least = _over(np.nanmin, damp)
    blow = _over(np.nanmean, wind)
    with np.errstate(invalid="ignore"):
        open_air = daily(low, high, doy, north, ALTITUDE, vapour=vapour, rhmin=least, wind=blow,
                         solar=light)  # fmt: skip
    eto = open_air.eto
    if indoors.any():
        inside = eto_indoors(low, high, vapour, light, doy, LATITUDE, ALTITUDE)
        eto = np.where(indoors[None, :], inside, eto)
    fell = np.where(indoors[None, :], 0.0, _over(np.nansum, rain))
    return np.stack([eto, fell, blow, least, _over(np.nanmean, air)])
