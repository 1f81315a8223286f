"""Wet leaves, hour by hour: measured where a sensor is fitted, else by humidity and rain.

How far the rule is right: docs/models.md, "Leaf wetness".
"""

from __future__ import annotations

import numpy as np

from models.risk.features import DayHours, Feature, Range, both, both_of, count
from models.weather.meteo import WET_RAIN, WET_RH, dew_point, wet_by_humidity


def humid(day: DayHours, threshold: float) -> Range:
    """Hours (hour, site) with relative humidity at or above a threshold, false or true.

    Parameters
    ----------
    day
        Hours of the span that the feature declares (hour, site) [degC], [%].
    threshold
        Relative humidity [%].
    """
    return day.hourly(
        f"humidity>={threshold:g}",
        lambda d: both(lambda humidity: humidity >= threshold, d.get("relative_humidity")),
    )


def dew_point_hours(day: DayHours) -> Range:
    """Dew point per hour (hour, site) [degC], bounded where temperature or humidity is missing.

    Parameters
    ----------
    day
        Any span of hours (hour, site): air temperature [degC], humidity [%].
    """
    return day.hourly("dew_point", _dew_point_hours)


def _dew_point_hours(day: DayHours) -> Range:
    air, humidity = day.get("air_temperature"), day.get("relative_humidity")
    lo = dew_point(air.lo, humidity.lo)
    if air.hi is air.lo and humidity.hi is humidity.lo:
        return Range(lo, lo)
    # the dearest function of all, and few sites have gaps
    gaps = np.flatnonzero(((air.hi != air.lo) | (humidity.hi != humidity.lo)).any(axis=0))
    hi = lo.copy()
    hi[:, gaps] = dew_point(air.hi[:, gaps], humidity.hi[:, gaps])
    return Range(lo, hi)


def wet(day: DayHours) -> Range:
    """Wetness of leaves per hour (hour, site) [h]: measured where fitted, else by rule.

    The rule is "relative humidity >= threshold or rain" (`wet_by_humidity`); its threshold is a
    fact of the placement. It is an estimate: hazards that use it state a lower certainty.

    Parameters
    ----------
    day
        Any span of hours (hour, site): leaf wetness where measured [min], humidity [%], rain [mm].
    """
    return day.hourly("wet", _wet)


def wet_by_rule(day: DayHours) -> Range:
    """Wetness of leaves per hour (hour, site), false or true, by `wet_by_humidity`.

    Parameters
    ----------
    day
        Any span of hours (hour, site): humidity [%], rain [mm].
    """
    return day.hourly("wet_by_rule", _wet_by_rule)


def _wet_by_rule(day: DayHours) -> Range:
    limit, rain = day.wet_threshold, day.get("precipitation_amount")
    if limit is None:
        return both_of(lambda damp, fell: damp | (fell >= WET_RAIN), humid(day, WET_RH), rain)
    return both_of(
        lambda humidity, fell: wet_by_humidity(humidity, fell, limit),
        day.get("relative_humidity"),
        rain,
    )


def _wet(day: DayHours) -> Range:
    rule = both(lambda x: x.astype(np.float64), wet_by_rule(day))
    if day.wetness_measured is None or not day.wetness_measured.any():
        return rule
    minutes = day.get("leaf_wetness_duration")
    lo = np.where(day.wetness_measured, minutes.lo / 60.0, rule.lo)
    same = minutes.hi is minutes.lo and rule.hi is rule.lo
    return Range(lo, lo if same else np.where(day.wetness_measured, minutes.hi / 60.0, rule.hi))


def wet_hours(span: tuple[int, int] = (0, 24)) -> Feature:
    """Hours with wet leaves [h]: measured where a sensor is fitted, else by the humidity rule.

    Parameters
    ----------
    span
        First hour and end, counted from the local midnight that starts the day [h].
    """

    def add_up(day: DayHours) -> Range:
        if day.wetness_measured is None or not day.wetness_measured.any():
            return both(count, wet_by_rule(day))
        return both(lambda x: x.sum(axis=0), wet(day))

    def compute(day: DayHours) -> Range:
        return day.shared("wet_hours", lambda _: add_up(day))

    return Feature(
        f"wet_hours[{span[0]},{span[1]}]",
        compute,
        ("relative_humidity", "precipitation_amount"),
        "h",
        span,
        estimated=True,
        aggregation="hours",
    )
