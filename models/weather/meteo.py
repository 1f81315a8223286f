"""Physics of the air, as far as hazards need it: humidity, leaf wetness, degree-days.

Saturation vapour pressure is psychrolib's (ASHRAE), read off a fine table so that it works on
arrays. Evapotranspiration is in `models.weather.reference_evapotranspiration`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Literal, TypeAlias

import numpy as np
import psychrolib
from numpy.typing import ArrayLike, NDArray

from models.weather.dataset import Array

#: Hours with relative humidity at or above this are taken as wet [%] unless a placement says
#: otherwise; how far that is right: docs/models.md, "Leaf wetness".
WET_RH = 90.0
#: Rain that wets leaves [mm h-1].
WET_RAIN = 0.1
#: Dew-point depression up to which leaves count as wet [degC].
WET_DEPRESSION = 2.0

Method: TypeAlias = Literal["single_sine", "double_sine", "single_triangle", "double_triangle"]


@cache
def _saturation_table() -> tuple[Array, Array]:
    psychrolib.SetUnitSystem(psychrolib.SI)
    temperature = np.arange(-8000, 8001) / 100.0
    pressure = np.array([psychrolib.GetSatVapPres(float(t)) for t in temperature]) / 1000.0
    return temperature, pressure


def saturation_vapour_pressure(temperature: ArrayLike) -> Array:
    """Saturation vapour pressure [kPa] over water, below 0 degC over ice.

    Parameters
    ----------
    temperature
        Air temperature, -80 to 80 [degC]; NaN gives NaN.

    References
    ----------
    ASHRAE Handbook Fundamentals 2017, ch. 1 eq. 5-6, by psychrolib (interpolated at 0.01 degC).
    """
    grid, pressure = _saturation_table()
    return np.interp(np.asarray(temperature, dtype=np.float64), grid, pressure)


def vapour_pressure(temperature: ArrayLike, humidity: ArrayLike) -> Array:
    """Actual vapour pressure [kPa] from temperature [degC] and relative humidity [%]; ASHRAE.

    Parameters
    ----------
    temperature
        Air temperature [degC].
    humidity
        Relative humidity [%].
    """
    share = np.asarray(humidity, dtype=np.float64) / 100.0
    return saturation_vapour_pressure(temperature) * share


def dew_point(temperature: ArrayLike, humidity: ArrayLike) -> Array:
    """Dew point, below 0 degC frost point [degC]: where the vapour present would saturate.

    Parameters
    ----------
    temperature
        Air temperature [degC].
    humidity
        Relative humidity, above 0 [%].

    References
    ----------
    The inverse of `saturation_vapour_pressure`.
    """
    grid, pressure = _saturation_table()
    present = vapour_pressure(temperature, humidity)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Array = np.interp(np.log(present), np.log(pressure), grid)
    return np.where(np.isnan(present), np.nan, found)


def wet_by_humidity(
    humidity: ArrayLike, rain: ArrayLike = 0.0, threshold: ArrayLike = WET_RH
) -> NDArray[np.bool_]:
    """Whether leaves are wet: humidity at or above a threshold, or rain.

    Parameters
    ----------
    humidity
        Relative humidity [%].
    rain
        Precipitation [mm h-1].
    threshold
        Relative humidity of the placement above which dew is taken for granted [%].

    References
    ----------
    Constant-threshold rule, as compared by Sentelhas et al. 2008,
    doi:10.1016/j.agrformet.2007.09.011.
    """
    return (np.asarray(humidity) >= threshold) | (np.asarray(rain) >= WET_RAIN)


def wet_by_depression(
    temperature: ArrayLike, humidity: ArrayLike, threshold: float = WET_DEPRESSION
) -> NDArray[np.bool_]:
    """Whether leaves are wet: dew-point depression at or below a threshold.

    Parameters
    ----------
    temperature
        Air temperature [degC].
    humidity
        Relative humidity [%].
    threshold
        Dew-point depression [degC].

    References
    ----------
    Sentelhas et al. 2008, doi:10.1016/j.agrformet.2007.09.011 (rules of 1.8-2 degC).
    """
    return np.asarray(temperature) - dew_point(temperature, humidity) <= threshold


def wet_by_cart(temperature: ArrayLike, humidity: ArrayLike, wind: ArrayLike) -> NDArray[np.bool_]:
    """Whether leaves are wet, by the CART/SLD tree.

    Depression 3.7 degC and more is dry; below, one discriminant for wind under 2.5 m s-1, one
    for stronger wind with humidity of 87.8 % and more, else dry. The second discriminant takes
    the square of humidity, which is inferred: with humidity itself no windy hour could be wet.

    Parameters
    ----------
    temperature
        Air temperature [degC]; the root of negative ones is taken as 0.
    humidity
        Relative humidity [%].
    wind
        Wind speed [m s-1].

    References
    ----------
    Gleason et al. 1994, Plant Disease 78:1011; Kim et al. 2002, Plant Disease 86:179.
    """
    t, h, w = (np.asarray(x, dtype=np.float64) for x in (temperature, humidity, wind))
    depression = t - dew_point(t, h)
    root = np.sqrt(np.maximum(t, 0.0))
    calm = (
        1.6064 * root + 0.0036 * t * t + 0.1531 * h - 0.4599 * w * depression - 0.0035 * t * h
    ) > 14.4674
    windy = (
        0.7921 * root + 0.0046 * h * h - 2.3889 * w - 0.0390 * t * w + 1.0613 * w * depression
    ) > 37.0
    return (depression < 3.7) & np.where(w < 2.5, calm, (h >= 87.8) & windy)


def degree_days(
    tmin: ArrayLike, tmax: ArrayLike, lower: float, upper: float, method: Method
) -> Array:
    """Degree-days of each day between two thresholds, with horizontal cut-off [degC d].

    Parameters
    ----------
    tmin, tmax
        Daily minimum and maximum, days along the first axis [degC]; NaN gives NaN, and so does
        a minimum above its maximum.
    lower, upper
        Thresholds [degC]; ``upper`` may be infinite.
    method
        "single_sine", "single_triangle": one curve through the day's minimum and maximum.
        "double_sine", "double_triangle": the second half falls to the next day's minimum (the
        last day to its own).

    Raises
    ------
    ValueError
        If the method is none of these, or ``upper`` is not above ``lower``.

    References
    ----------
    University of California Statewide IPM Program, degree-day calculator; area above the lower
    threshold less the area above the upper (Allen 1976, doi:10.1093/ee/5.3.388; Zalom et al.
    1983).
    """
    curves = {"sine": _above_sine, "triangle": _above_triangle}
    fold, _, curve = method.partition("_")
    if fold not in ("single", "double") or curve not in curves:
        raise ValueError(
            f'degree_days: unknown method "{method}" (one of single_sine, double_sine, '
            f"single_triangle, double_triangle)"
        )
    if not upper > lower:
        raise ValueError(f"degree_days: upper {upper} is not above lower {lower}; swap them")
    low, high = np.asarray(tmin, dtype=np.float64), np.asarray(tmax, dtype=np.float64)
    first = _between(curves[curve], low, high, lower, upper)
    if fold == "single" or not len(low):
        return first
    following = np.concatenate([low[1:], low[-1:]])
    return (first + _between(curves[curve], following, high, lower, upper)) / 2


def _between(
    above: Callable[[Array, Array, float], Array], low: Array, high: Array, start: float, end: float
) -> Array:
    area = above(low, high, start)
    if np.isfinite(end):
        area = area - above(low, high, end)
    return np.where(low <= high, area, np.nan)


def _above_sine(low: Array, high: Array, threshold: float) -> Array:
    middle, swing = (low + high) / 2, (high - low) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = np.arcsin(np.clip((threshold - middle) / swing, -1.0, 1.0))
        area = ((middle - threshold) * (np.pi / 2 - theta) + swing * np.cos(theta)) / np.pi
    whole = np.where(low >= threshold, middle - threshold, area)
    return np.where(high <= threshold, 0.0, whole)


def _above_triangle(low: Array, high: Array, threshold: float) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        area = (high - threshold) ** 2 / (2 * (high - low))
    whole = np.where(low >= threshold, (low + high) / 2 - threshold, area)
    return np.where(high <= threshold, 0.0, whole)


def wind_at_2_m(height: float) -> float:
    """Factor that brings the wind at a height to 2 m above grass.

    Parameters
    ----------
    height
        Height of the wind sensor above the ground [m].

    References
    ----------
    Allen et al. 1998, FAO Irrigation and Drainage Paper 56, equation 47.
    """
    return 4.87 / math.log(67.8 * height - 5.42)
