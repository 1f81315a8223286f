"""How the pace of decay follows temperature: Arrhenius, Q10, mean kinetic temperature.

Arrhenius      k(T2) / k(T1) = exp(Ea / R (1/T1 - 1/T2)), T in kelvin
Q10            k(T + 10) / k(T), by decades of temperature:

    USDA Agriculture Handbook 66, chapter "Respiratory Metabolism" (Saltveit), typical figures for
    fresh produce, as reprinted in Lamikanra et al. (eds.), Produce Degradation, 2005, table 20.3:
    0-10 degC 2.5 to 4, 10-20 degC 2 to 2.5, 20-30 degC 1.5 to 2, 30-40 degC 1 to 1.5

Mean kinetic temperature (USP <1079.2>; Haynes 1971, J. Pharm. Sci. 60:927), over known time t:

    T_K = (dH/R) / -ln( sum t exp(-dH/(R T)) / sum t ),   dH = 83.144 kJ/mol
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.coldchain.exposure import GRID, Assumed, Between, Exposure, dose
from models.weather.dataset import Array

#: Molar gas constant (CODATA 2018, J mol-1 K-1).
GAS = 8.314462618
_ZERO_C = 273.15
#: Heat of activation that USP <1079.2> takes for any product (kJ/mol).
USP_KJ_MOL = 83.144
#: Where decades of Handbook 66 begin and end [degC], its lowest and highest Q10 in each.
DECADES_C = (0.0, 10.0, 20.0, 30.0, 40.0)
Q10_LOW = (2.5, 2.0, 1.5, 1.0)
Q10_HIGH = (4.0, 2.5, 2.0, 1.5)
#: The Q10 that Handbook 66 assumes in its example of relative shelf life.
Q10_ASSUMED = (3.0, 2.5, 2.0, 1.5)


def arrhenius(celsius: ArrayLike, reference_c: float, kj_mol: float) -> Array:
    """Pace relative to that at a reference temperature, as a ratio.

    Parameters
    ----------
    celsius
        Temperature [degC].
    reference_c
        Where the pace is 1 [degC].
    kj_mol
        Activation energy, in units of kJ/mol.
    """
    kelvin = np.asarray(celsius, dtype=np.float64) + _ZERO_C
    pace: Array = np.exp(kj_mol * 1e3 / GAS * (1.0 / (reference_c + _ZERO_C) - 1.0 / kelvin))
    return pace


def by_decades(celsius: ArrayLike, reference_c: float, q10: tuple[float, ...]) -> Array:
    """Pace relative to that at a reference temperature, as a ratio, by a Q10 in each decade.

    Parameters
    ----------
    celsius
        Temperature [degC]; below 0 and above 40 the nearest decade's Q10 goes on.
    reference_c
        Where the pace is 1 [degC].
    q10
        One ratio for each decade of `DECADES_C`.
    """
    steps = np.log(q10)
    edges = np.array([DECADES_C[0] - 100.0, *DECADES_C, DECADES_C[-1] + 100.0])
    rise = np.concatenate(([steps[0] * 10.0], steps, [steps[-1] * 10.0]))
    height = np.concatenate(([0.0], np.cumsum(rise)))
    here = np.interp(np.asarray(celsius, dtype=np.float64), edges, height)
    pace: Array = np.exp(here - np.interp(reference_c, edges, height))
    return pace


def mean_kinetic_temperature(
    celsius: ArrayLike, weights: ArrayLike | None = None, kj_mol: float = USP_KJ_MOL
) -> float:
    """Mean kinetic temperature [degC] of readings, NaN where there is none.

    Parameters
    ----------
    celsius
        Temperature (reading,) [degC].
    weights
        How long each reading stands (reading,), in units of time; None: all equally long.
    kj_mol
        Heat of activation, in units of kJ/mol.
    """
    value = np.asarray(celsius, dtype=np.float64)
    weight = np.ones_like(value) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.sum() <= 0:
        return float("nan")
    mean = np.average(arrhenius(value, _MIDDLE_C, kj_mol), weights=weight)
    return float(_back(np.array([mean]), kj_mol)[0])


def kinetic_bounds(seen: Exposure, assumed: Assumed, kj_mol: float = USP_KJ_MOL) -> Between:
    """Mean kinetic temperature of all time, known or not [degC]; NaN where there is no time.

    Parameters
    ----------
    seen
        Time at each temperature.
    assumed
        What unknown time is taken for.
    kj_mol
        Heat of activation, in units of kJ/mol.
    """
    pace = arrhenius(GRID, _MIDDLE_C, kj_mol)
    sums = dose(seen, pace, pace, assumed)
    total = seen.known + seen.unknown
    total = np.where(total > 0, total, np.nan)
    return Between(_back(sums.best / total, kj_mol), _back(sums.worst / total, kj_mol))


#: Paces are reckoned against this temperature [degC], so that none is too small for a float.
_MIDDLE_C = 10.0


def _back(mean: Array, kj_mol: float) -> Array:
    """Find the temperature [degC] of a pace."""
    kelvin = 1.0 / (1.0 / (_MIDDLE_C + _ZERO_C) - np.log(mean) * GAS / (kj_mol * 1e3))
    back: Array = kelvin - _ZERO_C
    return back
