"""Reference evapotranspiration of grass, by the FAO Penman-Monteith equation, per day and hour.

    day    ETo = (0.408 D (Rn - G) + g 900/(T + 273) u2 (es - ea)) / (D + g (1 + 0.34 u2))
    hour   the same with 37 for 900, and a soil heat flux of 0.1 Rn by day, 0.5 Rn by night

The saturation vapour pressure is FAO-56's own (eq. 11), since its published examples are computed
with it; `models.weather.meteo` has ASHRAE's for all else. A day's missing humidity, radiation and
wind are estimated as chapter 3 says, and `Daily.estimated` names which and where; without both
temperatures a day stays NaN.

References
----------
Allen, Pereira, Raes & Smith 1998, FAO Irrigation and Drainage Paper 56, eq. 6-54 and Table 4;
chapters 3 and 4 read in the 2006 printing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.weather.dataset import Array

#: Solar constant [MJ m-2 min-1] and Stefan-Boltzmann [MJ K-4 m-2 d-1]; FAO-56 eq. 21 and 39.
SOLAR_CONSTANT, STEFAN_BOLTZMANN = 0.0820, 4.903e-9
ALBEDO: Final = 0.23
#: Wind where none is measured [m s-1] (the mean of 2000 stations), and the least that is used.
USUAL_WIND, LEAST_WIND = 2.0, 0.5
#: kRs of eq. 50 [degC-0.5]: inland and at the coast.
INLAND, COASTAL = 0.16, 0.19
#: Angstrom's coefficients where none are calibrated, eq. 35.
ANGSTROM = (0.25, 0.50)
#: Rs/Rso of night hours where no hour before sunset is at hand: 0.4 to 0.6 in humid and subhumid
#: climates; FAO-56 chapter 4.
NIGHT_CLEARNESS = 0.5


class EvapotranspirationError(ValueError):
    """Weather that no evapotranspiration can be computed from."""


def saturation(temperature: ArrayLike) -> Array:
    """Saturation vapour pressure over water [kPa]; FAO-56 eq. 11.

    Parameters
    ----------
    temperature
        Air temperature [degC].
    """
    t = np.asarray(temperature, dtype=np.float64)
    return np.asarray(0.6108 * np.exp(17.27 * t / (t + 237.3)))


def slope(temperature: ArrayLike) -> Array:
    """Slope of the saturation vapour pressure [kPa degC-1]; FAO-56 eq. 13.

    Parameters
    ----------
    temperature
        Air temperature [degC].
    """
    t = np.asarray(temperature, dtype=np.float64)
    return np.asarray(4098.0 * saturation(t) / (t + 237.3) ** 2)


def psychrometric_constant(altitude: ArrayLike) -> Array:
    """Psychrometric constant [kPa degC-1]; FAO-56 eq. 7 and 8.

    Parameters
    ----------
    altitude
        Above the sea [m].
    """
    height = np.asarray(altitude, dtype=np.float64)
    return np.asarray(0.665e-3 * 101.3 * ((293.0 - 0.0065 * height) / 293.0) ** 5.26)


def sun(day_of_year: ArrayLike, latitude: ArrayLike) -> tuple[Array, Array, Array]:
    """Inverse relative distance of the sun, its declination and sunset hour angle [rad].

    Parameters
    ----------
    day_of_year
        1 to 366.
    latitude
        North is positive, between the polar circles [degree].

    References
    ----------
    FAO-56 eq. 23, 24 and 25.
    """
    turn = 2 * np.pi / 365 * np.asarray(day_of_year, dtype=np.float64)
    distance, declination = 1 + 0.033 * np.cos(turn), 0.409 * np.sin(turn - 1.39)
    sunset = np.arccos(-np.tan(np.radians(latitude)) * np.tan(declination))
    return np.asarray(distance), np.asarray(declination), np.asarray(sunset)


def extraterrestrial(day_of_year: ArrayLike, latitude: ArrayLike) -> Array:
    """Extraterrestrial radiation of a day [MJ m-2 d-1]; FAO-56 eq. 21.

    Parameters
    ----------
    day_of_year
        1 to 366.
    latitude
        North is positive [degree].
    """
    distance, declination, sunset = sun(day_of_year, latitude)
    phi = np.radians(latitude)
    high = sunset * np.sin(phi) * np.sin(declination)
    wide = np.cos(phi) * np.cos(declination) * np.sin(sunset)
    return np.asarray(24 * 60 / np.pi * SOLAR_CONSTANT * distance * (high + wide))


def daylight(day_of_year: ArrayLike, latitude: ArrayLike) -> Array:
    """Daylight hours [h]; FAO-56 eq. 34.

    Parameters
    ----------
    day_of_year
        1 to 366.
    latitude
        North is positive [degree].
    """
    return np.asarray(24 / np.pi * sun(day_of_year, latitude)[2])


def solar_by_sunshine(sunshine: ArrayLike, day_of_year: ArrayLike, latitude: ArrayLike) -> Array:
    """Solar radiation of a day from its hours of sunshine [MJ m-2 d-1]; FAO-56 eq. 35.

    Parameters
    ----------
    sunshine
        Hours of bright sunshine [h].
    day_of_year
        1 to 366.
    latitude
        North is positive [degree].
    """
    share = np.asarray(sunshine, dtype=np.float64) / daylight(day_of_year, latitude)
    return (ANGSTROM[0] + ANGSTROM[1] * share) * extraterrestrial(day_of_year, latitude)


def solar_by_temperature(
    tmin: ArrayLike, tmax: ArrayLike, above: ArrayLike, clear: ArrayLike, k: float = INLAND
) -> Array:
    """Solar radiation of a day from its range of temperature [MJ m-2 d-1]; FAO-56 eq. 50.

    Parameters
    ----------
    tmin, tmax
        Lowest and highest temperature [degC].
    above, clear
        Extraterrestrial and clear-sky radiation, which is not exceeded [MJ m-2 d-1].
    k
        kRs, `INLAND` or `COASTAL` [degC-0.5].
    """
    swing = np.maximum(np.asarray(tmax, dtype=np.float64) - np.asarray(tmin), 0.0)
    return np.asarray(np.minimum(k * np.sqrt(swing) * np.asarray(above), np.asarray(clear)))


def net_longwave(warmth: Array, vapour: Array, clearness: Array) -> Array:
    """Net outgoing longwave radiation, in the unit of ``warmth``; FAO-56 eq. 39.

    Parameters
    ----------
    warmth
        Black-body radiation of the air, mean of that of the extremes for a day [MJ m-2 d-1].
    vapour
        Actual vapour pressure [kPa].
    clearness
        Solar over clear-sky radiation, up to 1; as in the ASCE form not below 0.3.
    """
    cloud = 1.35 * np.clip(clearness, 0.3, 1.0) - 0.35
    return np.asarray(warmth * (0.34 - 0.14 * np.sqrt(vapour)) * cloud)


def penman_monteith(
    temperature: Array, deficit: Array, wind: Array, energy: Array, gamma: Array, per: float
) -> Array:
    """Reference evapotranspiration [mm] of one step; FAO-56 eq. 6 (900) and 53 (37).

    Parameters
    ----------
    temperature
        Mean of the step [degC].
    deficit
        Vapour pressure deficit [kPa].
    wind
        At 2 m [m s-1].
    energy
        Net radiation less soil heat flux, of a day [MJ m-2 d-1] or an hour [MJ m-2 h-1].
    gamma
        Psychrometric constant [kPa degC-1].
    per
        Value of the numerator: 900 for a day, 37 for an hour.
    """
    steep = slope(temperature)
    top = 0.408 * steep * energy + gamma * per / (temperature + 273) * wind * deficit
    return np.asarray(top / (steep + gamma * (1 + 0.34 * wind)))


@dataclass(frozen=True)
class Daily:
    """ETo of days [mm d-1], NaN where it cannot be said, and what of the weather was estimated.

    ``estimated`` maps ``humidity``, ``radiation`` and ``wind`` to the days on which chapter 3's
    estimate stood in, same shape; ``least_humidity`` [%] of each day is what the crop
    coefficients ask for (the measured one, else that of the vapour used).
    """

    eto: Array
    estimated: dict[str, NDArray[np.bool_]]
    least_humidity: Array
    wind: Array


def daily(
    tmin: ArrayLike,
    tmax: ArrayLike,
    day_of_year: ArrayLike,
    latitude: ArrayLike,
    altitude: ArrayLike,
    *,
    vapour: ArrayLike = np.nan,
    rhmin: ArrayLike = np.nan,
    rhmax: ArrayLike = np.nan,
    wind: ArrayLike = np.nan,
    solar: ArrayLike = np.nan,
    k: float = INLAND,
) -> Daily:
    """Reference evapotranspiration of days, with chapter 3's estimates where weather is missing.

    Parameters
    ----------
    tmin, tmax
        Lowest and highest temperature; any shapes that fit together [degC].
    day_of_year
        1 to 366.
    latitude, altitude
        North is positive [degree]; above the sea [m].
    vapour
        Mean actual vapour pressure [kPa]; NaN where not measured.
    rhmin, rhmax
        Relative humidity [%]; used where ``vapour`` is not there (eq. 17, else eq. 18).
    wind
        At 2 m [m s-1]; below 0.5 counts as 0.5. Missing: 2 m/s (Table 4's text).
    solar
        Solar radiation [MJ m-2 d-1]. Missing: from the range of temperature (eq. 50).
    k
        kRs of eq. 50 [degC-0.5].

    Raises
    ------
    EvapotranspirationError
        If a minimum lies above its maximum, or the latitude is beyond the polar circles.
    """
    north = np.asarray(latitude, dtype=np.float64)
    far = ~(np.abs(north) <= 66.5)
    if far.any():
        raise EvapotranspirationError(
            f"latitude {north[far].flat[0]:g}: give degrees between the polar circles, "
            "-66.5 to 66.5"
        )
    given = (tmin, tmax, day_of_year, vapour, rhmin, rhmax, wind, solar)
    low, high, doy, ea, dry, damp, u2, rs = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in given)
    )
    if (low > high).any():
        first = tuple(int(i) for i in np.argwhere(low > high)[0])
        raise EvapotranspirationError(
            f"day {first}: minimum {low[first]:g} degC above maximum {high[first]:g} degC; "
            "swap them or leave the day out"
        )
    at_low, at_high = saturation(low), saturation(high)
    by_both = (at_low * damp + at_high * dry) / 200.0
    found = np.where(np.isnan(ea), np.where(np.isnan(by_both), at_low * damp / 100.0, by_both), ea)
    estimated = {
        "humidity": np.isnan(found),
        "radiation": np.isnan(rs),
        "wind": np.isnan(u2),
    }
    found = np.where(estimated["humidity"], at_low, found)
    u2 = np.maximum(np.where(estimated["wind"], USUAL_WIND, u2), LEAST_WIND)
    above = extraterrestrial(doy, latitude)
    clear = (0.75 + 2e-5 * np.asarray(altitude, dtype=np.float64)) * above
    rs = np.where(estimated["radiation"], solar_by_temperature(low, high, above, clear, k), rs)
    warmth = STEFAN_BOLTZMANN * ((high + 273.16) ** 4 + (low + 273.16) ** 4) / 2
    net = (1 - ALBEDO) * rs - net_longwave(warmth, found, rs / clear)
    deficit = np.maximum((at_low + at_high) / 2 - found, 0.0)
    gamma = psychrometric_constant(altitude)
    eto = penman_monteith((low + high) / 2, deficit, u2, net, gamma, 900.0)
    least = np.where(np.isnan(dry), np.clip(100.0 * found / at_high, 0.0, 100.0), dry)
    return Daily(np.maximum(eto, 0.0), estimated, least, u2)


def extraterrestrial_hour(
    day_of_year: ArrayLike, clock: ArrayLike, latitude: float, longitude: float, zone: float
) -> tuple[Array, Array]:
    """Extraterrestrial radiation of hours [MJ m-2 h-1], and the sun's hour angle [rad].

    Parameters
    ----------
    day_of_year
        1 to 366.
    clock
        Standard clock time at the middle of the hour [h].
    latitude, longitude
        North and east are positive [degree].
    zone
        Longitude of the middle of the time zone, east is positive [degree].

    References
    ----------
    FAO-56 eq. 28-33 (where longitudes count west of Greenwich).
    """
    distance, declination, sunset = sun(day_of_year, latitude)
    b = 2 * np.pi * (np.asarray(day_of_year, dtype=np.float64) - 81) / 364
    season = 0.1645 * np.sin(2 * b) - 0.1255 * np.cos(b) - 0.025 * np.sin(b)
    noon = np.asarray(clock, dtype=np.float64) + 0.06667 * (longitude - zone) + season - 12
    angle = np.pi / 12 * noon
    first, last = (np.clip(angle + s * np.pi / 24, -sunset, sunset) for s in (-1, 1))
    phi = math.radians(latitude)
    high = (last - first) * math.sin(phi) * np.sin(declination)
    wide = math.cos(phi) * np.cos(declination) * (np.sin(last) - np.sin(first))
    return np.asarray(12 * 60 / np.pi * SOLAR_CONSTANT * distance * (high + wide)), angle


def hourly(
    temperature: ArrayLike,
    humidity: ArrayLike,
    wind: ArrayLike,
    solar: ArrayLike,
    above: ArrayLike,
    altitude: float,
    clearness: ArrayLike = NIGHT_CLEARNESS,
) -> Array:
    """Reference evapotranspiration of hours [mm h-1]; NaN where anything is missing.

    Parameters
    ----------
    temperature, humidity
        Means of the hour [degC, %].
    wind
        At 2 m [m s-1].
    solar, above
        Solar and extraterrestrial radiation [MJ m-2 h-1].
    altitude
        Above the sea [m].
    clearness
        Ratio of solar to clear-sky radiation to use at night: of an hour 2 to 3 h before sunset,
        else `NIGHT_CLEARNESS`.

    References
    ----------
    FAO-56 eq. 53 and 54, soil heat flux eq. 45 and 46.
    """
    t, rh, u2, rs, ra = (
        np.asarray(x, dtype=np.float64) for x in (temperature, humidity, wind, solar, above)
    )
    full = saturation(t)
    ea = full * rh / 100.0
    clear = (0.75 + 2e-5 * altitude) * ra
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(clear > 0, rs / clear, np.asarray(clearness, dtype=np.float64))
    warmth = STEFAN_BOLTZMANN / 24 * (t + 273.16) ** 4
    net = (1 - ALBEDO) * rs - net_longwave(warmth, ea, part)
    energy = net * np.where(ra > 0, 0.9, 0.5)
    return penman_monteith(t, full - ea, u2, energy, psychrometric_constant(altitude), 37.0)
