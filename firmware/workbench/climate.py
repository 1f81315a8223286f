"""Generated weather: a documented stochastic generator fitted to published climate normals.

Daily rain is a two-state Markov chain with exponential amounts, temperature an annual and a daily
wave with autocorrelated departures, cooler and damper on wet days (after Richardson 1981,
doi:10.1029/WR017i001p00182); the dew point follows the night's minimum as in FAO-56, equation 48.

Normals: no complete published table for Puyang could be read. Each month is the mean of the
published 1991-2020 normals of Wenxian (34.9 N, 113.1 E) and Fucheng (37.9 N, 116.1 E), which lie
on either side of Puyang; rain and rainy days are Fucheng's, scaled to 552 mm a year, the middle of
the 502 to 601 mm published for the city. UNVERIFIED for Puyang, except January and February: the
mean maxima published for the city (4.5 and 8.7 degC) are met within 0.3 degC.
"""

from __future__ import annotations

import numpy as np

from firmware.workbench.hourly import Weather, complete

MAXIMUM_C = (4.7, 8.8, 15.2, 22.2, 27.8, 32.5, 32.5, 30.8, 27.2, 21.4, 13.0, 6.4)
MINIMUM_C = (-5.1, -2.0, 3.4, 9.8, 15.6, 20.6, 23.3, 22.0, 16.8, 10.4, 3.0, -3.0)
RAIN_MM = (2.0, 7.2, 8.6, 27.9, 38.7, 77.6, 173.9, 126.4, 39.7, 31.6, 15.0, 3.2)
RAIN_DAYS = (1.6, 2.7, 2.3, 5.3, 6.1, 7.9, 10.9, 9.7, 5.7, 4.9, 3.9, 2.3)

# Our own choices (unverified): how long weather lasts, how far it departs from the normal.
WET_AFTER_WET = 0.45
DEPARTURE_C = 3.0
PERSISTENCE = 0.7
WET_DAY_COOLER_C = 3.0
RAIN_HOURS = 6


def generate(start: int, days: int, seed: int) -> Weather:
    """Generate hourly weather.

    Parameters
    ----------
    start : int
        First hour [s since 1970 UTC], a multiple of 3600.
    days : int
        How many days [d].
    seed : int
        The same seed gives the same weather.

    Returns
    -------
    Weather
        With columns air_temperature [degC], relative_humidity [%], precipitation_amount [mm],
        wind_speed [m s-1], air_pressure [hPa] and the virtual soil.
    """
    rng = np.random.default_rng(seed)
    hours = days * 24
    local = (
        np.datetime64(start, "s")
        + np.timedelta64(8, "h")
        + np.arange(hours) * np.timedelta64(1, "h")
    )
    months = local[::24].astype("datetime64[M]").astype(int) % 12
    wet = _wet_days(rng, months)
    departure = np.zeros(days)
    noise = rng.normal(0, DEPARTURE_C * np.sqrt(1 - PERSISTENCE**2), days)
    for day in range(1, days):
        departure[day] = PERSISTENCE * departure[day - 1] + noise[day]
    # Wet days are cooler, dry days a little warmer, so that the month keeps its mean.
    share = (np.array(RAIN_DAYS) / 30.4)[months]
    departure += WET_DAY_COOLER_C * np.where(wet, share - 1, share)

    day_of_month = (local.astype("datetime64[D]") - local.astype("datetime64[M]")).astype(int)
    month = local.astype("datetime64[M]").astype(int) + (day_of_month + 0.5) / 30.4
    top = np.interp(month % 12, *_ring(MAXIMUM_C))
    bottom = np.interp(month % 12, *_ring(MINIMUM_C))
    half = (top - bottom) / 2 * np.repeat(np.where(wet, 0.6, 1.0), 24)
    hour = (local - local.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
    daily = np.repeat(departure, 24)
    air = (top + bottom) / 2 + daily + half * np.cos((hour - 14.5) * np.pi / 12)

    low = np.repeat(air.reshape(days, 24).min(axis=1), 24)
    dew = low - np.repeat(np.where(wet, 0.0, rng.uniform(0.0, 5.0, days)), 24)
    humidity = 100 * np.exp(17.27 * dew / (dew + 237.3) - 17.27 * air / (air + 237.3))
    rain = _hourly_rain(rng, months, wet)
    humidity = np.where(rain > 0, np.maximum(humidity, 92.0), humidity)
    series = {
        "air_temperature": air,
        "relative_humidity": np.clip(humidity, 5, 100),
        "precipitation_amount": rain,
        "wind_speed": np.round(rng.gamma(2.0, 1.1, hours), 1),
        "wind_from_direction": np.full(hours, np.nan),
        "air_pressure": 1012 - 10 * np.cos((month - 6.5) * np.pi / 6) + rng.normal(0, 0.5, hours),
        "soil_temperature": np.full(hours, np.nan),
        "soil_moisture": np.full(hours, np.nan),
    }
    return complete(Weather("generated", f"seed {seed}", start, series))


def _ring(monthly: tuple[float, ...]) -> tuple[list[float], list[float]]:
    """Middles of the months with one more on either side, for interpolation round the year."""
    return [m + 0.5 for m in range(-1, 13)], [monthly[-1], *monthly, monthly[0]]


def _wet_days(rng: np.random.Generator, months: np.ndarray) -> np.ndarray:
    wet = np.zeros(len(months), dtype=bool)
    draw = rng.random(len(months))
    before = False
    for day, month in enumerate(months):
        share = RAIN_DAYS[month] / 30.4
        after_dry = share * (1 - WET_AFTER_WET) / (1 - share)
        before = bool(draw[day] < (WET_AFTER_WET if before else after_dry))
        wet[day] = before
    return wet


def _hourly_rain(rng: np.random.Generator, months: np.ndarray, wet: np.ndarray) -> np.ndarray:
    rain = np.zeros((len(months), 24))
    per_day = np.array(RAIN_MM) / np.array(RAIN_DAYS)
    for day in np.flatnonzero(wet):
        first = int(rng.integers(0, 24 - RAIN_HOURS + 1))
        parts = rng.dirichlet(np.ones(RAIN_HOURS))
        rain[day, first : first + RAIN_HOURS] = rng.exponential(per_day[months[day]]) * parts
    return np.round(np.minimum(rain.ravel(), 250.0), 2)
