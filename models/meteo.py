"""Physics of the air, as far as hazards need it: humidity, leaf wetness, degree-days, ET0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features import Day, Range

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
    return day.shared("wet", lambda _: _wet(day))


def _wet(day: Day) -> Range:
    humidity, rain = day.get("relative_humidity"), day.get("precipitation_amount")
    threshold: float | NDArray[np.float64] = (
        WET_RH if day.wet_threshold is None else day.wet_threshold
    )
    lo = ((humidity.lo >= threshold) | (rain.lo >= WET_RAIN)).astype(np.float64)
    hi = lo
    if humidity.hi is not humidity.lo or rain.hi is not rain.lo:
        hi = ((humidity.hi >= threshold) | (rain.hi >= WET_RAIN)).astype(np.float64)
    if day.wetness_measured is None or not day.wetness_measured.any():
        return Range(lo, hi)
    minutes = day.get("leaf_wetness_duration")
    return Range(
        np.where(day.wetness_measured, minutes.lo / 60.0, lo),
        np.where(day.wetness_measured, minutes.hi / 60.0, hi),
    )
