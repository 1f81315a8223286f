"""Whether hours of a series fit those around them and those of other quantities at their place.

What is found is a doubt and no proof: a thunderstorm wets one village, a farmer waters without
writing it down. Values stay in use; a person decides.

Every limit without a source is unverified: chosen on part of the data that docs/quality.md names,
and judged there on other years or sites.

References
----------
Shafer et al. 2000, Quality assurance procedures in the Oklahoma Mesonetwork, J. Atmos. Oceanic
Technol. 17:474 (tests in space); Fiebrich et al. 2010, Quality assurance procedures for mesoscale
meteorological data, J. Atmos. Oceanic Technol. 27:1565. Their numbers were not read here.
Båserud et al. 2020 (doi:10.5194/asr-17-153-2020), the buddy check of TITAN, as its documentation
tells it: difference from the neighbours over the larger of their spread and a least one.
De Vos et al. 2019 (doi:10.1029/2019GL083731): faulty zeros and high influx of rain gauges, with the
numbers that the project OPENSENSE's package pypwsqc takes from there.
Dorigo et al. 2013 (doi:10.2136/vzj2012.0097): flags of soil moisture of the ISMN, as TU Wien's
package flagit has them.
WMO-No. 8 asks for consistency in space and between quantities; its text was not read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.weather.dataset import Array
from models.weather.nearby import Around

Flags = NDArray[np.bool_]

#: How far an hour may be from the median of its neighbours, its usual distance apart, before it is
#: in doubt, in the quantity's unit; unverified (docs/quality.md).
APART: Mapping[str, float] = {
    "air_temperature": 5.0,
    "relative_humidity": 30.0,
    "air_pressure": 3.0,
    "soil_temperature": 6.0,
}
#: Or so many spreads of the neighbours, where these differ more among themselves; unverified, and
#: set after a look at the data that docs/quality.md judges it by.
SPREADS = 3.0
#: Neighbours lie within so much, along [km] and in height above ground or depth [m]. Unverified;
#: de Vos et al. take 10 km for rain. The plain of Puyang is flat: altitude is left out.
NEAR_KM: Mapping[str, float] = {"precipitation_amount": 10.0}
NEAR_KM_ELSE = 35.0
NEAR_M = 1.0
NEAR_M_SOIL = 0.06

#: Rain, after de Vos et al. 2019, whose steps are of 5 minutes and ours an hour (unverified): a
#: gauge is dry for six steps while the median of five neighbours or more was wet in each; or it
#: tells above `INFLUX_MM` while that median is below `DRY_MM`, or as many times as much.
RAIN_STEPS, RAIN_FEWEST = 6, 5
DRY_MM, INFLUX_MM = 0.4, 10.0

#: ISMN: less rain than this in 24 h wets no probe [mm] (flag D04); down to this depth [m].
LEAST_RAIN_MM, RISING_DEPTH_M = 0.2, 0.10
#: Our own least rise in 24 h, below which a probe's noise rises, too; unverified.
LEAST_RISE = 0.02
#: ISMN, flag C02: no mineral soil holds more [m3 m-3].
MOST_WATER = 0.6
#: Damping depth of the day's wave [m] in moist soils, some 0.08 to 0.15: Campbell & Norman 1998,
#: An Introduction to Environmental Biophysics, chapter 2 (not read here: unverified).
DAMPING_M = 0.15
#: Bare ground swings more than the air in its shield; unverified.
SURFACE_SWING = 1.5
#: A soil thermometer's swing below this is never in doubt [degC]; unverified.
LEAST_SWING = 3.0
DAY_H = 24


def unlike(
    values: Array, theirs: Around, usual: Array, apart: float | Array, spreads: float = SPREADS
) -> Flags:
    """Mark hours that are far from what the neighbours say.

    Parameters
    ----------
    values : array
        (hour, station) in the quantity's unit.
    theirs : Around
    usual : array
        (station,) how far a station usually is from its neighbours, in the quantity's unit; 0
        where nobody knows.
    apart : float or array
        How far it may be beside that (station,), in the quantity's unit.
    spreads : float
        Or this number of spreads of the neighbours.
    """
    with np.errstate(invalid="ignore"):
        far = np.abs(values - theirs.middle - usual)
        found: Flags = far > np.maximum(apart, spreads * theirs.spread)
    return found


def _summed(values: Array, hours: int) -> Array:
    """Sums of the last `hours`; NaN where one of them is missing or before the first."""
    found = np.full(values.shape, np.nan)
    if len(values) >= hours:
        before = np.zeros((1, *values.shape[1:]))
        gone = np.cumsum(np.concatenate([before, np.isnan(values)]), axis=0)
        total = np.nancumsum(np.concatenate([before, values]), axis=0)
        found[hours - 1 :] = total[hours:] - total[:-hours]
        found[hours - 1 :][gone[hours:] - gone[:-hours] > 0] = np.nan
    return found


def rain_unlike(rain: Array, theirs: Around) -> Flags:
    """Mark dry hours of a gauge among wet ones, and wet hours among dry ones.

    Parameters
    ----------
    rain : array
        (hour, station) [mm].
    theirs : Around
        What the neighbours say.
    """
    with np.errstate(invalid="ignore"):
        enough = theirs.count >= RAIN_FEWEST
        wet = np.where(enough, (theirs.middle > 0).astype(float), np.nan)
        dry_for = _summed(rain, RAIN_STEPS) <= 0
        wet_for = _summed(wet, RAIN_STEPS) >= RAIN_STEPS
        most = np.where(theirs.middle < DRY_MM, INFLUX_MM, theirs.middle * (INFLUX_MM / DRY_MM))
        found: Flags = (dry_for & wet_for) | (enough & (rain > most))
    return found


@dataclass(frozen=True)
class Ground:
    """What is known at the places of soil moisture probes, (hour, probe); NaN where nothing is.

    Attributes
    ----------
    depth_m : array
        (probe,) [m], above 0.
    rain_mm : array
        Rain of each hour [mm].
    watered : array of bool
        Somebody watered in the hour, or may have: nobody writes the hour.
    temperature : array
        Of the soil [degC]; of the air where there is no probe for it.
    most_water : array
        (probe,) what the soil can hold [m3 m-3].
    """

    depth_m: Array
    rain_mm: Array
    watered: Flags
    temperature: Array
    most_water: Array


def moisture_at_odds(moisture: Array, ground: Ground) -> Flags:
    """Mark soil moisture that rises without water, exceeds the pores, or is of frozen soil.

    A rise counts as in ISMN flag D04: in the last hour, and in 24 h by more than two standard
    deviations of these; frozen soil as D01 (there the temperature is the soil's own).

    Parameters
    ----------
    moisture : array
        (hour, probe) [m3 m-3].
    ground : Ground
    """
    with np.errstate(invalid="ignore"):
        over = moisture > ground.most_water
        frozen = ground.temperature < 0
        return over | (frozen & np.isfinite(moisture)) | rises_dry(moisture, ground)


def rises_dry(moisture: Array, ground: Ground) -> Flags:
    """Mark soil moisture that rises though nothing wetted it.

    Parameters
    ----------
    moisture : array
        (hour, probe) [m3 m-3].
    ground : Ground
    """
    found = np.zeros(moisture.shape, bool)
    if len(moisture) <= DAY_H:
        return found
    rain = _summed(ground.rain_mm, DAY_H)[DAY_H:]
    wet = _summed(ground.watered.astype(float), DAY_H)[DAY_H:] > 0
    mean, square = (_summed(x, DAY_H + 1)[DAY_H:] / (DAY_H + 1) for x in (moisture, moisture**2))
    with np.errstate(invalid="ignore"):
        sd = np.sqrt(np.maximum(square - mean**2, 0) * (DAY_H + 1) / DAY_H)
        hour = moisture[DAY_H:] - moisture[DAY_H - 1 : -1]
        day = moisture[DAY_H:] - moisture[:-DAY_H]
        rises = (hour > 0) & (day > np.maximum(2 * sd, LEAST_RISE))
        found[DAY_H:] = rises & (rain < LEAST_RAIN_MM) & ~wet
    found &= ground.depth_m <= RISING_DEPTH_M
    return found


def swings_at_odds(soil: Array, air: Array, depth_m: Array) -> Flags:
    """Mark days of hours in which soil swings more than its depth allows under this air.

    Parameters
    ----------
    soil, air : array
        (hour, probe) [degC]; whole days from the first hour on are judged.
    depth_m : array
        (probe,) [m], above 0.
    """
    found = np.zeros(soil.shape, bool)
    days = len(soil) // DAY_H
    whole = soil[: days * DAY_H].reshape(days, DAY_H, -1)
    over = air[: days * DAY_H].reshape(days, DAY_H, -1)
    most = np.maximum(
        SURFACE_SWING * (over.max(axis=1) - over.min(axis=1)) * np.exp(-depth_m / DAMPING_M),
        LEAST_SWING,
    )
    with np.errstate(invalid="ignore"):
        far = whole.max(axis=1) - whole.min(axis=1) > most
    found[: days * DAY_H] = np.repeat(far, DAY_H, axis=0)
    return found
