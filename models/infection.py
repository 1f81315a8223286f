"""The generic infection model of Magarey et al. 2005, for fungi with published parameters.

    W(T) = Wmin / f(T), and no infection where that is above Wmax
    f(T) = (Tmax - T)/(Tmax - Topt) ((T - Tmin)/(Topt - Tmin))^((Topt - Tmin)/(Tmax - Topt))

``W`` is the wetness [h] that infection needs at the mean temperature ``T`` of the wet period.
Two wet periods count as one when the dry time between them is shorter than ``D50``. Where only
Wmin is known, Wmax = 3.8 + 3.0 Wmin.

`ROWS` holds the rows of its table that were read. None is a pathogen of a crop grown here, so no
hazard uses the model yet; what it waits for: docs/models.md, "Generic infection".

References
----------
Magarey, Sutton & Thayer 2005, Phytopathology 95:92, doi:10.1094/PHYTO-95-0092.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.features import Array


@dataclass(frozen=True)
class Pathogen:
    """A row: cardinal temperatures [degC], wetness at the best temperature and at most [h].

    ``d50`` is the dry time that parts two wet periods [h], None where it is not given.
    """

    name: str
    coldest: float
    warmest: float
    best: float
    wet_least: float
    wet_most: float
    d50: float | None = None


#: Rows of the published table that were read; none of a crop grown here.
ROWS = {
    row.name: row
    for row in (
        Pathogen("Plasmopara viticola", 1.0, 30.0, 20.0, 2.0, 14.0, 6.0),
        Pathogen("Botrytis cinerea, berries", 10.0, 35.0, 20.0, 4.0, 10.0),
        Pathogen("Botrytis cinerea, flowers", 1.0, 34.0, 25.0, 1.0, 12.0),
        Pathogen("fungus of kaki", 7.0, 30.0, 18.0, 10.0, 42.0),
    )
}


def response(temperature: Array, pathogen: Pathogen) -> Array:
    """Factor f(T) of a temperature [degC], 0..1; 0 outside the cardinal temperatures.

    Parameters
    ----------
    temperature
        Mean temperature [degC].
    pathogen
        One with published parameters.
    """
    low, high, best = pathogen.coldest, pathogen.warmest, pathogen.best
    fall = np.maximum(high - temperature, 0.0) / (high - best)
    rise = np.maximum(temperature - low, 0.0) / (best - low)
    return np.asarray(fall * rise ** ((best - low) / (high - best)))


def wetness_needed(temperature: Array, pathogen: Pathogen) -> Array:
    """Wet hours that infection needs at a mean temperature [degC]; infinite for no infection.

    Parameters
    ----------
    temperature
        Mean temperature [degC].
    pathogen
        One with published parameters.
    """
    with np.errstate(divide="ignore"):
        hours = pathogen.wet_least / response(temperature, pathogen)
    return np.where(hours <= pathogen.wet_most, hours, np.inf)


def wet_most(wet_least: float) -> float:
    """Wmax [h] where only Wmin [h] is published.

    Parameters
    ----------
    wet_least
        Wetness needed at the best temperature [h].
    """
    return 3.8 + 3.0 * wet_least
