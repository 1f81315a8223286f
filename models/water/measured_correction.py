"""Correcting the balance's depletion by what probes measure, each by its error.

A scalar Kalman filter (optimal interpolation with an error that grows) on the depletion Dr, in mm,
with y what the probes tell, w_i their weights and B_i and v_i the variances of their lasting and
daily errors::

    each day  P = min(P + growth^2 + (share of the day's water)^2, TAW^2 / 12)
    told      R = sum of w_i^2 (B_i + v_i)
              K = P / (P + R),  Dr = Dr + K (y - Dr),  P = (1 - K) P

Before the first look anything between full and empty is as likely: P = TAW^2 / 12, and it never
grows beyond that. The corrected depletion stays between 0 and TAW. Without a probe to be used Dr is
the balance's, and the day says so.

P is too small as an error to be told: it takes a probe's error for a new one each day, but tomorrow
its calibration and its place are as wrong as today. The standard error that is told is that of the
filter as it is, its gain K included, where B lasts (C_i its covariance with the error of Dr)::

    told      E = (1 - K)^2 E + K^2 R + 2 K (1 - K) (sum of w_i C_i)
              C_i = (1 - K) C_i + K w_i B_i

References
----------
Kalman, R. E. 1960, Journal of Basic Engineering 82, 35-45, doi:10.1115/1.3662552 (not read; the
    filter, and the covariance of one whose gain is not the best, as textbooks give them).
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
    _trust: Array = field(init=False, repr=False)
    _variance: Array = field(init=False, repr=False)
    _covariance: Array = field(init=False, repr=False)
    _next: int = field(init=False, default=0, repr=False)

    def __post_init__(self) -> None:
        """Begin without knowledge."""
        shape = self.observed.share.shape
        self.before, self.after, self.gain, self.error = (np.full(shape, np.nan) for _ in range(4))
        self._trust, self._variance = np.full(shape[1], np.inf), np.full(shape[1], np.inf)
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
        grown = np.full(len(depletion), self.growth**2)
        if self.water is not None:
            grown += (self.water_share * np.nan_to_num(self.water[day])) ** 2
        most = UNKNOWN * available**2
        trust, variance = (np.minimum(one + grown, most) for one in (self._trust, self._variance))
        w = seen.weights[day]
        lasting = seen.lasting[day] * available[:, None] ** 2
        passing = seen.passing[day] * available[:, None] ** 2
        r = (w**2 * (lasting + passing)).sum(axis=-1)
        use = ~np.isnan(seen.share[day]) & (trust + r > 0)
        k = np.divide(trust, trust + r, out=np.zeros_like(r), where=use)
        miss = np.where(use, seen.share[day] * available - depletion, 0.0)
        after = np.where(use, np.clip(depletion + k * miss, 0.0, available), depletion)
        c = (w * self._covariance).sum(axis=-1)
        self._trust = (1 - k) * trust
        self._variance = np.minimum((1 - k) ** 2 * variance + k**2 * r + 2 * k * (1 - k) * c, most)
        self._covariance = (1 - k)[:, None] * self._covariance + k[:, None] * w * lasting
        self.before[day], self.after[day] = depletion, after
        self.gain[day] = np.where(use, k, np.nan)
        self.error[day] = np.sqrt(self._variance)
        return np.asarray(after)
