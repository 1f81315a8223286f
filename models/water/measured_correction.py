"""Correcting the balance's depletion by what probes measure, each by its error.

A probe's error lasts: tomorrow its calibration and its place are as wrong as today. So what it says
again is no news, and only the first look and its changes since count. That is the filter of
Schmidt (1966), which carries errors of the sensors along without estimating them. With e the
error of the balance, b_i the lasting error of probe i, v its daily error, all in mm::

    told      y = Dr + e + sum of w_i b_i + v
    each day  P = P + growth^2 + (share of the day's water)^2             P = var e
              c = sum of w_i C_i,  B = sum of w_i^2 B_i,  W = var v       C_i = cov(e, b_i)
    told      K = (P + c) / (P + 2 c + B + W)
              Dr = Dr + K (y - Dr)
              P = (1 - K)^2 P + K^2 (B + W) - 2 K (1 - K) c
              C_i = (1 - K) C_i - K w_i B_i

Before the first look anything between full and empty is as likely: P = TAW^2 / 12, and it never
grows beyond that. The corrected depletion stays between 0 and TAW. Without a probe to be used Dr is
the balance's, and the day says so.

References
----------
Schmidt, S. F. 1966, Application of state-space methods to navigation problems, Advances in Control
    Systems 3, 293-340 (not read; the filter as textbooks give it).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from models.water.measured import UNKNOWN, Observed
from models.water.measured_layers import MeasuredError
from models.weather.dataset import Array

#: Error that the balance gains in a day [mm], as a random walk: in a month as much as 15 % of 5 mm
#: of evapotranspiration a day that are wrong to the same side; unverified.
GROWTH = 4.0
#: Share of a day's rain and watering that may be wrong or have run off; unverified.
WATER_SHARE = 0.2


@dataclass
class Correction:
    """The hook of a balance: called with each day's depletion, it returns the corrected one.

    Attributes
    ----------
    observed : Observed
        Days and fields as the balance has them.
    water : array (day, field), optional
        Rain and watering of each day [mm].
    growth, water_share
        Error that the balance gains in a day [mm], and as a share of the day's water.
    before, after, gain, error : array (day, field)
        Depletion as the balance had it and corrected [mm], weight of what was measured (0 to 1),
        nan where nothing was, and the standard error of the corrected depletion [mm].
    """

    observed: Observed
    water: Array | None = None
    growth: float = GROWTH
    water_share: float = WATER_SHARE
    before: Array = field(init=False, repr=False)
    after: Array = field(init=False, repr=False)
    gain: Array = field(init=False, repr=False)
    error: Array = field(init=False, repr=False)
    _variance: Array = field(init=False, repr=False)
    _covariance: Array = field(init=False, repr=False)
    _next: int = field(init=False, default=0, repr=False)

    def __post_init__(self) -> None:
        """Begin without knowledge."""
        shape = self.observed.share.shape
        self.before, self.after, self.gain, self.error = (np.full(shape, np.nan) for _ in range(4))
        self._variance = np.full(shape[1], np.inf)
        self._covariance = np.zeros(self.observed.weights.shape[1:])
        if self.water is not None and self.water.shape != shape:
            raise MeasuredError(
                f"water of {self.water.shape} days and fields, measured {shape}: give both alike"
            )

    def __call__(self, day: int, depletion: Array, available: Array) -> Array:
        """Return the depletion [mm] at the end of a day, corrected where a probe can say.

        Parameters
        ----------
        day
            Place of the day in what was observed; one after the other.
        depletion, available
            Dr and TAW of each field (field,) [mm].
        """
        if day != self._next or day >= len(self.after):
            raise MeasuredError(
                f"day {day} was given, day {self._next} of {len(self.after)} is next: correct "
                "days in order, each once, with a new correction for a new run"
            )
        self._next += 1
        seen = self.observed
        most = UNKNOWN * available**2
        grown = self._variance + self.growth**2
        if self.water is not None:
            grown = grown + (self.water_share * np.nan_to_num(self.water[day])) ** 2
        p = np.minimum(grown, most)
        here = ~np.isnan(seen.share[day])
        w = seen.weights[day]
        lasting = seen.lasting[day] * available[:, None] ** 2
        passing = (w**2 * seen.passing[day]).sum(axis=-1) * available**2
        c = (w * self._covariance).sum(axis=-1)
        r = (w**2 * lasting).sum(axis=-1) + passing
        spread = p + 2 * c + r
        use = here & (spread > 0)
        k = np.divide(p + c, spread, out=np.zeros_like(p), where=use)
        k = np.clip(k, 0.0, 1.0)
        miss = np.where(use, seen.share[day] * available - depletion, 0.0)
        after = np.where(use, np.clip(depletion + k * miss, 0.0, available), depletion)
        self._variance = np.maximum((1 - k) ** 2 * p + k**2 * r - 2 * k * (1 - k) * c, 0.0)
        self._covariance = (1 - k)[:, None] * self._covariance - k[:, None] * w * lasting
        self.before[day], self.after[day] = depletion, after
        self.gain[day] = np.where(use, k, np.nan)
        self.error[day] = np.sqrt(self._variance)
        return np.asarray(after)
