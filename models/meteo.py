"""Physics of the air, as far as hazards need it: humidity, leaf wetness, degree-days, ET0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features import Day, Range, both, both_of

#: Hours with relative humidity at or above this are taken as wet [%] unless a placement says
#: otherwise. "RH >= 90 % or rain" reached kappa .68 at Changins and .45 at Rothamsted.
WET_RH = 90.0
#: Rain that wets leaves [mm h-1].
WET_RAIN = 0.1


def wet(day: Day) -> Range:
    """Wetness of leaves per hour (hour, site) [h]: measured where fitted, else by rule.

    The rule is "relative humidity >= threshold or rain"; its threshold is a fact of the
    placement. It is an estimate: hazards that use it state a lower certainty.
    """
    return day.hourly("wet", _wet)


def wet_by_rule(day: Day) -> Range:
    """Wetness of leaves per hour (hour, site) by the humidity rule, false or true."""
    return day.hourly("wet_by_rule", _wet_by_rule)


def _wet_by_rule(day: Day) -> Range:
    humidity, rain = day.get("relative_humidity"), day.get("precipitation_amount")
    threshold: float | NDArray[np.float64] = (
        WET_RH if day.wet_threshold is None else day.wet_threshold
    )
    return both_of(lambda damp, fall: (damp >= threshold) | (fall >= WET_RAIN), humidity, rain)


def _wet(day: Day) -> Range:
    rule = both(lambda x: x.astype(np.float64), wet_by_rule(day))
    if day.wetness_measured is None or not day.wetness_measured.any():
        return rule
    minutes = day.get("leaf_wetness_duration")
    lo = np.where(day.wetness_measured, minutes.lo / 60.0, rule.lo)
    same = minutes.hi is minutes.lo and rule.hi is rule.lo
    return Range(lo, lo if same else np.where(day.wetness_measured, minutes.hi / 60.0, rule.hi))
