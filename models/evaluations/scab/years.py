"""The year as a random effect: by how much years differ when all that is known is the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.trained.scab import Array, expit

SPREADS = np.round(np.arange(0.0, 2.05, 0.05), 2)
NODES = 21


def year_spread(epidemic: Array, decision: Array, year: NDArray[np.int64]) -> float:
    """Standard deviation over years of what is added to a logit; the likeliest of a grid [logit].

    The likelihood of each year's cases is integrated over a normal effect of the year
    (Gauss-Hermite quadrature).

    Parameters
    ----------
    epidemic : array of 0 and 1, shape (n,)
    decision : array, shape (n,) [logit]
        Said for each case by a model that has not seen its year.
    year : array of int, shape (n,)

    References
    ----------
    McCulloch, C. E. & Searle, S. R. (2001). Generalized, Linear, and Mixed Models, ch. 8.
    """
    nodes, weights = np.polynomial.hermite.hermgauss(NODES)
    logs = []
    for spread in SPREADS:
        p = expit(decision[:, None] + np.sqrt(2.0) * spread * nodes)
        each = np.log(np.where(epidemic[:, None] == 1.0, p, 1.0 - p))
        by_year = np.stack([each[year == one].sum(axis=0) for one in np.unique(year)])
        top = by_year.max(axis=1, keepdims=True)
        logs.append(
            float((np.log((np.exp(by_year - top) * weights).sum(axis=1)) + top[:, 0]).sum())
        )
    return float(SPREADS[int(np.argmax(logs))])
