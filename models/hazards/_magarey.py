"""The generic infection model of Magarey et al. 2005, for fungi with published parameters.

    W(T) = Wmin / f(T), and no infection where that is above Wmax
    f(T) = (Tmax - T)/(Tmax - Topt) ((T - Tmin)/(Topt - Tmin))^((Topt - Tmin)/(Tmax - Topt))

``W`` is the wetness [h] that infection needs at the mean temperature ``T`` of the wet period.
Two wet periods count as one when the dry time between them is shorter than ``D50``. Where only
Wmin is known, Wmax = 3.8 + 3.0 Wmin.

Garlic: no hazard is made of this. The table of the publication that was read holds no pathogen
of garlic (rust, purple blotch, leaf blight, downy mildew), and no other publication of Tmin,
Topt, Tmax and Wmin for one was found. Infection of onion leaves by Alternaria porri and
Stemphylium vesicarium has been measured at 4-25 degC and 0-24 h (Suheri & Price 2000), but its
abstract gives too little to fit four parameters; a hazard with guessed ones would look like a
finding. The rust has a rule of its own (``garlic_rust``).

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
    """Cardinal temperatures [degC], wetness at the best temperature and at most, ``d50`` [h]."""

    name: str
    coldest: float
    warmest: float
    best: float
    wet_least: float
    wet_most: float
    d50: float | None = None


GRAPE_DOWNY_MILDEW = Pathogen("Plasmopara viticola", 1.0, 30.0, 20.0, 2.0, 14.0, 6.0)
GREY_MOULD_OF_BERRIES = Pathogen("Botrytis cinerea, berries", 10.0, 35.0, 20.0, 4.0, 10.0)


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
