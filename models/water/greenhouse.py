"""Water of greenhouses: evapotranspiration indoors, and watering of substrate by the sun.

Indoors the equation is FAO-56's with a constant aerodynamic resistance of 150 s m-1, which was
among the best against lysimeters with grass in a plastic greenhouse at Almeria, 1993-2004, with and
without whitening. FAO-56's resistance of 208/u2 makes this a wind of 1.39 m/s. The paper was read
in its abstract; how it treats longwave radiation under plastic is not known: here the sky's
cloudiness is taken from the radiation that would be inside under a clear sky, unverified.

Substrate holds little: it is watered many times a day, a dose each time the crop has used one.
What a substrate holds for one dose, and the share that must drain, are the grower's numbers.

References
----------
Fernández, Bonachela, Orgaz, Thompson, López, Granados, Gallardo & Fereres 2010, Measurement and
estimation of plastic greenhouse reference evapotranspiration in a Mediterranean climate (abstract).
Allen et al. 1998, FAO-56, eq. 4 and 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.water.refused import WaterError
from models.weather.dataset import Array
from models.weather.reference_evapotranspiration import (
    ALBEDO,
    STEFAN_BOLTZMANN,
    extraterrestrial,
    net_longwave,
    penman_monteith,
    psychrometric_constant,
    saturation,
)

#: Aerodynamic resistance indoors [s m-1], and FAO-56's for 1 m/s, eq. 4.
RESISTANCE, OF_ONE_METRE = 150.0, 208.0
WIND = OF_ONE_METRE / RESISTANCE
#: Share of light that a plastic cover lets through, where nobody measured it; unverified.
TRANSMISSION = 0.65


def eto_indoors(
    tmin: ArrayLike,
    tmax: ArrayLike,
    vapour: ArrayLike,
    solar: ArrayLike,
    day_of_year: ArrayLike,
    latitude: float,
    altitude: float,
    transmission: float = TRANSMISSION,
) -> Array:
    """Reference evapotranspiration of days in a greenhouse [mm d-1]; NaN where anything is missing.

    Parameters
    ----------
    tmin, tmax
        Air inside [degC].
    vapour
        Mean actual vapour pressure inside [kPa].
    solar
        Solar radiation inside [MJ m-2 d-1].
    day_of_year
        1 to 366.
    latitude, altitude
        North is positive [degree]; above the sea [m].
    transmission
        Share of light that the cover lets through (0 to 1).

    Raises
    ------
    WaterError
        If the transmission is no share.
    """
    if not 0 < transmission <= 1:
        raise WaterError(
            f"transmission of {transmission:g}: give the share of light inside, above 0 and up to 1"
        )
    low, high, ea, rs = (np.asarray(x, dtype=np.float64) for x in (tmin, tmax, vapour, solar))
    clear = (0.75 + 2e-5 * altitude) * extraterrestrial(day_of_year, latitude) * transmission
    warmth = STEFAN_BOLTZMANN * ((high + 273.16) ** 4 + (low + 273.16) ** 4) / 2
    net = (1 - ALBEDO) * rs - net_longwave(warmth, ea, rs / clear)
    deficit = np.maximum((saturation(low) + saturation(high)) / 2 - ea, 0.0)
    eto = penman_monteith((low + high) / 2, deficit, np.asarray(WIND), net,
                          psychrometric_constant(altitude), 900.0)  # fmt: skip
    return np.maximum(eto, 0.0)


@dataclass(frozen=True)
class Substrate:
    """A substrate: ``dose`` that the crop may use before it is watered [mm], ``drained`` share of
    the water given that must run out again (0 to 1), to carry salts away.
    """

    dose: float
    drained: float


def doses(use: ArrayLike, substrate: Substrate) -> Array:
    """Water given in each hour [mm], in doses, so that the crop's use is always replaced.

    Parameters
    ----------
    use
        Evapotranspiration of the crop in each hour of a day [mm].
    substrate
        Of the greenhouse.

    Raises
    ------
    WaterError
        If use is missing or negative, or the substrate's numbers are impossible.
    """
    hours = np.asarray(use, dtype=np.float64)
    if not substrate.dose > 0 or not 0 <= substrate.drained < 1:
        raise WaterError(
            f"substrate with a dose of {substrate.dose:g} mm and {substrate.drained:g} drained: "
            "give a dose above 0 and a share below 1"
        )
    if not (np.isfinite(hours) & (hours >= 0)).all():
        hour = int(np.flatnonzero(~(np.isfinite(hours) & (hours >= 0)))[0])
        raise WaterError(f"hour {hour}: use of {hours[hour]:g} mm; fill the gap first")
    due = np.floor(np.cumsum(hours) / substrate.dose + 1e-9)
    given = np.diff(due, prepend=0.0) * substrate.dose
    return np.asarray(given / (1.0 - substrate.drained))
