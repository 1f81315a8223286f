"""What holds a winter crop back until spring: the cold it still needs, and short days.

From one stage to another (``Slowed`` of the crop's table) a day's thermal time counts only by

    pace = min(fV, fD)
    fV   = V / Vn                        V cold days so far, Vn cold days needed [d]; at most 1
    fD   = 1 - P/10000 (20 - L)^2        L day length [h], at most 20

as in CERES-Wheat. A day is a cold day in full from 0 to 7 degC, in part from -5 and up to
15 degC. Day length is that of Puyang's latitude, from sunrise to sunset.

References
----------
Ritchie & Otter 1985, in ARS Wheat Yield Project, USDA ARS-38, 159-175 (form of both factors, as
in the CERES family of models; the text itself was not read). Allen et al. 1998, FAO Irrigation
and Drainage Paper 56, equations 24, 25 and 34 (day length).
"""

from __future__ import annotations

import math
from datetime import date

import numpy as np

from field_configs.schema import Crop
from models.crops.season import FloatArray

#: Latitude of Puyang [degree].
LATITUDE = 35.7
#: Daily means between which a day counts as a cold day: from none to full, from full to none
#: [degC]. Recalled from the species file of CERES-Wheat and not read again: provisional.
COLD = (-5.0, 0.0, 7.0, 15.0)


def day_length(day: date, latitude: float = LATITUDE) -> float:
    """Hours from sunrise to sunset [h]; FAO-56 equations 24, 25 and 34.

    Parameters
    ----------
    day
        Local day.
    latitude
        North is positive; between the polar circles [degree].
    """
    declination = 0.409 * math.sin(2 * math.pi / 365 * day.timetuple().tm_yday - 1.39)
    sunset = math.acos(-math.tan(math.radians(latitude)) * math.tan(declination))
    return 24 / math.pi * sunset


def cold_of(mean: FloatArray | float) -> FloatArray:
    """Part of a cold day (0 to 1) that a day's mean temperature makes [d].

    Parameters
    ----------
    mean
        Mean temperature of a day, any shape [degC].
    """
    part: FloatArray = np.asarray(np.interp(mean, COLD, (0.0, 1.0, 1.0, 0.0)))
    return part


def chilled(crop: Crop, cold: FloatArray, mean: FloatArray | float) -> FloatArray:
    """Cold days [d] after one more day; no more than the crop needs are counted.

    Parameters
    ----------
    crop
        Its table says how many cold days it needs, if any [d].
    cold
        Cold days before, any shape [d].
    mean
        Mean temperature of the day, same shape [degC].
    """
    if crop.slowed is None or (cold >= crop.slowed.cold_days).all():
        return cold
    needed: FloatArray = np.minimum(cold + cold_of(mean), crop.slowed.cold_days)
    return needed


def pace(
    crop: Crop, thermal: FloatArray, held: tuple[float, float], cold: FloatArray, day: date
) -> FloatArray | float:
    """Share of a day's thermal time that counts (0 to 1).

    Parameters
    ----------
    crop
        Its table says whether, when and by how much it is held back.
    thermal
        Thermal time on the morning of the day, any shape [degC d].
    held
        Thermal time from which on and up to which it is held back [degC d].
    cold
        Cold days since sowing [d], same shape.
    day
        Local day.
    """
    slowed = crop.slowed
    if slowed is None:
        return 1.0
    waits = (thermal >= held[0]) & (thermal < held[1])
    if not waits.any():
        return 1.0
    short = slowed.day_length / 10000 * max(20.0 - day_length(day), 0.0) ** 2
    factor = np.minimum(np.minimum(cold / slowed.cold_days, 1.0), max(1.0 - short, 0.0))
    share: FloatArray = np.where(waits, factor, 1.0)
    return share
